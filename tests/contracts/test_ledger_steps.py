"""What is said to organisations: once, with its messages, whatever runs at the same time, over both databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from domain.compliance import ComplianceStatus
from domain.notices import Event, Notice
from domain.periods import Period
from domain.steps import Call, Step
from domain.submissions import Box
from domain.verdicts import Verdict
from domain.workdays import OfficeHours, WorkingDays
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.ledger import Ledger
from ingest.ledger.arrangements import Request
from ingest.workdays import working_days

from .conftest import PARIS, Driver, paris, two_platforms
from .test_ledger_concurrency import another, together

if TYPE_CHECKING:
    from pathlib import Path


HOURS = OfficeHours(days=working_days("metropole"), zone=PARIS)
OPENING, DUE_SATURDAY, MONDAY = "2005-04-01T08:00", "2005-04-30", "2005-05-02"


@dataclass
class Composer:
    """Composes one message a call, and remembers what it was asked for."""

    asked: list[tuple[Call, ...]] = field(default_factory=list)

    def __call__(self, calls: tuple[Call, ...]) -> list[Notice]:
        self.asked.append(calls)
        return [
            Notice(
                cause_key=f"call:{call.organisation}:{call.day}",
                event=call.event,
                recipient=f"{call.organisation.lower()}@example.org",
                recipient_name="",
                subject="Sujet",
                text="Texte",
                html="<p>Texte</p>",
                organisation=call.organisation,
            )
            for call in calls
        ]


def say(driver: Driver, at: str, compose: Composer | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is said at that instant: organisation → (collection, step)."""
    driver.ledger.open_obligations(driver.directory or two_platforms(), paris(at))
    calls = driver.ledger.say_steps(paris(at), HOURS, compose or Composer())
    return [
        (call.organisation, [(f"{one.standing.collection} {one.standing.period}", one.step) for one in call.sayings])
        for call in calls
    ]


T1_OPENS = [
    ("PF03", [("N1A 2005T1", "opening"), ("N1M 2005T1", "opening")]),
    ("PF07", [("N1A 2005T1", "opening")]),
]


def test_the_opening_is_said_once_with_its_messages_its_journal_and_the_situations_to_write(driver: Driver) -> None:
    assert say(driver, "2005-04-01T07:59") == []
    effects = driver.count("effect")
    assert say(driver, OPENING) == T1_OPENS
    assert (driver.count("message"), driver.count("step_said")) == (2, 3)
    with driver.database.read() as connection:
        told = connection.execute(select(tables.event).where(tables.event.c.kind == "steps_said")).all()
        situations = connection.execute(select(tables.effect.c.account).where(tables.effect.c.kind == "situation"))
        assert {row.account for row in situations} == {"pf03", "pf07"}
    assert driver.count("effect") == effects + 2
    assert [(row.data["organisation"], row.data["event"]) for row in told] == [
        ("PF03", "period-open"),
        ("PF07", "period-open"),
    ]
    assert told[1].data["said"] == [
        {"collection": "N1A", "period": "2005T1", "step": "opening", "due_on": "2005-04-30", "passed": []},
    ]
    for again in (OPENING, "2005-04-01T08:01", "2005-03-31T09:00", "2005-04-04T08:00"):
        assert say(driver, again) == []
    assert (driver.count("message"), driver.count("step_said")) == (2, 3)


def test_who_has_deposited_hears_no_more_and_who_owes_lines_does(driver: Driver) -> None:
    say(driver, OPENING)
    driver.deposit("2005-04-05T10:00")
    driver.deposit("2005-04-06T10:00", Verdict.PARTIALLY_ACCEPTED, collection="N1M", missing_lines=("CIL001",))
    compose = Composer()
    assert say(driver, "2005-04-15T08:00", compose) == [
        ("PF03", [("N1M 2005T1", "j-15")]),
        ("PF07", [("N1A 2005T1", "j-15")]),
    ]
    [[incomplete, nothing]] = compose.asked
    assert incomplete.sayings[0].standing.status is ComplianceStatus.INCOMPLETE
    assert incomplete.sayings[0].standing.missing_lines == ("CIL001",)
    assert nothing.event is Event.REMINDER


def test_a_message_that_cannot_be_composed_leaves_no_trace_and_is_said_later(driver: Driver) -> None:
    driver.ledger.open_obligations(two_platforms(), paris(OPENING))

    def fails(_calls: tuple[Call, ...]) -> list[Notice]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        driver.ledger.say_steps(paris(OPENING), HOURS, fails)
    assert (driver.count("message"), driver.count("step_said")) == (0, 0)
    assert say(driver, "2005-04-01T09:00") == T1_OPENS


