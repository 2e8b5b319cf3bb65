"""What depositors confirm is stored with its deposit, once, told to UESL, and remembered for its account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.findings import Finding, Severity
from domain.justifications import Justification, Remembered, Subject
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict

from .conftest import N1A, N1M, answer, error_on, paris

if TYPE_CHECKING:
    from domain.outcome import Outcome

    from .conftest import Driver

QUARTER = Period(2005, 1)
SUBJECT = Subject(code="N1A.R08", column="diagnostics_complementaires", record="CIL002", value="9 / 7")
SAID = Justification(subject=SUBJECT, text="repris de PF07", row=3, message="Il y en a plus (9) que (7).")
CONFIRMED = Finding(
    code="N1A.R08",
    severity=Severity.INFO,
    message="Il y en a plus (9) que (7). Vous l’avez confirmé : « repris de PF07 ».",
    row=3,
    cell="E3",
    value="9",
    cause="N1A.R08:confirmed",
    justification="repris de PF07",
)


def justified(driver: Driver, at: str = "2005-04-18T10:00", *said: Justification, **values: Any) -> Outcome:
    verdict = values.pop("verdict", Verdict.ACCEPTED)
    return driver.deposit(at, verdict, justifications=said or (SAID,), **values)


def remembered(driver: Driver, account: str = "pf03", collection: str = N1A, period: Period = QUARTER) -> Any:
    return driver.ledger.view().confirmed(account, collection, period)


def test_it_is_stored_with_author_and_time_and_told(driver: Driver) -> None:
    outcome = justified(driver, findings=[CONFIRMED])
    number = outcome.dropped.submission_id
    told = {
        "submission": number,
        "account": "pf03",
        "organisation": "PF03",
        "collection": "N1A",
        "period": "2005T1",
        "code": "N1A.R08",
        "column": "diagnostics_complementaires",
        "record": "CIL002",
        "value": "9 / 7",
        "message": "Il y en a plus (9) que (7).",
        "justification": "repris de PF07",
        "row": 3,
        "author": "pf03",
        "at": "2005-04-18T10:00:00+02:00",
    }
    assert driver.ledger.justifications() == [told]
    story = driver.ledger.show(number)
    assert story["justifications"] == [told]
    [event] = [one for one in story["events"] if one["kind"] == "justified"]
    assert event["data"] == {"collection": "N1A", "period": "2005T1", "confirmed": 1}
    read = driver.ledger.outcome(number, driver.directory, paris("2005-04-18T11:00"))
    assert read is not None
    [finding] = read.sections[0].judgement.findings
    assert finding == CONFIRMED
    assert remembered(driver) == {
        SUBJECT: Remembered(
            text="repris de PF07", author="pf03", confirmed_at=outcome.dropped.received_at, submission_id=number
        )
    }


def test_it_is_remembered_for_that_account_collection_and_period_alone(driver: Driver) -> None:
    justified(driver)
    assert remembered(driver, "pf07") == {}
    assert remembered(driver, collection=N1M) == {}
    assert remembered(driver, period=Period(2005, 2)) == {}
    assert remembered(driver, period=Period(2006, 1)) == {}


def test_a_trial_is_not_remembered(driver: Driver) -> None:
    outcome = justified(driver, box=Box.ESSAI)
    assert (driver.count("justification"), remembered(driver)) == (0, {})
    assert driver.ledger.show(outcome.dropped.submission_id)["justifications"] == []


def test_a_rehearsal_stores_nothing(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    judgement = driver.judgement(driver.section(justifications=(SAID,)))
    driver.ledger.preview(dropped, judgement, directory=driver.directory, now=dropped.received_at)
    assert driver.count("justification") == 0


def test_a_refused_or_withdrawn_deposit_has_spoken_all_the_same(driver: Driver) -> None:
    justified(driver, verdict=Verdict.REJECTED)
    other = replace(SAID, subject=replace(SUBJECT, record="CIL001"))
    withdrawn = justified(driver, "2005-04-19T10:00", other)
    driver.ledger.withdraw(
        withdrawn.dropped.submission_id, reason="erreur", author="uesl", now=paris("2005-04-20T10:00")
    )
    assert {one.record for one in remembered(driver)} == {"CIL001", "CIL002"}


def test_the_latest_words_are_remembered_and_the_former_kept(driver: Driver) -> None:
    justified(driver)
    justified(driver, "2005-04-19T10:00", replace(SAID, text="dossiers de 2004"))
    [one] = remembered(driver).values()
    assert one.text == "dossiers de 2004"
    told = driver.ledger.justifications(period="2005T1", account="PF03")
    assert [one["justification"] for one in told] == ["repris de PF07", "dossiers de 2004"]
    assert driver.ledger.justifications(period="2005T2") == driver.ledger.justifications(account="pf07") == []


def test_a_deposit_judged_again_says_it_once_and_does_not_answer_itself(driver: Driver) -> None:
    first = justified(driver, verdict=Verdict.PARTIALLY_ACCEPTED, findings=[error_on(9)], register_only=True)
    number = first.dropped.submission_id
    justified(driver, "2005-04-19T10:00", replace(SAID, text="plus tard"))
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    assert driver.ledger.view(number).confirmed("pf03", N1A, QUARTER) == {}  # neither itself nor what came later
    more = replace(SAID, subject=replace(SUBJECT, record="CIL001"))
    driver.record(
        first.dropped,
        driver.judgement(driver.section(justifications=(SAID, more))),
        now=paris("2005-05-10T09:00"),
        compose=answer,
    )
    told = driver.ledger.show(number)["justifications"]
    assert [(one["record"], one["at"]) for one in told] == [
        ("CIL002", "2005-04-18T10:00:00+02:00"),
        ("CIL001", "2005-04-18T10:00:00+02:00"),
    ]


def test_words_outlive_their_section_when_it_is_judged_elsewhere(driver: Driver) -> None:
    first = justified(driver, verdict=Verdict.REJECTED, findings=[error_on(9)], register_only=True)
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    section = driver.section(collection=N1M)
    driver.record(first.dropped, driver.judgement(section), now=paris("2005-05-10T09:00"), compose=answer)
    assert list(remembered(driver)) == [SUBJECT]


def test_a_destroyed_file_leaves_no_word_behind(driver: Driver) -> None:
    first = justified(driver, verdict=Verdict.REJECTED, findings=[error_on(9)], register_only=True)
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    section = driver.section(Verdict.DESTROYED, justifications=(SAID,))
    driver.record(first.dropped, driver.judgement(section, destroy=True), now=paris("2005-05-10T09:00"), compose=answer)
    assert driver.count("justification") == 0


def test_words_that_a_database_refuses_are_stored_all_the_same(driver: Driver) -> None:
    justified(driver, "2005-04-18T10:00", replace(SAID, text="a\x00b\ud800", message="\x00"))
    [one] = driver.ledger.justifications()
    assert one["justification"] == "a\ufffdb?"
