"""Our own columns in a file dropped back, and the apostrophe that keeps a spreadsheet from running a cell."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stages.reserved import ReservedCells, with_apostrophe, without_apostrophe

COLUMNS = {"guichet_depot": 0, "guichet_ligne": 1, "justification": 2}


def cells(*rows: tuple[int, str | None, str | None, str | None]) -> ReservedCells:
    read = ReservedCells()
    columns = [pa.array([row[0] for row in rows], pa.int32())]
    columns += [pa.array([row[place] for row in rows], pa.string()) for place in (1, 2, 3)]
    read.take(pa.RecordBatch.from_arrays(columns, names=["row", "c0", "c1", "c2"]), COLUMNS)
    return read


def test_numbers_and_lines_are_read_as_office_software_leaves_them() -> None:
    read = cells((2, " 20050418-101502-7F3A9C ", "12.0", None), (3, "20050418-101502-7f3a9c", "7,0", "oui"))
    assert dict(read.depots) == {"20050418-101502-7f3a9c": 2}
    assert read.former_rows == {2: 12, 3: 7}
    assert read.justifications == {3: "oui"}


def test_what_is_no_line_number_is_left_out() -> None:
    read = cells((2, None, "ligne 12", None), (3, "", "", ""), (4, None, "99999999999", None), (5, None, "5", None))
    assert (dict(read.depots), read.former_rows) == ({}, {5: 5})


def test_a_file_without_our_columns_says_nothing() -> None:
    assert ReservedCells().former_rows == {}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1", "'=1"),
        ("-3", "-3"),
        ("-1 234,50", "-1 234,50"),
        ("+x", "'+x"),
        ("'=1", "''=1"),
        ("12", "12"),
        ("l'an", "l'an"),
    ],
)
def test_only_what_would_run_gets_an_apostrophe(text: str, written: str) -> None:
    assert with_apostrophe(text) == written


@given(st.text(alphabet="'=+-@＝－0129 ,.ax%", max_size=8))
def test_every_text_comes_back_as_it_was_or_as_a_number_that_it_was(text: str) -> None:
    written = with_apostrophe(text)
    assert without_apostrophe(pa.array([written])).to_pylist() == [text]
    assert not written.startswith(("=", "@", "＝", "＠"))
