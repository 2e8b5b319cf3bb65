"""Arrow streams on disk, both ends: the child's writer and the service's reader.

A file is one Arrow IPC stream, or several one after the other when later rows turned out wider than earlier ones:
the width only grows, the reader pads. So a million rows never wait in memory for the widest one.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from ingest.reading.limits import ReadingLimits
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["SheetWriter", "read_batches", "stream_schema", "text_columns"]

TEXT = pa.string()
ROW = pa.int32()
SMALL_ROWS = 500
"""Below this, plain Python costs less than the first calls of Arrow's functions in a fresh process."""
MAX_ROW_NUMBER = 2**31 - 1
OFFSET_BYTES = 5
"""What a cell weighs besides its text, and a little more."""
BATCH_BYTES = 32 << 20
"""The service takes a batch at a time: so much of its memory belongs to a file, however long its cells are."""


@lru_cache(maxsize=64)
def stream_schema(width: int) -> pa.Schema:
    """Column `row` then `width` text columns."""
    return pa.schema([pa.field("row", ROW), *(pa.field(f"c{index}", TEXT) for index in range(width))])


def read_batches(path: Path, width: int) -> Iterator[pa.RecordBatch]:
    """The batches of a file written by `SheetWriter`, all padded to `width` columns and validated.

    Raises:
        pyarrow.ArrowInvalid: the file is not such a stream (a child that hostile bytes took over wrote it).
    """
    with pa.OSFile(str(path)) as source:
        size = source.size()
        while source.tell() < size:
            with pa.ipc.open_stream(source) as stream:
                if stream.schema != stream_schema(len(stream.schema) - 1) or len(stream.schema) - 1 > width:
                    message = "unexpected columns in a sheet's stream"
                    raise pa.ArrowInvalid(message)
                for batch in stream:
                    batch.validate(full=True)
                    yield _padded(batch, width)


