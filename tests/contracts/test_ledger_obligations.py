"""Who owes what and where they stand, over both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from domain.organisations import Adhesion, Directory, ObligationRule, Service, Span
from domain.submissions import Box
from domain.verdicts import Verdict

from .conftest import error_on, paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver


def open_at(driver: Driver, at: str, directory: Directory | None = None) -> None:
    driver.ledger.open_obligations(directory or driver.directory or two_platforms(), paris(at))


def test_platforms_owe_what_their_adherents_make_them_owe(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    lines = driver.ledger.compliance(paris("2005-04-02T09:00"), period="2005T1")
    assert [(one["organisation"], one["account"], one["collection"], one["status"]) for one in lines] == [
        ("PF03", "pf03", "N1A", "open"),
        ("PF03", "pf03", "N1M", "open"),
        ("PF07", "pf07", "N1A", "open"),
    ]
    assert {one["due_at"] for one in lines} == {"2005-04-30T23:59:59+02:00"}


def test_the_next_period_is_visible_as_upcoming_and_not_yet_owed(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    now = paris("2005-04-02T09:00")
    assert {one["status"] for one in driver.ledger.compliance(now, period="2005T2")} == {"upcoming"}
    assert {one.period for one in driver.ledger.still_owed("PF03", now)} == {"2005T1"}


def test_opening_twice_changes_nothing(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    before = (driver.count("obligation"), driver.count("event"))
    open_at(driver, "2005-04-03T09:00")
    assert (driver.count("obligation"), driver.count("event")) == before


def test_on_time_late_incomplete_to_correct_and_overdue(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    driver.deposit("2005-04-18T10:00", Verdict.REJECTED)
    assert driver.status("2005-04-18T11:00")["status"] == "to_correct"
    driver.deposit("2005-04-19T10:00", Verdict.PARTIALLY_ACCEPTED)
    assert driver.status("2005-04-19T11:00")["status"] == "incomplete"
    driver.deposit("2005-04-30T23:59:59")
    told = driver.status("2005-05-02T09:00")
    assert (told["status"], told["days_late"]) == ("on_time", 0)
    assert told["first_received_at"] == "2005-04-18T10:00:00+02:00"
    assert told["first_accepted_at"] == "2005-04-19T10:00:00+02:00"
    assert told["complete_at"] == told["last_corrected_at"] == "2005-04-30T23:59:59+02:00"
    mobility = driver.status("2005-05-02T09:00", "N1M")
    assert (mobility["status"], mobility["days_late"]) == ("overdue", 2)
    driver.deposit("2005-05-03T00:00:01", collection="N1M")
    mobility = driver.status("2005-05-09T09:00", "N1M")
    assert (mobility["status"], mobility["days_late"]) == ("late", 3)


def test_the_answer_gives_the_margin_and_what_is_still_owed(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:15:02")
    deadline = outcome.sections[0].deadline
    assert deadline is not None
    assert (deadline.status, deadline.margin_days) == ("on_time", 12)
    assert deadline.due_at == paris("2005-04-30T23:59:59")
    [owed] = outcome.still_owed
    assert (owed.collection, owed.period, owed.service) == ("N1M", "2005T1", Service.MOB)


def test_judging_after_the_due_instant_does_not_make_late(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-30T23:59:00")
    driver.claim(dropped)
    driver.record(dropped, driver.judgement(driver.section()), now=paris("2005-05-03T09:00"))
    assert driver.status("2005-05-03T10:00")["status"] == "on_time"


def test_essai_moves_no_date(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    outcome = driver.deposit("2005-04-18T10:00", box=Box.ESSAI)
    assert [one.collection for one in outcome.still_owed] == ["N1A", "N1M"]
    assert driver.status("2005-04-18T11:00")["first_received_at"] is None


def test_a_period_before_go_live_is_loaded_and_owes_nothing(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00", period="2004T4")
    deadline = outcome.sections[0].deadline
    assert deadline is not None
    assert (deadline.status, deadline.margin_days) == (None, -78)
    assert driver.ledger.compliance(paris("2005-04-18T11:00"), period="2004T4") == []
    assert len(driver.ledger.rows_in_force("assistance_trimestrielle", "2004T4")) == 2


def test_the_register_dispenses_and_moves_due_dates(driver: Driver) -> None:
    rules = (
        ObligationRule(
            code="PF03",
            collection="n1a",
            dates=Span(first=date(2005, 1, 1), last=date(2005, 3, 31)),
            echeance=date(2005, 5, 15),
        ),
        ObligationRule(
            code="PF07",
            collection="assistance-trimestrielle",
            dates=Span(),
            dispense=True,
            motif="fusion en cours",
        ),
    )
    open_at(driver, "2005-04-02T09:00", replace(two_platforms(), obligations=rules))
    assert driver.status("2005-05-02T09:00")["due_at"] == "2005-05-15T23:59:59+02:00"
    waived = driver.status("2005-05-02T09:00", organisation="pf07")
    assert (waived["status"], waived["waived_reason"], waived["days_late"]) == ("waived", "fusion en cours", 0)
    open_at(driver, "2005-04-03T09:00")
    assert driver.status("2005-05-02T09:00")["due_at"] == "2005-04-30T23:59:59+02:00"
    assert driver.status("2005-05-02T09:00", organisation="pf07")["status"] == "overdue"


def test_what_the_register_says_was_never_owed_goes_unless_something_was_deposited(driver: Driver) -> None:
    open_at(driver, "2005-04-02T09:00")
    driver.deposit("2005-04-18T10:00", Verdict.REJECTED)
    moved = replace(
        two_platforms(),
        adhesions=(Adhesion(code_cil="CIL001", code_plateforme="PF07", service=Service.MOB, dates=Span()),),
    )
    open_at(driver, "2005-04-20T09:00", moved)
    lines = driver.ledger.compliance(paris("2005-04-20T09:00"), period="2005T1")
    assert [(one["organisation"], one["collection"], one["status"]) for one in lines] == [
        ("PF03", "N1A", "waived"),
        ("PF07", "N1M", "open"),
    ]


def test_an_account_that_belongs_to_nobody_owes_nothing(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00", Verdict.REJECTED, account="inconnu", findings=[error_on(2)])
    assert (outcome.organisation, outcome.still_owed) == (None, ())


def test_the_situation_gathers_deposits_and_what_is_owed(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00")
    situation = driver.ledger.situation("pf03", "PF03", paris("2005-04-18T11:00"))
    assert [one["submission"] for one in situation["submissions"]] == [outcome.dropped.submission_id]
    assert [one.collection for one in situation["still_owed"]] == ["N1M"]
