"""Makes editions: facts → tables → edition → documents → folder (contract §10).

The database first: a row, with the sections that it rests on, in the transaction that says that nothing changed since
they were read; then the folder, then the link. What a crash leaves is finished by the next pass, from those sections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from domain.organisations import Directory
from domain.periods import Period
from domain.publishing import PeriodState, kind_at
from domain.releases import EditionKind, Release
from domain.workdays import OfficeHours
from ingest.ledger.press import Press
from ingest.ledger.publishing import Gathered, Input
from ingest.ledger.releases import NewRelease, Recorded, last_distributed
from ingest.ledger.tallies import KeptYear
from ingest.publishing.documents import files_of, manifest_of, tables_from
from ingest.publishing.store import ReleaseStore
from ingest.telemetry import logger
from publication.changes import Change, changes
from publication.content import Content, content_of, says_anything, years_in
from publication.coverage import is_complete
from publication.edition import Edition
from publication.table import Table

SECRET_MINIMUM: Final = 11
_NEW_KINDS: Final = frozenset({EditionKind.OFFICIAL, EditionKind.FINAL})


class Versions(Protocol):
    """What we need of `ingest.register.Register`."""

    def current(self) -> Directory:
        """The register in force."""
        ...

    def version(self, number: int) -> Directory:
        """A former one; NotFound."""
        ...


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An edition as it would be now. `new`: it says something that the last one does not, or its kind's time has come.

    `seen`: the last change that it takes in; `base`: what `changes` compare with.
    """

    period: Period
    number: int
    kind: EditionKind
    gathered: Gathered
    content: Content
    base: Release | None
    changes: tuple[Change, ...]
    seen: datetime | None
    secret_before: int
    new: bool


