"""How a workbook of decisions is recognised, and how its words are read."""

from __future__ import annotations

import pytest

from domain.periods import Period
from ingest.decisions import is_decisions_deposit
from ingest.decisions.weighing import period_told
from rules import decisions as codes
from schemas.decisions import DECISION_WORDS, DECISIONS


@pytest.mark.parametrize(
    "name",
    ["decisions.xlsx", "Décisions_2005.csv", "DECISION-mai.ods", "decisions (2).xlsx", "decisions", "décision.csv"],
)
def test_a_name_that_begins_with_decisions_is_meant_as_such(name):
    assert is_decisions_deposit(name)


@pytest.mark.parametrize(
    "name", ["N1A_2005T1.csv", "mes decisions.xlsx", "decisionsfinales.csv", "indecisions.csv", ""]
)
def test_another_name_is_not(name):
    assert not is_decisions_deposit(name)


@pytest.mark.parametrize("text", ["2005T1", "2005-t1", "2005 T1", "2005_T1", " 2005T1 "])
def test_a_period_is_read_as_people_write_it(text):
    assert period_told(text) == Period(2005, 1)


@pytest.mark.parametrize("text", ["T1", "printemps 2005", "", "2005T5", "05T1"])
def test_what_is_no_period_is_none(text):
    assert period_told(text) is None


def test_every_decision_has_its_word_and_every_check_its_sentence():
    assert set(DECISIONS.by_name["decision"].codes or ()) == set(DECISION_WORDS)
    assert len({*codes.SENTENCES, *codes.REMARKS}) == 11
    assert all(code.startswith(f"{DECISIONS.code}.R") for code in (*codes.SENTENCES, *codes.REMARKS))
