"""CSV files as depositors save them, read by the real reading process."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.reading import delimited
from ingest.reading.client import Reader
from ingest.reading.delimited import read_delimited
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import NoteCode, RawFile, Unreadable, UnreadableReason, Vocabulary
from ingest.reading.refusals import RefusedError

Rows = list[tuple[int, list[str | None]]]
Table = Callable[..., Rows]
Refusal = Callable[..., Unreadable]


def test_one_word_alone_is_a_table(table: Table) -> None:
    """`NEANT` is a nil return."""
    assert table(b"NEANT") == [(1, ["NEANT"])]


def test_blank_lines_count_and_are_left_out(table: Table) -> None:
    assert table(b"a;b\n\n;\n  ; \n1;2\n\n") == [(1, ["a", "b"]), (5, ["1", "2"])]


def test_empty_is_not_a_text(table: Table) -> None:
    assert table(b'a;b;c\n1;;3\n;""; x \n') == [
        (1, ["a", "b", "c"]),
        (2, ["1", None, "3"]),
        (3, [None, None, " x "]),
    ]


def test_rows_of_any_length_are_padded_to_the_widest(table: Table) -> None:
    assert table(b"a;b\n1;2;3;4\n5\n") == [
        (1, ["a", "b", None, None]),
        (2, ["1", "2", "3", "4"]),
        (3, ["5", None, None, None]),
    ]


def test_columns_blank_to_the_end_are_trimmed_and_those_before_are_not(table: Table) -> None:
    assert table(b";a;;;\n;1;;; \n") == [(1, [None, "a"]), (2, [None, "1"])]


def test_a_line_break_in_quotes_does_not_make_a_row(table: Table) -> None:
    assert table(b'a;b\r\n"x\r\ny";2\r\n"say ""hi""";3\r\n') == [
        (1, ["a", "b"]),
        (2, ["x\r\ny", "2"]),
        (3, ['say "hi"', "3"]),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(table: Table, end: str) -> None:
    assert table(end.join(["a;b", "1;2", "3;4"]).encode()) == [(1, ["a", "b"]), (2, ["1", "2"]), (3, ["3", "4"])]


def test_the_doubled_carriage_return_makes_the_blank_rows_that_excel_shows(table: Table) -> None:
    assert table(b"a;b\r\r\n1;2\r\r\n") == [(1, ["a", "b"]), (3, ["1", "2"])]


def test_backslashes_spaces_and_quotes_inside_a_field_are_kept(table: Table) -> None:
    assert table(b'a;b\n c:\\x\\;5" pouces\n') == [(1, ["a", "b"]), (2, [" c:\\x\\", '5" pouces'])]


def test_the_separator_line_of_excel_is_obeyed_and_keeps_its_number(read: Callable[..., RawFile]) -> None:
    outcome = read(b"sep=,\r\na,b;c\r\n1,2;3\r\n")
    assert outcome.separator == ","
    assert outcome.sheets[0].preview(9) == [(2, ["a", "b;c"]), (3, ["1", "2;3"])]
    assert [note.code for note in outcome.notes] == [NoteCode.SEPARATOR_LINE]


def test_known_headers_choose_separator_and_encoding(read: Callable[..., RawFile]) -> None:
    words = Vocabulary.of(["Libellé", "Département"])
    outcome = read("titre, long, à virgules\nLibellé|Département\na|b\n".encode("cp850"), "x.csv", words)
    assert (outcome.encoding, outcome.separator) == ("cp850", "|")


def test_the_end_of_file_mark_of_dos_is_not_a_row(table: Table) -> None:
    assert table(b"a;b\r\n1;2\r\n\x1a") == [(1, ["a", "b"]), (2, ["1", "2"])]


