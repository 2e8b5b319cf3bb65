"""Makes a former edition again: the same bytes with the same Guichet, the same content hash with any (contract §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import CannotDo
from domain.periods import Period
from ingest.ledger.press import Press
from ingest.ledger.publishing import Gathered
from ingest.ledger.releases import Recorded
from ingest.publishing.documents import content_from, tables_from
from ingest.publishing.making import EditionMaker
from ingest.publishing.store import ReleaseStore
from publication.changes import changes
from publication.content import Content


class MadeFrom(StrEnum):
    """What an edition was made again from."""

    LEDGER = "ledger"
    AGGREGATES = "aggregates"
    """Of its manifest: rows that it rests on were purged, or the tables are computed otherwise by now."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """An edition made again. `differing`, `missing`, `unexpected`: names of files against its folder.

    `same_content`: the content hash is that of the edition; `ledger_hash`: what today's program makes of the same rows.
    """

    recorded: Recorded
    made_from: MadeFrom
    content_hash: str
    ledger_hash: str | None
    files: Mapping[str, bytes]
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def same_content(self) -> bool:
        """Whether it says the same."""
        return self.content_hash == self.recorded.release.content_hash

    @property
    def same_bytes(self) -> bool:
        """Whether every file is what lies in its folder."""
        return not (self.differing or self.missing or self.unexpected)


def rebuild(maker: EditionMaker, press: Press, store: ReleaseStore, name: str) -> Rebuilt:
    """Make the edition `name` again, and compare it with its folder; changes nothing. NotFound, CannotDo.

    From the ledger when that gives the same figures, else from the aggregates of its manifest.
    """
    recorded = press.named(name)
    release = recorded.release
    gathered, content = maker.content_of(recorded)
    if content.content_hash == release.content_hash:
        made_from, found = MadeFrom.LEDGER, content.content_hash
        files = _from_ledger(maker, recorded, gathered, content)
    else:
        made_from = MadeFrom.AGGREGATES
        found, files = _from_aggregates(maker, press, store, recorded, gathered)
    there = store.names(release.period, release.name)
    return Rebuilt(
        recorded=recorded,
        made_from=made_from,
        content_hash=found,
        ledger_hash=content.content_hash,
        files=files,
        differing=tuple(
            one for one in there if one in files and store.read(release.period, release.name, one) != files[one]
        ),
        missing=tuple(sorted(set(files) - set(there))),
        unexpected=tuple(sorted(set(there) - set(files))),
    )


def restore(store: ReleaseStore, rebuilt: Rebuilt) -> None:
    """Put the files back into the edition's folder. CannotDo when they do not say what the edition said."""
    release = rebuilt.recorded.release
    if not rebuilt.same_content:
        raise CannotDo(f"{release.period}/{release.name} cannot be made again: its figures come out otherwise")
    store.write(release.period, release.name, rebuilt.files)


def _from_ledger(maker: EditionMaker, recorded: Recorded, gathered: Gathered, content: Content) -> dict[str, bytes]:
    return maker.files(recorded, gathered.inputs, content, maker.changes_of(recorded, content))


def _from_aggregates(
    maker: EditionMaker, press: Press, store: ReleaseStore, recorded: Recorded, gathered: Gathered
) -> tuple[str, dict[str, bytes]]:
    """The inputs are facts of the register of deposits, which no purge takes away."""
    release = recorded.release
    manifest = store.manifest(release.period, release.name)
    if manifest is None:
        raise CannotDo(
            f"{release.period}/{release.name} cannot be made again: its figures come out otherwise from the database, "
            "and its manifest is gone; restore home/releases from a backup",
        )
    content = content_from(manifest)
    base = None
    if release.replaces is not None:
        base = press.named(f"{Period.parse(release.period).code}/{release.replaces}").release
    former = None if base is None else store.manifest(base.period, base.name)
    changed = () if former is None else changes(tables_from(former), content.tables)
    return content.content_hash, maker.files(recorded, gathered.inputs, content, changed)
