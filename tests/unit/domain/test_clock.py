"""The rehearsal clock starts where it is told, runs on, and never goes back by a little (contract §3)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import FixedClock, RehearsalClock

START = datetime(2005, 4, 18, 8, tzinfo=UTC)


def test_it_starts_there_and_runs_on():
    clock = RehearsalClock(START)
    first, second = clock.now(), clock.now()
    assert START <= first <= second < START + timedelta(minutes=1)


def test_set_twice_at_the_same_instant_it_goes_on_from_where_it_had_come_to():
    clock = RehearsalClock(START)
    clock.catch_up(START + timedelta(seconds=40))
    assert clock.now() > START + timedelta(seconds=40)


def test_a_clock_that_is_set_far_back_is_meant_to_be():
    clock = RehearsalClock(START)
    clock.catch_up(START + timedelta(days=90))
    assert clock.now() < START + timedelta(minutes=1)
    clock.catch_up(None)
    clock.catch_up(START - timedelta(days=1))
    assert clock.now() < START + timedelta(minutes=1)


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="aware"):
        RehearsalClock(datetime(2005, 4, 18))  # noqa: DTZ001 - the point


def test_a_fixed_clock_stands_still():
    clock = FixedClock(START)
    assert clock.now() == clock.now() == START
