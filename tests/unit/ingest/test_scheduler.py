"""Ticks go on whatever the wall clock does."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.clock import FixedClock, SystemClock
from ingest.scheduler import Every, Ticks

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIVE = timedelta(seconds=5)


def test_a_tick_follows_the_last_one_at_its_interval():
    assert Every(FIVE).get_next_fire_time(None, NOW) == NOW + FIVE
    assert Every(FIVE).get_next_fire_time(NOW, NOW + FIVE / 2) == NOW + FIVE


@pytest.mark.parametrize("late", [FIVE, timedelta(days=730)])
def test_ticks_that_were_missed_are_not_made_up_for(late):
    assert Every(FIVE).get_next_fire_time(NOW, NOW + late) == NOW + late + FIVE


@pytest.fixture
def ticking():
    """Something to wait for, called far from now unless it is hurried."""
    ticks, called = Ticks(ZoneInfo("Europe/Paris")), threading.Event()
    ticks.every(3600, "one", called.set)
    ticks.start()
    yield ticks, called
    ticks.stop()


def test_one_can_be_called_at_once(ticking):
    ticks, called = ticking
    ticks.soon("one")
    assert called.wait(30)


def test_a_clock_that_went_back_puts_no_tick_off(ticking):
    ticks, _ = ticking
    (job,) = ticks._scheduler.get_jobs()
    planned = job.next_run_time
    ticks.realign()
    assert job.next_run_time == planned
    ticks._clock = FixedClock(SystemClock().now() - timedelta(days=3))
    ticks.realign()
    assert job.next_run_time == ticks._clock.now() + timedelta(hours=1)
