"""What looks odd in accepted figures, what is asked about it and what is answered (contract §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.justifications import Subject
from domain.periods import Period
from domain.workdays import OfficeHours

ANSWER_WITHIN_DAYS: Final = 10
"""A question is answered within these days; then it is recalled once."""
DISPUTED: Final = "contestation"
"""The code of a question that a member asks: no rule found it."""


class AnomalyState(StrEnum):
    """What became of a question."""

    OPEN = "open"
    """Nobody has answered yet."""
    CONFIRMED = "confirmed"
    """The figure is right: said by the depositor or by UESL, and remembered for that value."""
    REJECTED = "rejected"
    """UESL says that the figure is wrong: a corrected deposit is awaited."""
    CORRECTED = "corrected"
    """A later deposit does not raise it any more."""

    @property
    def waits(self) -> bool:
        """Whether something is still to be done about it."""
        return self in {AnomalyState.OPEN, AnomalyState.REJECTED}


class AnomalySource(StrEnum):
    """Where a question comes from."""

    JUDGING = "judging"
    """Found while the deposit was judged: it is in the verdict."""
    DISPUTE = "dispute"
    """A member contests its figure (`guichet anomaly raise`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddity:
    """One question found at judging, confirmed in the same deposit or not.

    `subject` says what exactly is asked (rule, column, record, value): the same subject is the same question.
    `label`: the column's French title. `confirmation`: the depositor's words, now or before.
    """

    subject: Subject
    message: str
    label: str | None = None
    hint: str | None = None
    row: int | None = None
    confirmation: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Anomaly:
    """One question as stored. `member`: code of the CIL/CCI, None for a whole table. `number` names it for people.

    `submission_id`: the deposit that raised it last. `answered_by`: an account, or who at UESL. `told_at`: when UESL
    was told last. `rejected_at`: when UESL said last that the figure is wrong, whatever was answered since.
    """

    number: int
    code: str
    source: AnomalySource
    state: AnomalyState
    account: str
    organisation: str | None
    collection: str
    period: str
    member: str | None
    column: str | None
    label: str | None
    value: str | None
    message: str
    raised_at: datetime
    raised_by: str | None = None
    submission_id: str | None = None
    row: int | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    rejected_at: datetime | None = None
    told_at: datetime | None = None
    reminded_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """A member contests its figure: which one, why, and who at UESL passes it on.

    `owner`: the account of the platform that the member belongs to on the period's last day, if there is one.
    """

    collection: str
    slug: str
    column: str
    label: str
    member: str
    period: Period
    reason: str
    author: str
    owner: str | None = None


def recalled_at(raised_at: datetime, hours: OfficeHours) -> datetime:
    """When a question without an answer is recalled: as offices open, on the tenth day or the next one worked."""
    tenth = hours.local(raised_at).date() + timedelta(days=ANSWER_WITHIN_DAYS)
    return hours.at(hours.days.on_or_after(tenth), hours.opens)