def test_one_that_cannot_be_composed_does_not_silence_the_others(driver: Driver) -> None:
    def fails_for_one(calls: tuple[Call, ...]) -> list[Notice]:
        if any(call.organisation == "PF03" for call in calls):
            raise ZeroDivisionError
        return Composer()(calls)

    driver.ledger.open_obligations(two_platforms(), paris(OPENING))
    [call] = driver.ledger.say_steps(paris(OPENING), HOURS, fails_for_one)
    assert (call.organisation, driver.count("message")) == ("PF07", 1)
    with pytest.raises(ZeroDivisionError):
        driver.ledger.say_steps(paris(OPENING), HOURS, fails_for_one)
    assert [who for who, _ in say(driver, "2005-04-01T09:00")] == ["PF03"]


def test_the_year_of_a_platform_that_never_answers(driver: Driver) -> None:
    said = []
    day = date(2005, 4, 1)
    while day < date(2005, 6, 1):
        for hour in (7, 8, 11, 12, 17, 18):
            said += [(f"{day} {hour}", steps) for who, steps in say(driver, f"{day}T{hour:02}:00") if who == "PF07"]
        day += timedelta(days=1)
    assert said == [
        ("2005-04-01 8", [("N1A 2005T1", "opening")]),
        ("2005-04-15 8", [("N1A 2005T1", "j-15")]),
        ("2005-04-22 8", [("N1A 2005T1", "j-7")]),  # 23 April is a Saturday
        ("2005-04-29 8", [("N1A 2005T1", "j-1")]),
        ("2005-05-02 12", [("N1A 2005T1", "j+1")]),  # 1 May is a Sunday
        ("2005-05-09 12", [("N1A 2005T1", "j+7")]),
        ("2005-05-16 12", [("N1A 2005T1", "j+15")]),  # Whit Monday, which was worked in 2005
    ]
    told = driver.ledger.said_steps(["PF07"])["PF07", "N1A", "2005T1"]
    assert [(one.step, one.said_on) for one in told][-1] == (Step.AFTER_15, date(2005, 5, 16))
    assert len(told) == 7


def test_after_a_long_silence_one_message_says_the_state_and_the_rest_is_passed_over(driver: Driver) -> None:
    driver.deposit("2005-04-10T10:00")  # PF03 owes N1M still
    compose = Composer()
    assert say(driver, "2005-06-20T09:00", compose) == [
        ("PF03", [("N1M 2005T1", "j+15")]),
        ("PF07", [("N1A 2005T1", "j+15")]),
    ]
    assert compose.asked[0][0].sayings[0].passed == tuple(Step)[:6]
    assert driver.count("step_said") == 2 * 7
    assert [one.step for one in driver.ledger.said_steps()["PF03", "N1M", "2005T1"]] == [Step.AFTER_15]
    assert say(driver, "2005-06-20T15:00") == []


def test_what_a_clock_gone_wrong_passed_over_is_said_when_its_time_comes(driver: Driver) -> None:
    say(driver, OPENING)
    assert [steps for _, steps in say(driver, "2006-03-03T09:00")]
    assert ("PF07", [("N1A 2005T1", "j-15")]) in say(driver, "2005-04-15T08:00")
    assert ("PF07", [("N1A 2005T1", "j+1")]) in say(driver, "2005-05-02T12:00")
    assert say(driver, "2005-05-17T12:00") == []  # that one was said, too early: never twice


def test_a_granted_delay_begins_the_last_reminder_and_lateness_again(driver: Driver) -> None:
    for at in (OPENING, "2005-04-15T08:00", "2005-04-22T08:00", "2005-04-29T08:00"):
        say(driver, at)
    collection = load_catalogue().by_code("N1A")
    assert collection is not None
    asked = Request(who="PF07", collection=collection, period=Period(2005, 1), reason="fusion", author="uesl")
    driver.ledger.extend(asked, date(2005, 5, 20), now=paris("2005-04-29T15:00"), compose=lambda _granted: [])
    said = [
        (str(day), steps)
        for day in (date(2005, 5, 1) + timedelta(days=count) for count in range(40))
        for who, steps in say(driver, f"{day}T12:30")
        if who == "PF07"
    ]
    assert said == [
        ("2005-05-19", [("N1A 2005T1", "j-1")]),
        ("2005-05-23", [("N1A 2005T1", "j+1")]),
        ("2005-05-27", [("N1A 2005T1", "j+7")]),
        ("2005-06-06", [("N1A 2005T1", "j+15")]),
    ]


