"""A question without an answer is recalled once, in office hours, ten days after it was asked (contract §9)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from domain.anomalies import Anomaly, Oddity
from domain.justifications import Subject
from domain.notices import Event, Notice
from domain.periods import Period
from domain.verdicts import Verdict
from domain.workdays import OfficeHours, WorkingDays
from ingest.catalogue import load_catalogue
from ingest.database.engine import Database
from ingest.ledger import Ledger
from ingest.ledger.anomalies import mark_told, untold

from .conftest import PARIS, paris

if TYPE_CHECKING:
    from .conftest import Driver

HOURS = OfficeHours(days=WorkingDays(is_holiday=lambda _: False), zone=PARIS)
ODD = Oddity(
    subject=Subject(code="A-01", column="diagnostics_prealables", record="CIL002", value="20"),
    message="20 est loin des trimestres précédents.",
    row=3,
)
ASKED = "2005-04-18T10:00"  # a Monday
DUE = "2005-04-28T08:00"  # a Thursday


def asks(driver: Driver, at: str, *records: str, account: str = "pf03") -> str:
    oddities = tuple(replace(ODD, subject=replace(ODD.subject, record=record)) for record in records)
    return driver.deposit(at, Verdict.ACCEPTED_WITH_WARNINGS, oddities=oddities, account=account).dropped.submission_id


def notice(found: tuple[Anomaly, ...]) -> Notice:
    return Notice(
        cause_key=f"reminder:{[one.number for one in found]}",
        event=Event.ANOMALY,
        recipient="a@example.org",
        recipient_name="",
        subject="Rappel",
        text="",
        html="",
    )


def remind(driver: Driver, at: str) -> list[tuple[str, str | None]]:
    found = driver.ledger.remind_anomalies(paris(at), HOURS, lambda due: [notice(due)])
    return [(one.account, one.member) for one in found]


def test_it_is_recalled_once_as_offices_open_on_the_tenth_day(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")
    for early in ("2005-04-27T17:59", "2005-04-28T07:59"):
        assert remind(driver, early) == []
    assert remind(driver, DUE) == [("pf03", "CIL002")]
    [found] = driver.ledger.anomalies()
    assert found.reminded_at == paris(DUE)
    for later in (DUE, "2005-04-29T08:00", "2005-06-01T10:00"):
        assert remind(driver, later) == []
    assert driver.count("message") == 3  # receipt, verdict, and one reminder


def test_a_tenth_day_that_nobody_works_waits_for_the_next(driver: Driver) -> None:
    asks(driver, "2005-04-20T10:00", "CIL002")  # the tenth day is a Saturday
    assert remind(driver, "2005-04-30T10:00") == remind(driver, "2005-05-02T07:00") == []
    assert remind(driver, "2005-05-02T08:00") == [("pf03", "CIL002")]


def test_after_a_long_silence_it_is_said_when_offices_open(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")
    assert remind(driver, "2005-06-04T10:00") == remind(driver, "2005-06-06T18:00") == []
    assert remind(driver, "2005-06-06T17:59") == [("pf03", "CIL002")]


def test_one_message_for_all_the_questions_of_an_account(driver: Driver) -> None:
    asks(driver, ASKED, "CIL001", "CIL002")
    asks(driver, ASKED, "CIL003", account="pf07")
    before = driver.count("message")
    assert remind(driver, DUE) == [("pf03", "CIL001"), ("pf03", "CIL002"), ("pf07", "CIL003")]
    assert driver.count("message") == before + 2


def test_what_is_answered_corrected_or_rejected_is_not_recalled(driver: Driver) -> None:
    asks(driver, ASKED, "CIL001", "CIL002")
    [first, _] = driver.ledger.anomalies()
    driver.ledger.answer_anomaly(
        first.number, confirmed=False, reason="x", author="M", now=paris("2005-04-20T10:00"), compose=lambda _: []
    )
    asks(driver, "2005-04-21T10:00", "CIL001")
    states = [(one.member, one.state.value) for one in driver.ledger.anomalies()]
    assert states == [("CIL002", "corrected"), ("CIL001", "open")]  # asked again on the 21st
    assert remind(driver, DUE) == []
    assert remind(driver, "2005-05-02T08:00") == [("pf03", "CIL001")]


def test_uesl_learns_of_the_silence_once_after_the_reminder(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")

    def told(at: str) -> int:
        with driver.database.write() as connection:
            found = untold(connection)
            mark_told(connection, [one.number for one in found], paris(at))
        return len(found)

    assert [told("2005-04-19T08:00"), told("2005-04-28T07:00")] == [1, 0]
    remind(driver, DUE)
    assert [told("2005-04-28T08:01"), told("2005-04-29T08:00")] == [1, 0]


def test_the_journal_has_the_numbers(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")
    remind(driver, DUE)
    [found] = driver.ledger.anomalies()
    with driver.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT account, data FROM event WHERE kind = 'anomalies_reminded'").all()
    assert [row.account for row in rows] == ["pf03"]
    assert str(found.number) in str(rows[0].data)


def test_what_could_not_be_said_is_said_later(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")

    def fails(_: tuple[Anomaly, ...]) -> list[Notice]:
        raise RuntimeError("no paper")

    with pytest.raises(RuntimeError):
        driver.ledger.remind_anomalies(paris(DUE), HOURS, fails)
    assert remind(driver, DUE) == [("pf03", "CIL002")]


def test_two_processes_recall_it_once(driver: Driver, database_url: str) -> None:
    asks(driver, ASKED, "CIL001", "CIL002")
    asks(driver, ASKED, "CIL003", account="pf07")
    others = [Database(database_url) for _ in range(3)]
    ledgers = [Ledger(one, load_catalogue(), zone=PARIS, first_period=Period(2005, 1)) for one in others]
    ready = threading.Barrier(len(ledgers))

    def one_pass(ledger: Ledger) -> int:
        ready.wait()
        return len(ledger.remind_anomalies(paris(DUE), HOURS, lambda due: [notice(due)]))

    with ThreadPoolExecutor(len(ledgers)) as pool:
        assert sum(pool.map(one_pass, ledgers)) == 3
    for one in others:
        one.dispose()
    assert driver.count("message") == 4 + 2


def test_an_account_whose_reminder_cannot_be_written_does_not_hold_up_the_others(driver: Driver) -> None:
    asks(driver, ASKED, "CIL002")
    asks(driver, ASKED, "CIL003", account="pf07")

    def fails(due: tuple[Anomaly, ...]) -> list[Notice]:
        if due[0].account == "pf03":
            raise ZeroDivisionError
        return [notice(due)]

    with pytest.raises(ZeroDivisionError):
        driver.ledger.remind_anomalies(paris(DUE), HOURS, fails)
    assert remind(driver, DUE) == [("pf03", "CIL002")]
