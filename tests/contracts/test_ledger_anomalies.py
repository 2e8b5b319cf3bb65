"""What looks odd in figures in force is one question: asked once, answered, corrected, asked again (contract §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from domain.anomalies import Anomaly, AnomalySource, AnomalyState, Dispute, Oddity
from domain.bulletins import BulletinKind
from domain.errors import CannotDo, NotFound
from domain.justifications import Justification, Subject
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from ingest.ledger.anomalies import mark_told, untold
from ingest.ledger.bulletins import Order

from .conftest import N1A, answer, error_on, paris

if TYPE_CHECKING:
    from domain.outcome import Outcome

    from .conftest import Driver

QUARTER = Period(2005, 1)
SUBJECT = Subject(code="A-01", column="diagnostics_prealables", record="CIL002", value="20")
ODD = Oddity(
    subject=SUBJECT,
    message="20 est très au-dessus des trimestres précédents (5, 6, 5, 4).",
    label="Nb de diagnostics préalables",
    hint="Confirmez ou rectifiez.",
    row=3,
)
OTHER = replace(ODD, subject=replace(SUBJECT, record="CIL001", value="10"), row=2)
SAID = "opération exceptionnelle"
ROWS_20 = ((2, "CIL001", 10), (3, "CIL002", 20))
ROWS_5 = ((2, "CIL001", 10), (3, "CIL002", 5))
OPEN, CONFIRMED = AnomalyState.OPEN, AnomalyState.CONFIRMED
REJECTED, CORRECTED = AnomalyState.REJECTED, AnomalyState.CORRECTED


def odd(driver: Driver, at: str, *oddities: Oddity, **values: Any) -> Outcome:
    return driver.deposit(at, values.pop("verdict", Verdict.ACCEPTED_WITH_WARNINGS), oddities=oddities, **values)


def one(driver: Driver) -> Anomaly:
    [found] = driver.ledger.anomalies()
    return found


def states(driver: Driver) -> list[tuple[str | None, AnomalyState]]:
    return [(found.member, found.state) for found in driver.ledger.anomalies()]


def reply(driver: Driver, at: str, *, confirmed: bool, number: int | None = None) -> Anomaly:
    return driver.ledger.answer_anomaly(
        one(driver).number if number is None else number,
        confirmed=confirmed,
        reason="vu avec la plate-forme",
        author="Marie Durand",
        now=paris(at),
        compose=lambda _: [],
    )


def kinds(driver: Driver, number: str) -> list[str]:
    return [event["kind"] for event in driver.ledger.show(number)["events"] if event["kind"].startswith("anomal")]


def told(driver: Driver, at: str) -> list[tuple[str | None, AnomalyState]]:
    with driver.database.write() as connection:
        found = untold(connection)
        mark_told(connection, [anomaly.number for anomaly in found], paris(at))
    return [(anomaly.member, anomaly.state) for anomaly in found]


# -- asked -------------------------------------------------------------------------------------------------------------


def test_a_deposit_in_force_asks_and_the_question_says_all_there_is_to_say(driver: Driver) -> None:
    outcome = odd(driver, "2005-04-18T10:00", ODD)
    found = one(driver)
    assert found == Anomaly(
        number=found.number,
        code="A-01",
        source=AnomalySource.JUDGING,
        state=OPEN,
        account="pf03",
        organisation="PF03",
        collection=N1A,
        period="2005T1",
        member="CIL002",
        column="diagnostics_prealables",
        label="Nb de diagnostics préalables",
        value="20",
        message=ODD.message,
        raised_at=paris("2005-04-18T10:01"),
        submission_id=outcome.dropped.submission_id,
        row=3,
    )
    assert kinds(driver, outcome.dropped.submission_id) == ["anomalies_raised"]
    [event] = [one for one in driver.ledger.show(found.submission_id or "")["events"] if one["kind"][:4] == "anom"]
    assert event["data"] == {"collection": N1A, "period": "2005T1", "anomalies": [found.number]}


def test_what_is_odd_is_kept_with_its_section(driver: Driver) -> None:
    outcome = odd(driver, "2005-04-18T10:00", ODD, replace(OTHER, confirmation=SAID))
    read = driver.ledger.outcome(outcome.dropped.submission_id, driver.directory, paris("2005-04-18T11:00"))
    assert read is not None
    assert read.sections[0].judgement.oddities == (ODD, replace(OTHER, confirmation=SAID))


def test_a_question_about_a_whole_table_has_no_member(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", replace(ODD, subject=Subject(code="A-04", column="", record="", value="")))
    found = one(driver)
    assert (found.member, found.column, found.value) == (None, None, None)


def test_the_questions_are_found_by_state_account_period_and_number(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, replace(OTHER, confirmation=SAID))
    ask = driver.ledger.anomalies
    numbers = [found.number for found in ask()]
    assert len(numbers) == len(set(numbers)) == 2
    assert [found.member for found in ask(state=OPEN)] == ["CIL002"]
    assert [found.member for found in ask(state=CONFIRMED)] == ["CIL001"]
    assert [found.number for found in ask(number=numbers[1])] == numbers[1:]
    assert len(ask(account="pf03")) == len(ask(account="PF03")) == len(ask(period="2005T1")) == 2
    assert ask(account="pf07") == ask(period="2005T2") == ask(state=REJECTED) == ask(number=999) == ()


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.DUPLICATE])
def test_what_does_not_come_into_force_asks_nothing(driver: Driver, verdict: Verdict) -> None:
    odd(driver, "2005-04-18T10:00", content="same")
    odd(driver, "2005-04-19T10:00", ODD, verdict=verdict, content="same")
    assert driver.count("anomaly") == 0


def test_a_partial_deposit_that_does_not_replace_a_complete_one_asks_nothing(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00")
    odd(driver, "2005-04-19T10:00", ODD, verdict=Verdict.PARTIALLY_ACCEPTED)
    assert driver.count("anomaly") == 0


def test_a_trial_and_a_rehearsal_ask_nothing(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, box=Box.ESSAI)
    dropped = driver.dropped("2005-04-18T11:00")
    judgement = driver.judgement(driver.section(oddities=(ODD,)))
    driver.ledger.preview(dropped, judgement, directory=driver.directory, now=dropped.received_at)
    assert driver.count("anomaly") == 0


def test_a_destroyed_file_asks_nothing_and_leaves_no_figure_behind(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    outcome = driver.record(dropped, driver.judgement(driver.section(Verdict.REJECTED, oddities=(ODD,)), destroy=True))
    assert driver.count("anomaly") == 0
    read = driver.ledger.outcome(dropped.submission_id, driver.directory, paris("2005-04-18T11:00"))
    assert read is not None
    assert read.sections[0].judgement.oddities == outcome.sections[0].judgement.oddities == ()


# -- the same question -------------------------------------------------------------------------------------------------


def test_the_same_value_again_is_the_same_question(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    first = one(driver)
    again = odd(driver, "2005-04-20T10:00", replace(ODD, row=7, message="Le message a changé."))
    assert one(driver) == replace(
        first, row=7, message="Le message a changé.", submission_id=again.dropped.submission_id
    )


def test_another_value_is_another_question_and_the_former_is_corrected(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    odd(driver, "2005-04-20T10:00", replace(ODD, subject=replace(SUBJECT, value="200")))
    assert [(found.value, found.state) for found in driver.ledger.anomalies()] == [("20", CORRECTED), ("200", OPEN)]


def test_a_version_without_it_corrects_it(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, OTHER)
    second = odd(driver, "2005-04-20T10:00", OTHER)
    assert states(driver) == [("CIL002", CORRECTED), ("CIL001", OPEN)]
    assert kinds(driver, second.dropped.submission_id) == ["anomalies_corrected"]


def test_a_nil_return_in_force_corrects_all(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    driver.deposit("2005-04-19T10:00", Verdict.NIL, content="NEANT")
    assert states(driver) == [("CIL002", OPEN)]  # it waits for a second one
    driver.deposit("2005-04-20T10:00", Verdict.NIL, content="NEANT")
    assert states(driver) == [("CIL002", CORRECTED)]


def test_other_accounts_collections_and_periods_have_their_own(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    odd(driver, "2005-04-18T11:00", account="pf07")
    odd(driver, "2005-04-18T12:00", collection="N1M")
    odd(driver, "2005-07-18T12:00", period="2005T2")
    assert states(driver) == [("CIL002", OPEN)]


def test_judged_again_with_the_same_figures_changes_nothing(driver: Driver) -> None:
    first = odd(
        driver,
        "2005-04-18T10:00",
        ODD,
        verdict=Verdict.PARTIALLY_ACCEPTED,
        findings=[error_on(9)],
        register_only=True,
    )
    before = driver.ledger.anomalies()
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    driver.record(
        first.dropped,
        driver.judgement(driver.section(oddities=(ODD, OTHER))),
        now=paris("2005-05-10T09:00"),
        compose=answer,
    )
    assert driver.ledger.anomalies()[:1] == before
    assert states(driver) == [("CIL002", OPEN), ("CIL001", OPEN)]


def test_a_row_that_stays_accepted_keeps_its_question(driver: Driver) -> None:
    first = odd(
        driver,
        "2005-04-18T10:00",
        ODD,
        OTHER,
        verdict=Verdict.PARTIALLY_ACCEPTED,
        findings=[error_on(9)],
        register_only=True,
    )
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    refused = driver.section(Verdict.PARTIALLY_ACCEPTED, rows=((2, "CIL001", 10),), findings=[error_on(3)])
    driver.record(first.dropped, driver.judgement(refused), now=paris("2005-05-10T09:00"), compose=answer)
    # Row 3 stays accepted although the mended register says otherwise; row 2 was weighed again, and is no longer odd.
    assert states(driver) == [("CIL002", OPEN), ("CIL001", CORRECTED)]


# -- confirmed by the depositor ----------------------------------------------------------------------------------------


def test_confirmed_in_the_deposit(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", replace(ODD, confirmation=SAID))
    found = one(driver)
    assert (found.state, found.answer, found.answered_by, found.answered_at) == (
        CONFIRMED,
        SAID,
        "pf03",
        paris("2005-04-18T10:01"),
    )


def test_confirmed_by_a_later_deposit_with_the_same_value(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    second = odd(driver, "2005-04-20T10:00", replace(ODD, confirmation=SAID))
    assert (one(driver).state, one(driver).answer) == (CONFIRMED, SAID)
    assert one(driver).raised_at == paris("2005-04-18T10:01")
    assert kinds(driver, second.dropped.submission_id) == ["anomalies_confirmed"]


def test_what_is_confirmed_stays_so_when_another_version_says_it_again(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", replace(ODD, confirmation=SAID))
    before = one(driver)
    third = odd(driver, "2005-04-22T10:00", replace(ODD, confirmation=SAID))
    assert one(driver) == replace(before, submission_id=third.dropped.submission_id)


def test_confirmed_then_changed_then_back_is_confirmed(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", replace(ODD, confirmation=SAID))
    odd(driver, "2005-04-19T10:00")
    assert one(driver).state is CORRECTED
    odd(driver, "2005-04-20T10:00", replace(ODD, confirmation=SAID))
    assert (one(driver).state, one(driver).answer, one(driver).answered_at) == (
        CONFIRMED,
        SAID,
        paris("2005-04-18T10:01"),
    )


# -- withdrawn ---------------------------------------------------------------------------------------------------------


def withdraw(driver: Driver, outcome: Outcome, at: str) -> None:
    driver.ledger.withdraw(outcome.dropped.submission_id, reason="erreur", author="uesl", now=paris(at))


def test_a_withdrawn_deposit_asks_no_more(driver: Driver) -> None:
    first = odd(driver, "2005-04-18T10:00", ODD, replace(OTHER, confirmation=SAID))
    withdraw(driver, first, "2005-04-19T10:00")
    assert states(driver) == [("CIL002", CORRECTED), ("CIL001", CORRECTED)]


def test_the_questions_of_the_version_back_in_force_stand_as_they_stood(driver: Driver) -> None:
    first = odd(driver, "2005-04-18T10:00", ODD, replace(OTHER, confirmation=SAID))
    before = driver.ledger.anomalies()
    second = odd(driver, "2005-04-20T10:00")
    assert {state for _, state in states(driver)} == {CORRECTED}
    withdraw(driver, second, "2005-04-21T10:00")
    assert driver.ledger.anomalies() == before
    assert kinds(driver, first.dropped.submission_id) == ["anomalies_raised", "anomalies_restored"]


def test_what_uesl_rejected_is_rejected_again_when_its_version_is_back(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    reply(driver, "2005-04-19T10:00", confirmed=False)
    before = one(driver)
    second = odd(driver, "2005-04-20T10:00")
    withdraw(driver, second, "2005-04-21T10:00")
    assert one(driver) == before
    assert before.state is REJECTED


def test_a_question_that_both_versions_ask_stays_open(driver: Driver) -> None:
    first = odd(driver, "2005-04-18T10:00", ODD)
    second = odd(driver, "2005-04-20T10:00", ODD)
    withdraw(driver, second, "2005-04-21T10:00")
    assert (one(driver).state, one(driver).submission_id) == (OPEN, first.dropped.submission_id)
    assert one(driver).raised_at == paris("2005-04-18T10:01")


# -- UESL answers ------------------------------------------------------------------------------------------------------


def test_uesl_confirms_and_it_is_remembered_for_that_value(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    found = reply(driver, "2005-04-25T10:00", confirmed=True)
    assert found == one(driver)
    assert (found.state, found.answer, found.answered_by) == (CONFIRMED, "vu avec la plate-forme", "Marie Durand")
    later = driver.dropped("2005-04-26T10:00")
    driver.claim(later)
    remembered = driver.ledger.view(later.submission_id).confirmed("pf03", N1A, QUARTER)
    assert {subject: words.text for subject, words in remembered.items()} == {SUBJECT: "vu avec la plate-forme"}
    [said] = driver.ledger.justifications()
    assert (said["author"], said["justification"], said["row"]) == ("Marie Durand", "vu avec la plate-forme", 3)


def test_what_uesl_confirmed_counts_also_when_its_deposit_is_judged_again(driver: Driver) -> None:
    first = odd(driver, "2005-04-18T10:00", ODD)
    reply(driver, "2005-04-25T10:00", confirmed=True)
    view = driver.ledger.view(first.dropped.submission_id)
    assert list(view.confirmed("pf03", N1A, QUARTER)) == [SUBJECT]


def test_uesl_rejects_and_another_value_corrects_it(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    found = reply(driver, "2005-04-25T10:00", confirmed=False)
    assert (found.state, found.rejected_at) == (REJECTED, paris("2005-04-25T10:00"))
    odd(driver, "2005-04-26T10:00")
    assert (one(driver).state, one(driver).answer) == (CORRECTED, "vu avec la plate-forme")


def test_the_rejected_value_deposited_again_is_asked_again(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    told(driver, "2005-04-19T08:00")
    reply(driver, "2005-04-25T10:00", confirmed=False)
    odd(driver, "2005-04-26T10:00", ODD)
    found = one(driver)
    assert (found.state, found.answer, found.answered_by, found.answered_at) == (OPEN, None, None, None)
    assert (found.raised_at, found.told_at, found.reminded_at) == (paris("2005-04-26T10:01"), None, None)
    assert found.rejected_at == paris("2005-04-25T10:00")
    assert told(driver, "2005-04-27T08:00") == [("CIL002", OPEN)]


def test_words_from_before_the_rejection_are_void_and_those_after_count(driver: Driver) -> None:
    said = Justification(subject=SUBJECT, text=SAID, row=3, message=ODD.message)
    first = odd(driver, "2005-04-18T10:00", replace(ODD, confirmation=SAID), justifications=(said,))
    view = driver.ledger.view
    assert list(view().confirmed("pf03", N1A, QUARTER)) == [SUBJECT]
    reply(driver, "2005-04-25T10:00", confirmed=False)
    assert view().confirmed("pf03", N1A, QUARTER) == {}
    again = replace(said, text="si")
    second = odd(driver, "2005-04-26T10:00", replace(ODD, confirmation="si"), justifications=(again,))
    assert (one(driver).state, one(driver).answer, one(driver).answered_by) == (CONFIRMED, "si", "pf03")
    [words] = view().confirmed("pf03", N1A, QUARTER).values()
    assert (words.text, words.submission_id) == ("si", second.dropped.submission_id)
    assert view(first.dropped.submission_id).confirmed("pf03", N1A, QUARTER) == {}


def test_a_past_judgement_remembers_what_was_not_rejected_yet(driver: Driver) -> None:
    said = Justification(subject=SUBJECT, text=SAID, row=3, message=ODD.message)
    odd(driver, "2005-04-18T10:00", replace(ODD, confirmation=SAID), justifications=(said,))
    second = odd(driver, "2005-04-20T10:00", replace(ODD, confirmation=SAID))
    reply(driver, "2005-04-25T10:00", confirmed=False)
    view = driver.ledger.view(second.dropped.submission_id)
    assert list(view.confirmed("pf03", N1A, QUARTER)) == [SUBJECT]


def test_judged_again_does_not_undo_a_rejection_with_its_own_words(driver: Driver) -> None:
    confirmed = replace(ODD, confirmation=SAID)
    first = odd(
        driver,
        "2005-04-18T10:00",
        confirmed,
        verdict=Verdict.PARTIALLY_ACCEPTED,
        findings=[error_on(9)],
        register_only=True,
    )
    reply(driver, "2005-04-25T10:00", confirmed=False)
    before = one(driver)
    driver.ledger.reopen_for_register(2, paris("2005-05-10T09:00"))
    driver.record(
        first.dropped,
        driver.judgement(driver.section(oddities=(confirmed,))),
        now=paris("2005-05-10T09:00"),
        compose=answer,
    )
    assert one(driver) == before


def test_uesl_may_change_its_mind(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    reply(driver, "2005-04-25T10:00", confirmed=False)
    assert reply(driver, "2005-04-26T10:00", confirmed=True).state is CONFIRMED
    assert list(driver.ledger.view().confirmed("pf03", N1A, QUARTER)) == [SUBJECT]
    assert reply(driver, "2005-04-27T10:00", confirmed=False).state is REJECTED
    assert driver.ledger.view().confirmed("pf03", N1A, QUARTER) == {}
    odd(driver, "2005-04-28T10:00", ODD)
    assert one(driver).state is OPEN


def test_an_answer_that_cannot_be_given_says_why_and_tells_nobody(driver: Driver) -> None:
    with pytest.raises(NotFound, match="no anomaly 41"):
        reply(driver, "2005-04-25T10:00", confirmed=True, number=41)
    odd(driver, "2005-04-18T10:00", ODD)
    reply(driver, "2005-04-25T10:00", confirmed=True)
    with pytest.raises(CannotDo, match="confirmed already, by Marie Durand"):
        reply(driver, "2005-04-26T10:00", confirmed=True)
    odd(driver, "2005-04-27T10:00")
    with pytest.raises(CannotDo, match="settled"):
        reply(driver, "2005-04-28T10:00", confirmed=False)
    with pytest.raises(CannotDo, match="reason is empty"):
        driver.ledger.answer_anomaly(
            one(driver).number,
            confirmed=True,
            reason=" ",
            author="M",
            now=paris("2005-04-28T10:00"),
            compose=lambda _: pytest.fail("nothing was answered"),
        )


# -- the central body is told once -------------------------------------------------------------------------------------


def test_uesl_is_told_of_new_questions_once(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, replace(OTHER, confirmation=SAID))
    assert told(driver, "2005-04-19T08:00") == [("CIL002", OPEN), ("CIL001", CONFIRMED)]
    assert told(driver, "2005-04-20T08:00") == []
    odd(driver, "2005-04-20T10:00", ODD, replace(OTHER, confirmation=SAID))
    assert told(driver, "2005-04-21T08:00") == []


def test_what_was_corrected_before_it_could_be_told_is_not_told(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    second = odd(driver, "2005-04-18T11:00")
    assert told(driver, "2005-04-19T08:00") == []
    withdraw(driver, second, "2005-04-19T10:00")
    assert told(driver, "2005-04-20T08:00") == [("CIL002", OPEN)]


def test_uesl_is_told_of_the_depositors_answer_and_not_of_its_own(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, OTHER)
    told(driver, "2005-04-19T08:00")
    odd(driver, "2005-04-20T10:00", replace(ODD, confirmation=SAID), OTHER)
    [open_one] = driver.ledger.anomalies(state=OPEN)
    reply(driver, "2005-04-20T11:00", confirmed=True, number=open_one.number)
    assert told(driver, "2005-04-21T08:00") == [("CIL002", CONFIRMED)]
    assert told(driver, "2005-04-22T08:00") == []


def test_what_uesl_confirmed_itself_is_no_news_to_it(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    told(driver, "2005-04-19T08:00")
    reply(driver, "2005-04-19T11:00", confirmed=True)
    now = paris("2005-04-20T08:00")
    told_next = driver.ledger.bulletin(Order(kind=BulletinKind.DIGEST, day=now.date(), accounts=()), now)
    assert (told_next.anomalies, told_next.confirmations) == ((), ())


def test_what_uesl_answered_before_being_told_is_known(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD)
    reply(driver, "2005-04-18T11:00", confirmed=True)
    assert told(driver, "2005-04-19T08:00") == []


def test_marking_nothing_is_no_trouble(driver: Driver) -> None:
    with driver.database.write() as connection:
        mark_told(connection, [], paris("2005-04-19T08:00"))


# -- a member contests its figure --------------------------------------------------------------------------------------


def dispute(driver: Driver, at: str = "2005-05-02T10:00", **values: Any) -> Anomaly:
    asked = {
        "collection": N1A,
        "slug": "assistance_trimestrielle",
        "column": "diagnostics_prealables",
        "label": "Nb de diagnostics préalables",
        "member": "CIL002",
        "period": QUARTER,
        "reason": "nous en avons compté 12",
        "author": "Marie Durand",
    }
    return driver.ledger.raise_anomaly(Dispute(**{**asked, **values}), now=paris(at), compose=lambda _: [])


def test_a_dispute_is_put_to_the_platform_that_deposited_the_line(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00", rows=ROWS_20)
    found = dispute(driver)
    assert found == one(driver)
    assert found == Anomaly(
        number=found.number,
        code="contestation",
        source=AnomalySource.DISPUTE,
        state=OPEN,
        account="pf03",
        organisation="PF03",
        collection=N1A,
        period="2005T1",
        member="CIL002",
        column="diagnostics_prealables",
        label="Nb de diagnostics préalables",
        value="20",
        message="nous en avons compté 12",
        raised_at=paris("2005-05-02T10:00"),
        raised_by="Marie Durand",
        submission_id=first.dropped.submission_id,
        row=3,
    )
    assert told(driver, "2005-05-03T08:00") == [("CIL002", OPEN)]


def test_it_stands_while_the_figure_does_and_is_corrected_with_it(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", rows=ROWS_20)
    dispute(driver)
    driver.deposit("2005-05-03T10:00", rows=((2, "CIL001", 11), (3, "CIL002", 20)))
    assert one(driver).state is OPEN
    corrected = driver.deposit("2005-05-04T10:00", rows=ROWS_5)
    assert one(driver).state is CORRECTED
    withdraw(driver, corrected, "2005-05-05T10:00")
    assert one(driver).state is OPEN


def test_it_may_be_about_a_line_of_a_nil_return(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", Verdict.NIL)
    found = dispute(driver, owner="pf03")
    assert (found.value, found.row, found.member, found.account) == ("0", None, "CIL002", "pf03")
    driver.deposit("2005-05-04T10:00", rows=ROWS_5)
    assert one(driver).state is CORRECTED


@pytest.mark.parametrize(
    "asked",
    [{"member": "CIL003"}, {"period": Period(2005, 2)}, {"owner": "pf07", "member": "CIL003"}, {"column": "nowhere"}],
)
def test_no_figure_in_force_cannot_be_contested(driver: Driver, asked: dict[str, Any]) -> None:
    driver.deposit("2005-04-18T10:00", rows=ROWS_20)
    with pytest.raises(NotFound, match="no figure in force"):
        dispute(driver, **asked)
    assert driver.count("anomaly") == 0


def test_the_same_dispute_waits_once_and_may_come_back(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", rows=ROWS_20)
    first = dispute(driver)
    with pytest.raises(CannotDo, match=f"anomaly {first.number}, raised 2005-05-02"):
        dispute(driver)
    reply(driver, "2005-05-03T10:00", confirmed=True)
    assert driver.ledger.view().confirmed("pf03", N1A, QUARTER) == {}  # no rule asks it
    again = dispute(driver, "2005-05-04T10:00", reason="toujours 12")
    assert again == replace(first, message="toujours 12", raised_at=paris("2005-05-04T10:00"))


def test_a_dispute_and_a_rules_question_live_side_by_side(driver: Driver) -> None:
    odd(driver, "2005-04-18T10:00", ODD, rows=ROWS_20)
    contested = dispute(driver)
    odd(driver, "2005-05-03T10:00", replace(ODD, confirmation=SAID), rows=ROWS_20)
    assert [(found.code, found.state) for found in driver.ledger.anomalies()] == [
        ("A-01", CONFIRMED),
        ("contestation", OPEN),
    ]
    assert reply(driver, "2005-05-04T10:00", confirmed=False, number=contested.number).state is REJECTED
    odd(driver, "2005-05-05T10:00", replace(ODD, confirmation=SAID), rows=ROWS_20)
    assert [(found.code, found.state) for found in driver.ledger.anomalies()] == [
        ("A-01", CONFIRMED),
        ("contestation", OPEN),
    ]
