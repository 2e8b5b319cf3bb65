"""Two transactions a deposit, each wholly or not at all, over both databases."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import inspect, text

from domain.errors import CannotDo, Park
from domain.findings import Finding, Severity
from domain.notices import Event
from domain.outcome import Outcome
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from ingest.ledger import EffectKind

from .conftest import error_on, notice, paris

if TYPE_CHECKING:
    from .conftest import Driver

EVERYTHING = ("submission", "section", "finding", "in_force", "obligation", "message", "effect", "event")


def counts(driver: Driver) -> dict[str, int]:
    return {table: driver.count(table) for table in EVERYTHING}


def test_the_claim_writes_the_submission_its_receipt_and_what_to_do(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    assert driver.claim(dropped)
    assert counts(driver) == {
        "submission": 1,
        "section": 0,
        "finding": 0,
        "in_force": 0,
        "obligation": 0,
        "message": 1,
        "effect": 1,
        "event": 1,
    }
    [effect] = driver.ledger.due_effects(dropped.received_at)
    assert (effect.kind, effect.payload) == (EffectKind.RECU, {"document": {"submission": dropped.submission_id}})
    assert driver.ledger.knows(dropped.submission_id)


def test_a_claim_made_twice_is_made_once(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    before = counts(driver)
    assert not driver.claim(dropped)
    assert counts(driver) == before


def test_a_fault_while_composing_a_receipt_leaves_no_claim(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")

    def broken() -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        driver.ledger.claim(dropped, organisation=None, claimed_at=dropped.received_at, compose=broken)
    assert not driver.ledger.knows(dropped.submission_id)
    assert driver.count("event") == 0


def test_a_fault_while_composing_an_answer_leaves_nothing_of_the_verdict(driver: Driver) -> None:
    driver.deposit("2005-04-17T10:00")
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    before, rows = counts(driver), driver.in_force()

    def broken(_: Outcome) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        driver.record(dropped, driver.judgement(driver.section(findings=[error_on(4)])), compose=broken)
    assert counts(driver) == before
    assert driver.in_force() == rows
    assert driver.ledger.submission(dropped.submission_id) in driver.ledger.pending(dropped.received_at)


def test_a_spool_that_breaks_half_way_leaves_nothing(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    section = driver.section()
    assert section.rows is not None
    size = section.rows.stat().st_size
    os.truncate(section.rows, size - 40)
    with pytest.raises((OSError, pa.ArrowInvalid, Park)):
        driver.record(dropped, driver.judgement(section))
    assert driver.count("section") == 0


def test_a_row_lost_between_the_judge_and_the_table_stops_the_verdict(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    section = driver.section()
    wrong = driver.section(rows=[(2, "CIL001", 1)])
    with pytest.raises(Park, match="2 rows of assistance_trimestrielle were accepted and 1 could be loaded"):
        driver.record(dropped, driver.judgement(_with(section, rows=wrong.rows)))
    assert driver.in_force() == set()


def _with(section: Any, **values: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415 - one use

    return replace(section, **values)


def test_a_verdict_recorded_twice_is_recorded_once(driver: Driver) -> None:
    """A crash between the commit and what follows: the file is judged again and the same outcome comes back."""
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    judgement = driver.judgement(driver.section(Verdict.PARTIALLY_ACCEPTED, findings=[error_on(9)]))
    first = driver.record(dropped, judgement)
    before = counts(driver)

    def never(_: Outcome) -> Any:
        raise AssertionError

    again = driver.record(dropped, judgement, compose=never)
    assert counts(driver) == before
    assert [one.in_force for one in again.sections] == [True]
    assert again.sections[0].judgement.findings == first.sections[0].judgement.findings
    assert again.sections[0].deadline == first.sections[0].deadline
    assert again.still_owed == first.still_owed
    assert again.judgement.detected == first.judgement.detected


def test_the_verdict_asks_for_the_answer_the_archive_and_the_situation(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00")
    now = paris("2005-04-18T11:00")
    kinds = [one.kind for one in driver.ledger.due_effects(now)]
    assert kinds == [EffectKind.RECU, EffectKind.ANSWER, EffectKind.ARCHIVE, EffectKind.SITUATION]
    assert driver.ledger.answer(outcome.dropped.submission_id) == {
        "submission": outcome.dropped.submission_id,
        "verdict": "accepted",
    }


def test_an_effect_done_is_not_asked_again_and_a_failed_one_waits(driver: Driver) -> None:
    driver.claim(driver.dropped("2005-04-18T10:00"))
    now = paris("2005-04-18T11:00")
    [effect] = driver.ledger.due_effects(now)
    driver.ledger.effect_failed(effect.id, "disk full\x00", now + timedelta(minutes=5))
    assert driver.ledger.due_effects(now) == ()
    [again] = driver.ledger.due_effects(now + timedelta(minutes=6))
    assert again.attempts == 1
    driver.ledger.effects_done([effect], now)
    assert driver.ledger.due_effects(now + timedelta(days=1)) == ()


def test_an_effect_put_off_by_a_clock_a_year_ahead_is_due_once_it_came_back(driver: Driver) -> None:
    driver.claim(driver.dropped("2005-04-18T10:00"))
    now = paris("2005-04-18T11:00")
    [effect] = driver.ledger.due_effects(now)
    driver.ledger.effect_failed(effect.id, "disk full", now + timedelta(days=365))
    assert [one.id for one in driver.ledger.due_effects(now)] == [effect.id]


def test_the_rest_of_a_deposit_comes_with_what_is_due_of_it(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    driver.deposit("2005-04-18T10:05")
    *first, situation = driver.ledger.due_effects(paris("2005-04-18T11:00"), limit=1)
    assert [one.kind for one in first] == [EffectKind.RECU, EffectKind.ANSWER, EffectKind.ARCHIVE]
    assert len({one.submission_id for one in first}) == 1
    assert situation.kind is EffectKind.SITUATION


def test_effects_done_together_say_where_the_originals_are(driver: Driver) -> None:
    number = driver.deposit("2005-04-18T10:00").dropped.submission_id
    now = paris("2005-04-18T11:00")
    driver.ledger.effects_done(driver.ledger.due_effects(now), now, archived={number: "archive/original.csv"})
    assert driver.ledger.due_effects(now + timedelta(days=1)) == ()
    assert driver.ledger.show(number)["archive"] == "archive/original.csv"


def test_situations_of_an_account_are_written_once_and_none_is_forgotten(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00")
    driver.deposit("2005-04-18T10:05")
    now = paris("2005-04-18T11:00")
    [situation] = [one for one in driver.ledger.due_effects(now) if one.kind is EffectKind.SITUATION]
    driver.deposit("2005-04-18T10:10")  # while the first is being written
    driver.ledger.effects_done([situation], now)
    [left] = [one for one in driver.ledger.due_effects(now) if one.kind is EffectKind.SITUATION]
    assert left.id > situation.id


def test_preview_answers_the_same_and_stores_nothing(driver: Driver) -> None:
    driver.deposit("2005-04-17T10:00", Verdict.PARTIALLY_ACCEPTED)
    dropped = driver.dropped("2005-04-18T10:00")
    judgement = driver.judgement(driver.section())
    before = counts(driver)
    preview = driver.ledger.preview(
        dropped,
        judgement,
        directory=driver.directory,
        now=dropped.received_at + timedelta(minutes=1),
    )
    assert counts(driver) == before
    driver.claim(dropped)
    assert driver.record(dropped, judgement) == preview


def test_preview_of_a_known_deposit_stores_nothing(driver: Driver) -> None:
    outcome = driver.deposit("2005-04-18T10:00")
    before = counts(driver)
    preview = driver.ledger.preview(
        outcome.dropped,
        driver.judgement(driver.section(Verdict.ACCEPTED_WITH_WARNINGS)),
        directory=driver.directory,
        now=paris("2005-04-20T10:00"),
    )
    assert preview.sections[0].in_force
    assert preview.judgement.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert counts(driver) == before


def test_preview_of_a_known_deposit_tells_what_is_found_today_and_keeps_nothing_of_before(driver: Driver) -> None:
    """A correction of the register never un-accepts a row; a replay is no correction, it only reports."""
    outcome = driver.deposit("2005-04-18T10:00")
    before = counts(driver)
    preview = driver.ledger.preview(
        outcome.dropped,
        driver.judgement(driver.section(Verdict.REJECTED)),
        directory=driver.directory,
        now=paris("2005-04-20T10:00"),
    )
    assert preview.judgement.verdict is Verdict.REJECTED
    assert not preview.sections[0].in_force
    assert counts(driver) == before


def test_a_postponed_deposit_waits_then_comes_back(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    now, later = paris("2005-04-18T10:01"), paris("2005-04-18T10:06")
    assert driver.ledger.retry_later(dropped.submission_id, not_before_at=later, trouble="disk full", now=now) == 1
    assert driver.ledger.pending(now) == ()
    [waiting] = driver.ledger.pending(later)
    assert (waiting.attempts, waiting.trouble, waiting.dropped) == (1, "disk full", dropped)


def test_a_parked_deposit_tells_somebody_and_can_be_resumed(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    now = paris("2005-04-18T10:01")
    driver.ledger.park(
        dropped.submission_id,
        trouble="KeyError",
        now=now,
        notices=[notice(dropped, Event.SYSTEM)],
    )
    assert driver.ledger.pending(now) == ()
    [line] = driver.ledger.submissions(state="parked")
    assert (line["submission"], line["verdict"]) == (dropped.submission_id, None)
    driver.ledger.resume(dropped.submission_id, author="admin", now=now)
    assert [one.dropped for one in driver.ledger.pending(now)] == [dropped]
    with pytest.raises(CannotDo, match="not parked"):
        driver.ledger.resume(dropped.submission_id, author="admin", now=now)


def test_a_thing_is_said_once(driver: Driver) -> None:
    now = paris("2005-04-18T10:00")
    told = [notice(driver.dropped("2005-04-18T10:00"), Event.SYSTEM)]
    assert driver.ledger.say_once("link:pf03:x" * 40, told, kind="link", account="pf03", now=now)
    assert not driver.ledger.say_once("link:pf03:x" * 40, told, kind="link", account="pf03", now=now)
    assert driver.count("message") == 1


def test_a_file_without_a_section_is_answered(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    said = Finding(code="G-05", severity=Severity.BLOCKING, message="illisible \x00")
    outcome = driver.record(dropped, driver.judgement(findings=(said,)))
    assert (outcome.judgement.verdict, outcome.sections) == (Verdict.REJECTED, ())
    read = driver.ledger.outcome(dropped.submission_id, driver.directory, paris("2005-04-18T11:00"))
    assert read is not None
    assert read.judgement.findings[0].message == "illisible \ufffd"


def test_a_destroyed_file_leaves_its_hash_and_its_rule_and_no_value(driver: Driver) -> None:
    dropped = driver.dropped("2005-04-18T10:00")
    driver.claim(dropped)
    nir = Finding(code="G-12", severity=Severity.BLOCKING, message="NIR", row=3, cell="B3", value="1850578006084")
    section = driver.section(Verdict.DESTROYED, findings=[nir])
    outcome = driver.record(dropped, driver.judgement(section, destroy=True))
    assert outcome.sections[0].judgement.findings[0].value is None
    story = driver.ledger.show(dropped.submission_id)
    assert story["verdict"] == "destroyed"
    [destroyed] = [one for one in story["events"] if one["kind"] == "destroyed"]
    assert destroyed["data"] == {"sha256": dropped.sha256, "rules": ["G-12"]}
    assert "1850578006084" not in str(story)
    [archive] = [one for one in driver.ledger.due_effects(dropped.received_at) if one.kind is EffectKind.ARCHIVE]
    assert archive.payload == {"destroy": True}
    with driver.database.read() as connection:
        tables = inspect(connection).get_table_names()
        stored = [connection.exec_driver_sql(f'SELECT * FROM "{table}"').all() for table in tables]  # noqa: S608 - ours
    assert dropped.sha256 in str(stored)
    assert "1850578006084" not in str(stored)


def test_show_tells_the_whole_story(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:15:02", Verdict.PARTIALLY_ACCEPTED).dropped.submission_id
    driver.deposit("2005-04-19T10:00")
    story = driver.ledger.show(first)
    assert story["received_at"] == "2005-04-18T10:15:02+02:00"
    assert story["state"] == SubmissionState.JUDGED
    assert [one["code"] for one in story["sections"][0]["findings"]] == ["G-10"]
    assert [one["event"] for one in story["messages"]] == ["receipt", "verdict"]
    assert [one["kind"] for one in story["events"]] == ["claimed", "in_force", "judged"]
    assert [(one["collection"], one["to_at"]) for one in story["in_force"]] == [("N1A", "2005-04-19T10:01:00+02:00")]
    assert story["answer"] == {"submission": first, "verdict": "partially_accepted"}


def test_deposits_are_listed_with_the_keys_of_the_contract(driver: Driver) -> None:
    first = driver.deposit("2005-04-18T10:00")
    driver.deposit("2005-07-18T10:00", period="2005T2", account="pf07")
    [line] = driver.ledger.submissions(account="pf03", period="2005t1", state="judged")
    assert list(line) == [
        "submission",
        "account",
        "organisation",
        "file",
        "received_at",
        "judged_at",
        "state",
        "verdict",
        "test",
        "sections",
    ]
    assert line["submission"] == first.dropped.submission_id
    assert line["sections"][0]["in_force"] is True
    assert [one["account"] for one in driver.ledger.submissions()] == ["pf07", "pf03"]
    assert driver.ledger.submissions(state="rejected") == []
    with pytest.raises(CannotDo, match="no state 'odd'"):
        driver.ledger.submissions(state="odd")
    with pytest.raises(CannotDo, match="not a period"):
        driver.ledger.submissions(period="2005-1")


def test_twenty_thousand_rows_and_as_many_findings_are_loaded(driver: Driver) -> None:
    rows = [(number, f"CIL{number:06d}", number) for number in range(2, 20_002)]
    outcome = driver.deposit("2005-04-18T10:00", rows=rows, findings=[error_on(number) for number in range(10_000)])
    assert outcome.sections[0].in_force
    with driver.database.read() as connection:
        total = connection.execute(
            text("SELECT count(*), sum(diagnostics_prealables) FROM assistance_trimestrielle_en_vigueur"),
        ).one()
    assert tuple(total) == (20_000, sum(range(2, 20_002)))
    assert driver.count("finding") == 10_000


def test_hostile_texts_are_stored_as_data(driver: Driver) -> None:
    """Names of files and cells with quotes, formulas, a NUL, a lone surrogate: stored, nothing executed."""
    odd = "'; DROP TABLE submission; --\x00\udc80\u202e=1+1"
    dropped = _with(driver.dropped("2005-04-18T10:00"), name=odd)
    driver.claim(dropped)
    finding = Finding(code="G-10", severity=Severity.ERROR, message=odd, row=3, value=odd, cell="B3")
    section = driver.section(rows=[(2, "x'); DROP TABLE section; --", 1)], findings=[finding])
    driver.record(dropped, driver.judgement(section), compose=lambda _: ({"file": {"name": odd}}, []))
    assert driver.ledger.show(dropped.submission_id)["file"]["name"] == "'; DROP TABLE submission; --\ufffd?\u202e=1+1"
    assert driver.ledger.rows_in_force("assistance_trimestrielle")[0]["code_cil"] == "x'); DROP TABLE section; --"


def test_empty_texts_and_absent_values_stay_apart(driver: Driver) -> None:
    driver.deposit("2005-04-18T10:00", rows=[(2, "", 1)])
    [row] = driver.ledger.rows_in_force("assistance_trimestrielle")
    assert (row["code_cil"], row["nom_cil"]) == ("", None)