def test_nobody_is_told_that_something_lacks_that_lies_on_the_desk(driver: Driver) -> None:
    say(driver, OPENING)
    waiting = driver.dropped("2005-04-30T23:00")
    driver.claim(waiting)
    driver.claim(driver.dropped("2005-04-30T23:00", box=Box.ESSAI))
    assert [who for who, _ in say(driver, "2005-05-02T12:00")] == ["PF07"]
    driver.ledger.park(waiting.submission_id, trouble="a bug", now=paris("2005-05-02T12:01"))
    assert say(driver, "2005-05-03T12:00") == []
    driver.ledger.resume(waiting.submission_id, author="admin", now=paris("2005-05-04T09:00"))
    driver.record(waiting, driver.judgement(driver.section()), now=paris("2005-05-04T09:01"))
    assert say(driver, "2005-05-04T12:00") == [("PF03", [("N1M 2005T1", "j+1")])]


def test_repeated_lateness_is_said_alone_the_day_after(driver: Driver) -> None:
    driver.deposit("2005-05-10T10:00")
    driver.deposit("2005-04-10T10:00", collection="N1M")
    driver.deposit("2005-07-10T10:00", collection="N1M", period="2005T2")
    say(driver, "2005-07-22T08:00")
    said = [
        (f"{day} {hour}", steps)
        for day in (date(2005, 7, 30) + timedelta(days=count) for count in range(8))
        for hour in (8, 12)
        for who, steps in say(driver, f"{day}T{hour:02}:00")
        if who == "PF03"
    ]
    assert said == [
        ("2005-08-01 12", [("N1A 2005T2", "j+1")]),
        ("2005-08-02 8", [("N1A 2005T2", "repeated")]),
    ]


@pytest.mark.parametrize("at", [OPENING, "2005-05-02T12:00"])
def test_two_processes_at_once_say_it_once(driver: Driver, database_url: str, tmp_path: Path, at: str) -> None:
    others = [another(driver, database_url, tmp_path) for _ in range(3)]
    driver.ledger.open_obligations(two_platforms(), paris(at))
    made: list[tuple[Call, ...]] = []
    raised = together(
        *(lambda one=one: made.append(one.ledger.say_steps(paris(at), HOURS, Composer())) for one in (driver, *others)),  # type: ignore[misc]
    )
    assert raised == []
    assert sorted(len(calls) for calls in made) == [0, 0, 0, 2]
    assert driver.count("message") == 2
    with driver.database.read() as connection:
        spoken = select(func.count()).select_from(tables.step_said).where(tables.step_said.c.passed.is_(False))
        assert connection.execute(spoken).scalar_one() == 3
    for one in others:
        one.database.dispose()


def test_a_pass_with_nothing_to_say_writes_nothing(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    say(driver, OPENING)
    monkeypatch.setattr(driver.database, "write", lambda: pytest.fail("a write transaction was opened"))
    quiet = WorkingDays(is_holiday=lambda _day: False)
    now: datetime = paris("2005-04-04T10:00")
    assert driver.ledger.say_steps(now, OfficeHours(days=quiet, zone=PARIS), Composer()) == ()


def test_due_days_that_are_not_worked_roll_and_steps_follow(driver: Driver) -> None:
    """Saturday 30 April and Sunday 1 May: due on Monday 2 May; what is told of a deposit says so too."""
    rolled = Ledger(
        driver.database,
        load_catalogue(),
        zone=PARIS,
        first_period=Period(2005, 1),
        due_days=working_days("metropole"),
    )
    mine = Driver(database=driver.database, ledger=rolled, workdir=driver.workdir)
    assert say(mine, OPENING) == T1_OPENS
    assert {one["due_at"] for one in rolled.compliance(paris(OPENING), period="2005T1")} == {
        "2005-05-02T23:59:59+02:00"
    }
    outcome = mine.deposit("2005-05-02T10:00")
    assert outcome.sections[0].deadline is not None
    assert (outcome.sections[0].deadline.status, outcome.sections[0].deadline.margin_days) == ("on_time", 0)
    before_go_live = mine.deposit("2005-05-02T10:30", period="2004T3")
    assert before_go_live.sections[0].deadline is not None
    assert before_go_live.sections[0].deadline.due_at == paris("2004-11-02T23:59:59")  # Saturday, Sunday, All Saints
    assert say(mine, "2005-05-02T12:00") == [
        ("PF03", [("N1M 2005T1", "j-1")]),
        ("PF07", [("N1A 2005T1", "j-1")]),
    ]


def test_who_has_a_file_that_we_could_not_take_hears_nothing_meanwhile(driver: Driver) -> None:
    say(driver, OPENING)
    noon = paris("2005-05-02T12:00")
    [call] = driver.ledger.say_steps(noon, HOURS, Composer(), untaken=frozenset({"PF03"}))
    assert call.organisation == "PF07"
    assert driver.ledger.say_steps(noon, HOURS, Composer(), untaken=frozenset({"PF03"})) == ()
    [call] = driver.ledger.say_steps(noon, HOURS, Composer())  # it was taken back by its owner: no line in the journal
    assert call.organisation == "PF03"
