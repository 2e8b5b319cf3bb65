"""Takes up the claims that a crash left, at the right step, any number of times (see `claim` for the steps)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Retry
from domain.submissions import SUBMISSION_ID, DroppedFile
from ingest.faults import retried
from ingest.inbox.claim import CLAIMS, Claimed, Claims
from ingest.inbox.copying import ORIGINAL, hash_of
from ingest.inbox.folders import FILE_FLAGS, names_in, opened
from ingest.inbox.records import ClaimRecord, drop_record, record_of, take_record
from ingest.inbox.scan import OURS

_MOST_RECORD_BYTES: Final = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """What a recovery found. `claimed`: to go through the first transaction, oldest receipt first, then `finish`.

    `finished`: how many were in the ledger already and only had to be let go. `troubles`: claims that still cannot
    be taken up, with the reason. `adrift`: bytes in the spool that neither the ledger nor a claim knows (a database
    restored from an older backup): kept, and for the administrator.
    """

    claimed: tuple[Claimed, ...]
    finished: int
    troubles: tuple[tuple[str, str], ...]
    adrift: tuple[str, ...]

    def __iter__(self) -> Iterator[Claimed]:
        """The claims to go on with."""
        return iter(self.claimed)


class Recovery:
    """Looks at `claims/` and the spool; every decision is made under the claim's lock."""

    def __init__(self, inbox: Path, spool: Path, claims: Claims) -> None:
        self._inbox = inbox
        self._spool = spool
        self._claims = claims

    def recover(self, known: Callable[[str], bool]) -> Recovered:
        """Take up every claim that no living process has in hand."""
        claimed: list[Claimed] = []
        troubles: list[tuple[str, str]] = []
        finished = 0
        with retried("looking for claims left behind"), opened(self._inbox, OURS, CLAIMS) as claims:
            left = _left(claims)
            for submission_id, name in sorted(left.items()):
                try:
                    with retried(f"taking up the claim {submission_id}"):
                        taken = self._take_up(claims, submission_id, name, known)
                except Retry as trouble:
                    self._claims.release(submission_id)
                    troubles.append((submission_id, str(trouble)))
                    continue
                except BaseException:  # the ledger is away: the claim waits for it
                    self._claims.release(submission_id)
                    raise
                if isinstance(taken, Claimed):
                    claimed.append(taken)
                finished += taken is True
            adrift = self._adrift(claims, known)
        claimed.sort(key=lambda each: (each.dropped.received_at, each.record.raw_name))
        return Recovered(
            claimed=tuple(claimed),
            finished=finished,
            troubles=tuple(troubles),
            adrift=adrift,
        )

    def _take_up(
        self,
        claims: int,
        submission_id: str,
        name: str | None,
        known: Callable[[str], bool],
    ) -> Claimed | bool:
        """One claim: what to go on with, True when it only had to be let go, False when there is nothing to do."""
        lock = take_record(claims, submission_id)
        if lock is None:
            return False
        self._claims.hold(submission_id, lock)
        name = name or _left(claims).get(submission_id)
        record = record_of(name, os.pread(lock, _MOST_RECORD_BYTES, 0)) if name else None
        if record is None or not _is_there(claims, record.file_name):  # never moved, or already finished
            self._forget(claims, submission_id, lock)
            return False
        if not stat.S_ISREG(os.stat(record.file_name, dir_fd=claims, follow_symlinks=False).st_mode):
            # A folder or a link slipped under the name at the moment of the move: back where it came from.
            self._claims.give_back(claims, record)
            self._forget(claims, submission_id, lock)
            return False
        source = os.open(record.file_name, FILE_FLAGS, dir_fd=claims)
        try:
            if not known(submission_id):
                return self._claims.copied(record, source)
            self._claims.let_claim_go(claims, self._as_known(record, source))
        finally:
            os.close(source)
        self._forget(claims, submission_id, lock)
        return True

    def _forget(self, claims: int, submission_id: str, lock: int) -> None:
        drop_record(claims, submission_id, lock)
        self._claims.forget(submission_id)

    def _as_known(self, record: ClaimRecord, source: int) -> Claimed:
        """A claim whose deposit is in the ledger, with the hash of its copy, or its own once that has moved on."""
        path = self._spool / record.submission_id / ORIGINAL
        try:
            copy = os.open(path, FILE_FLAGS)
        except FileNotFoundError:
            sha256 = hash_of(source, self._claims.limit_bytes)
        else:
            sha256 = hash_of(copy, self._claims.limit_bytes)
            os.close(copy)
        dropped = DroppedFile(
            submission_id=record.submission_id,
            account=record.account,
            box=record.box,
            name=record.name,
            size=os.fstat(source).st_size,
            sha256=sha256,
            received_at=record.received_at,
            proof=record.proof,
        )
        return Claimed(dropped=dropped, path=path, truncated=False, record=record, state=None)

    def _adrift(self, claims: int, known: Callable[[str], bool]) -> tuple[str, ...]:
        """Spool folders that nothing refers to; those that hold nothing are removed."""
        folders = sorted(self._spool.iterdir())
        in_claims = _left(claims).keys()  # listed after the folders: a folder in the making has its record already
        adrift: list[str] = []
        for folder in folders:
            name = folder.name
            if name in in_claims or SUBMISSION_ID.fullmatch(name) is None or known(name):
                continue
            if (folder / ORIGINAL).exists():
                adrift.append(name)
            else:
                with suppress(OSError):
                    folder.rmdir()
        return tuple(adrift)


def _is_there(claims: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=claims, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _left(claims: int) -> dict[str, str | None]:
    """Submission id → name of the claimed file, None when there is only a record."""
    found: dict[str, str | None] = {}
    for name in names_in(claims):
        submission_id = name.removesuffix(".json").partition("__")[0]
        if SUBMISSION_ID.fullmatch(submission_id) is None:
            continue
        if name.endswith(".json") and "__" not in name:
            found.setdefault(submission_id, None)
        else:
            found[submission_id] = name
    return found
