"""When a deposit was completed, by the earliest proof we have (contract §6, Received at).

Never a time that the client can set (the modification time), and never the moment we got round to it.
Must be read before anything of ours touches the file: a rename moves the change time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.submissions import ReceiptProof
from ingest.sftp.closes import find_close

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_IN_US: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The instant of receipt, in UTC, and what proves it."""

    received_at: datetime
    proof: ReceiptProof


def receipt_of(inbox: Path, found: os.stat_result, now: datetime) -> Receipt:
    """The server's record of the close, else the change time; `now` when both lie after our clock (`--at`)."""
    changed_at = instant_of(found.st_ctime_ns)
    record = find_close(inbox, found)
    if record is not None:  # the kernel's clock is coarse: it may lag the record by some milliseconds
        receipt = Receipt(received_at=min(record.closed_at, changed_at), proof=ReceiptProof.SFTP_CLOSE)
    else:
        receipt = Receipt(received_at=changed_at, proof=ReceiptProof.CHANGE_TIME)
    if receipt.received_at > now:
        return Receipt(received_at=now.astimezone(UTC), proof=ReceiptProof.CLOCK)
    return receipt


def instant_of(nanoseconds: int) -> datetime:
    """The instant of a count of nanoseconds since 1970, to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // _NS_IN_US)


def nanoseconds_of(instant: datetime) -> int:
    """The inverse of `instant_of`, exact to the microsecond."""
    return (instant - _EPOCH) // timedelta(microseconds=1) * _NS_IN_US
