"""A clock that jumps: when it is doubted, what the instant is meanwhile, and when it is believed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.clock_guard import PROBATION, TOLERANCE, ClockGuard

START = datetime(2026, 4, 30, 21, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    """Its wall clock can be set; its steady seconds cannot."""

    def __init__(self) -> None:
        self.wall, self.seconds = START, 1000.0
        self.guard = ClockGuard(self, lambda: self.seconds)

    def now(self) -> datetime:
        return self.wall

    def runs(self, span: timedelta) -> None:
        self.wall += span
        self.seconds += span.total_seconds()

    def jumps(self, span: timedelta) -> None:
        self.wall += span


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_clock_that_runs_is_believed(machine):
    for _ in range(100):
        machine.runs(timedelta(hours=1))
        assert machine.guard.doubt is None
    assert machine.guard.now() == START + timedelta(hours=100)


def test_the_small_steps_of_a_time_server_are_followed(machine):
    for _ in range(10):
        machine.jumps(TOLERANCE - timedelta(seconds=1))
        machine.runs(timedelta(minutes=1))
        assert machine.guard.now() == machine.wall
    assert machine.guard.doubt is None


@pytest.mark.parametrize("jump", [timedelta(days=40), timedelta(days=730), timedelta(days=-3), TOLERANCE * 2])
def test_a_jump_is_doubted_and_the_instant_runs_on_as_if_it_had_not_been(machine, jump):
    machine.runs(timedelta(hours=1))
    assert machine.guard.now() == machine.wall
    machine.jumps(jump)
    machine.runs(timedelta(minutes=10))
    doubt = machine.guard.doubt
    assert doubt is not None
    assert doubt.machine_at - doubt.expected_at == jump
    assert machine.guard.now() == START + timedelta(hours=1, minutes=10)
    assert not machine.guard.may_destroy


def test_the_doubt_ends_when_the_clock_agrees_again(machine):
    machine.jumps(DAY)
    assert machine.guard.doubt is not None
    machine.runs(timedelta(hours=2))
    machine.jumps(-DAY)
    assert machine.guard.doubt is None
    assert machine.guard.now() == machine.wall == START + timedelta(hours=2)
    assert machine.guard.believed_again == 0


def test_a_clock_that_runs_on_for_a_day_without_another_jump_is_believed(machine):
    machine.jumps(DAY * 3)
    assert machine.guard.doubt is not None
    machine.runs(PROBATION - timedelta(seconds=1))
    assert machine.guard.doubt is not None
    machine.runs(timedelta(seconds=1))
    assert machine.guard.doubt is None
    assert machine.guard.now() == machine.wall
    assert machine.guard.believed_again == 1


def test_another_jump_begins_the_day_again(machine):
    machine.jumps(DAY * 3)
    assert machine.guard.doubt is not None
    machine.runs(PROBATION - timedelta(hours=1))
    machine.jumps(DAY)
    assert machine.guard.doubt is not None
    machine.runs(timedelta(hours=2))
    assert machine.guard.doubt is not None
    assert machine.guard.now() == START + PROBATION + timedelta(hours=1)
    machine.runs(PROBATION)
    assert machine.guard.doubt is None


def test_a_start_before_the_newest_line_of_the_journal_is_doubted_until_the_clock_is_set(machine):
    machine.guard.start_after(START + DAY * 3, None)
    doubt = machine.guard.doubt
    assert doubt is not None
    assert not doubt.jumped
    assert machine.guard.now() == machine.wall  # nothing better is known
    machine.jumps(DAY * 3)
    assert machine.guard.doubt is None
    assert machine.guard.believed_again == 1


def test_a_little_before_the_journal_is_another_machines_clock(machine):
    assert machine.guard.start_after(START + timedelta(minutes=59), None) is None
    assert machine.guard.doubt is None


def test_a_clock_behind_the_journal_is_believed_a_day_after_it_was_first_seen_also_by_a_later_process(machine):
    assert machine.guard.start_after(START + DAY * 300, None) is not None
    machine.runs(PROBATION)
    assert machine.guard.doubt is None
    assert machine.guard.start_after(START + DAY * 300, START) is None
    assert machine.guard.start_after(START + DAY * 300, START + timedelta(hours=2)) is not None


def test_a_start_far_after_the_journal_lets_destroy_after_a_day_only(machine):
    assert machine.guard.start_after(START - DAY * 30, None) is None
    assert not machine.guard.may_destroy
    machine.runs(PROBATION)
    assert machine.guard.may_destroy


def test_a_usual_start_lets_destroy_at_once(machine):
    machine.guard.start_after(START - DAY * 6, None)
    assert machine.guard.may_destroy
    machine.guard.start_after(None, None)
    assert machine.guard.may_destroy


def test_a_clock_that_started_far_ahead_and_is_set_right_is_believed_at_once(machine):
    machine.guard.start_after(START - DAY * 365, None)
    machine.runs(timedelta(minutes=2))
    machine.jumps(-DAY * 364)
    assert machine.guard.now() == machine.wall
    assert machine.guard.doubt is None
    assert machine.guard.believed_again == 1
    machine.jumps(DAY)  # another jump is a jump
    assert machine.guard.doubt is not None


@pytest.mark.parametrize(("back", "after"), [(-DAY * 366, DAY * 0), (DAY * 40, DAY * 0), (-DAY * 100, PROBATION)])
def test_a_jump_before_the_journal_forward_or_on_a_later_day_is_doubted_as_ever(machine, back, after):
    machine.guard.start_after(START - DAY * 365, None)
    machine.runs(after)
    assert machine.guard.doubt is None
    machine.jumps(back)
    assert machine.guard.doubt is not None
