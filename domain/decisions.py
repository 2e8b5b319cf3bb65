"""What the central body decides, one line of its workbook at a time (contract §8, §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DecisionKind(StrEnum):
    """What is decided: the words of the workbook."""

    EXTEND = "prolonger"
    WAIVE = "dispenser"
    WITHDRAW = "retirer"
    CONFIRM = "confirmer"
    REJECT = "rejeter"

    @property
    def about_deadline(self) -> bool:
        """Whether it is about what somebody owes, not about a deposit or a question."""
        return self in {DecisionKind.EXTEND, DecisionKind.WAIVE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One line, as written: who, what and when are words that may name nothing. `row` is what a spreadsheet shows."""

    row: int
    kind: DecisionKind
    reason: str
    who: str | None = None
    collection: str | None = None
    period: str | None = None
    until: date | None = None
    submission_id: str | None = None
    anomaly: int | None = None
