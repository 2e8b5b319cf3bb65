"""What is imported of before go-live: one transaction, in force, and nobody owes or is told anything (contract §8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from domain.anomalies import Oddity
from domain.errors import Retry
from domain.justifications import Subject
from domain.periods import Period
from domain.submissions import DroppedFile, ReceiptProof
from domain.verdicts import Verdict

from .conftest import paris, two_platforms

if TYPE_CHECKING:
    from domain.outcome import Outcome

    from .conftest import Driver

NOW = "2005-05-10T09:00"
ODD = Oddity(subject=Subject(code="A-01", column="diagnostics_prealables", record="CIL002", value="20"), message="?")


def imported(driver: Driver, at: str = "2005-02-14T10:00", *, content: str | None = None) -> DroppedFile:
    dropped = replace(driver.dropped(at, content=content), proof=ReceiptProof.IMPORTED)
    return replace(dropped, received_at=driver.ledger.next_instant("pf03", dropped.received_at))


def bring(driver: Driver, dropped: DroppedFile, verdict: Verdict = Verdict.ACCEPTED, **values: Any) -> Outcome:
    section = driver.section(verdict, period="2004T4", **values)
    return driver.ledger.import_deposit(
        dropped,
        driver.judgement(section),
        directory=two_platforms(),
        now=paris(NOW),
        author="M. Durand",
        reason="reprise",
        compose=lambda outcome: ({"submission": outcome.dropped.submission_id}, ()),
    )


def test_the_past_comes_in_force_with_its_author_and_nobody_owes_it(driver: Driver) -> None:
    dropped = imported(driver)
    outcome = bring(driver, dropped, Verdict.ACCEPTED_WITH_WARNINGS, oddities=(ODD,))
    assert outcome.sections[0].in_force
    assert driver.in_force("2004T4") == {dropped.submission_id}
    story = driver.ledger.show(dropped.submission_id)
    assert (story["state"], story["proof"], story["messages"]) == ("judged", "imported", [])
    (line,) = [one for one in story["events"] if one["kind"] == "imported"]
    assert (line["author"], line["data"]["reason"]) == ("M. Durand", "reprise")
    assert driver.ledger.anomalies() == ()
    assert [row for row in driver.ledger.compliance(paris(NOW)) if row["period"] == "2004T4"] == []
    kinds = [effect.kind.value for effect in driver.ledger.due_effects(paris(NOW)) if effect.submission_id]
    assert sorted(kinds) == ["answer", "archive", "recu", "situation"]


def test_nothing_of_it_waits_for_the_service(driver: Driver) -> None:
    bring(driver, imported(driver))
    assert driver.ledger.pending(paris(NOW)) == ()


def test_files_given_together_count_in_the_order_in_which_they_are_given(driver: Driver) -> None:
    former = imported(driver)
    bring(driver, former)
    latter = imported(driver)
    assert latter.received_at > former.received_at
    assert bring(driver, latter).sections[0].replaces == former.submission_id
    assert {row["received_at"] for row in driver.ledger.submissions()} == {"2005-02-14T10:00:00+01:00"}


def test_a_file_of_the_past_does_not_take_the_place_of_a_later_deposit(driver: Driver) -> None:
    later = driver.deposit("2005-04-20T10:00", period="2004T4")
    outcome = bring(driver, imported(driver))
    assert not outcome.sections[0].in_force
    assert outcome.sections[0].stays == later.dropped.submission_id


def test_a_rejected_file_changes_nothing_in_force(driver: Driver) -> None:
    first = imported(driver)
    bring(driver, first)
    bring(driver, imported(driver), Verdict.REJECTED)
    assert driver.in_force("2004T4") == {first.submission_id}


def test_a_doublon_whose_original_is_gone_is_not_recorded(driver: Driver) -> None:
    with pytest.raises(Retry):
        bring(driver, imported(driver), Verdict.DUPLICATE)
    assert driver.ledger.submissions() == []


def test_the_same_bytes_again_are_a_doublon(driver: Driver) -> None:
    bring(driver, imported(driver, content="x"))
    again = imported(driver, content="x")
    assert driver.ledger.view().is_duplicate("pf03", "N1A", Period(2004, 4), again.sha256) is not None
    outcome = bring(driver, again, Verdict.DUPLICATE)
    assert [one.judgement.verdict for one in outcome.sections] == [Verdict.DUPLICATE]