class EditionMaker:
    """The only writer of editions. Every method may be called again after a crash, and from several processes."""

    def __init__(  # noqa: PLR0913 - built in one place
        self,
        press: Press,
        store: ReleaseStore,
        register: Versions,
        hours: OfficeHours,
        *,
        guichet_version: str,
        rules_version: str,
        secret_minimum: int = SECRET_MINIMUM,
    ) -> None:
        self._press, self._store, self._register, self._hours = press, store, register, hours
        self._guichet_version, self._rules_version = guichet_version, rules_version
        self._secret_minimum = secret_minimum
        self._log = logger()

    # ── what there is to say ─────────────────────────────────────────────────────────────────────────────────────

    def weigh(self, state: PeriodState, now: datetime, *, ordered: bool = False) -> Draft | None:
        """The edition that the rules give now; changes nothing. None when nothing is expected nor in force.

        `ordered`: what was taken back may be published again as it was.
        """
        gathered = self._press.facts(state.period, self._register.current(), now=now)
        if not says_anything(gathered.facts):
            return None
        secrets = self._press.secrets(state.period, self._secret_minimum)
        content = content_of(gathered.facts, gathered.labels, secrets)
        kind = kind_at(replace(state, complete=is_complete(content.coverage)), now, self._hours)
        base = _base(state, kind)
        return Draft(
            period=state.period,
            number=len(state.editions) + 1,
            kind=kind,
            gathered=gathered,
            content=content,
            base=base,
            changes=() if base is None else changes(self._tables_of(base), content.tables),
            seen=state.stale_changed_at,
            secret_before=secrets.seen,
            new=_is_new(state, kind, content.content_hash, ordered=ordered),
        )

    def make(self, state: PeriodState, now: datetime, *, ordered_by: str | None = None) -> Recorded | None:
        """Make the edition that the rules give now; None when it would say nothing new, or must be weighed again."""
        draft = self.weigh(state, now, ordered=ordered_by is not None)
        if draft is None or not draft.new:
            self._press.nothing_new(state.period, seen=state.stale_changed_at)
            return None
        made = self._press.create(self._new(draft, now, ordered_by), seen=draft.seen)
        if made is None:
            return None
        self._write(made, draft.gathered, draft.content, draft.changes, now)
        return made

    def _new(self, draft: Draft, now: datetime, ordered_by: str | None) -> NewRelease:
        return NewRelease(
            period=draft.period,
            number=draft.number,
            kind=draft.kind,
            created_at=now,
            dated_on=self._hours.local(now).date(),
            content_hash=draft.content.content_hash,
            directory_version=draft.gathered.facts.directory.version,
            rules_version=self._rules_version,
            complete=is_complete(draft.content.coverage),
            changed_cells=len(draft.changes),
            replaces=None if draft.base is None else draft.base.number,
            ordered_by=ordered_by,
            sections=draft.gathered.sections,
            kept={year.period: KeptYear.of(year, self._secret_minimum) for year in years_in(draft.gathered.facts)},
            secrecy=draft.content.secrecy,
            secret_before=draft.secret_before,
        )

    # ── its folder ───────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, recorded: Sequence[Recorded], now: datetime) -> int:
        """Write the editions that a crash left without a folder, and mend the links; how many were written."""
        left = [one for one in recorded if one.written_at is None]
        for one in left:
            gathered, content = self.content_of(one)
            if content.content_hash == one.release.content_hash:
                self._write(one, gathered, content, self.changes_of(one, content, recorded), now)
            elif self._press.forget(one.release, now):
                self._log.warning("edition_dropped", period=one.release.period, number=one.release.number)
        for period in {one.release.period for one in recorded}:
            self.point(period, recorded if not left else self._press.recorded(Period.parse(period)))
        return len(left)

    def point(self, period: str, recorded: Iterable[Recorded] | None = None) -> None:
        """Make `current` name the last edition that was not taken back."""
        found = self._press.recorded(Period.parse(period)) if recorded is None else recorded
        written = [one.release for one in found if one.release.period == period and one.written_at is not None]
        standing = [one for one in written if one.withdrawn_at is None]
        self._store.point(period, standing[-1].name if standing else None)

    def _write(
        self, made: Recorded, gathered: Gathered, content: Content, changed: tuple[Change, ...], now: datetime
    ) -> None:
        release = made.release
        self._store.write(release.period, release.name, self.files(made, gathered.inputs, content, changed))
        self._press.written(release, now)
        self.point(release.period)
        self._log.info(
            "edition_made",
            period=release.period,
            edition=release.name,
            complete=release.complete,
            changed_cells=release.changed_cells,
        )

    def files(
        self, made: Recorded, inputs: Iterable[Input], content: Content, changed: tuple[Change, ...]
    ) -> dict[str, bytes]:
        """The bytes of all files of an edition."""
        edition = self._edition(made, content, changed)
        manifest = manifest_of(made, edition, inputs, guichet_version=self._guichet_version, zone=self._hours.zone)
        return files_of(edition, manifest)

    def _edition(self, made: Recorded, content: Content, changed: tuple[Change, ...]) -> Edition:
        """The edition as its documents are made from it."""
        release = made.release
        base = self._base_of(release)
        return Edition(
            period=Period.parse(release.period),
            kind=release.kind,
            number=release.number,
            dated_on=release.dated_on,
            tables=content.tables,
            coverage=content.coverage,
            names=content.names,
            changes=changed,
            replaces=None if base is None else base.release.name,
            sheets=content.sheets,
            withheld=content.withheld,
        )

    # ── what a former edition said ───────────────────────────────────────────────────────────────────────────────

    def content_of(self, made: Recorded) -> tuple[Gathered, Content]:
        """What an edition says, computed again from what it rests on and the register of its time."""
        directory = self._register.version(made.directory_version) if made.directory_version else _NOBODY
        gathered = self._press.facts_of(made.release, directory)
        secrets = self._press.secrets(Period.parse(made.release.period), self._secret_minimum, made.release)
        return gathered, content_of(gathered.facts, gathered.labels, secrets)

    def changes_of(
        self, made: Recorded, content: Content, recorded: Sequence[Recorded] | None = None
    ) -> tuple[Change, ...]:
        """What changed in it since the edition that it is compared with."""
        base = self._base_of(made.release, recorded)
        return () if base is None else changes(self._tables_of(base.release), content.tables)

    def _base_of(self, release: Release, recorded: Sequence[Recorded] | None = None) -> Recorded | None:
        if release.replaces is None:
            return None
        found = self._press.recorded(Period.parse(release.period)) if recorded is None else recorded
        return next(
            one for one in found if one.release.period == release.period and one.release.number == release.replaces
        )

    def _tables_of(self, release: Release) -> tuple[Table, ...]:
        """The tables of a former edition: as its manifest has them, else computed again."""
        manifest = self._store.manifest(release.period, release.name)
        if manifest is not None and manifest.get("content_hash") == release.content_hash:
            return tables_from(manifest)
        return self.content_of(self._press.named(f"{release.period}/{release.number}"))[1].tables


_NOBODY: Final = Directory(version=0)


def _base(state: PeriodState, kind: EditionKind) -> Release | None:
    """The edition that readers have before them: the last distributed one, else the last that is for everybody.

    A provisional one, which the central body alone reads, is compared with the last one, whatever it is.
    """
    standing = [one for one in state.editions if one.withdrawn_at is None]
    if not kind.distributed:
        return standing[-1] if standing else None
    sent = last_distributed(standing)
    public = [one for one in standing if one.kind.distributed]
    return sent or (public[-1] if public else None)


def _is_new(state: PeriodState, kind: EditionKind, content: str, *, ordered: bool) -> bool:
    if not state.editions or (kind in _NEW_KINDS and state.reached is not kind):
        return True
    known = {None if state.last is None else state.last.content_hash}
    if not ordered:
        known.add(state.editions[-1].content_hash)
    return content not in known
