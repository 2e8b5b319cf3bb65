"""Deposits: their numbers and the states they go through."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Box(StrEnum):
    """The folder of an account into which a file was dropped."""

    DEPOT = "depot"
    ESSAI = "essai"


class SubmissionState(StrEnum):
    """The life of a deposit, as the ledger tells it."""

    CLAIMED = "claimed"
    JUDGED = "judged"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"


class ReceiptProof(StrEnum):
    """How the receipt instant was obtained (contract §6, Received at)."""

    SFTP_CLOSE = "sftp_close"
    CHANGE_TIME = "change_time"
    CLOCK = "clock"
    IMPORTED = "imported"


SUBMISSION_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6,32}")
"""What the number of a deposit looks like."""
NO_DEPOSIT: Final = "aucun"
"""What stands in `guichet_depot` in the answer of a rehearsal: there is no deposit to complete."""


def new_submission_id(received_at: datetime, zone: ZoneInfo) -> str:
    """`20050418-101502-7f3a9c`: local date and time of receipt, then something random; never counts."""
    return f"{received_at.astimezone(zone):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DroppedFile:
    """What is known of a file when it is claimed. `name` is printable; `size` in bytes."""

    submission_id: str
    account: str
    box: Box
    name: str
    size: int
    sha256: str
    received_at: datetime
    proof: ReceiptProof

    @property
    def test(self) -> bool:
        """Whether it was dropped in `essai/`: judged and answered, never counted."""
        return self.box is Box.ESSAI
