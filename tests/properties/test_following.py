"""Whenever the passes run, however often, in whatever order: each step once, in office hours, one call a day (§8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.compliance import ComplianceDates, ComplianceStatus, status_at
from domain.deadlines import due_at
from domain.following import Said, moments
from domain.periods import FIRST_YEAR, LAST_YEAR, Period, Periodicity
from domain.punctuality import rate, rolling
from domain.steps import Step
from tests.following_kit import HOURS, PARIS, Obligation, Speaking

START = datetime(2005, 4, 1, tzinfo=PARIS)
HOURS_OF_A_YEAR = 365 * 24
PERIODS = tuple(Period(2004, quarter) for quarter in (3, 4)) + tuple(Period(2005, quarter) for quarter in (1, 2, 3, 4))

offsets = st.integers(0, HOURS_OF_A_YEAR)
instants = st.lists(
    st.builds(lambda day, hour: day * 24 + hour, st.integers(0, 90), st.sampled_from([7, 8, 9, 11, 12, 13, 17, 18])),
    min_size=1,
    max_size=120,
)
"""Of the first three months, around the hours at which something happens; the same day comes back often."""


@st.composite
def obligations(draw: st.DrawFn) -> Obligation:
    """One obligation: due some days after its period, perhaps deposited, in one go or in two, perhaps waived."""
    period = draw(st.sampled_from(PERIODS))
    due = due_at(period.ends_on + timedelta(days=draw(st.sampled_from([1, 2, 10, 30, 31, 45]))), PARIS)
    due -= timedelta(hours=draw(st.sampled_from([0, 0, 13])))  # an outage of ours gives until some hour of a day
    received = draw(st.none() | st.integers(-20, 60))
    accepted = draw(st.none() | st.integers(-20, 60))
    return Obligation(
        organisation=draw(st.sampled_from(["PF03", "PF07"])),
        collection=draw(st.sampled_from(["N1A", "N1M"])),
        period=period,
        due=due,
        received_at=None if received is None else due + timedelta(days=received, hours=-6),
        first_accepted_at=None if accepted is None else due + timedelta(days=accepted, hours=-7),
        waived=draw(st.integers(0, 9)) == 0,
    )


def distinct(found: list[Obligation]) -> list[Obligation]:
    """Each organisation, collection and period once."""
    return list({(one.organisation, one.collection, one.period): one for one in found}.values())


networks = st.lists(obligations(), min_size=1, max_size=8).map(distinct)


def run(found: list[Obligation], hours: list[int]) -> Speaking:
    """The pass at these hours of the year, in this order. `Speaking` refuses a step said twice."""
    speaking = Speaking(found)
    for hour in hours:
        speaking.at(START + timedelta(hours=hour))
    return speaking


def spoken(speaking: Speaking) -> set[tuple[str, str, str, Step, date]]:
    """What was said, by obligation, step and due day."""
    return {(*one.key, one.step, one.due_on) for one in speaking.said.values() if not one.passed}


@given(networks, instants)
@settings(max_examples=150, deadline=None)
def test_each_step_at_most_once_in_office_hours_one_call_a_day_whatever_the_clock_does(
    found: list[Obligation], hours: list[int]
) -> None:
    """The instants come in any order: the clock jumps ahead, goes back, stands still."""
    speaking = run(found, hours)
    steps = Counter(
        (one.standing.key, one.step, one.standing.due_on) for _, call in speaking.calls for one in call.sayings
    )
    assert all(count == 1 for count in steps.values())
    assert all(HOURS.open_at(now) for now, _ in speaking.calls)
    days = Counter((call.organisation, HOURS.local(now).date()) for now, call in speaking.calls)
    assert all(count == 1 for count in days.values())
    assert all(call.day == HOURS.local(now).date() for now, call in speaking.calls)


@given(networks, instants)
@settings(max_examples=100, deadline=None)
def test_what_is_said_is_true_and_its_time_has_come(found: list[Obligation], hours: list[int]) -> None:
    for now, call in run(found, sorted(hours)).calls:
        for saying in call.sayings:
            standing, step = saying.standing, saying.step
            if step is Step.REPEATED:
                assert standing.was_late
                assert len(call.sayings) == sum(one.step is Step.REPEATED for one in call.sayings)
                continue
            assert standing.status.owes
            assert dict(moments(standing, HOURS))[step] <= now
            assert (step.days is not None and step.days > 0) == (now > standing.due_at)
            assert all(one.rank < step.rank for one in saying.passed)


@given(networks, st.lists(st.integers(1, 40), max_size=80))
@settings(max_examples=25, deadline=None)
def test_a_year_with_gaps_says_no_step_that_the_whole_year_does_not(found: list[Obligation], gaps: list[int]) -> None:
    """With days missing a step is said later or, overtaken, never; it is never another one, nor said twice."""
    whole = run(found, [day * 24 + hour for day in range(365) for hour in (8, 12)])
    day, some = 0, []
    for gap in gaps:
        some += [day * 24 + 8, day * 24 + 12]
        day += gap
    holed = run(found, some)
    first = {about: min(one.said_on for one in _of(whole, about)) for about in spoken(whole)}
    for about in spoken(holed):
        step = about[3]
        if step is Step.REPEATED or about not in first:
            continue  # it follows from what was said, and with what
        assert min(one.said_on for one in _of(holed, about)) >= first[about] - timedelta(days=1)
    before_due = {about for about in spoken(holed) if (about[3].days or 0) > 0}
    assert {about[:3] for about in before_due} <= {about[:3] for about in spoken(whole)}


def _of(speaking: Speaking, about: tuple[str, str, str, Step, date]) -> list[Said]:
    return [one for one in speaking.said.values() if (*one.key, one.step, one.due_on) == about and not one.passed]


@given(networks, instants)
@settings(max_examples=60, deadline=None)
def test_running_each_pass_twice_changes_nothing(found: list[Obligation], hours: list[int]) -> None:
    ordered = sorted(hours)
    once, twice = run(found, ordered), run(found, [hour for hour in ordered for _ in range(2)])
    assert spoken(once) == spoken(twice)
    assert len(once.calls) == len(twice.calls)


@given(networks, st.integers(1, 300), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_a_due_day_that_moves_says_each_step_of_a_due_day_once(found: list[Obligation], day: int, more: int) -> None:
    speaking = run(found, [hour * 4 for hour in range(day * 6)])
    speaking.obligations = [replace(one, due=one.due + timedelta(days=more)) for one in found]
    for hour in range(day * 6, HOURS_OF_A_YEAR // 4):
        speaking.at(START + timedelta(hours=hour * 4))
    once = Counter(
        (one.key, one.step)
        for one in speaking.said.values()
        if not one.passed and one.step in {Step.OPENING, Step.BEFORE_15, Step.BEFORE_7, Step.REPEATED}
    )
    assert all(count == 1 for count in once.values())


days = st.integers(-40, 80)
maybe = st.none() | days


@given(days, maybe, maybe, maybe, st.booleans(), st.booleans())
def test_every_obligation_is_in_exactly_one_status(  # noqa: PLR0917 - all that a status follows from
    today: int, rejected: int | None, partial: int | None, complete: int | None, withdrawn: bool, waived: bool
) -> None:
    """Whatever was received when, counted in days from the due instant; the period opens 30 days before it."""
    due = due_at(date(2005, 4, 30), PARIS)
    now, opens_at = due + timedelta(days=today, hours=1), due - timedelta(days=30)
    dates = ComplianceDates()
    for day, accepted, whole in ((rejected, False, False), (partial, True, False), (complete, True, True)):
        if day is not None and day <= today:
            dates = dates.with_deposit(due + timedelta(days=day), accepted=accepted, complete=whole)
    complete_now = dates.complete_at is not None and not withdrawn
    nothing = not waived and not complete_now and dates.first_accepted_at is None
    said = {
        ComplianceStatus.WAIVED: waived,
        ComplianceStatus.ON_TIME: not waived and complete_now and (complete or 0) <= 0,
        ComplianceStatus.LATE: not waived and complete_now and (complete or 0) > 0,
        ComplianceStatus.INCOMPLETE: not waived and not complete_now and dates.first_accepted_at is not None,
        ComplianceStatus.OVERDUE: nothing and now > due,
        ComplianceStatus.UPCOMING: nothing and now < opens_at,
        ComplianceStatus.OPEN: nothing and opens_at <= now <= due and dates.first_received_at is None,
        ComplianceStatus.TO_CORRECT: nothing and opens_at <= now <= due and dates.first_received_at is not None,
    }
    status = status_at(now, opens_at=opens_at, due=due, dates=dates, complete_now=complete_now, waived=waived)
    assert [one for one, holds in said.items() if holds] == [status]
    assert set(said) == set(ComplianceStatus)


@given(networks, offsets)
def test_rates_stay_within_bounds(found: list[Obligation], hour: int) -> None:
    standings = [one.at(START + timedelta(hours=hour)) for one in found]
    for rated in (rate(standings), rolling(standings)):
        assert rated.percent is None or 0 <= rated.percent <= 100
        assert rated.punctual <= rated.due <= len(standings)


@given(
    st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR - 1, 12, 31)),
    st.sampled_from([Periodicity.QUARTER, Periodicity.YEAR]),
)
def test_periods_tile_the_calendar(day: date, kind: Periodicity) -> None:
    period = Period.containing(day, kind)
    assert period.starts_on <= day <= period.ends_on
    assert period.following.starts_on == period.ends_on + timedelta(days=1)
    assert period.following.preceding == period
    assert Period.parse(period.code) == period
