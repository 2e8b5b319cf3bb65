"""A year of the demonstration's network, day by day: every mail, to whom and when, as a table that a person can check.

The same table comes out when days are run twice, when processes are killed, and through the command line; when the
service is stopped for three weeks, what was no longer true on its return is left out, and nothing is said twice.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import select

from ingest.database.tables import release, step_said
from ingest.demo.network_files import write_network
from ingest.register.reading import directory_of_folder
from tests.year.desk import FIRST_DAY, LAST_DAY, WAKES, Sent, YearDesk, days, without_pdf
from tests.year.story import ZONE, Drop, story

GOLDEN = Path(__file__).with_name("2005.txt")
THREE_WEEKS = timedelta(days=21)
END = datetime.combine(LAST_DAY, time(23), tzinfo=ZONE)
OF_DEPOSITS = frozenset({"receipt", "verdict"})

Make = Callable[[], YearDesk]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, network: Path) -> Iterator[Make]:
    made: list[YearDesk] = []

    def _make() -> YearDesk:
        desk = YearDesk(tmp_path_factory.mktemp("year"), network, story(directory_of_folder(network)))
        made.append(desk)
        desk.found()
        return desk

    yield _make
    for one in made:
        one.close()
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def mornings() -> Iterator[dict[date, YearDesk]]:
    """The desk of the year without any accident as it was on the mornings when another will stop; each lived once."""
    kept: dict[date, YearDesk] = {}
    yield kept
    for one in kept.values():
        one.close()
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def year(make: Make, mornings: dict[date, YearDesk], tmp_path_factory: pytest.TempPathFactory) -> YearDesk:
    """The year without any accident."""
    desk = make()
    for day in days(FIRST_DAY, LAST_DAY):
        if day in _windows()[1:] and not os.environ.get("LONG"):
            copy = shutil.copytree(desk.folder, tmp_path_factory.mktemp("year") / "desk", symlinks=True)
            mornings[day] = YearDesk(copy, desk.network, desk.story)
        desk.live_day(day)
    return desk


@pytest.fixture
def quick(year: YearDesk) -> Iterator[None]:
    """The year without accidents has its PDFs; those that are compared with it do without."""
    del year
    with without_pdf():
        yield


def lines(desk: YearDesk) -> list[str]:
    """One line a message; a distribution, which says the same to everybody at once, is one line with their number."""
    told: list[str] = []
    for key, sent in groupby(desk.table(), key=_distribution):
        found = list(sent)
        if key is not None:
            found = [replace(found[0], recipient=_to(found), subject=key[1])]
        told += [one.line for one in found]
    return told


def _distribution(one: Sent) -> tuple[datetime, str] | None:
    """What makes messages one distribution: an edition of the tables, sent at one moment."""
    if one.event != "release" or "(" not in one.subject:
        return None
    return one.at.replace(second=0, microsecond=0), one.subject.split(" (")[0]


def _to(found: list[Sent]) -> str:
    return f"{len({one.recipient for one in found})} adresses"


def said(desk: YearDesk) -> Counter[tuple[str, ...]]:
    """Steps said, by obligation and due day."""
    columns = step_said.c
    query = select(columns.organisation, columns.collection, columns.period, columns.step, columns.due_on)
    with desk.wiring.database.read() as connection:
        return Counter(tuple(map(str, row)) for row in connection.execute(query.where(columns.passed.is_(False))))


def test_every_mail_of_the_year(year: YearDesk) -> None:
    told = "".join(f"{line}\n" for line in lines(year))
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        GOLDEN.write_text(told)
    assert told == GOLDEN.read_text()


def test_nobody_hears_twice_in_a_day_about_what_is_owed(year: YearDesk) -> None:
    calls = Counter(
        (one.at.astimezone(ZONE).date(), one.recipient)
        for one in year.table()
        if one.event in {"period-open", "reminder", "overdue", "punctuality"}
        and not one.recipient.endswith("uesl.example")
    )
    assert max(calls.values()) == 1
    assert max(said(year).values()) == 1


def test_only_in_office_hours(year: YearDesk) -> None:
    hours = year.wiring.office_hours
    free = {*OF_DEPOSITS, "deadline", "system"}  # these answer somebody who is waiting
    outside = [one.line for one in year.table() if one.event not in free and not hours.open_at(one.at)]
    assert [line for line in outside if "  anomaly  " not in line] == []


@pytest.mark.usefixtures("quick")
def test_days_run_twice_change_nothing(make: Make, year: YearDesk) -> None:
    desk = make()
    last = LAST_DAY if os.environ.get("LONG") else date(2005, 8, 31)
    for number, day in enumerate(days(FIRST_DAY, last)):
        desk.live_day(day)
        if number % 10 == 0:
            desk.close()  # a restart, and the day again
        desk.live_day(day)
    expected = [line for line in lines(year) if line[:10] <= last.isoformat()]
    assert _apart(lines(desk)) == _apart(expected)


def _apart(told: list[str]) -> tuple[list[str], Counter[str]]:
    """What is dated; and what editions say: one made in the evening is known on the morning that is lived again."""
    editions = [line for line in told if "  release  " in line]
    return [line for line in told if line not in editions], Counter(line.split("  ", 1)[1] for line in editions)


def _windows() -> list[date]:
    length = (LAST_DAY - FIRST_DAY).days - THREE_WEEKS.days
    every = [FIRST_DAY + timedelta(days=number) for number in range(length)]
    if os.environ.get("LONG"):
        return every
    chosen = random.Random(20050216).sample(every, 1)  # noqa: S311 - which weeks
    return sorted({date(2005, 4, 10), date(2005, 10, 25), *chosen})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("begins", _windows(), ids=str)
def test_three_weeks_without_service(make: Make, year: YearDesk, mornings: dict[date, YearDesk], begins: date) -> None:
    """The first of them lives the days before the stop too; the others go on from that morning of the year."""
    ends = begins + THREE_WEEKS
    desk = mornings.get(begins) or make()
    desk.live(first=begins if begins in mornings else FIRST_DAY, stopped=(begins, ends))
    assert desk.matrix(END) == year.matrix(END)
    assert _answers(desk) == _answers(year)
    assert _published(desk) == _published(year)

    def told(one: YearDesk, first: date, last: date) -> list[str]:
        return [
            line
            for line in lines(one)
            if first.isoformat() <= line[:10] < last.isoformat() and line.split("  ")[1].strip() not in OF_DEPOSITS
        ]

    assert told(desk, FIRST_DAY, begins) == told(year, FIRST_DAY, begins)
    assert [line for line in told(desk, begins, ends) if "  deadline  " not in line and "  anomaly " not in line] == []
    assert set(said(desk)) <= set(said(year)), "something was said that nobody would have said"
    assert max(said(desk).values(), default=0) == 1
    settled = ends + timedelta(days=10)
    assert _steps(told(desk, settled, date.max)) == _steps(told(year, settled, date.max))


def _published(desk: YearDesk) -> dict[str, str]:
    """What the last edition of each quarter says."""
    columns = release.c
    query = select(columns.period, columns.content_hash).where(columns.written_at.is_not(None)).order_by(columns.id)
    with desk.wiring.database.read() as connection:
        return {row.period: row.content_hash for row in connection.execute(query)}


def _answers(desk: YearDesk) -> Counter[tuple[str, str, str]]:
    return Counter((one.event, one.recipient, one.subject) for one in desk.table() if one.event in OF_DEPOSITS)


def _steps(told: list[str]) -> list[str]:
    """What is reckoned from due days alone: questions run from when they are asked, editions from being made."""
    steps = {"period-open", "reminder", "overdue", "punctuality"}
    return [line for line in told if line.split("  ")[1].strip() in steps]


def test_processes_killed_at_random(make: Make, year: YearDesk, network: Path) -> None:
    desk = make()
    desk.close()
    dice = random.Random(int(os.environ.get("SEED", "4")))  # noqa: S311 - when to kill
    kills = 0
    while True:
        command = [sys.executable, "-m", "tests.year.live", str(desk.folder), str(network)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            patience = dice.randrange(5, 60) if kills < 8 else 10**6
            for number, _day in enumerate(process.stdout):
                if number == patience:
                    dice_seconds = dice.random() / 50
                    try:
                        process.wait(dice_seconds)
                    except subprocess.TimeoutExpired:
                        process.kill()
                    break
            if process.wait(60) == 0:
                break
            assert process.returncode == -9
            kills += 1
    assert kills >= 5
    assert lines(desk) == lines(year)


def test_a_sample_through_the_command_line(make: Make) -> None:
    """The same instants by `guichet once`, one process each, give the same mails."""
    chosen = [
        datetime.combine(day, wake, tzinfo=ZONE)
        for day, wake in (
            (date(2005, 4, 1), WAKES[1]),
            (date(2005, 4, 15), WAKES[1]),
            (date(2005, 4, 29), WAKES[1]),
            (date(2005, 5, 2), WAKES[1]),
            (date(2005, 5, 2), WAKES[3]),
            (date(2005, 5, 9), WAKES[3]),
            (date(2005, 5, 16), WAKES[3]),
        )
    ]
    one, other = make(), make()
    for desk, turn in ((one, one.wake_at_once), (other, other.wake_by_command)):
        for instant in chosen:
            for number, drop in enumerate(desk.story):
                if isinstance(drop, Drop) and drop.at < instant:
                    desk.happen(number, drop)
            turn(instant)
    assert lines(other) == lines(one)
