"""A deposit refused only because of the register is judged again when the register is mended, over both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from domain.findings import Finding, Severity
from domain.outcome import Outcome
from domain.verdicts import Verdict

from .conftest import answer, paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

UNKNOWN = Finding(code="N1A.R03", severity=Severity.ERROR, message="CIL inconnu", row=3, cell="C3", value="CIL002")
LATER = "2005-05-10T09:00"


def refused(driver: Driver, at: str = "2005-04-18T10:00") -> Outcome:
    return driver.deposit(
        at,
        Verdict.PARTIALLY_ACCEPTED,
        rows=[(2, "CIL001", 10)],
        findings=[UNKNOWN],
        register_only=True,
    )


def mend(driver: Driver, version: int = 2) -> None:
    driver.directory = two_platforms(version)


def test_only_those_refused_because_of_an_older_register_come_back(driver: Driver) -> None:
    first = refused(driver)
    driver.deposit("2005-04-19T10:00", Verdict.REJECTED)
    assert driver.ledger.to_rejudge(1) == ()
    assert driver.ledger.to_rejudge(2) == (first.dropped,)
    assert driver.ledger.reopen_for_register(2, paris(LATER)) == 1
    assert driver.ledger.reopen_for_register(2, paris(LATER)) == 0
    [waiting] = driver.ledger.pending(paris(LATER))
    assert (waiting.dropped, waiting.again) == (first.dropped, True)
    assert driver.in_force() == {first.dropped.submission_id}  # what is in force stays meanwhile


def test_the_new_verdict_counts_from_the_original_receipt(driver: Driver) -> None:
    first = refused(driver)
    mend(driver)
    driver.ledger.reopen_for_register(2, paris(LATER))
    outcome = driver.record(
        first.dropped,
        driver.judgement(driver.section()),
        now=paris(LATER),
        compose=lambda one: ({**answer(one)[0], "again": True}, []),
    )
    assert (outcome.judgement.verdict, outcome.sections[0].in_force) == (Verdict.ACCEPTED, True)
    assert {row["code_cil"] for row in driver.ledger.rows_in_force("assistance_trimestrielle")} == {"CIL001", "CIL002"}
    status = driver.status("2005-05-10T10:00")
    assert (status["status"], status["complete_at"]) == ("on_time", "2005-04-18T10:00:00+02:00")
    story = driver.ledger.show(first.dropped.submission_id)
    assert (story["state"], story["register_only"], story["directory_version"]) == ("judged", False, 2)
    assert story["answer"]["again"] is True
    [again] = [one for one in story["events"] if one["kind"] == "judged_again"]
    assert again["data"]["former"]["verdict"] == "partially_accepted"
    assert driver.ledger.to_rejudge(3) == ()


def test_the_same_answer_is_not_given_twice(driver: Driver) -> None:
    first = refused(driver)
    mend(driver)
    driver.ledger.reopen_for_register(2, paris(LATER))
    before = (driver.count("message"), driver.count("effect"))

    def never(_: Outcome) -> Any:
        raise AssertionError

    section = driver.section(
        Verdict.PARTIALLY_ACCEPTED,
        rows=[(2, "CIL001", 10)],
        findings=[UNKNOWN],
        register_only=True,
    )
    driver.record(first.dropped, driver.judgement(section), now=paris(LATER), compose=never)
    assert (driver.count("message"), driver.count("effect")) == before
    assert driver.ledger.pending(paris(LATER)) == ()
    assert driver.ledger.to_rejudge(2) == ()


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.DUPLICATE])
def test_a_deposit_once_loaded_stays_loaded(driver: Driver, verdict: Verdict) -> None:
    first = refused(driver)
    driver.ledger.reopen_for_register(2, paris(LATER))
    outcome = driver.record(first.dropped, driver.judgement(driver.section(verdict)), now=paris(LATER))
    assert outcome.judgement.verdict is Verdict.PARTIALLY_ACCEPTED
    assert driver.in_force() == {first.dropped.submission_id}


def test_a_row_once_accepted_stays_accepted(driver: Driver) -> None:
    """The mended register admits row 3 and no longer knows row 2: both are kept."""
    first = refused(driver)
    mend(driver)
    driver.ledger.reopen_for_register(2, paris(LATER))
    against = replace(UNKNOWN, row=2, cell="C2", value="CIL001")
    section = driver.section(Verdict.PARTIALLY_ACCEPTED, rows=[(3, "CIL002", 20)], findings=[against])
    outcome = driver.record(
        first.dropped,
        driver.judgement(replace(section, records_read=2, records_rejected=1)),
        now=paris(LATER),
    )
    judged = outcome.sections[0].judgement
    assert (judged.verdict, judged.records_accepted, judged.records_rejected) == (Verdict.ACCEPTED, 2, 0)
    assert (judged.findings, judged.complete) == ((), True)
    rows = driver.ledger.rows_in_force("assistance_trimestrielle")
    assert [(row["row"], row["diagnostics_prealables"]) for row in rows] == [(2, 10), (3, 20)]


def test_a_file_refused_whole_gets_its_sections(driver: Driver) -> None:
    """An account that the register did not know."""
    unknown = Finding(code="G-16", severity=Severity.BLOCKING, message="compte sans organisme")
    driver.directory = replace(two_platforms(), organisations=())
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    section = driver.section(Verdict.REJECTED, findings=[unknown], register_only=True)
    driver.record(dropped, driver.judgement(replace(section, collection=None, slug=None, period=None)))
    mend(driver)
    driver.ledger.reopen_for_register(2, paris(LATER))
    outcome = driver.record(dropped, driver.judgement(driver.section()), now=paris(LATER))
    assert [one.judgement.verdict for one in outcome.sections] == [Verdict.ACCEPTED]
    assert outcome.organisation is not None
    assert driver.ledger.show(dropped.submission_id)["organisation"] == "PF03"
    assert driver.status("2005-05-10T10:00")["status"] == "on_time"
    assert driver.count("section") == 1


def test_a_later_deposit_stays_in_force_over_one_judged_again(driver: Driver) -> None:
    first = refused(driver)
    second = driver.deposit("2005-04-20T10:00")
    driver.ledger.reopen_for_register(2, paris(LATER))
    outcome = driver.record(first.dropped, driver.judgement(driver.section()), now=paris(LATER))
    assert outcome.sections[0].stays == second.dropped.submission_id
    assert driver.in_force() == {second.dropped.submission_id}


def test_a_file_judged_three_times_gains_sections_without_a_clash(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    unknown = replace(driver.section(Verdict.REJECTED, register_only=True), collection=None, slug=None, period=None)
    driver.record(dropped, driver.judgement(unknown))
    mend(driver, 2)
    driver.ledger.reopen_for_register(2, paris(LATER))
    driver.record(dropped, driver.judgement(driver.section(Verdict.REJECTED, register_only=True)), now=paris(LATER))
    mend(driver, 3)
    driver.ledger.reopen_for_register(3, paris(LATER))
    mobility = driver.section(collection="N1M", rows=[(2, "CIL001", 1)])
    outcome = driver.record(dropped, driver.judgement(driver.section(), mobility), now=paris(LATER))
    assert [one.in_force for one in outcome.sections] == [True, True]
    assert driver.count("section") == 2
