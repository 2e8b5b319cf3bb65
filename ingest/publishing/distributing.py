"""Brings editions to every CIL/CCI and platform: one message to each address, their folders, all at one moment.

Chunk by chunk: what is queued stays queued, so that a crash at any point leaves everyone to be served once. At no time
is more than one chunk of messages in memory (contract §10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from domain.errors import CannotDo
from domain.notices import Notice
from domain.organisations import Directory
from domain.periods import Period
from domain.releases import Release
from domain.restitution import Restitution
from ingest.ledger.deliveries import Letter
from ingest.ledger.releases import Recorded
from ingest.publishing.documents import edition_from, sheet_name
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.attachments import OF_EDITION
from notifications.recipients import Recipient
from notifications.releases import Addressee, addressees, readers, receives, release_notices
from publication.edition import Edition
from publication.restitution import restitution

CHUNK: Final = 200
"""Messages a transaction."""

Progress = Callable[[int, int], None]
"""How many addresses are served, of how many."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Who gets editions, as the register says now."""

    addressees: tuple[Addressee, ...]
    organisations: tuple[str, ...]
    unreachable: tuple[str, ...]
    accounts: tuple[str, ...]


def audience(directory: Directory, periods: Iterable[str], today: date) -> Audience:
    """Whoever is active today, or was on the last day of one of the periods; everybody gets the same."""
    days = {today, *(Period.parse(one).ends_on for one in periods)}
    found = sorted(
        (one for one in directory.organisations if any(receives(one, day) for day in days)), key=lambda one: one.code
    )
    codes = tuple(one.code for one in found)
    return Audience(
        addressees=addressees(directory, codes),
        organisations=codes,
        unreachable=tuple(one for one in codes if not readers(directory, one)),
        accounts=tuple(one.compte_sftp for one in found if one.compte_sftp),
    )


def stored_edition(wiring: Wiring, recorded: Recorded) -> Edition:
    """An edition as its folder has it. CannotDo when it is not there."""
    one = recorded.release
    manifest = wiring.releases.manifest(one.period, one.name)
    if manifest is None:
        name = f"{one.period}/{one.name}"
        raise CannotDo(f"the folder of {name} is gone; make it again with: guichet rebuild {name}")
    base = None if one.replaces is None else wiring.press.named(f"{one.period}/{one.replaces}").release
    former = None if base is None else wiring.releases.manifest(base.period, base.name)
    return edition_from(one, manifest, base=base, former=former)


class Writer:
    """Composes the messages of one distribution. `today`: its day."""

    def __init__(self, wiring: Wiring, chosen: Sequence[Release], directory: Directory, today: date) -> None:
        recorded = [wiring.press.named(f"{one.period}/{one.number}") for one in chosen]
        self._editions = {one.release.id: stored_edition(wiring, one) for one in recorded}
        self._wiring, self._chosen = wiring, {one.id: one for one in chosen}
        self._directory, self._today = directory, today
        self._reply_to = wiring.settings.mail_reply_to
        self._told: dict[tuple[int, str], Restitution] = {}

    def letters(self, whom: Sequence[Addressee], wanted: Callable[[Addressee], tuple[int, ...]]) -> list[Letter]:
        """One for each addressee that lacks some of the editions; those who read the same share its making."""
        groups: dict[tuple[tuple[str, ...], tuple[int, ...]], list[Recipient]] = {}
        for one in whom:
            numbers = wanted(one)
            if numbers:
                groups.setdefault((one.organisations, numbers), []).append(one.recipient)
        return [
            Letter(notice=notice, organisations=organisations, release_ids=numbers)
            for (organisations, numbers), recipients in groups.items()
            for notice in self._notices(organisations, numbers, recipients)
        ]

    def _notices(
        self, organisations: Sequence[str], numbers: Sequence[int], recipients: Sequence[Recipient]
    ) -> list[Notice]:
        return release_notices(
            [self._restitution(number, code) for number in numbers for code in organisations],
            recipients,
            self._directory,
            self._today,
            reply_to=self._reply_to,
            attachments=carried([self._chosen[number] for number in numbers], self._wiring, organisations),
        )

    def _restitution(self, number: int, organisation: str) -> Restitution:
        key = (number, organisation)
        if key not in self._told:
            self._told[key] = restitution(self._editions[number], self._directory, organisation)
        return self._told[key]


def carried(chosen: Sequence[Release], wiring: Wiring, organisations: Sequence[str] = ()) -> tuple[str, ...]:
    """What goes with a mail as long as a mail carries it: PDF first, then workbooks; the readers' own sheets first."""
    found, left = [], wiring.settings.mail_attachment_bytes
    files = [file for one in chosen for file in _attachments(wiring, one, organisations)]
    for name, size in sorted(files, key=lambda one: not one[0].endswith(".pdf")):
        if size <= left:
            found.append(name)
            left -= size
    return tuple(found)


def _attachments(wiring: Wiring, one: Release, organisations: Sequence[str]) -> list[tuple[str, int]]:
    """References and sizes of what people read in a mail: their own sheets, then what everybody gets."""
    folder = wiring.releases.folder(one.period, one.name)
    stems = [*(sheet_name(code) for code in organisations), f"tables_{one.period}"]
    names = [f"{stem}.{suffix}" for stem in stems for suffix in ("pdf", "xlsx")]
    return [
        (f"{OF_EDITION}{one.period}/{one.name}/{name}", (folder / name).stat().st_size)
        for name in names
        if (folder / name).is_file()
    ]


def distribute(
    wiring: Wiring, chosen: Sequence[Release], now: datetime, *, progress: Progress = lambda _done, _all: None
) -> int:
    """Queue the messages of these editions, one for all of them to each address; how many were queued.

    May be called again after a crash, and from several processes: nobody is served twice. An edition that is held or
    taken back meanwhile stops it.
    """
    if not chosen:
        return 0
    directory = wiring.register.current()
    today = now.astimezone(wiring.settings.zone).date()
    chosen = sorted(chosen, key=lambda one: (one.period, one.number))
    numbers = tuple(one.id for one in chosen)
    whom = audience(directory, (one.period for one in chosen), today)
    writer, book = Writer(wiring, chosen, directory, today), wiring.deliveries
    queued = 0
    while True:
        served = book.served(numbers)
        left = [one for one in whom.addressees if _lacks(one, served, numbers)]
        if not left:
            break
        for start in range(0, len(left), CHUNK):
            letters = writer.letters(left[start : start + CHUNK], partial(_lacks, served=served, numbers=numbers))
            done = book.queue(letters, numbers, now)
            if done is None:
                logger().warning("distribution_stopped", editions=[f"{one.period}/{one.name}" for one in chosen])
                return queued
            queued += done
            progress(len(whom.addressees) - len(left) + min(start + CHUNK, len(left)), len(whom.addressees))
    if book.finish(chosen, now, unreachable=whom.unreachable, accounts=whom.accounts):
        logger().info(
            "editions_distributed",
            editions=[f"{one.period}/{one.name}" for one in chosen],
            addresses=len(whom.addressees),
            unreachable=len(whom.unreachable),
        )
    return queued


def _lacks(one: Addressee, served: Mapping[str, frozenset[int]], numbers: Sequence[int]) -> tuple[int, ...]:
    has = served.get(one.recipient.address.lower(), frozenset())
    return tuple(number for number in numbers if number not in has)
