"""What reading gives: a `RawFile` of text tables, or `Unreadable` with its reason. Values, never exceptions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self, get_args

import pyarrow as pa

from domain.text import normalise_header
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.streams import read_batches

__all__ = [
    "FileFormat",
    "NoteCode",
    "RawFile",
    "RawSheet",
    "ReadNote",
    "ReadOutcome",
    "Unreadable",
    "UnreadableReason",
    "Vocabulary",
]

FileFormat = Literal["csv", "xlsx", "xlsm", "xls", "ods"]
FILE_FORMATS: frozenset[str] = frozenset(get_args(FileFormat))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadNote:
    """One remark: `count` places in all, of which `cells` names the first ones (`B7`, `A1:C1`)."""

    code: NoteCode
    count: int = 1
    cells: tuple[str, ...] = ()
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RawSheet:
    """A sheet as text: column `row` (the number that a spreadsheet shows) and `c0`…`cN`, column A first.

    Blank rows are left out, their numbers are not reused. `path` is None for a sheet that was not read (a chart).
    A hidden one is read to be searched for persons, and for nothing else. `name` is None for a CSV. The stream at
    `path` lives as long as its work folder.
    """

    index: int
    name: str | None
    visible: bool
    path: Path | None
    n_rows: int
    n_columns: int
    notes: tuple[ReadNote, ...] = ()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, `n_columns` text columns wide, in the order of the file; validated as they come.

        Raises:
            pyarrow.ArrowInvalid: the stream is not what the reading process promises.
        """
        if self.path is not None:
            yield from read_batches(self.path, self.n_columns)

    def preview(self, count: int) -> list[tuple[int, list[str | None]]]:
        """The first `count` rows that are not blank, each with its row number."""
        rows: list[tuple[int, list[str | None]]] = []
        for batch in self.batches():
            head = batch.slice(0, count - len(rows))
            columns = [column.to_pylist() for column in head.columns]
            rows.extend((row, list(cells)) for row, *cells in zip(*columns, strict=True))
            if len(rows) >= count:
                break
        return rows


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFile:
    """A file that was read: `encoding` and `separator` for a CSV only.

    `asides`: what it says outside its cells (`reading.asides`), kind and text, to be searched for persons only.
    """

    format: FileFormat
    encoding: str | None = None
    separator: str | None = None
    sheets: tuple[RawSheet, ...] = ()
    notes: tuple[ReadNote, ...] = ()
    asides: RawSheet | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A file that gave no table. `detail` holds sizes, limits, places; never content of the file.

    `nominative`: a complete NIR was seen in its bytes.
    """

    reason: UnreadableReason
    detail: Mapping[str, str | int] = field(default_factory=dict)
    nominative: bool = False


ReadOutcome = RawFile | Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The normalised header words that the service knows; they help to choose separator and encoding."""

    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, headers: Iterable[str]) -> Self:
        """The vocabulary of technical names and labels as they are written, normalised here."""
        return cls(words=frozenset(normalise_header(header) for header in headers) - {""})
