"""What the service does while its clock is in doubt: receives, judges, and keeps silent (contract §12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.clock import FixedClock
from ingest import pipeline as pipeline_module
from ingest.clock_guard import PROBATION, ClockGuard
from ingest.database import tables
from ingest.ledger.journal import EventKind, record
from ingest.pipeline import Pipeline
from ingest.presence import Presence
from ingest.settings import load_settings
from ingest.wiring import Wiring

START = datetime(2026, 4, 30, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    """A wall clock that can be set, and seconds that cannot; each process that starts has a guard of its own."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.seconds = START, 1000.0
        (folder / "guichet.toml").write_text('first_period = "2026T1"\nmail_admin = "admin@uesl.example"\n')
        self._settings = load_settings(folder / "guichet.toml", environ={})
        self._wirings: list[Wiring] = []

    def now(self) -> datetime:
        return self.wall

    def runs(self, span: timedelta) -> None:
        self.wall += span
        self.seconds += span.total_seconds()

    def starts(self) -> Wiring:
        wiring = Wiring(self._settings, ClockGuard(self, lambda: self.seconds))
        self._wirings.append(wiring)
        return wiring

    def ends(self) -> None:
        for wiring in self._wirings:
            wiring.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.ends()


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the follow-up ran."""
    ran: list[datetime] = []
    monkeypatch.setattr(pipeline_module, "follow", lambda wiring, **_: ran.append(wiring.clock.now()) or 0)
    return ran


def told(wiring: Wiring) -> list[str]:
    with wiring.database.read() as connection:
        rows = connection.execute(select(tables.message).order_by(tables.message.c.id))
        return [f"{row.recipient} {row.subject}" for row in rows]


def journal_reaches(wiring: Wiring, at: datetime) -> None:
    with wiring.database.write() as connection:
        record(connection, EventKind.ODDITY, at, oddity="test")


ONCE = ["admin@uesl.example Guichet\u00a0: horloge douteuse"]


@pytest.mark.parametrize("jump", [DAY * 40, DAY * -3])
def test_nothing_is_said_about_deadlines_while_the_clock_is_in_doubt(machine, followed, jump):
    wiring = machine.starts()
    pipeline = Pipeline(wiring)
    pipeline.prepare()
    pipeline.follow_deadlines()
    assert followed == [START]
    machine.wall += jump
    for _ in range(3):
        machine.runs(timedelta(minutes=1))
        pipeline.follow_deadlines()
    assert followed == [START]
    assert wiring.clock.now() == START + timedelta(minutes=3)  # what is received now is received now
    assert told(wiring) == ONCE
    machine.wall -= jump
    pipeline.follow_deadlines()
    assert followed == [START, START + timedelta(minutes=3)]
    assert told(wiring) == ONCE


def test_answers_out_of_date_stay_while_the_clock_is_or_may_be_too_far_ahead(machine, monkeypatch):
    wiring = machine.starts()
    pipeline = Pipeline(wiring)
    pipeline.prepare()
    expired: list[datetime] = []
    monkeypatch.setattr(type(wiring.retours), "expire", lambda _self, now, *_, **__: expired.append(now))
    machine.wall += DAY * 730
    pipeline.upkeep()
    assert expired == []
    journal_reaches(wiring, START)
    restarted = Pipeline(machine.starts())
    restarted.prepare()
    restarted.upkeep()
    assert expired == []
    machine.runs(PROBATION)
    restarted.upkeep()
    assert len(expired) == 1


def test_a_service_that_starts_before_its_own_journal_keeps_silent_until_the_clock_is_set(machine, followed):
    journal_reaches(machine.starts(), START + DAY * 300)
    for _ in range(2):  # told once, however often it is started
        wiring = machine.starts()
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        pipeline.follow_deadlines()
        machine.runs(timedelta(hours=2))
    assert followed == []
    assert told(wiring) == ONCE
    machine.wall += DAY * 300
    pipeline.follow_deadlines()
    assert len(followed) == 1


def test_a_journal_that_runs_ahead_is_believed_no_more_after_a_day_whatever_the_starts(machine, followed):
    journal_reaches(machine.starts(), START + DAY * 300)
    for hours in range(0, 30, 6):
        pipeline = Pipeline(machine.starts())
        pipeline.prepare()
        pipeline.follow_deadlines()
        assert bool(followed) == (hours >= 24)
        machine.runs(timedelta(hours=6))


@pytest.mark.usefixtures("machine")
def test_a_rehearsal_is_never_in_doubt(followed, tmp_path):
    wiring = Wiring(load_settings(tmp_path / "guichet.toml", environ={}), FixedClock(START), rehearsal=True)
    journal_reaches(wiring, START + DAY * 300)
    pipeline = Pipeline(wiring)
    pipeline.prepare()
    pipeline.follow_deadlines()
    assert followed == [START]
    assert told(wiring) == []
    wiring.close()


# -- signs of life ----------------------------------------------------------------------------------------------------


@pytest.fixture
def beating(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Wiring, Presence]]:
    """A service that starts; its presence counts the machine's seconds."""
    monkeypatch.setattr("ingest.presence.uptime_seconds", lambda: machine.seconds)

    def start(listening: Callable[[], bool] = lambda: True) -> tuple[Wiring, Presence]:
        wiring = machine.starts()
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        return wiring, Presence(wiring, pipeline.clock_watch, listening)

    return start


def closures(wiring: Wiring) -> list[tuple[datetime, datetime]]:
    with wiring.database.read() as connection:
        rows = connection.execute(select(tables.closure).order_by(tables.closure.c.from_at))
        return [(row.from_at, row.until_at) for row in rows]


def test_the_desk_was_closed_from_its_last_sign_to_its_return(machine, beating):
    wiring, presence = beating()
    for _ in range(4):
        presence.beat()
        machine.runs(timedelta(seconds=15))
    assert closures(wiring) == []
    machine.runs(DAY * 2)
    wiring, presence = beating()
    presence.beat()
    presence.beat()
    last = START + timedelta(seconds=45)
    assert closures(wiring) == [(last, last + timedelta(seconds=15) + DAY * 2)]


def test_a_machine_that_slept_and_a_server_that_did_not_listen_are_absences_too(machine, beating):
    listening = [True]
    wiring, presence = beating(lambda: listening[0])
    presence.beat()
    machine.runs(DAY)  # asleep: the same process goes on
    presence.beat()
    assert closures(wiring) == [(START, START + DAY)]
    listening[0] = False
    for _ in range(5):
        machine.runs(timedelta(minutes=2))
        presence.beat()
    assert len(closures(wiring)) == 1
    listening[0] = True
    presence.beat()
    assert closures(wiring)[1] == (START + DAY, START + DAY + timedelta(minutes=10))


def test_a_busy_machine_is_not_a_closed_desk(machine, beating):
    wiring, presence = beating()
    for _ in range(5):
        presence.beat()
        machine.runs(timedelta(minutes=4))
    assert closures(wiring) == []


def test_a_jump_that_is_taken_back_leaves_no_absence_and_one_that_is_believed_does(machine, beating):
    wiring, presence = beating()
    presence.beat()
    machine.wall += DAY * 2
    machine.runs(timedelta(seconds=15))
    presence.beat()
    machine.wall -= DAY * 2
    presence.beat()
    assert closures(wiring) == []
    machine.wall += DAY * 2
    presence.beat()
    machine.runs(PROBATION)
    presence.beat()
    last = START + timedelta(seconds=15)
    assert closures(wiring) == [(last, last + DAY * 2 + PROBATION)]
