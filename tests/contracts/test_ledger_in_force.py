"""What is in force, over both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from domain.errors import CannotDo, NotFound, Retry
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict

if TYPE_CHECKING:
    from .conftest import Driver

T1 = Period(2005, 1)


def test_a_good_deposit_is_loaded_and_in_force(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:15:02")
    [section] = outcome.sections
    assert (section.in_force, section.replaces, section.stays) == (True, None, None)
    rows = driver.ledger.rows_in_force("assistance_trimestrielle", "2005T1")
    assert [(row["row"], row["code_cil"], row["diagnostics_prealables"]) for row in rows] == [
        (2, "CIL001", 10),
        (3, "CIL002", 20),
    ]
    first = rows[0]
    assert (first["code_plateforme"], first["annee"], first["trimestre"]) == ("PF03", 2005, 1)
    assert first["period"] == "2005T1"
    assert first["submission_id"] == outcome.dropped.submission_id
    assert first["nom_cil"] is None


def test_amounts_come_back_exactly(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", collection="N1M", rows=[(2, "CIL001", 9_999_999_999), (3, "CIL002", 0)])
    rows = driver.ledger.rows_in_force("mobilite_trimestrielle", "2005T1")
    assert [str(row["montant_facture_ht"]) for row in rows] == ["9999999999.10", "0.10"]


def test_a_later_accepted_deposit_supersedes(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00")
    second = driver.deposit("2005-04-19T10:00", rows=[(2, "CIL001", 11)])
    assert second.sections[0].replaces == first.dropped.submission_id
    assert driver.in_force() == {second.dropped.submission_id}


def test_a_rejected_deposit_changes_nothing(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00")
    second = driver.deposit("2005-04-19T10:00", Verdict.REJECTED)
    assert (second.sections[0].in_force, second.sections[0].stays) == (False, None)
    assert driver.in_force() == {first.dropped.submission_id}


def test_a_partial_deposit_never_takes_the_place_of_a_complete_one(driver: Driver) -> None:
    complete = driver.deposit("2005-04-18T10:00")
    partial = driver.deposit("2005-04-19T10:00", Verdict.PARTIALLY_ACCEPTED)
    assert (partial.sections[0].in_force, partial.sections[0].stays) == (False, complete.dropped.submission_id)
    assert driver.in_force() == {complete.dropped.submission_id}


def test_a_partial_deposit_takes_the_place_of_a_partial_one(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", Verdict.PARTIALLY_ACCEPTED)
    second = driver.deposit("2005-04-19T10:00", Verdict.PARTIALLY_ACCEPTED)
    assert second.sections[0].replaces == first.dropped.submission_id
    assert driver.in_force() == {second.dropped.submission_id}


def test_a_nil_return_alone_is_in_force_without_a_row(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00", Verdict.NIL, rows=[])
    assert outcome.sections[0].in_force
    assert driver.in_force() == set()
    assert driver.status("2005-05-02T09:00")["nil"] is True


def test_a_nil_return_over_figures_waits_for_a_second_one(driver: Driver) -> None:
    figures = driver.deposit("2005-04-18T10:00")
    first = driver.deposit("2005-04-19T10:00", Verdict.NIL, rows=[], content="NEANT")
    assert (first.sections[0].in_force, first.sections[0].waits) == (False, True)
    assert first.sections[0].stays == figures.dropped.submission_id
    assert driver.in_force() == {figures.dropped.submission_id}
    second = driver.deposit("2005-04-20T10:00", Verdict.NIL, rows=[], content="NEANT")
    assert (second.sections[0].in_force, second.sections[0].waits) == (True, False)
    assert second.sections[0].replaces == figures.dropped.submission_id
    assert driver.in_force() == set()


def test_two_sections_of_one_file_have_each_their_fate(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    judgement = driver.judgement(
        driver.section(),
        driver.section(Verdict.REJECTED, collection="N1M"),
    )
    outcome = driver.record(dropped, judgement)
    assert [one.in_force for one in outcome.sections] == [True, False]
    assert outcome.judgement.verdict is Verdict.PARTIALLY_ACCEPTED


def test_essai_is_judged_and_never_counts(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00", box=Box.ESSAI)
    section = outcome.sections[0]
    assert (section.in_force, section.judgement.verdict) == (False, Verdict.ACCEPTED)
    assert section.deadline is not None
    assert section.deadline.status == "open"
    assert driver.in_force() == set()
    assert driver.status("2005-04-18T11:00")["first_received_at"] is None
    with driver.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM assistance_trimestrielle")).scalar_one() == 0


class TestDoublon:
    """The four cases: only a deposit in force and accepted without errors makes a doublon."""

    def same(self, driver: Driver, period: Period = T1, submission_id: str | None = None) -> str | None:
        sha256 = driver.dropped("2005-04-30T10:00", content="same").sha256
        return driver.ledger.view(submission_id).is_duplicate("pf03", "N1A", period, sha256)

    def test_of_a_deposit_in_force(self, driver: Driver) -> None:
        first = driver.deposit("2005-04-18T10:00", content="same")
        assert self.same(driver) == first.dropped.submission_id

    def test_not_of_a_superseded_one(self, driver: Driver) -> None:
        driver.deposit("2005-04-18T10:00", content="same")
        driver.deposit("2005-04-19T10:00")
        assert self.same(driver) is None

    def test_not_of_a_withdrawn_one(self, driver: Driver) -> None:
        first = driver.deposit("2005-04-18T10:00", content="same")
        withdraw(driver, first.dropped.submission_id)
        assert self.same(driver) is None

    def test_not_of_one_about_another_period(self, driver: Driver) -> None:
        driver.deposit("2005-04-18T10:00", content="same")
        assert self.same(driver, Period(2004, 4)) is None

    def test_not_of_a_partial_nor_of_a_rejected_one(self, driver: Driver) -> None:
        driver.deposit("2005-04-18T10:00", Verdict.PARTIALLY_ACCEPTED, content="same")
        assert self.same(driver) is None

    def test_not_of_essai(self, driver: Driver) -> None:
        driver.deposit("2005-04-18T10:00", content="same", box=Box.ESSAI)
        assert self.same(driver) is None

    def test_not_of_itself_nor_of_one_received_later(self, driver: Driver) -> None:
        earlier = driver.dropped("2005-04-17T10:00", content="same")
        driver.claim(earlier)
        first = driver.deposit("2005-04-18T10:00", content="same")
        assert self.same(driver, submission_id=first.dropped.submission_id) is None
        assert self.same(driver, submission_id=earlier.submission_id) is None

    def test_is_answered_and_not_loaded(self, driver: Driver) -> None:
        first = driver.deposit("2005-04-18T10:00", content="same")
        second = driver.deposit("2005-04-19T10:00", Verdict.DUPLICATE, content="same")
        assert (second.sections[0].in_force, second.sections[0].stays) == (False, first.dropped.submission_id)
        assert driver.in_force() == {first.dropped.submission_id}

    def test_is_judged_again_when_its_original_went_meanwhile(self, driver: Driver) -> None:
        first = driver.deposit("2005-04-18T10:00", content="same")
        dropped = driver.dropped("2005-04-19T10:00", content="same")
        driver.claim(dropped)
        withdraw(driver, first.dropped.submission_id)
        with pytest.raises(Retry, match="judged again"):
            driver.record(dropped, driver.judgement(driver.section(Verdict.DUPLICATE)))


def withdraw(driver: Driver, submission_id: str, at: str = "2005-04-18T12:00") -> Any:
    now = driver.dropped(at).received_at
    return driver.ledger.withdraw(submission_id, reason="erreur de fichier", author="uesl", now=now)


class TestWithdraw:
    def test_goes_back_to_the_former(self, driver: Driver) -> None:
        first = driver.deposit("2005-04-18T10:00")
        second = driver.deposit("2005-04-19T10:00")
        [change] = withdraw(driver, second.dropped.submission_id, "2005-04-20T10:00")
        assert change.after == first.dropped.submission_id
        assert driver.in_force() == {first.dropped.submission_id}

    def test_brings_a_partial_deposit_kept_out_into_force(self, driver: Driver) -> None:
        complete = driver.deposit("2005-04-18T10:00")
        partial = driver.deposit("2005-04-19T10:00", Verdict.PARTIALLY_ACCEPTED)
        withdraw(driver, complete.dropped.submission_id, "2005-04-20T10:00")
        assert driver.in_force() == {partial.dropped.submission_id}

    def test_leaves_nothing_when_nothing_remains(self, driver: Driver) -> None:
        only = driver.deposit("2005-04-18T10:00")
        [change] = withdraw(driver, only.dropped.submission_id)
        assert change.after is None
        assert driver.in_force() == set()
        assert driver.status("2005-04-18T13:00")["status"] == "incomplete"
        assert driver.status("2005-04-18T13:00")["complete_at"] is not None  # dates are never erased

    def test_refuses_what_does_not_count(self, driver: Driver) -> None:
        only = driver.deposit("2005-04-18T10:00")
        essai = driver.deposit("2005-04-18T10:00", box=Box.ESSAI)
        withdraw(driver, only.dropped.submission_id)
        with pytest.raises(CannotDo, match="withdrawn before"):
            withdraw(driver, only.dropped.submission_id)
        with pytest.raises(CannotDo, match="essai"):
            withdraw(driver, essai.dropped.submission_id)
        with pytest.raises(NotFound, match="no deposit"):
            withdraw(driver, "20050101-000000-ffffff")


def test_any_past_instant_can_be_asked(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00").dropped.submission_id
    second = driver.deposit("2005-04-19T10:00").dropped.submission_id
    withdraw(driver, second, "2005-04-20T10:00")
    assert driver.in_force(at="2005-04-18T10:00:30") == set()
    assert driver.in_force(at="2005-04-18T12:00") == {first}
    assert driver.in_force(at="2005-04-19T12:00") == {second}
    assert driver.in_force(at="2005-04-21T00:00") == {first}


def test_the_view_of_what_is_in_force_is_read_with_plain_sql(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    second = driver.deposit("2005-04-19T10:00", rows=[(2, "CIL001", 7)])
    with driver.database.read() as connection:
        rows = connection.execute(
            text("SELECT submission_id, code_cil, diagnostics_prealables FROM assistance_trimestrielle_en_vigueur"),
        ).all()
    assert [tuple(row) for row in rows] == [(second.dropped.submission_id, "CIL001", 7)]


def test_deposits_judged_out_of_order_end_as_if_judged_in_order(driver: Driver) -> None:
    early, late = driver.dropped("2005-04-18T10:00"), driver.dropped("2005-04-19T10:00")
    driver.claim(early)
    driver.claim(late)
    driver.record(late, driver.judgement(driver.section(rows=[(2, "CIL001", 2)])))
    outcome = driver.record(
        early,
        driver.judgement(driver.section()),
        now=driver.dropped("2005-04-21T10:00").received_at,
    )
    assert (outcome.sections[0].in_force, outcome.sections[0].stays) == (False, late.submission_id)
    assert driver.in_force() == {late.submission_id}
    status = driver.status("2005-04-21T11:00")
    assert status["first_accepted_at"] == "2005-04-18T10:00:00+02:00"
    assert status["last_corrected_at"] == "2005-04-19T10:00:00+02:00"


def test_lines_in_force_elsewhere_name_the_other_account(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    view = driver.ledger.view()
    assert view.lines_in_force_elsewhere("N1A", T1, "pf07") == {"CIL001": "pf03", "CIL002": "pf03"}
    assert view.lines_in_force_elsewhere("N1A", T1, "pf07", {"CIL002", "CIL009"}) == {"CIL002": "pf03"}
    assert view.lines_in_force_elsewhere("N1A", T1, "pf03") == {}


def test_rows_of_a_deposit_come_in_the_order_of_the_file(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00")
    rows = driver.ledger.view().rows_of(outcome.dropped.submission_id, "N1A")
    assert [row["code_cil"] for row in rows] == ["CIL001", "CIL002"]
