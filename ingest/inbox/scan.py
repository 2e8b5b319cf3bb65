"""A level-triggered pass over `inbox/<account>/{depot,essai}/`: what can be taken now, what not yet, what is odd.

Events only say when to look; this look alone decides, so nothing is missed when events are (contract §6).
Settling is measured on the monotonic clock: no jump of the wall clock takes a half-written file.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.submissions import Box, ReceiptProof
from ingest.inbox.folders import opened
from ingest.inbox.names import NameKind, kind_of, printable, raw
from ingest.inbox.oddities import Oddity, OddityKind, oddity_key
from ingest.inbox.receipt import Receipt
from ingest.inbox.writing import Writing, being_written
from ingest.sftp.staging import unfinished_uploads

OURS: Final = ".guichet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Which file, in which state: two equal identities are the same bytes as far as a stat can tell."""

    device: int
    inode: int
    size: int
    changed_ns: int
    modified_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        """The identity in a stat."""
        return cls(
            device=found.st_dev,
            inode=found.st_ino,
            size=found.st_size,
            changed_ns=found.st_ctime_ns,
            modified_ns=found.st_mtime_ns,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A file that can be taken now. `raw_name` is what the folder holds, `name` what can be shown; `size` in bytes."""

    account: str
    box: Box
    raw_name: bytes
    name: str
    identity: Identity
    received_at: datetime
    proof: ReceiptProof

    @property
    def size(self) -> int:
        """The size when it was seen."""
        return self.identity.size


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanResult:
    """What a pass saw. `ready`: accounts take turns, each in order of receipt. `oddities`: all there are, each time.

    `settling`: files that only have to keep still; the first is due in `next_look_seconds`.
    `being_written`: files that a writer still holds open; they can stay so for hours.
    """

    ready: tuple[Candidate, ...]
    settling: int
    being_written: int
    oddities: tuple[Oddity, ...]
    next_look_seconds: float | None


@dataclass(slots=True)
class _Pass:
    """The harvest of one pass under way."""

    now: float
    ready: list[Candidate] = field(default_factory=list)
    settling: int = 0
    being_written: int = 0
    oddities: list[Oddity] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    seen: set[tuple[str, str, bytes]] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """The folder being listed."""

    account: str
    box: Box
    descriptor: int


class Scanner:
    """Remembers between passes only since when each file has kept still. `receipt` reads the proof from a stat."""

    def __init__(  # noqa: PLR0913 - what a look depends on
        self,
        inbox: Path,
        *,
        settle_seconds: float,
        unfinished_seconds: float,
        receipt: Callable[[os.stat_result], Receipt],
        leases: bool,
        cut: Callable[[os.stat_result], bool] = lambda _: False,
        unheard_seconds: float = 0.0,
    ) -> None:
        """`leases`: whether the still-open-for-writing test can be trusted on this file system.

        `cut`: whether the server said that the client vanished in the middle. `unheard_seconds`: how long a file of
        which the server said nothing must keep still.
        """
        self._inbox = inbox
        self._settle_seconds = settle_seconds
        self._unfinished_seconds = unfinished_seconds
        self._receipt = receipt
        self._leases = leases
        self._cut = cut
        self._unheard_seconds = unheard_seconds
        self._still: dict[tuple[str, str, bytes], tuple[Identity, float]] = {}

    def scan(self, now: float, known_account: Callable[[str], bool]) -> ScanResult:
        """Look at everything once; `now` in seconds of the monotonic clock.

        An account that cannot be looked at is an oddity and never stops the others. OSError when the
        inbox itself cannot be listed.
        """
        harvest = _Pass(now=now)
        with opened(self._inbox) as root:
            for entry in _entries(root):
                self._top(harvest, root, entry, known_account)
        self._server_staging(harvest, known_account)
        for gone in self._still.keys() - harvest.seen:
            del self._still[gone]
        return ScanResult(
            ready=tuple(take_turns(harvest.ready)),
            settling=harvest.settling,
            being_written=harvest.being_written,
            oddities=tuple(harvest.oddities),
            next_look_seconds=min(harvest.waits, default=None),
        )

    def _top(
        self,
        harvest: _Pass,
        root: int,
        entry: os.DirEntry[str],
        known_account: Callable[[str], bool],
    ) -> None:
        """One name directly in the inbox: an account's folder, ours, or something that should not be there."""
        name = raw(entry.name)
        if entry.name == OURS or name.startswith(b"."):
            return
        shown = printable(name)
        if entry.is_symlink():
            harvest.oddities.append(_top_oddity(OddityKind.LINK, name, entry.inode()))
        elif not entry.is_dir(follow_symlinks=False):
            if not name.lower().startswith(b"readme"):
                harvest.oddities.append(_top_oddity(OddityKind.STRAY, name, entry.inode()))
        elif shown != entry.name or not known_account(entry.name):
            harvest.oddities.append(_top_oddity(OddityKind.UNKNOWN_ACCOUNT, name, entry.inode()))
        else:
            for box in Box:
                self._box(harvest, root, entry.name, box)

    def _box(self, harvest: _Pass, root: int, account: str, box: Box) -> None:
        try:
            with opened(root, account, box.value) as descriptor:
                place = _Place(account=account, box=box, descriptor=descriptor)
                # By change time: what a rehearsal's clock says was received at one instant keeps its order.
                for entry in sorted(_entries(descriptor), key=_changed_ns):
                    self._entry(harvest, place, entry)
        except FileNotFoundError:
            return
        except OSError as error:
            harvest.oddities.append(
                Oddity(
                    kind=OddityKind.CLOSED_FOLDER,
                    account=account,
                    box=box,
                    name=box.value,
                    key=oddity_key(OddityKind.CLOSED_FOLDER, account, box),
                    detail=error.strerror or "",
                ),
            )

    def _entry(self, harvest: _Pass, place: _Place, entry: os.DirEntry[str]) -> None:
        name = raw(entry.name)
        kind = kind_of(name)
        if kind in (NameKind.HIDDEN, NameKind.LOCK):
            return
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            return  # gone between the listing and the look
        odd = oddity_of(found)
        if odd is not None:
            harvest.oddities.append(_oddity(odd, place, name, found))
            return
        quiet = self._quiet(harvest, (place.account, place.box.value, name), Identity.of(found))
        if kind is NameKind.TRANSFER or self._cut(found):
            if quiet >= self._unfinished_seconds:
                harvest.oddities.append(_oddity(OddityKind.UNFINISHED, place, name, found))
        elif quiet < (needed := self._quiet_needed(found, quiet)):
            harvest.settling += 1
            harvest.waits.append(needed - quiet)
        else:
            self._settled(harvest, place, name, found, quiet)

    def _quiet_needed(self, found: os.stat_result, quiet: float) -> float:
        """For how many seconds a file must keep still."""
        if quiet < self._settle_seconds or self._unheard_seconds <= self._settle_seconds:
            return self._settle_seconds
        heard = self._receipt(found).proof is ReceiptProof.SFTP_CLOSE
        return self._settle_seconds if heard else self._unheard_seconds

    def _settled(self, harvest: _Pass, place: _Place, name: bytes, found: os.stat_result, quiet: float) -> None:
        """A plain file that has kept still long enough: taken unless someone still writes it."""
        writing = being_written(place.descriptor, name, leases=self._leases)
        if writing is Writing.GONE:
            return
        if writing is Writing.UNREADABLE:
            harvest.oddities.append(_oddity(OddityKind.UNREADABLE, place, name, found))
            return
        if writing is Writing.YES:
            harvest.being_written += 1
            if quiet >= self._unfinished_seconds:
                harvest.oddities.append(_oddity(OddityKind.UNFINISHED, place, name, found))
            return
        receipt = self._receipt(found)
        harvest.ready.append(
            Candidate(
                account=place.account,
                box=place.box,
                raw_name=name,
                name=printable(name),
                identity=Identity.of(found),
                received_at=receipt.received_at,
                proof=receipt.proof,
            ),
        )

    def _quiet(self, harvest: _Pass, key: tuple[str, str, bytes], identity: Identity) -> float:
        """For how many seconds the file has not moved, as far as we have looked."""
        harvest.seen.add(key)
        before = self._still.get(key)
        if before is None or before[0] != identity:
            self._still[key] = (identity, harvest.now)
            return 0.0
        return harvest.now - before[1]

    def _server_staging(self, harvest: _Pass, known_account: Callable[[str], bool]) -> None:
        """Transfers that the built-in server holds and nobody goes on with."""
        for upload in unfinished_uploads(self._inbox):
            try:
                found = upload.path.lstat()
            except OSError:
                continue
            key = (upload.account, f"{upload.folder}/staging", raw(upload.path.name))
            if self._quiet(harvest, key, Identity.of(found)) < self._unfinished_seconds:
                continue
            if known_account(upload.account):
                place = _Place(account=upload.account, box=Box(upload.folder), descriptor=-1)
                harvest.oddities.append(_oddity(OddityKind.UNFINISHED, place, upload.name, found))


def oddity_of(found: os.stat_result) -> OddityKind | None:
    """Why what this stat (not following links) describes is not a file to take; None for an ordinary file."""
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return OddityKind.HARD_LINK if found.st_nlink > 1 else None
    if stat.S_ISDIR(mode):
        return OddityKind.SUB_FOLDER
    return OddityKind.LINK if stat.S_ISLNK(mode) else OddityKind.SPECIAL


def take_turns(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Order by receipt within an account, one of each account a round, the longest waiting account first."""
    queues: dict[str, deque[Candidate]] = {}
    for each in sorted(candidates, key=lambda one: (one.received_at, one.identity.changed_ns, one.raw_name)):
        queues.setdefault(each.account, deque()).append(each)
    while queues:
        for account in list(queues):
            yield queues[account].popleft()
            if not queues[account]:
                del queues[account]


def _entries(descriptor: int) -> list[os.DirEntry[str]]:
    with os.scandir(descriptor) as entries:
        return sorted(entries, key=lambda each: each.name)


def _changed_ns(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_ctime_ns
    except OSError:  # gone since it was listed
        return 0


def _oddity(kind: OddityKind, place: _Place, name: bytes, found: os.stat_result) -> Oddity:
    # A folder's change time moves with what is put in it: that is not another thing to say.
    moved = 0 if stat.S_ISDIR(found.st_mode) else found.st_ctime_ns
    return Oddity(
        kind=kind,
        account=place.account,
        box=place.box,
        name=printable(name),
        key=oddity_key(kind, place.account, place.box, name, found.st_ino, moved),
    )


def _top_oddity(kind: OddityKind, name: bytes, inode: int) -> Oddity:
    shown = printable(name)
    return Oddity(kind=kind, account=shown, box=None, name=shown, key=oddity_key(kind, name, inode))
