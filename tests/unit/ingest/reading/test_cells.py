"""A value of a workbook becomes the text that the same value has in a CSV."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cells import column_letters
from ingest.reading.cells import Cell, cell_array, number_text, reference


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (1234.5600000000001, "1234.56"),
        (12345678901234.0, "12345678901234"),
        (1e-7, "0.0000001"),
        (1.2345678901234567e19, "1.23456789012346e+19"),
        (12, "12"),
        (True, "VRAI"),
        (False, "FAUX"),
        ("  texte ", "  texte "),
        ("", None),
        (None, None),
        (dt.date(2005, 3, 31), "2005-03-31"),
        (dt.datetime(2005, 3, 31), "2005-03-31"),  # noqa: DTZ001 - as read
        (dt.datetime(2005, 3, 31, 10, 14, 59, 999_990), "2005-03-31 10:15:00"),  # noqa: DTZ001 - as read
        (dt.datetime(205, 3, 31), "0205-03-31"),  # noqa: DTZ001 - as read
        (dt.time(10, 15), "10:15:00"),
        (dt.timedelta(hours=255, minutes=10, seconds=10), "255:10:10"),
        (dt.timedelta(seconds=-61), "-00:01:01"),
        ("a\ud800b", "a?b"),
    ],
)
def test_each_kind_of_value_has_one_text(value: Cell, text: str | None) -> None:
    assert cell_array([value, "x"]).to_pylist() == [text, "x"]


@given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1))
def test_whole_numbers_keep_every_digit(value: int) -> None:
    assert number_text(float(value)) == str(value)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False))
def test_amounts_survive_binary_fractions(value: object) -> None:
    assert float(number_text(float(str(value)))) == pytest.approx(float(str(value)), rel=1e-14, abs=0)


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.just(""),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(10**6), 10**6).map(lambda n: n / 100),
        ),
        max_size=20,
    )
)
def test_a_long_column_of_numbers_has_the_texts_of_its_cells(values: list[Cell]) -> None:
    assert cell_array(values * 600).to_pylist() == cell_array(values).to_pylist() * 600


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16383, "XFD")])
def test_columns_have_the_letters_of_a_spreadsheet(column: int, letters: str) -> None:
    assert column_letters(column) == letters


def test_references_count_as_a_spreadsheet_does() -> None:
    assert reference(8, 4) == "E9"
