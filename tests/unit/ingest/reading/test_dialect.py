"""The separator is the one that makes the headers we know, else the one that makes regular rows."""

import pytest

from domain.text import normalise_header
from ingest.reading.dialect import choose_separator, count_known_headers, declared_separator

WORDS = frozenset(normalise_header(word) for word in ("code_cil", "Nb de diagnostics préalables", "montant_ht"))


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_known_headers_decide_under_title_lines_full_of_other_separators(separator: str) -> None:
    head = (
        "CIL-PASS assistance, 1er trimestre 2005, à remplir; merci | voir la notice\n\n"
        + separator.join(["code_cil", "Nb de diagnostics préalables (1)", "Montant HT"])
        + "\n"
        + separator.join(["C01", "12", "1200"])
        + "\n"
    )
    assert choose_separator(head, WORDS) == separator


def test_decimal_commas_do_not_make_columns() -> None:
    assert choose_separator("a;b\n1,5;2,5\n3,5;4,5\n", frozenset()) == ";"
    assert choose_separator("text|number\nfoo|123,000\nbar|123,000\n", frozenset()) == "|"


def test_commas_in_sentences_do_not_make_columns() -> None:
    assert choose_separator("remarque\noui\nnon, pas encore\nbien\npeut-être\n", frozenset()) == ";"


def test_without_any_separator_the_semicolon_stands() -> None:
    assert choose_separator("NEANT\n", WORDS) == ";"


def test_separators_inside_quotes_do_not_count() -> None:
    assert choose_separator('a;b\n"x, y, z";1\n"x, y, z";2\n', frozenset()) == ";"


@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("sep=;\r\n", ";"),
        ("SEP=,\n", ","),
        ('"sep=|"\n', "|"),
        ("sep=\t", "\t"),
        ("sep=;;;\n", ";"),
        ("sep=;1\n", None),
        ("separateur;b\n", None),
        ("", None),
    ],
)
def test_the_line_that_tells_excel_its_separator_is_understood(line: str, separator: str | None) -> None:
    assert declared_separator(line) == separator


def test_known_headers_are_counted_once_whatever_the_separator() -> None:
    assert count_known_headers("code_cil;montant_ht\ncode_cil,12\n", WORDS) == 2
    assert count_known_headers("code_cil\n", frozenset()) == 0