@pytest.mark.parametrize(
    ("data", "reason", "row"),
    [
        (b'a;b\n1;"2\n3;4\n', UnreadableReason.UNBALANCED_QUOTES, 2),
        (b'a;b\n1;2\n3;"x\n5;"y"\n7;8\n', UnreadableReason.UNBALANCED_QUOTES, 3),
        (b'a;b\n1;"' + b"x\n" * 60_000, UnreadableReason.UNBALANCED_QUOTES, 2),
        (b"a;b\n1;" + b"x" * 100_001, UnreadableReason.CELL_TOO_LONG, 2),
        (b"a;b\n" + b"x;" * 1_001, UnreadableReason.TOO_MANY_COLUMNS, 2),
        (b"a;b\n1;\0\n", UnreadableReason.BINARY, None),
        (b"", UnreadableReason.EMPTY, None),
        (b";;\n \n", UnreadableReason.EMPTY, None),
        ("a;b\n1;2".encode("utf-16") + b"\xd8", UnreadableReason.UNDECODABLE, None),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    refusal: Refusal,
    data: bytes,
    reason: UnreadableReason,
    row: int | None,
) -> None:
    refused = refusal(data)
    assert refused.reason is reason
    assert refused.detail.get("row") == row


@pytest.mark.parametrize(
    "head",
    [
        b"From: Claire <c@pf03.example>\r\nTo: guichet@uesl.example\r\nSubject: N1A\r\nMIME-Version: 1.0\r\n\r\n",
        b"Return-Path: <c@pf03.example>\nReceived: from mx\n\tby mx2\nDate: Mon, 18 Apr 2005 10:00:00 +0200\n\n",
        b"X-Mozilla-Status: 0001\nMessage-ID: <1@pf03.example>\n\nBonjour;1;2\n",
    ],
)
def test_a_saved_mail_is_told_from_a_table(refusal: Refusal, head: bytes) -> None:
    assert refusal(head + b"code;valeur\n1;2\n", "N1A.csv").reason is UnreadableReason.MAIL


@pytest.mark.parametrize(
    "data",
    [b"Date: du jour;valeur\n1;2\n", b"From;To\n1;2\n", b"Subject: N1A\ncode;valeur\n1;2\n"],
)
def test_a_table_that_begins_like_a_mail_is_a_table(table: Table, data: bytes) -> None:
    assert len(table(data)) >= 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ReadingLimits(max_csv_bytes=10), UnreadableReason.TOO_BIG),
        (ReadingLimits(max_rows=2), UnreadableReason.TOO_MANY_ROWS),
        (ReadingLimits(max_columns=2), UnreadableReason.TOO_MANY_COLUMNS),
        (ReadingLimits(max_cell_chars=5), UnreadableReason.CELL_TOO_LONG),
        (ReadingLimits(output_bytes=100), UnreadableReason.OUTPUT_LIMIT),
    ],
)
def test_every_limit_has_its_own_reason(
    tmp_path: Path,
    workdir: Path,
    limits: ReadingLimits,
    reason: UnreadableReason,
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a;b;c\n1;2;3\n4;5;abcdef\n")
    with Reader(limits) as reader:
        outcome = reader.read(path, name="x.csv", workdir=workdir, vocabulary=Vocabulary())
    assert isinstance(outcome, Unreadable)
    assert outcome.reason is reason


def test_wide_rows_late_in_a_big_file_widen_the_whole_table(table: Table, read: Callable[..., RawFile]) -> None:
    data = b"a;b\n" + b"1;2\n" * 150_000 + b"1;2;3\n" + b"4;5\n" * 150_000
    sheet = read(data).sheets[0]
    rows = 0
    for batch in sheet.batches():
        assert batch.num_columns == 4
        rows += batch.num_rows
    assert (rows, sheet.n_rows, sheet.n_columns) == (300_002, 300_002, 3)
    assert table(data)[1] == (2, ["1", "2", None])


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
records = st.lists(st.lists(cells, min_size=2, max_size=5), min_size=1, max_size=8)


def expected_rows(rows: list[list[str]]) -> Rows:
    kept = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    width = max((max(n for n, cell in enumerate(row, 1) if cell.strip()) for _, row in kept), default=0)
    return [(number, [cell or None for cell in (row + [""] * width)[:width]]) for number, row in kept]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(records, st.sampled_from(["\n", "\r\n"]))
def test_what_a_program_writes_is_what_we_read(tmp_path: Path, rows: list[list[str]], end: str) -> None:
    """No cell altered, no row lost or moved, for any text in any cell."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator=end).writerows([["entete", "x"], *rows])
    data = ("\ufeff" + buffer.getvalue()).encode()
    raw = read_delimited(
        io.BytesIO(data),
        tmp_path / "s.arrow",
        Vocabulary(words=frozenset({"entete", "x"})),
        ReadingLimits(),
    )
    expected = expected_rows([["entete", "x"], *rows])
    assert raw.sheets[0].preview(100) == expected


plain_cells = st.text(alphabet="ab é\u00a0;,5\t", max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(st.lists(plain_cells, min_size=1, max_size=4), min_size=1, max_size=12), st.booleans())
def test_both_parsers_give_the_same_table(tmp_path: Path, rows: list[list[str]], windows: bool) -> None:
    """The fast parser takes a block only when it reads it as the careful one does."""
    end = "\r\n" if windows else "\n"
    data = end.join(["x;y", *(";".join(row) for row in rows)]).encode()
    found: list[object] = []
    for plain_chars in (0, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delimited, "PLAIN_CHARS", plain_chars)
            try:
                raw = read_delimited(io.BytesIO(data), tmp_path / "s", Vocabulary.of(["x", "y"]), ReadingLimits())
            except RefusedError as refused:
                found.append(refused.reason)
            else:
                found.append((raw.separator, raw.sheets[0].n_columns, raw.sheets[0].preview(100)))
    assert found[0] == found[1]
