"""Which steps are to be said now, and to whom: a pure function of where everybody stands and what was said (§8).

Every step has its *moment*: the opening at the first working hour on or after the day on which the period opens, J-n
at the first hour of that day (or of the last working day before it), J+n at noon of the first working day from that
day on. Of the steps whose moment has come only the furthest is said, so that after a long silence one message tells
the state. Nothing is said twice, whatever the clock does; an organisation is written to at most once a civil day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from domain.compliance import ComplianceStatus
from domain.punctuality import PERIODS, counts, recent
from domain.steps import Call, Saying, Standing, Step
from domain.workdays import OfficeHours

NOON: Final = 12
OFTEN: Final = 2
"""So many late periods of the last `PERIODS`, the last one included, are repeated lateness."""

_Key = tuple[str, str, str]
_Steps = tuple[tuple[Step, datetime], ...]
_ONCE: Final = frozenset({Step.OPENING, Step.BEFORE_15, Step.BEFORE_7, Step.REPEATED})
"""Said at most once for an obligation, whatever becomes of its due day; the others begin again with a new due day."""
_BEFORE: Final = (Step.BEFORE_15, Step.BEFORE_7, Step.BEFORE_1)
_AFTER: Final = (Step.AFTER_1, Step.AFTER_7, Step.AFTER_15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One step of one obligation that was said, or `passed` over; `due_on`: the due day that it was reckoned from."""

    organisation: str
    collection: str
    period: str
    step: Step
    due_on: date
    said_on: date
    passed: bool = False

    @property
    def key(self) -> _Key:
        """What names the obligation, as `Standing.key`."""
        return (self.organisation, self.collection, self.period)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unjudged:
    """What lies on the desk: nobody is told that something lacks which may be in there.

    `judging`: organisations one of whose deposits is about to be judged, to whom nothing is said meanwhile. `parked`:
    when the last deposit was received that something of ours keeps from being judged; it may hold anything that was
    open then.
    """

    judging: frozenset[str] = frozenset()
    parked: Mapping[str, datetime]

    def may_hold(self, standing: Standing) -> bool:
        """Whether what this obligation lacks may lie on the desk."""
        received_at = self.parked.get(standing.organisation)
        return received_at is not None and received_at >= standing.opens_at


NOTHING_WAITS: Final = Unjudged(parked={})


def plan(
    standings: Iterable[Standing],
    said: Iterable[Said],
    now: datetime,
    hours: OfficeHours,
    *,
    unjudged: Unjudged = NOTHING_WAITS,
) -> tuple[Call, ...]:
    """The calls to make now, one an organisation at most, by organisation; none outside office hours."""
    if not hours.open_at(now):
        return ()
    moment = _Moment(memory=_Memory(said, hours.local(now).date()), now=now, hours=hours)
    by_organisation = groupby(sorted(standings, key=_by_organisation), key=_by_organisation)
    calls = (
        moment.call(organisation, [one for one in theirs if not unjudged.may_hold(one)])
        for organisation, theirs in by_organisation
        if organisation not in unjudged.judging
    )
    return tuple(call for call in calls if call is not None)


def moments(standing: Standing, hours: OfficeHours) -> _Steps:
    """The steps of one obligation before and after its due day, with their moments, in the order of the calendar.

    A reminder that would not come after the opening does not exist: the opening tells the due day.
    """
    days = hours.days
    opening = hours.at(days.on_or_after(hours.local(standing.opens_at).date()), hours.opens)
    before = [(step, hours.at(days.on_or_before(_day(standing, step)), hours.opens)) for step in _BEFORE]
    after = [(step, hours.at(days.on_or_after(_day(standing, step)), NOON)) for step in _AFTER]
    return ((Step.OPENING, opening), *(one for one in before if one[1] > opening), *after)


def _day(standing: Standing, step: Step) -> date:
    return standing.due_on + timedelta(days=step.days or 0)


def often_late(standings: Iterable[Standing]) -> Standing | None:
    """Of one organisation's obligations for one collection: the last one settled, when it makes lateness repeated."""
    owed = [one for one in standings if one.status is not ComplianceStatus.WAIVED]
    window = recent(owed, PERIODS)
    last = max((one for one in window if counts(one)), key=lambda one: one.period, default=None)
    if last is None or not last.was_late:
        return None
    return last if sum(one.was_late for one in window) >= OFTEN else None


def _by_organisation(standing: Standing) -> str:
    return standing.organisation


