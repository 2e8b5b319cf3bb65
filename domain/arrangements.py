"""What UESL grants to an organisation about what it owes (contract §8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.periods import Period


@dataclass(frozen=True, kw_only=True, slots=True)
class Arranged:
    """What was granted: another due instant, or a waiver (`due_at` None). `reason` is shown to the organisation."""

    organisation: str
    account: str | None
    collection: str
    period: Period
    reason: str
    former_due_at: datetime
    due_at: datetime | None
    complete: bool = False
    """Everything was deposited before: nothing is asked of it any more."""
