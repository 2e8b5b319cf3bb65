"""What is written of a claim before the file moves, so that a crash at any step can be taken up again.

`claims/<id>.json` is written and synced first; it is also the lock of the process that has the claim in
hand (the kernel drops it if we die, so several machines can share an inbox). Then the file itself moves to
`claims/<id>__<received ns>__<proof>__<account>__<box>`: the receipt is in its very name.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote

from domain.submissions import SUBMISSION_ID, Box, ReceiptProof
from ingest.inbox.names import printable
from ingest.inbox.receipt import instant_of, nanoseconds_of

_CLAIM: Final = re.compile(
    rf"({SUBMISSION_ID.pattern})__([0-9]+)__({'|'.join(ReceiptProof)})__(.+)__({'|'.join(Box)})",
    re.DOTALL,
)
_UNNAMED: Final = b"sans-nom"
_FILE_MODE: Final = 0o600


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRecord:
    """A claim as its names tell it. `raw_name`: the bytes that the depositor chose."""

    submission_id: str
    account: str
    box: Box
    raw_name: bytes
    received_at: datetime
    proof: ReceiptProof

    @property
    def file_name(self) -> str:
        """The name of the claimed file in `claims/`."""
        received = nanoseconds_of(self.received_at)
        account = quote(self.account, safe="")
        return f"{self.submission_id}__{received}__{self.proof}__{account}__{self.box}"

    @property
    def name(self) -> str:
        """The depositor's name for it, printable."""
        return printable(self.raw_name)

    def as_bytes(self) -> bytes:
        """What the record's file holds."""
        row = {
            "schema": 1,
            "submission": self.submission_id,
            "account": self.account,
            "box": self.box.value,
            "name": self.name,
            "name_hex": self.raw_name.hex(),
            "received_at": self.received_at.isoformat(timespec="microseconds"),
            "proof": self.proof.value,
        }
        return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def record_name(submission_id: str) -> str:
    """The record's name in `claims/`."""
    return f"{submission_id}.json"


def record_of(file_name: str, record: bytes | None) -> ClaimRecord | None:
    """Read a claim back from the name of its file and its record; None when the name is not a claim's.

    A record that is missing or damaged costs the depositor's name for the file, nothing else.
    """
    match = _CLAIM.fullmatch(file_name)
    if match is None:
        return None
    raw_name = _UNNAMED
    with suppress(ValueError, KeyError, TypeError):
        raw_name = bytes.fromhex(json.loads(record or b"{}")["name_hex"]) or _UNNAMED
    return ClaimRecord(
        submission_id=match[1],
        received_at=instant_of(int(match[2])),
        proof=ReceiptProof(match[3]),
        account=unquote(match[4]),
        box=Box(match[5]),
        raw_name=raw_name,
    )


def write_record(claims: int, record: ClaimRecord) -> int:
    """Write and sync the record, locked; return the descriptor that holds the lock. OSError on a full disk."""
    while True:
        descriptor = _create_locked(claims, record_name(record.submission_id))
        if descriptor is None:
            continue  # another machine's recovery took our empty record for a leftover
        try:
            os.write(descriptor, record.as_bytes())
            os.fsync(descriptor)
        except BaseException:
            drop_record(claims, record.submission_id, descriptor)
            raise
        return descriptor


def take_record(claims: int, submission_id: str) -> int | None:
    """Lock the record of a claim that was left, made again if missing; None when a living process has it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(record_name(submission_id), flags, _FILE_MODE, dir_fd=claims)
    if _lock(descriptor, wait=False):
        return descriptor
    os.close(descriptor)
    return None


def drop_record(claims: int, submission_id: str, descriptor: int) -> None:
    """Forget the record, then let go of its lock."""
    try:
        with suppress(FileNotFoundError):
            os.unlink(record_name(submission_id), dir_fd=claims)
    finally:
        os.close(descriptor)


def _create_locked(claims: int, name: str) -> int | None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, _FILE_MODE, dir_fd=claims)
    if _lock(descriptor, wait=True):
        return descriptor
    os.close(descriptor)
    return None


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock the file; False when another has it, or removed it before we had it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return os.fstat(descriptor).st_nlink > 0