def _padded(batch: pa.RecordBatch, width: int) -> pa.RecordBatch:
    missing = width + 1 - batch.num_columns
    if not missing:
        return batch
    blank = pa.nulls(batch.num_rows, TEXT)
    return pa.RecordBatch.from_arrays([*batch.columns, *([blank] * missing)], schema=stream_schema(width))


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in halves until each is small enough, or a single row."""
    if batch.nbytes <= BATCH_BYTES or batch.num_rows == 1:
        yield batch
        return
    middle = batch.num_rows // 2
    yield from _parts(batch.slice(0, middle))
    yield from _parts(batch.slice(middle))


def text_columns(rows: Sequence[Sequence[str | None]]) -> list[pa.Array]:
    """The columns of ragged rows of text; empty text becomes null."""
    return [text_array(values) for values in zip_longest(*rows)]


def text_array(values: Sequence[str | None]) -> pa.Array:
    """One column; empty text becomes null, lone surrogates (which no file can spell) a question mark."""
    if "" in values:
        values = [value or None for value in values]
    try:
        return pa.array(values, type=TEXT)
    except UnicodeEncodeError:
        return pa.array([value and value.encode("utf-8", "replace").decode() for value in values], type=TEXT)


class SheetWriter:
    """Writes one sheet: leaves out blank rows, trims blank columns on the right, and watches the limits."""

    def __init__(self, path: Path, limits: ReadingLimits) -> None:
        self.n_rows = 0
        self.n_columns = 0
        self._text_bytes = 0
        self._limits = limits
        self._sink = pa.OSFile(str(path), "wb")
        self._stream: pa.ipc.RecordBatchStreamWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None and kind is None:
            self._stream.close()
        self._sink.close()

    def abandon(self) -> None:
        """Close the file without ending the stream: what was written does not count."""
        self._sink.close()

    def write(self, first_row: int, columns: list[pa.Array]) -> None:
        """Write consecutive rows whose first has the number `first_row`."""
        if columns:
            self.write_numbered(pa.array(range(first_row, first_row + len(columns[0])), type=ROW), columns)

    def write_numbered(self, numbers: pa.Array, columns: list[pa.Array]) -> None:
        """Write rows with their numbers.

        Raises:
            RefusedError: too many rows or columns, a cell too long, or too much text in all.
        """
        numbers, columns = _without_blank_rows(numbers, _without_blank_columns(columns))
        if not len(numbers) or not columns:
            return
        if len(columns) > self._limits.max_columns:
            raise RefusedError(UnreadableReason.TOO_MANY_COLUMNS, limit=self._limits.max_columns, columns=len(columns))
        self._check_cells(numbers, columns)
        self._text_bytes += sum(max(0, column.nbytes - OFFSET_BYTES * len(column)) for column in columns)
        if self._text_bytes > self._limits.max_text_bytes:
            raise RefusedError(UnreadableReason.OUTPUT_LIMIT, limit=self._limits.max_text_bytes)
        self.n_rows += len(numbers)
        if self.n_rows > self._limits.max_rows:
            raise RefusedError(UnreadableReason.TOO_MANY_ROWS, limit=self._limits.max_rows)
        self._append(numbers, columns)

    def _append(self, numbers: pa.Array, columns: list[pa.Array]) -> None:
        if self._stream is None or len(columns) > self.n_columns:
            if self._stream is not None:
                self._stream.close()
            self.n_columns = len(columns)
            self._stream = pa.ipc.new_stream(self._sink, stream_schema(self.n_columns))
        batch = pa.RecordBatch.from_arrays([numbers, *columns], schema=stream_schema(len(columns)))
        for part in _parts(_padded(batch, self.n_columns)):
            self._stream.write_batch(part)

    def _check_cells(self, numbers: pa.Array, columns: list[pa.Array]) -> None:
        limit = self._limits.max_cell_chars
        for index, column in enumerate(columns):
            # Bytes first: cheap, and never fewer than characters.
            if column.nbytes > limit and (pc.max(pc.binary_length(column)).as_py() or 0) > limit:
                lengths = pc.utf8_length(column)
                too_long = pc.index(pc.fill_null(pc.greater(lengths, limit), False), True).as_py()  # noqa: FBT003 - Arrow's call
                if too_long >= 0:
                    raise RefusedError(
                        UnreadableReason.CELL_TOO_LONG,
                        limit=limit,
                        row=numbers[too_long].as_py(),
                        column=index + 1,
                    )


def _without_blank_columns(columns: list[pa.Array]) -> list[pa.Array]:
    width = len(columns)
    while width and _is_blank(columns[width - 1]):
        width -= 1
    return columns[:width]


def _is_blank(column: pa.Array) -> bool:
    if column.null_count == len(column):
        return True
    first = column[0].as_py()
    return not (first and not first.isspace()) and bool(pc.all(_blank_mask(column)).as_py())


def _without_blank_rows(numbers: pa.Array, columns: list[pa.Array]) -> tuple[pa.Array, list[pa.Array]]:
    if len(numbers) <= SMALL_ROWS:
        return _without_few_blank_rows(numbers, columns)
    blank: pa.Array | None = None
    for column in columns:
        here = _blank_mask(column)
        blank = here if blank is None else pc.and_(blank, here)
        if not pc.any(blank).as_py():
            return numbers, columns
    if blank is None:
        return numbers, columns
    kept = pc.invert(blank)
    return numbers.filter(kept), [column.filter(kept) for column in columns]


def _without_few_blank_rows(numbers: pa.Array, columns: list[pa.Array]) -> tuple[pa.Array, list[pa.Array]]:
    left = list(range(len(numbers)))
    for column in columns:
        values = column.to_pylist()
        left = [row for row in left if not values[row] or values[row].isspace()]
        if not left:
            return numbers, columns
    kept = pa.array(sorted(set(range(len(numbers))) - set(left)), type=ROW)
    return numbers.take(kept), [column.take(kept) for column in columns]


def _blank_mask(column: pa.Array) -> pa.Array:
    """True where there is nothing to see: null, or white space only."""
    return pc.fill_null(pc.utf8_is_space(column), True)  # noqa: FBT003 - Arrow's own call
