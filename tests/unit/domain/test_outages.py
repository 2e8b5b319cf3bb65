"""An outage of ours never makes anyone late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.outages import Closure, Closures, due_after_late_verdict
from domain.workdays import WorkingDays

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2005, 6, 1, tzinfo=UTC)
DAYS = WorkingDays(is_holiday=lambda day: day == date(2005, 5, 16))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def closed(since: str, until: str) -> Closure:
    return Closure(from_at=at(since), until_at=at(until))


DUE = at("2005-04-30T23:59:59")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2005-04-30T22:00", "2005-05-02T08:00"),
        ("2005-04-30T23:59:59", "2005-05-02T08:00"),
        ("2005-04-30T22:00", "2005-04-30T23:59:59"),
    ],
)
def test_what_falls_due_while_the_desk_is_closed_has_a_day_from_its_return(since, until):
    found = Closures([closed(since, until)], NOW).excuse(DUE)
    assert found is not None
    assert found.gives_until == at(until) + timedelta(hours=24)


@pytest.mark.parametrize(
    ("since", "until"),
    [("2005-04-29T08:00", "2005-04-30T23:59:58"), ("2005-05-01T00:00:00", "2005-05-02T08:00")],
)
def test_a_closure_before_or_after_gives_nothing(since, until):
    assert Closures([closed(since, until)], NOW).excuse(DUE) is None


def test_a_second_closure_at_the_new_due_instant_counts_in_its_turn():
    found = Closures(
        [
            closed("2005-05-02T20:00", "2005-05-03T09:00"),
            closed("2005-04-30T22:00", "2005-05-02T08:00"),
            closed("2005-05-03T07:00", "2005-05-04T12:00"),
        ],
        NOW,
    ).excuse(DUE)
    assert found is not None
    assert found.gives_until == at("2005-05-05T12:00")


def test_a_short_closure_inside_a_long_one_does_not_hide_it():
    known = Closures(
        [closed("2005-04-20T08:00", "2005-05-09T08:00"), closed("2005-04-25T08:00", "2005-04-25T09:00")], NOW
    )
    found = known.at(DUE)
    assert found is not None
    assert found.until_at == at("2005-05-09T08:00")


def test_a_closure_that_ends_in_the_future_is_ignored_until_then():
    ahead = closed("2005-04-30T22:00", "2007-05-02T08:00")
    assert not Closures([ahead], NOW)
    assert Closures([ahead], at("2007-05-02T08:00")).excuse(DUE) == ahead


def late(received: str, judged: str, due: datetime = DUE) -> datetime | None:
    return due_after_late_verdict(received_at=at(received), due=due, judged_at=at(judged), days=DAYS, zone=PARIS)


def test_a_verdict_that_we_delayed_gives_until_the_next_working_day_after_it():
    assert late("2005-04-30T23:00", "2005-05-01T00:01") == at("2005-05-02T23:59:59")  # Sunday → Monday
    assert late("2005-04-30T23:00", "2005-05-13T10:00") == at("2005-05-17T23:59:59")  # Friday before a holiday
    assert late("2005-04-29T10:00", "2005-04-29T11:30") == at("2005-05-02T23:59:59")  # due on a Saturday


def test_nothing_is_given_for_a_prompt_verdict_a_late_deposit_or_when_time_is_left():
    assert late("2005-04-30T23:00", "2005-05-01T00:00") is None
    assert late("2005-05-01T00:00", "2005-05-01T09:00") is None
    assert late("2005-04-05T10:00", "2005-04-05T18:00") is None


def test_the_given_day_ends_in_civil_time_over_the_clock_change():
    due = at("2005-10-28T23:59:59")
    assert late("2005-10-28T20:00", "2005-10-28T22:00", due) == at("2005-10-31T23:59:59")
    assert at("2005-10-31T23:59:59").utcoffset() == timedelta(hours=1)
