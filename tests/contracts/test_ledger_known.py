"""Where everybody stood, as it was known on a past day, over both databases (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from domain.arrangements import Arranged
from domain.notices import Notice
from domain.organisations import ObligationRule, Span
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.ledger.arrangements import Request

from .conftest import paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver


@pytest.fixture
def opened(driver: Driver) -> Driver:
    driver.ledger.open_obligations(two_platforms(), paris("2005-04-02T09:00"))
    return driver


def request(collection: str = "N1A", reason: str = "panne") -> Request:
    found = load_catalogue().by_code(collection)
    assert found is not None
    return Request(who="pf03", collection=found, period=Period(2005, 1), reason=reason, author="Mme Durand")


def nobody(granted: Sequence[Arranged]) -> list[Notice]:
    del granted
    return []


def known(driver: Driver, day: str, collection: str = "N1A", organisation: str = "PF03") -> dict[str, Any]:
    found = driver.ledger.compliance_known(paris(f"{day}T23:59:59"), period="2005T1", account=organisation)
    (line,) = [one for one in found if one["collection"] == collection]
    return line


def test_a_deposit_received_before_the_day_and_judged_after_it_was_not_known(opened: Driver) -> None:
    dropped = opened.dropped("2005-04-29T18:00")
    opened.claim(dropped)
    opened.record(dropped, opened.judgement(opened.section()), now=paris("2005-05-02T09:00"))
    assert known(opened, "2005-04-30")["status"] == "open"
    assert known(opened, "2005-05-01")["status"] == "overdue"
    after = known(opened, "2005-05-02")
    assert (after["status"], after["complete_at"]) == ("on_time", "2005-04-29T18:00:00+02:00")
    assert after == opened.status("2005-05-02T23:59:59")


def test_an_extension_granted_after_the_day_was_not_known(opened: Driver) -> None:
    opened.ledger.extend(request(), date(2005, 5, 20), now=paris("2005-05-10T09:00"), compose=nobody)
    before, after = known(opened, "2005-05-09"), known(opened, "2005-05-10")
    assert (before["status"], before["extended_until"], before["days_late"]) == ("overdue", None, 9)
    assert (after["status"], after["extended_until"]) == ("open", "2005-05-20")
    assert after["due_at"] == "2005-05-20T23:59:59+02:00"


def test_a_withdrawal_after_the_day_was_not_known(opened: Driver) -> None:
    outcome = opened.deposit("2005-04-20T10:00")
    opened.ledger.withdraw(
        outcome.dropped.submission_id, reason="erreur", author="Mme Durand", now=paris("2005-05-10T09:00")
    )
    assert known(opened, "2005-05-09")["status"] == "on_time"
    assert known(opened, "2005-05-10")["status"] == "incomplete"


def test_a_verdict_that_was_changed_since_is_told_as_it_was(opened: Driver) -> None:
    opened.deposit("2005-04-20T10:00", Verdict.PARTIALLY_ACCEPTED)
    opened.deposit("2005-05-12T10:00", Verdict.ACCEPTED)
    assert known(opened, "2005-04-20")["status"] == "incomplete"
    assert known(opened, "2005-05-11")["days_late"] == 11
    assert known(opened, "2005-05-12")["status"] == "late"


def test_a_waiver_by_the_register_is_known_from_the_day_of_its_import(opened: Driver) -> None:
    rule = ObligationRule(code="PF03", collection="N1A", dates=Span(), dispense=True, motif="aucune activité")
    waived = replace(two_platforms(version=2), obligations=(rule,))
    opened.ledger.open_obligations(waived, paris("2005-05-05T09:00"))
    assert known(opened, "2005-05-04")["status"] == "overdue"
    found = known(opened, "2005-05-05")
    assert (found["status"], found["waived_reason"]) == ("waived", "aucune activité")


def test_a_waiver_that_the_register_said_from_the_beginning_is_known_from_the_beginning(driver: Driver) -> None:
    rule = ObligationRule(code="PF03", collection="N1A", dates=Span(), dispense=True, motif="aucune activité")
    driver.ledger.open_obligations(replace(two_platforms(), obligations=(rule,)), paris("2005-04-02T09:00"))
    assert known(driver, "2005-04-02")["waived_reason"] == "aucune activité"


def test_a_waiver_by_the_central_body_is_known_from_its_day_with_its_reason(opened: Driver) -> None:
    opened.ledger.waive(request(reason="incendie"), now=paris("2005-05-05T09:00"), compose=nobody)
    assert known(opened, "2005-05-04")["waived_reason"] is None
    assert known(opened, "2005-05-05")["waived_reason"] == "incendie"


def test_what_the_register_lifted_since_was_still_owed_then(opened: Driver) -> None:
    gone = replace(two_platforms(version=2), adhesions=tuple(two_platforms().adhesions[3:]))
    opened.ledger.open_obligations(gone, paris("2005-05-05T09:00"))
    assert known(opened, "2005-05-04")["status"] == "overdue"
    assert opened.ledger.compliance_known(paris("2005-05-05T23:59:59"), period="2005T1", account="PF03") == []


def test_before_anything_was_known_there_is_nothing(opened: Driver) -> None:
    assert opened.ledger.compliance_known(paris("2005-04-01T23:59:59")) == []


def test_what_is_known_now_is_the_matrix_of_today(opened: Driver) -> None:
    opened.deposit("2005-04-20T10:00", Verdict.PARTIALLY_ACCEPTED)
    opened.deposit("2005-04-21T10:00", Verdict.NIL, collection="N1M", rows=())
    opened.deposit("2005-05-21T10:00", Verdict.REJECTED, account="pf07")
    opened.ledger.extend(request(), date(2005, 5, 20), now=paris("2005-05-10T09:00"), compose=nobody)
    now = paris("2005-06-01T09:00")
    opened.ledger.open_obligations(two_platforms(), now)
    assert opened.ledger.compliance_known(now) == opened.ledger.compliance(now)
