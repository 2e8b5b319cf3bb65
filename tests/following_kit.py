"""Obligations without a database, and a desk that remembers what it said: for tests of the planner."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.compliance import ComplianceDates, ComplianceStatus, status_at
from domain.deadlines import due_at, margin_days
from domain.following import NOTHING_WAITS, Said, Unjudged, plan
from domain.periods import Period
from domain.steps import Call, Standing
from domain.workdays import OfficeHours
from ingest.workdays import working_days

PARIS = ZoneInfo("Europe/Paris")
HOURS = OfficeHours(days=working_days("metropole"), zone=PARIS)


def paris(text: str) -> datetime:
    """An instant in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


_DUE = paris("2005-04-30T23:59:59")


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """What is owed, and what became of it. `due`: the due instant in force; `received_at`: of the complete deposit."""

    organisation: str = "PF03"
    collection: str = "N1A"
    period: Period = field(default_factory=lambda: Period(2005, 1))
    due: datetime = _DUE
    opens_at: datetime | None = None
    first_accepted_at: datetime | None = None
    received_at: datetime | None = None
    waived: bool = False

    def due_on(self, day: str) -> Obligation:
        """The same, with another due day."""
        return replace(self, due=due_at(date.fromisoformat(day), PARIS))

    def at(self, now: datetime) -> Standing:
        """Where it stands at `now`."""
        opens_at = self.opens_at or datetime.combine(self.period.following.starts_on, time(0), tzinfo=PARIS)
        received_at = self.received_at if self.received_at is not None and self.received_at <= now else None
        accepted_at = self.first_accepted_at if self.first_accepted_at and self.first_accepted_at <= now else None
        dates = ComplianceDates(
            first_received_at=accepted_at or received_at,
            first_accepted_at=accepted_at or received_at,
            complete_at=received_at,
        )
        complete = received_at is not None
        status = status_at(now, opens_at=opens_at, due=self.due, dates=dates, complete_now=complete, waived=self.waived)
        settled_at = received_at if status is ComplianceStatus.LATE else now
        late = status.owes or status is ComplianceStatus.LATE
        return Standing(
            organisation=self.organisation,
            account=self.organisation.lower(),
            collection=self.collection,
            slug=self.collection.lower(),
            label=self.collection,
            service=None,
            period=self.period,
            opens_at=opens_at,
            due_at=self.due,
            first_due_at=self.due,
            status=status,
            dates=dates,
            days_late=max(0, -margin_days(settled_at or now, self.due, PARIS)) if late else 0,
        )


@dataclass
class Speaking:
    """Runs the planner and remembers, as the ledger does: what was said replaces what was passed over."""

    obligations: list[Obligation]
    hours: OfficeHours = HOURS
    said: dict[tuple[str, str, str, str, date], Said] = field(default_factory=dict)
    calls: list[tuple[datetime, Call]] = field(default_factory=list)

    def at(self, now: datetime, unjudged: Unjudged = NOTHING_WAITS) -> tuple[Call, ...]:
        """What is said at `now`."""
        open_ones = [one for one in self.obligations if (one.opens_at or now) <= now]
        calls = plan([one.at(now) for one in open_ones], self.said.values(), now, self.hours, unjudged=unjudged)
        for call in calls:
            self.calls.append((now, call))
            for saying in call.sayings:
                key, due_on = saying.standing.key, saying.standing.due_on
                for step in (*saying.passed, saying.step):
                    about = (*key, step.value, due_on)
                    known = self.said.get(about)
                    spoken = step is saying.step
                    assert known is None or (known.passed and spoken) or not spoken, f"{about} is said twice"
                    if known is None or spoken:
                        organisation, collection, period = key
                        self.said[about] = Said(
                            organisation=organisation,
                            collection=collection,
                            period=period,
                            step=step,
                            due_on=due_on,
                            said_on=call.day,
                            passed=not spoken,
                        )
        return calls

    def told(self, *instants: str) -> list[tuple[str, str]]:
        """What is said at those instants in Paris: day and hour, and what about."""
        return [line for text in instants for line in told(paris(text), self.at(paris(text)))]

    def through(self, first: str, last: str, hours: tuple[int, ...] = (8, 12)) -> list[tuple[str, str]]:
        """What is said when the pass runs at those hours of each day."""
        day, end, lines = date.fromisoformat(first), date.fromisoformat(last), []
        while day <= end:
            for hour in hours:
                lines += self.told(f"{day}T{hour:02}:00")
            day += timedelta(days=1)
        return lines


def told(now: datetime, calls: tuple[Call, ...]) -> list[tuple[str, str]]:
    """Calls as a table that a person can check."""
    return [
        (
            f"{now:%a %Y-%m-%d %Hh}",
            " ".join(
                [
                    call.organisation,
                    *(f"{one.standing.collection}/{one.standing.period}:{one.step}" for one in call.sayings),
                ]
            ),
        )
        for call in calls
    ]
