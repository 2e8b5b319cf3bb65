"""What is said to organisations about what they owe, step by step, each at most once (contract §8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Event
from domain.organisations import Service
from domain.periods import Period


class Step(StrEnum):
    """A step of the follow-up of one obligation, in the order of the calendar."""

    OPENING = "opening"
    BEFORE_15 = "j-15"
    BEFORE_7 = "j-7"
    BEFORE_1 = "j-1"
    AFTER_1 = "j+1"
    AFTER_7 = "j+7"
    AFTER_15 = "j+15"
    REPEATED = "repeated"
    """Late for the second time in four periods."""

    @property
    def rank(self) -> int:
        """Place in the calendar."""
        return list(Step).index(self)

    @property
    def days(self) -> int | None:
        """Days from the due day; None for the opening and for repeated lateness."""
        return _DAYS.get(self)

    @property
    def event(self) -> Event:
        """What kind of message says it."""
        if self is Step.OPENING:
            return Event.PERIOD_OPEN
        if self is Step.REPEATED:
            return Event.PUNCTUALITY
        return Event.REMINDER if _DAYS[self] < 0 else Event.OVERDUE


_BY_GRAVITY = (Event.PUNCTUALITY, Event.OVERDUE, Event.REMINDER, Event.PERIOD_OPEN)
_DAYS = {
    Step.BEFORE_15: -15,
    Step.BEFORE_7: -7,
    Step.BEFORE_1: -1,
    Step.AFTER_1: 1,
    Step.AFTER_7: 7,
    Step.AFTER_15: 15,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A good `essai/` that no deposit followed: it does not count, and its depositor may believe that it does."""

    submission_id: str
    file_name: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where one obligation stands at an instant: what everybody who follows deadlines reads.

    `due_at` is the instant in force (extension and outage included), in civil time; `first_due_at` the one of the
    calendar and the register. `missing_lines`: CIL/CCI whose line lacks in what is in force. `days_late` counts civil
    days, 0 when in time. `excused_reason`: why an outage of ours moved the due instant.
    """

    organisation: str
    account: str | None
    collection: str
    slug: str
    label: str
    service: Service | None
    period: Period
    opens_at: datetime
    due_at: datetime
    first_due_at: datetime
    status: ComplianceStatus
    dates: ComplianceDates
    days_late: int = 0
    nil: bool = False
    waived_reason: str | None = None
    extended_until: date | None = None
    excused_reason: str | None = None
    missing_lines: tuple[str, ...] = ()
    trial: Trial | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Organisation, collection, period: what names the obligation."""
        return (self.organisation, self.collection, self.period.code)

    @property
    def due_on(self) -> date:
        """The due day, in civil time."""
        return self.due_at.date()

    @property
    def was_late(self) -> bool:
        """Whether it counts against punctuality: late, or due and not all there."""
        return self.status is ComplianceStatus.LATE or (self.status.owes and self.days_late > 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """One step to be said about one obligation; `passed`: earlier steps that it makes pointless (never said later)."""

    standing: Standing
    step: Step
    passed: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """All that is said to one organisation on one civil day: one message to each of its people."""

    organisation: str
    day: date
    sayings: tuple[Saying, ...] = field(default=())

    @property
    def event(self) -> Event:
        """The gravest of what it says: overdue, else a reminder, else an opening; repeated lateness is said alone."""
        events = {one.step.event for one in self.sayings}
        return next(event for event in _BY_GRAVITY if event in events)

    @property
    def last_step(self) -> Step:
        """The furthest step said: it decides who else is told."""
        return max((one.step for one in self.sayings), key=lambda step: step.rank)
