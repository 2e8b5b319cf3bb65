"""Untrusted text is shown, never obeyed, wherever it goes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rendering.escaping import csv_cell, encodable, header, paragraph, terminal, visible


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\nb.csv", "a\\nb.csv"),
        ("a\r\nBcc: x@y", "a\\r\\nBcc: x@y"),
        ("\x1b[31mrouge", "\\x1b[31mrouge"),
        ("\x9b2J", "\\x9b2J"),
        ("fac\u202etxt.exe", "fac\\u202etxt.exe"),
        ("l\udce9gal.csv", "l\\xe9gal.csv"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
        ("été à «\u00a0l’œuvre\u00a0».csv", "été à «\u00a0l’œuvre\u00a0».csv"),
    ],
)
def test_what_hides_or_deceives_is_written_out(hostile, shown):
    assert visible(hostile) == shown


def test_a_long_name_is_cut_in_the_middle_so_that_the_extension_stays():
    cut = visible("N1A_" + "x" * 251 + ".csv")
    assert len(cut) == 80
    assert cut.startswith("N1A_xxx")
    assert cut.endswith("xxxxxxxx.csv")
    assert "…" in cut


@given(st.text(alphabet=st.characters(), max_size=300))
def test_whatever_the_text_one_printable_line_comes_out(text):
    for shown in (visible(text), header(text), terminal(text)):
        assert shown.encode("utf-8").decode("utf-8") == shown
        assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)
    assert len(visible(text)) <= 80
    assert len(visible(text, 10)) <= 10


def test_a_paragraph_keeps_its_own_lines_only():
    assert paragraph("un\ndeux\x1b[0m") == "un\ndeux\\x1b[0m"


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "＝1"])
def test_no_csv_cell_is_a_formula(formula):
    assert csv_cell(formula) == "'" + formula


@pytest.mark.parametrize("plain", ["-12,5", "+3", "-1 234,50", "1e5", "texte", "", "a=b"])
def test_numbers_and_plain_text_are_left_alone(plain):
    assert csv_cell(plain) == plain


def test_lone_surrogates_never_stop_an_encoder():
    assert encodable("a\udce9é").encode() == b"a\\udce9\xc3\xa9"
