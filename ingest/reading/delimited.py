"""CSV to a text table, streamed: memory does not grow with the file.

Blocks without any quote go through Arrow's CSV parser, which is several times faster; a block that it finds
irregular, and every block with a quote in it, goes through Python's. Both give the same table (property test).
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from ingest.reading.dialect import choose_separator, count_known_headers, declared_separator
from ingest.reading.encodings import Encoding, detect_encoding
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, RawSheet, ReadNote, Vocabulary
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import TEXT, SheetWriter, text_columns

__all__ = ["read_delimited"]

HEAD_CHARS = 1 << 18
BLOCK_CHARS = 1 << 22
PLAIN_CHARS = 1 << 16
"""Below this, starting Arrow's parser costs more than it gains."""
DOS_END_OF_FILE = "\x1a"
_FIRST_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


def read_delimited(source: BinaryIO, target: Path, vocabulary: Vocabulary, limits: ReadingLimits) -> RawFile:
    """Read a delimited text into an Arrow stream at `target`.

    Raises:
        RefusedError: not a text, undecodable, unbalanced quotes, a limit passed, or nothing in it.
    """
    encoding = detect_encoding(source, lambda text: count_known_headers(text, vocabulary.words))
    notes: list[ReadNote] = []
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding.codec, errors=encoding.errors, newline="")
    csv.field_size_limit(limits.max_cell_chars)
    try:
        head = text.read(HEAD_CHARS)
        head += text.readline()
        first_line = _first_line(head)
        separator = declared_separator(first_line)
        start = 1
        if separator:
            head, start = head[len(first_line) :], 2
            notes.append(ReadNote(code=NoteCode.SEPARATOR_LINE))
        else:
            separator = choose_separator(head, vocabulary.words)
        with SheetWriter(target, limits) as writer:
            _Records(text, separator, writer, limits).copy(head, start)
    except UnicodeDecodeError as error:
        raise RefusedError(UnreadableReason.UNDECODABLE, encoding=encoding.name) from error
    finally:
        text.detach()
    if not writer.n_rows:
        raise RefusedError(UnreadableReason.EMPTY)
    notes += _encoding_notes(encoding)
    sheet = RawSheet(
        index=0,
        name=None,
        visible=True,
        path=target,
        n_rows=writer.n_rows,
        n_columns=writer.n_columns,
    )
    return RawFile(
        format="csv",
        encoding=encoding.name,
        separator=separator,
        sheets=(sheet,),
        notes=tuple(notes),
    )


def _encoding_notes(encoding: Encoding) -> list[ReadNote]:
    if not encoding.strays:
        return []
    code = NoteCode.MIXED_ENCODING if encoding.name.startswith("utf-8") else NoteCode.UNDEFINED_BYTES
    return [ReadNote(code=code, count=encoding.strays)]


class _Records:
    """Copies the records of a text to a writer, block by block."""

    def __init__(self, text: io.TextIOWrapper, separator: str, writer: SheetWriter, limits: ReadingLimits) -> None:
        self._text = text
        self._separator = separator
        self._writer = writer
        self._limits = limits
        self._row = 1

    def copy(self, head: str, first_row: int) -> None:
        """Copy `head` (whole lines) and all that follows it; `first_row` is the number of its first record."""
        self._row = first_row
        block = head
        while block:
            if block.endswith(DOS_END_OF_FILE):
                more = self._text.readline()
                block = block + more if more else block.removesuffix(DOS_END_OF_FILE)
            if "\0" in block:
                raise RefusedError(UnreadableReason.BINARY, row=self._row)
            if len(block) < PLAIN_CHARS or '"' in block or not self._copy_plain(block):
                self._copy_quoted(block)
            block = self._text.read(BLOCK_CHARS)
            block += self._text.readline()

    def _copy_plain(self, block: str) -> bool:
        """Copy a block without quotes by Arrow's parser; False when it is not regular enough for it."""
        line_ends = block.count("\n")
        if block.count("\r") != block.count("\r\n") or block.startswith("\ufeff"):
            return False
        width = _first_line(block).count(self._separator) + 1
        if width > self._limits.max_columns:
            return False
        data = block.encode()
        try:
            table = _parse_plain(data, self._separator, width)
        except pa.ArrowInvalid:
            return False
        records = line_ends + (not block.endswith("\n"))
        if table.num_rows != records:
            return False
        for start in range(0, records, self._limits.batch_rows):
            part = table.slice(start, self._limits.batch_rows)
            self._writer.write(self._row + start, [column.combine_chunks() for column in part.columns])
        self._row += records
        return True

    def _copy_quoted(self, block: str) -> None:
        """Copy a block by Python's parser, which reads on past the block to close a quote."""
        feed = _Lines(block, self._text)
        reader = csv.reader(feed, delimiter=self._separator)
        rows: list[list[str]] = []
        line = 0
        try:
            for record in reader:
                if feed.exhausted:
                    raise RefusedError(UnreadableReason.UNBALANCED_QUOTES, row=self._row + len(rows))
                if len(record) > self._limits.max_columns:
                    _trim(record, self._row + len(rows), self._limits)
                rows.append(record)
                line = reader.line_num
                if line >= feed.block_lines:
                    break
        except csv.Error as error:
            several_lines = reader.line_num - line > 1
            reason = UnreadableReason.UNBALANCED_QUOTES if several_lines else UnreadableReason.CELL_TOO_LONG
            raise RefusedError(reason, row=self._row + len(rows), limit=self._limits.max_cell_chars) from error
        if len(rows) != line:
            self._check_quotes(feed.lines)
        for start in range(0, len(rows), self._limits.batch_rows):
            self._writer.write(self._row + start, text_columns(rows[start : start + self._limits.batch_rows]))
        self._row += len(rows)

    def _check_quotes(self, lines: list[str]) -> None:
        """Refuse records over several lines whose quotes do not pair: they would swallow good rows in silence."""
        reader = csv.reader(iter(lines), delimiter=self._separator)
        start = 0
        for number, _ in enumerate(reader):
            span = lines[start : reader.line_num]
            start = reader.line_num
            if len(span) > 1:
                try:
                    list(csv.reader(iter(span), delimiter=self._separator, strict=True))
                except csv.Error as error:
                    raise RefusedError(UnreadableReason.UNBALANCED_QUOTES, row=self._row + number) from error


class _Lines:
    """The lines of a block, line ends untouched, then those of the text that follows it."""

    def __init__(self, block: str, text: io.TextIOWrapper) -> None:
        self.lines = list(io.StringIO(block, newline=""))
        self.block_lines = len(self.lines)
        self.exhausted = False
        self._text = text

    def __iter__(self) -> Iterator[str]:
        yield from self.lines[: self.block_lines]
        while line := self._text.readline():
            self.lines.append(line)
            yield line
        self.exhausted = True


def _parse_plain(data: bytes, separator: str, width: int) -> pa.Table:
    names = [f"c{index}" for index in range(width)]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            delimiter=separator,
            quote_char=False,
            escape_char=False,
            ignore_empty_lines=False,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, TEXT),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )


def _first_line(text: str) -> str:
    match = _FIRST_LINE.match(text)
    return match[0] if match else text


def _trim(record: list[str], row: int, limits: ReadingLimits) -> None:
    """Drop the blank cells on the right of a record that is too wide.

    Raises:
        RefusedError: it is still too wide.
    """
    while record and not record[-1].strip():
        record.pop()
    if len(record) > limits.max_columns:
        raise RefusedError(
            UnreadableReason.TOO_MANY_COLUMNS,
            limit=limits.max_columns,
            columns=len(record),
            row=row,
        )
