"""Which steps are said when: moments, one call a day, nothing twice (contract §8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.following import Unjudged, moments, often_late
from domain.notices import Event
from domain.periods import Period
from domain.steps import Call, Saying, Step
from domain.workdays import OfficeHours
from ingest.workdays import working_days
from tests.following_kit import HOURS, PARIS, Obligation, Speaking, paris

T4_2004 = replace(Obligation(), period=Period(2004, 4)).due_on("2005-01-30")
T1, T2, T3 = (
    Obligation(),
    Obligation(period=Period(2005, 2)).due_on("2005-07-30"),
    Obligation(period=Period(2005, 3)).due_on("2005-10-30"),
)
MOBILITY = replace(T1, collection="N1M")


def table(obligation: Obligation, hours: OfficeHours = HOURS) -> list[str]:
    found = moments(obligation.at(paris("2005-01-01T00:00")), hours)
    return [f"{step} {moment:%a %Y-%m-%d %H:%M}" for step, moment in found]


# ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_moments_of_a_quarter_due_on_a_saturday() -> None:
    assert table(T1) == [
        "opening Fri 2005-04-01 08:00",
        "j-15 Fri 2005-04-15 08:00",
        "j-7 Fri 2005-04-22 08:00",
        "j-1 Fri 2005-04-29 08:00",
        "j+1 Mon 2005-05-02 12:00",
        "j+7 Mon 2005-05-09 12:00",
        "j+15 Mon 2005-05-16 12:00",
    ]


def test_new_years_day_and_a_due_day_on_a_sunday() -> None:
    """1 January 2005 is a Saturday, 30 January a Sunday: J-1 is a Saturday and leaves on Friday."""
    assert table(T4_2004) == [
        "opening Mon 2005-01-03 08:00",
        "j-15 Fri 2005-01-14 08:00",
        "j-7 Fri 2005-01-21 08:00",
        "j-1 Fri 2005-01-28 08:00",
        "j+1 Mon 2005-01-31 12:00",
        "j+7 Mon 2005-02-07 12:00",
        "j+15 Mon 2005-02-14 12:00",
    ]


def test_hours_are_civil_over_the_change_of_clocks() -> None:
    """Due on 30 October 2005, the day on which the clocks go back."""
    days = dict(moments(T3.at(paris("2005-10-01T00:00")), HOURS))
    assert days[Step.BEFORE_1] == paris("2005-10-28T08:00")
    assert days[Step.AFTER_1] == paris("2005-10-31T12:00")
    assert days[Step.BEFORE_1].utcoffset() != days[Step.AFTER_1].utcoffset()


def test_a_reminder_before_the_opening_does_not_exist() -> None:
    """Due ten days after the end (2003 format): J-15 never happens, and J-7 may be the morning of the opening."""
    steps = [line.split()[0] for line in table(T2.due_on("2005-07-10"))]
    assert steps == ["opening", "j-1", "j+1", "j+7", "j+15"]
    steps = [line.split()[0] for line in table(T3.due_on("2005-10-11"))]
    assert steps == ["opening", "j-7", "j-1", "j+1", "j+7", "j+15"]


def test_a_reminder_of_the_morning_of_the_opening_does_not_exist() -> None:
    due_soon = replace(T4_2004.due_on("2005-01-04"))
    assert table(due_soon)[:2] == ["opening Mon 2005-01-03 08:00", "j+1 Wed 2005-01-05 12:00"]


@pytest.mark.parametrize(
    ("closes", "opens", "noon"),
    [(12, 9, "11:00"), (18, 14, "14:00"), (18, 8, "12:00")],
)
def test_noon_stays_within_the_hours(opens: int, closes: int, noon: str) -> None:
    hours = OfficeHours(days=working_days("metropole"), zone=PARIS, opens=opens, closes=closes)
    assert table(T1, hours)[-1].endswith(noon)
    assert table(T1, hours)[0].endswith(f"{opens:02}:00")


# ── a platform that does what it should, or does not ─────────────────────────────────────────────────────────────────


def test_nothing_is_ever_deposited() -> None:
    speaking = Speaking([T1, MOBILITY])
    assert speaking.through("2005-03-25", "2005-06-30", hours=(7, 8, 9, 12, 17, 18)) == [
        ("Fri 2005-04-01 08h", "PF03 N1A/2005T1:opening N1M/2005T1:opening"),
        ("Fri 2005-04-15 08h", "PF03 N1A/2005T1:j-15 N1M/2005T1:j-15"),
        ("Fri 2005-04-22 08h", "PF03 N1A/2005T1:j-7 N1M/2005T1:j-7"),
        ("Fri 2005-04-29 08h", "PF03 N1A/2005T1:j-1 N1M/2005T1:j-1"),
        ("Mon 2005-05-02 12h", "PF03 N1A/2005T1:j+1 N1M/2005T1:j+1"),
        ("Mon 2005-05-09 12h", "PF03 N1A/2005T1:j+7 N1M/2005T1:j+7"),
        ("Mon 2005-05-16 12h", "PF03 N1A/2005T1:j+15 N1M/2005T1:j+15"),
    ]


def test_who_has_deposited_all_of_it_hears_no_more() -> None:
    done = replace(T1, received_at=paris("2005-04-16T10:00"))
    assert [line for _, line in Speaking([done]).through("2005-04-01", "2005-06-30")] == [
        "PF03 N1A/2005T1:opening",
        "PF03 N1A/2005T1:j-15",
    ]


def test_who_lacks_lines_or_must_correct_still_owes() -> None:
    partial = replace(T1, first_accepted_at=paris("2005-04-16T10:00"))
    assert len(Speaking([partial]).through("2005-04-01", "2005-06-30")) == 7


def test_a_waived_obligation_says_nothing() -> None:
    assert Speaking([replace(T1, waived=True)]).through("2005-04-01", "2005-06-30") == []


def test_a_withdrawal_before_the_due_day_says_the_state_at_once() -> None:
    speaking = Speaking([replace(T1, received_at=paris("2005-04-05T10:00"))])
    assert speaking.through("2005-04-01", "2005-04-26") == [("Fri 2005-04-01 08h", "PF03 N1A/2005T1:opening")]
    speaking.obligations = [T1]
    assert speaking.through("2005-04-27", "2005-05-02") == [
        ("Wed 2005-04-27 08h", "PF03 N1A/2005T1:j-7"),
        ("Fri 2005-04-29 08h", "PF03 N1A/2005T1:j-1"),
        ("Mon 2005-05-02 12h", "PF03 N1A/2005T1:j+1"),
    ]
    assert speaking.calls[1][1].sayings[0].passed == (Step.BEFORE_15,)


# ── one call a day ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_morning_waits_for_the_lateness_of_noon() -> None:
    """Monday 2 May: N1A is overdue at noon, and the reminder of another collection came up in the morning."""
    other = replace(T1, collection="N1M").due_on("2005-05-17")  # J-15 is 2 May
    speaking = Speaking([T1, other])
    speaking.through("2005-04-01", "2005-04-30")
    assert speaking.told("2005-05-02T08:00", "2005-05-02T11:59", "2005-05-02T12:00", "2005-05-02T15:00") == [
        ("Mon 2005-05-02 12h", "PF03 N1A/2005T1:j+1 N1M/2005T1:j-15"),
    ]


def test_the_morning_waits_for_nothing_that_was_deposited_meanwhile() -> None:
    other = replace(T1, collection="N1M").due_on("2005-05-17")
    late = replace(T1, received_at=paris("2005-05-02T10:30"))
    speaking = Speaking([late, other])
    speaking.through("2005-04-01", "2005-04-30")
    assert speaking.told("2005-05-02T09:00", "2005-05-02T10:31") == [("Mon 2005-05-02 10h", "PF03 N1M/2005T1:j-15")]


def test_what_comes_up_after_something_was_said_waits_for_the_next_working_day() -> None:
    speaking = Speaking([T1])
    assert speaking.told("2005-04-15T08:00") == [("Fri 2005-04-15 08h", "PF03 N1A/2005T1:j-15")]
    speaking.obligations.append(MOBILITY)  # a register imported at ten
    assert speaking.told("2005-04-15T10:00", "2005-04-16T09:00", "2005-04-18T08:00") == [
        ("Mon 2005-04-18 08h", "PF03 N1M/2005T1:j-15"),
    ]


def test_organisations_do_not_wait_for_each_other() -> None:
    speaking = Speaking([T1, replace(T1, organisation="PF07").due_on("2005-05-17")])
    speaking.through("2005-04-01", "2005-04-30")
    assert speaking.told("2005-05-02T08:00", "2005-05-02T12:00") == [
        ("Mon 2005-05-02 08h", "PF07 N1A/2005T1:j-15"),
        ("Mon 2005-05-02 12h", "PF03 N1A/2005T1:j+1"),
    ]


@pytest.mark.parametrize("at", ["2005-04-01T07:59", "2005-04-01T18:00", "2005-04-02T10:00", "2005-05-16T07:00"])
def test_nothing_is_said_outside_office_hours(at: str) -> None:
    assert Speaking([T1]).told(at) == []


# ── silences, clocks, registers ──────────────────────────────────────────────────────────────────────────────────────


def test_after_a_long_silence_one_call_says_the_state() -> None:
    speaking = Speaking([T1])
    assert speaking.told("2005-06-20T09:10", "2005-06-20T12:00", "2005-06-21T12:00") == [
        ("Mon 2005-06-20 09h", "PF03 N1A/2005T1:j+15"),
    ]
    assert speaking.calls[0][1].sayings[0].passed == tuple(Step)[:6]


def test_steps_missed_by_weeks_before_the_due_day_are_said_as_one() -> None:
    assert Speaking([T1]).through("2005-04-20", "2005-04-29") == [
        ("Wed 2005-04-20 08h", "PF03 N1A/2005T1:j-15"),
        ("Fri 2005-04-22 08h", "PF03 N1A/2005T1:j-7"),
        ("Fri 2005-04-29 08h", "PF03 N1A/2005T1:j-1"),
    ]


def test_a_clock_that_goes_back_says_nothing_twice() -> None:
    speaking = Speaking([T1])
    speaking.told("2005-04-15T08:00")
    assert speaking.told("2005-04-01T08:00") == [("Fri 2005-04-01 08h", "PF03 N1A/2005T1:opening")]
    assert speaking.told("2005-04-14T10:00", "2005-04-15T08:00", "2005-04-15T07:00", "2005-04-18T08:00") == []


def test_a_clock_that_jumped_ahead_costs_no_later_step_but_what_it_said() -> None:
    speaking = Speaking([T1])
    assert speaking.told("2005-08-01T10:00") == [("Mon 2005-08-01 10h", "PF03 N1A/2005T1:j+15")]
    assert speaking.through("2005-04-01", "2005-06-01") == [
        ("Fri 2005-04-01 08h", "PF03 N1A/2005T1:opening"),
        ("Fri 2005-04-15 08h", "PF03 N1A/2005T1:j-15"),
        ("Fri 2005-04-22 08h", "PF03 N1A/2005T1:j-7"),
        ("Fri 2005-04-29 08h", "PF03 N1A/2005T1:j-1"),
        ("Mon 2005-05-02 12h", "PF03 N1A/2005T1:j+1"),
        ("Mon 2005-05-09 12h", "PF03 N1A/2005T1:j+7"),
    ]


def test_a_granted_delay_begins_the_last_reminder_and_lateness_again_and_nothing_else() -> None:
    speaking = Speaking([T1])
    speaking.through("2005-04-01", "2005-05-09")
    speaking.obligations = [T1.due_on("2005-06-30")]
    assert speaking.through("2005-05-10", "2005-08-01") == [
        ("Wed 2005-06-29 08h", "PF03 N1A/2005T1:j-1"),
        ("Fri 2005-07-01 12h", "PF03 N1A/2005T1:j+1"),
        ("Thu 2005-07-07 12h", "PF03 N1A/2005T1:j+7"),
        ("Fri 2005-07-15 12h", "PF03 N1A/2005T1:j+15"),
    ]


def test_a_due_day_moved_before_anything_was_said_moves_every_step() -> None:
    speaking = Speaking([T1])
    speaking.through("2005-04-01", "2005-04-08")
    speaking.obligations = [T1.due_on("2005-05-31")]
    assert speaking.through("2005-04-09", "2005-05-30") == [
        ("Mon 2005-05-16 08h", "PF03 N1A/2005T1:j-15"),  # Whit Monday was worked in 2005
        ("Tue 2005-05-24 08h", "PF03 N1A/2005T1:j-7"),
        ("Mon 2005-05-30 08h", "PF03 N1A/2005T1:j-1"),
    ]


def test_an_outage_that_moves_the_due_instant_into_a_day_reminds_at_once() -> None:
    excused = replace(T1, due=paris("2005-05-03T10:15"))  # back on Monday 2 May at 10:15, plus 24 hours
    speaking = Speaking([T1])
    speaking.through("2005-04-01", "2005-04-29")
    speaking.obligations = [excused]
    assert speaking.through("2005-05-02", "2005-05-12", hours=(8, 11, 12)) == [
        ("Mon 2005-05-02 08h", "PF03 N1A/2005T1:j-1"),
        ("Wed 2005-05-04 12h", "PF03 N1A/2005T1:j+1"),
        ("Tue 2005-05-10 12h", "PF03 N1A/2005T1:j+7"),
    ]


def test_a_reminder_is_no_longer_said_once_the_due_instant_is_past() -> None:
    excused = replace(T1, due=paris("2005-05-03T10:15"))
    assert Speaking([excused]).told("2005-05-03T10:16", "2005-05-04T11:00", "2005-05-04T12:00") == [
        ("Wed 2005-05-04 12h", "PF03 N1A/2005T1:j+1"),
    ]


def test_obligations_created_late_by_a_register_say_the_state_once() -> None:
    speaking = Speaking([])
    assert speaking.through("2005-04-01", "2005-05-05") == []
    speaking.obligations = [T1, replace(MOBILITY, first_accepted_at=paris("2005-04-10T10:00"))]
    assert speaking.through("2005-05-06", "2005-05-08") == [
        ("Fri 2005-05-06 08h", "PF03 N1A/2005T1:j+1 N1M/2005T1:j+1"),
    ]


def test_nobody_is_told_that_something_lacks_that_lies_on_the_desk() -> None:
    speaking = Speaking([T1, replace(T1, organisation="PF07"), T2])
    speaking.through("2005-04-01", "2005-04-30")
    now = paris("2005-05-02T12:00")
    judging = Unjudged(judging=frozenset({"PF03"}), parked={})
    assert [call.organisation for call in speaking.at(now, judging)] == ["PF07"]
    parked = Unjudged(parked={"PF03": paris("2005-04-20T10:00")})
    assert speaking.at(paris("2005-05-03T12:00"), parked) == ()
    opening = speaking.at(paris("2005-07-01T08:00"), parked)  # nothing of T2 can be in there
    assert [one.standing.period for call in opening if call.organisation == "PF03" for one in call.sayings] == [
        Period(2005, 2)
    ]


# ── repeated lateness ────────────────────────────────────────────────────────────────────────────────────────────────


def late(obligation: Obligation, days: int) -> Obligation:
    return replace(obligation, received_at=obligation.due + timedelta(days=days))


def test_repeated_lateness_is_said_alone_the_working_day_after() -> None:
    speaking = Speaking([late(T1, 3), T2])
    lines = speaking.through("2005-07-25", "2005-08-09")
    assert lines == [
        ("Mon 2005-07-25 08h", "PF03 N1A/2005T2:j-7"),
        ("Fri 2005-07-29 08h", "PF03 N1A/2005T2:j-1"),
        ("Mon 2005-08-01 12h", "PF03 N1A/2005T2:j+1"),
        ("Tue 2005-08-02 08h", "PF03 N1A/2005T2:repeated"),
        ("Mon 2005-08-08 12h", "PF03 N1A/2005T2:j+7"),
    ]
    assert speaking.calls[3][1].event is Event.PUNCTUALITY


def test_a_late_deposit_before_anything_was_said_of_it_counts_too() -> None:
    """Received on Monday at ten, before the message of noon."""
    arrived = replace(T2, received_at=paris("2005-08-01T10:00"))
    assert Speaking([late(T1, 3), arrived]).through("2005-08-01", "2005-08-05") == [
        ("Tue 2005-08-02 08h", "PF03 N1A/2005T2:repeated"),
    ]


def test_repeated_lateness_waits_while_something_else_is_said() -> None:
    other = replace(T2, collection="N1M").due_on("2005-08-01")  # overdue on Tuesday at noon
    speaking = Speaking([late(T1, 3), T2, other])
    speaking.through("2005-07-25", "2005-07-31")
    assert speaking.through("2005-08-01", "2005-08-04") == [
        ("Mon 2005-08-01 12h", "PF03 N1A/2005T2:j+1"),
        ("Tue 2005-08-02 12h", "PF03 N1M/2005T2:j+1"),
        ("Wed 2005-08-03 08h", "PF03 N1A/2005T2:repeated"),
    ]


@pytest.mark.parametrize(
    ("days", "repeated"),
    [
        ((3, -5, -5, -5), False),  # the last one was in time
        ((-5, -5, -5, 3), False),  # once
        ((3, -5, -5, 3), True),  # the first and the last of four
        ((3, 3, 3, -5), False),
        ((3, 3, -5, 3), True),
    ],
)
def test_two_late_periods_of_the_last_four_the_last_one_included(days: tuple[int, ...], repeated: bool) -> None:
    periods = [
        late(Obligation(period=Period(2005, number)).due_on(f"2005-{number * 3 + 1:02}-15"), count)
        for number, count in zip((1, 2, 3), days, strict=False)
    ]
    periods.append(late(Obligation(period=Period(2005, 4)).due_on("2006-01-15"), days[3]))
    now = paris("2006-02-15T10:00")
    found = often_late([one.at(now) for one in periods])
    assert (found is not None) == repeated
    assert found is None or found.period == Period(2005, 4)


def test_lateness_five_periods_ago_is_forgotten_and_a_waived_period_is_none() -> None:
    now = paris("2006-05-15T10:00")
    last = late(Obligation(period=Period(2006, 1)).due_on("2006-04-30"), 3)
    between = [late(Obligation(period=Period(2005, number)), -9) for number in (2, 3, 4)]
    assert often_late([one.at(now) for one in (late(T1, 3), *between, last)]) is None
    assert often_late([one.at(now) for one in (replace(T2, waived=True), last)]) is None
    assert often_late([]) is None


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("steps", "event"),
    [
        ([Step.OPENING], Event.PERIOD_OPEN),
        ([Step.OPENING, Step.BEFORE_1], Event.REMINDER),
        ([Step.BEFORE_1, Step.AFTER_7, Step.OPENING], Event.OVERDUE),
        ([Step.REPEATED], Event.PUNCTUALITY),
    ],
)
def test_a_call_is_named_after_the_gravest_of_what_it_says(steps: list[Step], event: Event) -> None:
    standing = T1.at(paris("2005-05-02T12:00"))
    sayings = tuple(Saying(standing=standing, step=step) for step in steps)
    assert Call(organisation="PF03", day=date(2005, 5, 2), sayings=sayings).event is event
