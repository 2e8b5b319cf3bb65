"""Reading one cell: every way of writing a value that is understood, and every one that is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ingest.stages.values import ColumnReader, parse, read_quarter
from schemas.cil_pass.yearly import FAMILLES
from schemas.codes import DEPARTEMENTS
from schemas.columns import Column, Kind

COUNT = Column(kind=Kind.COUNT, label="Nb", minimum=0, name="nb")
FREE_COUNT = Column(kind=Kind.COUNT, label="Nb", minimum=0, required=False, name="nb")
AMOUNT = Column(kind=Kind.AMOUNT, label="€", minimum=0, digits=12, decimals=2, name="eur")
DEP = Column(kind=Kind.CODE, label="Dpt.", codes=DEPARTEMENTS, code_width=2, name="dep")
TEXT = Column(kind=Kind.TEXT, label="Nom", max_length=10, name="nom")
DAY = Column(kind=Kind.DATE, label="Date", name="jour")
YES_NO = Column(kind=Kind.YES_NO, label="O/N", name="on")
YEAR = Column(kind=Kind.YEAR, label="Année", minimum=2003, maximum=2100, name="annee")
QUARTER = Column(kind=Kind.QUARTER, label="Trimestre", minimum=1, maximum=4, name="trimestre")

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


def kind_of(column: Column, text: str) -> str | None:
    problem = parse(column, text).problem
    return None if problem is None else problem.kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("007", 7),
        (" 12 ", 12),
        ("+4", 4),
        ("-0", 0),
        ("1 234", 1234),
        (f"1{NBSP}234", 1234),
        (f"1{NARROW}234", 1234),
        (f"1{THIN}234{NARROW}567", 1234567),
        ("12,0", 12),
        ("12.00", 12),
        ("12.", 12),
        ("1 234,00", 1234),
        ("12.0000000001", 12),
        ("11.9999999999", 12),
        ("\ufeff12", 12),
        (f"{NBSP}12{NBSP}", 12),
        ("1000000000", 1_000_000_000),
    ],
)
def test_a_count_is_read_however_people_and_spreadsheets_write_it(text: str, value: int) -> None:
    parsed = parse(COUNT, text)
    assert parsed.problem is None
    assert parsed.value == value
    assert type(parsed.value) is int


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (NBSP, "empty"),
        ("123,000", "ambiguous"),
        ("1.234", "ambiguous"),
        ("1,234,567", "ambiguous"),
        ("12,5", "not-whole"),
        ("1 234,5", "not-whole"),
        (",5", "not-whole"),
        ("-3", "negative"),
        ("−3", "negative"),
        ("1000000001", "huge"),
        ("9" * 80, "huge"),
        ("1E3", "scientific"),
        ("1,2E+03", "scientific"),
        ("1e400", "scientific"),
        ("5%", "percent"),
        ("5 %", "percent"),
        ("n.d.", "unknown"),
        ("ND", "unknown"),
        ("-", "unknown"),
        ("?", "unknown"),
        ("n/a", "unknown"),
        ("néant", "word"),
        ("aucun", "word"),
        ("#DIV/0!", "spreadsheet-error"),
        ("#REF!", "spreadsheet-error"),
        ("#VALEUR!", "spreadsheet-error"),
        ("####", "hashes"),
        ("12 5", "not-a-number"),
        ("douze", "not-a-number"),
        ("12 dossiers", "not-a-number"),
        ("1/2", "not-a-number"),
        ("٣", "not-a-number"),
        ("0x1F", "not-a-number"),
        ("NaN", "unknown"),
        ("inf", "not-a-number"),
        ("1_000", "not-a-number"),
    ],
)
def test_a_count_that_is_not_one_is_refused_by_kind(text: str, kind: str) -> None:
    assert kind_of(COUNT, text) == kind
    assert parse(COUNT, text).value is None


@pytest.mark.parametrize("text", ["", "n.d.", "-", "?", "néant", "x"])
def test_no_answer_invites_to_write_zero_for_unknown(text: str) -> None:
    problem = parse(COUNT, text).problem
    assert problem is not None
    hint = problem.hint or ""
    assert "écrivez 0" not in hint.lower()
    assert "mettez 0" not in hint.lower()


def test_an_empty_count_is_nothing_where_it_may_be_empty() -> None:
    parsed = parse(FREE_COUNT, " ")
    assert parsed.value is None
    assert parsed.problem is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", "1234"),
        ("1234,5", "1234.5"),
        ("1234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        (f"1{NARROW}234,50{NBSP}€", "1234.50"),
        ("12,50 EUR", "12.50"),
        ("12,50 € HT", "12.50"),
        ("12 euros", "12"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        (",5", "0.5"),
        ("0,00", "0"),
        ("1234.560000001", "1234.56"),
        ("1234.5599999999", "1234.56"),
        ("9999999999,99", "9999999999.99"),
    ],
)
def test_an_amount_is_read_exactly(text: str, value: str) -> None:
    parsed = parse(AMOUNT, text)
    assert parsed.problem is None
    assert parsed.notice is None
    assert parsed.value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("€", "not-a-number"),
        ("1.234", "ambiguous"),
        ("12,345", "ambiguous"),
        ("1234,567", "too-many-decimals"),
        ("12,3456", "too-many-decimals"),
        ("-1", "negative"),
        ("-0,01", "negative"),
        ("10000000000", "huge"),
        ("12 k€", "thousands"),
        ("12,5 K€", "thousands"),
        ("1,2 million d'euros", "thousands"),
        ("1E3", "scientific"),
        ("10 %", "percent"),
        ("n.d.", "unknown"),
        ("#N/A", "spreadsheet-error"),
        ("douze euros", "not-a-number"),
        ("$12", "not-a-number"),
    ],
)
def test_an_amount_that_is_not_one_is_refused_by_kind(text: str, kind: str) -> None:
    assert kind_of(AMOUNT, text) == kind


def test_an_amount_computed_by_a_spreadsheet_is_rounded_to_the_cent_and_it_is_said() -> None:
    parsed = parse(AMOUNT, "1032.190635451505")
    assert parsed.value == Decimal("1032.19")
    assert parsed.notice is not None
    assert parsed.notice.code == "G-26"


@pytest.mark.parametrize(
    ("text", "value", "restored"),
    [
        ("01", "01", False),
        ("1", "01", True),
        ("9.0", "09", True),
        ("75.0", "75", False),
        ("2a", "2A", False),
        ("971", "971", False),
    ],
)
def test_a_departement_lost_zero_is_restored_and_it_is_said(text: str, value: str, restored: bool) -> None:
    parsed = parse(DEP, text)
    assert parsed.value == value
    assert (parsed.notice is not None) is restored


@pytest.mark.parametrize("text", ["97", "99", "001", "Aim", "2C", "20"])
def test_a_code_outside_its_list_is_refused(text: str) -> None:
    problem = parse(DEP, text).problem
    assert problem is not None
    assert problem.code == "G-11"


@pytest.mark.parametrize("text", ["Ain", "AIN", "01 Ain", "01 – Ain", "ain "])
def test_a_label_of_the_list_is_understood_as_its_code(text: str) -> None:
    assert parse(DEP, text).value == "01"


def test_what_could_be_two_codes_is_not_understood() -> None:
    column = Column(kind=Kind.CODE, label="Nature", codes={"1": "Autre", "2": "autre"}, spoken={"divers": "2"})
    assert parse(column, "autre").problem is not None
    assert parse(column, "Divers").value == "2"


FAMILLE = Column(kind=Kind.CODE, label="Famille", codes=FAMILLES)


@pytest.mark.parametrize(
    ("column", "text", "hint"),
    [
        (FAMILLE, "Bailleurs", "Écrivez le code\u00a0: BS (Bailleurs sociaux) ou AB (Autres bailleurs)."),
        (FAMILLE, "Assocations", "Écrivez le code AS (Associations)."),
        (replace(FAMILLE, codes={"ASA": "assistance"}), "MOB", "Seul code accepté\u00a0: ASA (assistance)."),
        (
            replace(FAMILLE, codes={"1": "interne", "2": "embauche"}),
            "12",
            "Choisissez parmi\u00a0: 1 (interne), 2 (embauche).",
        ),
        (replace(FAMILLE, codes={str(one): "long " * 20 for one in range(3)}), "7", "Choisissez parmi\u00a0: 0, 1, 2."),
    ],
)
def test_a_code_outside_a_short_list_is_answered_with_what_was_meant_or_the_whole_list(column, text, hint) -> None:
    problem = parse(column, text).problem
    assert problem is not None
    assert problem.hint == hint
    assert problem.blind_hint == parse(column, "zzz").problem.hint


def test_a_name_ill_written_for_a_code_is_answered_with_the_code() -> None:
    problem = parse(DEP, "Ainn").problem
    assert problem is not None
    assert problem.hint is not None
    assert "01" in problem.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2005-03-31", date(2005, 3, 31)),
        ("31/03/2005", date(2005, 3, 31)),
        ("1/3/2005", date(2005, 3, 1)),
        ("2005-03-31 00:00:00", date(2005, 3, 31)),
        ("2005-03-31T00:00:00", date(2005, 3, 31)),
        ("29/02/2004", date(2004, 2, 29)),
    ],
)
def test_a_date_is_read_in_both_writings(text: str, value: date) -> None:
    assert parse(DAY, text).value == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("30/02/2005", "no-such-day"),
        ("2005-13-01", "no-such-day"),
        ("31/03/05", "short-year"),
        ("38442", "not-a-date"),
        ("mars 2005", "not-a-date"),
        ("2005/03/31", "not-a-date"),
        ("31/03/1805", "unlikely-day"),
        ("31/03/0005", "unlikely-day"),
    ],
)
def test_a_date_that_is_not_one_is_refused_by_kind(text: str, kind: str) -> None:
    assert kind_of(DAY, text) == kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("O", True),
        ("oui", True),
        ("OUI", True),
        ("1", True),
        ("vrai", True),
        ("n", False),
        ("Non", False),
        ("0", False),
        ("FAUX", False),
        ("1.0", True),
    ],
)
def test_yes_and_no_are_read_in_every_writing(text: str, value: bool) -> None:
    assert parse(YES_NO, text).value is value


@pytest.mark.parametrize("text", ["x", "2", "peut-être", "ok"])
def test_neither_yes_nor_no_is_refused(text: str) -> None:
    assert kind_of(YES_NO, text) == "not-yes-no"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1", (None, 1)),
        ("T1", (None, 1)),
        ("2005T1", (2005, 1)),
        ("1er trimestre 2005", (2005, 1)),
        ("2e trimestre", (None, 2)),
        ("Trimestre 3", (None, 3)),
        ("2005-T4", (2005, 4)),
        ("2.0", (None, 2)),
        ("T1 2005", (2005, 1)),
    ],
)
def test_a_quarter_is_read_with_its_year_when_it_has_one(text: str, told: tuple[int | None, int]) -> None:
    assert read_quarter(text) == told
    assert parse(QUARTER, text).value == told[1]


@pytest.mark.parametrize("text", ["5", "0", "T5", "premier", "2005"])
def test_what_is_not_a_quarter_is_refused(text: str) -> None:
    assert kind_of(QUARTER, text) == "not-a-quarter"


@pytest.mark.parametrize(("text", "value"), [("2005", 2005), ("2005.0", 2005), ("2 005", 2005)])
def test_a_year_is_read(text: str, value: int) -> None:
    assert parse(YEAR, text).value == value


@pytest.mark.parametrize(("text", "kind"), [("05", "not-a-year"), ("1999", "unlikely-year"), ("2101", "unlikely-year")])
def test_what_is_not_a_year_is_refused(text: str, kind: str) -> None:
    assert kind_of(YEAR, text) == kind


def test_a_text_too_long_is_refused() -> None:
    assert kind_of(TEXT, "x" * 11) == "too-long"
    assert parse(TEXT, " Bonjour ").value == "Bonjour"


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("\ufeff Objet \u200b", "Objet", False),
        ("Ob\u00adjet", "Objet", True),
        ("\x1b[2J\u202eO", "[2JO", True),
        ("un\r\ndeux", "un\ndeux", False),
        ("un\tdeux", "un deux", False),
    ],
)
def test_signs_that_nobody_sees_are_taken_out_of_a_text_and_it_is_said(text: str, value: str, said: bool) -> None:
    """Nobody could find them to mend the cell."""
    found = parse(TEXT, text)
    assert found.value == value
    assert (found.notice is not None and found.notice.code == "G-25") is said


def test_a_text_of_nothing_that_is_seen_is_an_empty_cell() -> None:
    assert parse(TEXT, "\x00\u200b\x1b") == parse(TEXT, "")


def test_a_code_that_was_copied_with_what_nobody_sees_is_the_code() -> None:
    assert parse(DEP, "\u200b0\u200b1").value == "01"


@pytest.mark.parametrize("column", [COUNT, AMOUNT, DEP, DAY, YES_NO, YEAR, QUARTER, TEXT])
@pytest.mark.parametrize("text", ["SECRET{x}", "{0}", "%s", "=1+1", "<b>", "\x00", "é" * 300, "{}", "\U0001f600"])
def test_any_text_gets_an_answer_that_does_not_quote_it(column: Column, text: str) -> None:
    problem: Any = parse(column, text).problem
    assert problem is None or (text not in problem.message and text not in (problem.hint or ""))


def test_a_reader_answers_as_parse_does_and_remembers() -> None:
    reader = ColumnReader(COUNT)
    assert reader("12") is reader("12")
    assert reader("12") == parse(COUNT, "12")


@pytest.mark.parametrize("text", ["2005-01-12", "2005-01-12 00:00:00", "12/01/2005", "1/12/05"])
def test_a_number_that_the_spreadsheet_took_for_a_date_is_told_as_such(text: str) -> None:
    found = parse(COUNT, text)
    assert found.problem is not None
    assert "date" in found.problem.message
