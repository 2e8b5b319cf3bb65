"""Postal codes and lists of codes in one cell: every way of writing them, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stages.values import parse
from schemas.columns import METADATA_KEY, code_postal, plusieurs_codes

POSTCODE = code_postal("Code postal").properties["metadata"][METADATA_KEY]
PLACE = code_postal("Département", departement=True).properties["metadata"][METADATA_KEY]
CODES = {"AUCUN": "aucun", "BS": "Bailleurs sociaux", "AS": "Associations", "BF": "Banque de France"}
SEVERAL = plusieurs_codes(CODES, "Partenaires").properties["metadata"][METADATA_KEY]


@pytest.mark.parametrize(
    ("text", "value", "restored"),
    [
        ("44000", "44000", False),
        (" 44 000 ", "44000", False),
        ("1000", "01000", True),
        ("1000.0", "01000", True),
        ("97110", "97110", False),
        ("98800", "98800", False),
    ],
)
def test_a_postal_code_gets_back_the_zero_that_a_spreadsheet_lost(text: str, value: str, *, restored: bool) -> None:
    parsed = parse(POSTCODE, text)
    assert (parsed.value, parsed.problem) == (value, None)
    assert (parsed.notice is not None) is restored


@pytest.mark.parametrize(
    ("text", "value"), [("1", "01"), ("75", "75"), ("2a", "2A"), ("971", "971"), ("1000", "01000"), ("44000", "44000")]
)
def test_where_a_departement_is_enough_its_code_is_taken_too(text: str, value: str) -> None:
    assert parse(PLACE, text).value == value


@pytest.mark.parametrize("text", ["75", "2A", "1", "123456", "F-44000", "44 00O", "96000", "20500", "00100", "100"])
def test_what_is_no_postal_code_is_refused(text: str) -> None:
    assert parse(POSTCODE, text).problem is not None


@pytest.mark.parametrize("text", ["20", "00", "2C", "99", "100", "20500"])
def test_what_is_no_departement_is_refused(text: str) -> None:
    assert parse(PLACE, text).problem is not None


@given(st.lists(st.sampled_from(sorted(CODES)), min_size=1), st.sampled_from([" ", ",", ";", " / ", "+", ", "]))
def test_several_codes_are_one_text_in_the_order_of_the_list(codes: list[str], between: str) -> None:
    value = parse(SEVERAL, between.join(codes).lower()).value
    assert value == " ".join(code for code in CODES if code in codes)
    assert parse(SEVERAL, value).value == value


@pytest.mark.parametrize("text", ["XX", "BS XX", "-", "BSAS"])
def test_a_code_that_is_not_in_the_list_is_refused_wherever_it_stands(text: str) -> None:
    problem = parse(SEVERAL, text).problem
    assert problem is not None
    assert problem.code == "G-11"
