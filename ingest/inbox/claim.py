"""How a file becomes ours: recorded, moved out of its depositor's reach, copied privately, synced, hashed.

A rename alone is not a claim: an open handle or a hard link still writes to the moved file. What is judged is the
copy; what comes later is found when the claim is finished and goes back as another deposit.

The steps, each of which may be the last before a crash (`recover` takes any of them up again):

1. `claims/<id>.json` is written, synced, locked.
2. `spool/<id>/` is made: the number is ours.
3. The file moves to `claims/<id>__…`: the rename is the arbiter between machines.
4. It is copied to `spool/<id>/original`, synced.
5. (the pipeline commits the first transaction: the deposit is in the ledger)
6. `finish`: the close record, the claimed file, then its record go.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from domain.submissions import Box, DroppedFile, ReceiptProof, new_submission_id
from ingest.faults import need_room, retried
from ingest.files import sync_folder
from ingest.inbox.copying import copy_privately, hash_of, state_of
from ingest.inbox.folders import FILE_FLAGS, move_without_replacing, opened
from ingest.inbox.names import alternative, printable
from ingest.inbox.oddities import OddityKind
from ingest.inbox.records import ClaimRecord, drop_record, write_record
from ingest.inbox.scan import OURS, Candidate, Identity, oddity_of
from ingest.sftp.closes import drop_close

CLAIMS: Final = "claims"
DEPOSIT: Final = "deposit.json"
_MOST_NAMES: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A file that is ours: `path` is the private copy, synced, that is judged.

    `truncated`: larger than the largest file that is read; the copy holds one byte more than that limit.
    `record` and `state` (None after a crash) are what `finish` needs.
    """

    dropped: DroppedFile
    path: Path
    truncated: bool
    record: ClaimRecord
    state: tuple[int, int] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """Taken by another process, removed, or changed since it was seen: the next scan tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """It turned into something that is not taken, or cannot be read: left there, the next scan reports it."""

    kind: OddityKind


class Claims:
    """The claims in hand of this process. Raises only `Retry`."""

    def __init__(
        self,
        inbox: Path,
        spool: Path,
        *,
        limit_bytes: int,
        zone: ZoneInfo,
        taken: Callable[[str], bool],
    ) -> None:
        """`taken` says whether a submission id is used already; `limit_bytes`: the largest file that is read."""
        self._inbox = inbox
        self._spool = spool
        self.limit_bytes = limit_bytes
        self._zone = zone
        self._taken = taken
        self._held: dict[str, int] = {}

    def claim(self, candidate: Candidate) -> Claimed | Gone | Refused:
        """Take the file that a scan saw ready. After Retry it is untouched, or waits in `claims/` for `recover`."""
        with (
            retried(f"taking a file of {candidate.account}"),
            opened(self._inbox, OURS, CLAIMS) as claims,
            ExitStack() as stack,
        ):
            try:
                folder = stack.enter_context(opened(self._inbox, candidate.account, candidate.box.value))
                source = os.open(candidate.raw_name, FILE_FLAGS, dir_fd=folder)
            except OSError as error:
                return _not_opened(error)
            stack.callback(os.close, source)
            return self._take_if_same(candidate, source, folder, claims)

    def adopt(self, path: Path, account: str, received_at: datetime) -> Claimed:
        """Copy a file that the administrator hands over; it stays where it is. Then `finish`, or `forsake`.

        The record keeps a running service from taking the copy for something adrift.
        """
        with (
            retried(f"copying {path}"),
            opened(self._inbox, OURS, CLAIMS) as claims,
            ExitStack() as stack,
        ):
            source = os.open(path, FILE_FLAGS & ~os.O_NOFOLLOW)
            stack.callback(os.close, source)
            raw_name = os.fsencode(path.name)
            candidate = Candidate(
                account=account,
                box=Box.DEPOT,
                raw_name=raw_name,
                name=printable(raw_name),
                identity=Identity.of(os.fstat(source)),
                received_at=received_at,
                proof=ReceiptProof.IMPORTED,
            )
            record, lock = self._begun(candidate, claims)
            self.hold(record.submission_id, lock)
            try:
                return self.copied(record, source)
            except BaseException:
                shutil.rmtree(self._spool / record.submission_id, ignore_errors=True)
                self._drop(claims, record.submission_id)
                raise

    def forsake(self, submission_id: str) -> None:
        """Forget the record of an adopted file that is not kept; its copy is the caller's to destroy first."""
        with retried(f"forgetting {submission_id}"), opened(self._inbox, OURS, CLAIMS) as claims:
            self._drop(claims, submission_id)

    def _drop(self, claims: int, submission_id: str) -> None:
        held = self._held.pop(submission_id, None)
        if held is not None:
            drop_record(claims, submission_id, held)

    def finish(self, claimed: Claimed) -> None:
        """The ledger has the deposit: let the claim go. Bytes written since the copy go back as another deposit."""
        dropped = claimed.dropped
        with retried(f"finishing the claim of {dropped.submission_id}"), opened(self._inbox, OURS, CLAIMS) as claims:
            self.let_claim_go(claims, claimed)
            self._drop(claims, dropped.submission_id)

    def put_back(self, claimed: Claimed) -> None:
        """Stop working on the claim: its bytes and its receipt wait in `claims/` until `recover` takes it up."""
        self.release(claimed.dropped.submission_id)

    def release(self, submission_id: str) -> None:
        """Let another process, or a later `recover`, take the claim up."""
        held = self._held.pop(submission_id, None)
        if held is not None:
            os.close(held)

    def hold(self, submission_id: str, lock: int) -> None:
        """Keep the lock of a claim in hand."""
        self._held[submission_id] = lock

    def forget(self, submission_id: str) -> None:
        """The lock of a claim was dropped with its record."""
        self._held.pop(submission_id, None)

    def copied(self, record: ClaimRecord, source: int) -> Claimed:
        """Make the private copy of a claimed file; `source` is its open descriptor. OSError when we cannot."""
        folder = self._spool / record.submission_id
        folder.mkdir(mode=0o700, exist_ok=True)
        need_room(folder, min(os.fstat(source).st_size, self.limit_bytes + 1))
        (folder / DEPOSIT).write_bytes(record.as_bytes())
        copy = copy_privately(source, folder, self.limit_bytes)
        sync_folder(self._spool)
        dropped = DroppedFile(
            submission_id=record.submission_id,
            account=record.account,
            box=record.box,
            name=record.name,
            size=copy.size,
            sha256=copy.sha256,
            received_at=record.received_at,
            proof=record.proof,
        )
        return Claimed(
            dropped=dropped,
            path=copy.path,
            truncated=copy.truncated,
            state=copy.state,
            record=record,
        )

    def let_claim_go(self, claims: int, claimed: Claimed) -> None:
        """Remove the claimed file, or give it back to its depositor's folder when it holds other bytes by now."""
        try:
            found = os.stat(claimed.record.file_name, dir_fd=claims, follow_symlinks=False)
        except FileNotFoundError:
            return
        if self._changed_since(claims, claimed, found):
            self.give_back(claims, claimed.record)
            return
        drop_close(self._inbox, found)  # before the inode is free for another upload
        os.unlink(claimed.record.file_name, dir_fd=claims)

    def give_back(self, claims: int, record: ClaimRecord) -> None:
        """Move what is in `claims/` back where it came from, under a free name; never over a newer upload."""
        with opened(self._inbox, record.account, record.box.value) as folder:
            for number in range(1, _MOST_NAMES):
                target = record.raw_name if number == 1 else alternative(record.raw_name, number)
                if move_without_replacing(record.file_name, claims, target, folder):
                    os.fsync(folder)
                    return
        raise OSError(errno.EEXIST, "no free name to give a file back")

    def _take_if_same(self, candidate: Candidate, source: int, folder: int, claims: int) -> Claimed | Gone | Refused:
        found = os.fstat(source)
        kind = oddity_of(found)
        if kind is not None:
            return Refused(kind=kind)
        if Identity.of(found) != candidate.identity:
            return Gone()
        return self._take(candidate, source, folder, claims)

    def _take(self, candidate: Candidate, source: int, folder: int, claims: int) -> Claimed | Gone:
        need_room(self._spool, min(candidate.size, self.limit_bytes + 1))
        record, lock = self._begun(candidate, claims)
        try:
            os.rename(candidate.raw_name, record.file_name, src_dir_fd=folder, dst_dir_fd=claims)
        except BaseException as error:
            self._abandon(record, claims, lock)
            if isinstance(error, FileNotFoundError):
                return Gone()  # another machine was faster
            raise
        self.hold(record.submission_id, lock)
        try:
            moved = os.stat(record.file_name, dir_fd=claims, follow_symlinks=False)
            if (moved.st_dev, moved.st_ino) != (candidate.identity.device, candidate.identity.inode):
                # The name was given to something else between our look and our move: that has its own turn.
                self.give_back(claims, record)
                self._abandon(record, claims, self._held.pop(record.submission_id))
                return Gone()
            os.fsync(claims)
            os.fsync(folder)
            return self.copied(record, source)
        except BaseException:
            self.release(record.submission_id)
            raise

    def _begun(self, candidate: Candidate, claims: int) -> tuple[ClaimRecord, int]:
        """Give the deposit a number that nobody has: its record, then its folder, can be made only once."""
        while True:
            submission_id = new_submission_id(candidate.received_at, self._zone)
            if self._taken(submission_id):
                continue
            record = ClaimRecord(
                submission_id=submission_id,
                account=candidate.account,
                box=candidate.box,
                raw_name=candidate.raw_name,
                received_at=candidate.received_at,
                proof=candidate.proof,
            )
            try:
                lock = write_record(claims, record)
            except FileExistsError:
                continue
            try:
                (self._spool / submission_id).mkdir(mode=0o700)
            except BaseException as error:
                drop_record(claims, submission_id, lock)
                if isinstance(error, FileExistsError):
                    continue
                raise
            return record, lock

    def _abandon(self, record: ClaimRecord, claims: int, lock: int) -> None:
        with suppress(FileNotFoundError):
            (self._spool / record.submission_id).rmdir()
        drop_record(claims, record.submission_id, lock)

    def _changed_since(self, claims: int, claimed: Claimed, found: os.stat_result) -> bool:
        """Whether the claimed file holds other bytes than the copy: someone wrote through a handle or a link."""
        if claimed.state is not None and state_of(found) == claimed.state:
            return False
        try:
            source = os.open(claimed.record.file_name, FILE_FLAGS, dir_fd=claims)
        except PermissionError:
            return True
        try:
            return hash_of(source, self.limit_bytes) != claimed.dropped.sha256
        finally:
            os.close(source)


_REFUSALS: Final = {
    errno.EACCES: OddityKind.UNREADABLE,
    errno.EPERM: OddityKind.UNREADABLE,
    errno.ELOOP: OddityKind.LINK,
    errno.ENXIO: OddityKind.SPECIAL,
    errno.ENODEV: OddityKind.SPECIAL,
}


def _not_opened(error: OSError) -> Gone | Refused:
    """What it means that a file seen by a scan cannot be opened; raises what is our own trouble."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Gone()
    kind = _REFUSALS.get(error.errno or 0)
    if kind is None:
        raise error
    return Refused(kind=kind)