class _Memory:
    """What was said before. What was passed over on a day still to come was so by a clock that has gone back since."""

    def __init__(self, said: Iterable[Said], today: date) -> None:
        self._once: set[tuple[_Key, Step]] = set()
        self._by_due: set[tuple[_Key, Step, date]] = set()
        self._told: set[tuple[str, date]] = set()
        self._overdue: dict[tuple[_Key, date], date] = {}
        for one in said:
            if not one.passed:
                self._told.add((one.organisation, one.said_on))
                if one.step in _AFTER:
                    about = (one.key, one.due_on)
                    self._overdue[about] = min(one.said_on, self._overdue.get(about, one.said_on))
            if not one.passed or one.said_on <= today:
                self._once.add((one.key, one.step))
                self._by_due.add((one.key, one.step, one.due_on))

    def holds(self, standing: Standing, step: Step) -> bool:
        """Whether the step was said, or passed over."""
        if step in _ONCE:
            return (standing.key, step) in self._once
        return (standing.key, step, standing.due_on) in self._by_due

    def told(self, organisation: str, day: date) -> bool:
        """Whether anything was said to it on that day."""
        return (organisation, day) in self._told

    def first_overdue_on(self, standing: Standing) -> date | None:
        """The day on which it was first told that the due day in force had passed."""
        return self._overdue.get((standing.key, standing.due_on))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moment:
    """What is to be said to one organisation at one instant of the office hours."""

    memory: _Memory
    now: datetime
    hours: OfficeHours
    known: dict[tuple[datetime, date], _Steps] = field(default_factory=dict)
    """Moments worked out before: most obligations of a period share theirs."""

    @property
    def today(self) -> date:
        return self.hours.local(self.now).date()

    def call(self, organisation: str, theirs: Sequence[Standing]) -> Call | None:
        """None when there is nothing to say, when something was said today, or when it is better said at noon."""
        if self.memory.told(organisation, self.today):
            return None
        owed = [(one, self._steps(one)) for one in theirs if one.status.owes]
        if any(self._overdue_today(one, steps) for one, steps in owed):
            return None
        sayings = [self._saying(one, steps) for one, steps in owed]
        found = tuple(one for one in sayings if one is not None) or self._repeated(theirs)
        return Call(organisation=organisation, day=self.today, sayings=found) if found else None

    def _steps(self, standing: Standing) -> _Steps:
        dates = (standing.opens_at, standing.due_on)
        if dates not in self.known:
            self.known[dates] = moments(standing, self.hours)
        return self.known[dates]

    def _saying(self, standing: Standing, steps: _Steps) -> Saying | None:
        """The furthest step whose moment has come, unless it was said."""
        come = [step for step, moment in steps if moment <= self.now]
        due = self.now > standing.due_at
        valid = [step for step in come if (step in _AFTER) == due]
        if not valid or self.memory.holds(standing, valid[-1]):
            return None
        step = valid[-1]
        passed = (one for one in come[: come.index(step)] if not self.memory.holds(standing, one))
        return Saying(standing=standing, step=step, passed=tuple(passed))

    def _overdue_today(self, standing: Standing, steps: _Steps) -> bool:
        """Whether a step after the due day comes up later today: the rest is then said with it."""
        return self.now > standing.due_at and any(
            step in _AFTER
            and moment > self.now
            and self.hours.local(moment).date() == self.today
            and not self.memory.holds(standing, step)
            for step, moment in steps
        )

    def _repeated(self, theirs: Sequence[Standing]) -> tuple[Saying, ...]:
        """Repeated lateness, the working day after the lateness itself was told, or ended."""
        by_collection: dict[str, list[Standing]] = {}
        for one in theirs:
            by_collection.setdefault(one.collection, []).append(one)
        last = (often_late(some) for some in by_collection.values())
        return tuple(
            Saying(standing=one, step=Step.REPEATED)
            for one in last
            if one is not None and not self.memory.holds(one, Step.REPEATED) and self._was_told(one)
        )

    def _was_told(self, standing: Standing) -> bool:
        told_on = self.memory.first_overdue_on(standing)
        if told_on is None and standing.status is ComplianceStatus.LATE and standing.dates.complete_at is not None:
            told_on = self.hours.local(standing.dates.complete_at).date()
        if told_on is None:
            return False
        return self.hours.at(self.hours.days.following(told_on), self.hours.opens) <= self.now
