"""Every file that cannot be read is answered in its own words."""

from __future__ import annotations

import pytest

from domain.findings import Severity
from ingest.reading.reasons import UnreadableReason
from rules.generic import GENERIC
from rules.unreadable import ADVICE, advice_for, unreadable_finding

ODDITIES = ("folder", "archive", "pdf", "word", "unfinished")


@pytest.mark.parametrize("reason", [*(reason.value for reason in UnreadableReason), *ODDITIES])
def test_every_reason_has_its_own_message_and_says_what_to_do(reason: str) -> None:
    advice = ADVICE[reason]
    assert advice.code in GENERIC
    assert advice.message.endswith(".")
    assert len(advice.hint) > 40
    assert [other for other, one in ADVICE.items() if one.message == advice.message] == [reason]
    for text in (advice.message, advice.hint):
        assert "{" not in text
        assert "'" not in text
        assert " :" not in text
        assert " ;" not in text


def test_a_limit_is_given_in_the_readers_units() -> None:
    assert "(100\u00a0Mo)" in advice_for("too_big", {"limit": 100_000_000}).message.replace(" Mo", "\u00a0Mo")
    assert "1\u202f100\u202f000" in advice_for("too_many_rows", {"limit": 1_100_000}).message
    assert "secondes" in advice_for("time_limit", {"limit": 120}).message


def test_a_place_is_given_when_it_is_known() -> None:
    finding = unreadable_finding("unbalanced_quotes", {"row": 12})
    assert finding.row == 12
    assert "ligne 12" in finding.message
    assert finding.severity is Severity.BLOCKING


def test_a_reason_of_tomorrow_still_gets_an_answer() -> None:
    assert unreadable_finding("something_new").code == "G-05"
