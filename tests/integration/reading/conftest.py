"""A real reading process, shared by the tests of a module."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, RawSheet, ReadOutcome, Unreadable, Vocabulary

Read = Callable[..., ReadOutcome]
Rows = list[tuple[int, list[str | None]]]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def read(reader: Reader, tmp_path: Path, workdir: Path) -> Read:
    """Read bytes, or a file that exists, under a depositor's name."""

    def read_it(source: bytes | Path, name: str = "depot.csv", words: Vocabulary | None = None) -> ReadOutcome:
        path = source if isinstance(source, Path) else tmp_path / "spooled"
        if isinstance(source, bytes):
            path.write_bytes(source)
        return reader.read(path, name=name, workdir=workdir, vocabulary=words or Vocabulary())

    return read_it


@pytest.fixture
def table(read: Read) -> Callable[..., Rows]:
    """The rows of the first visible sheet of a file that must be readable."""

    def rows_of(source: bytes | Path, name: str = "depot.csv", words: Vocabulary | None = None) -> Rows:
        outcome = read(source, name, words)
        assert isinstance(outcome, RawFile), outcome
        sheet = next(sheet for sheet in outcome.sheets if sheet.path is not None)
        rows = sheet.preview(10_000)
        assert len(rows) == min(sheet.n_rows, 10_000)
        assert all(len(cells) == sheet.n_columns for _, cells in rows)
        return rows

    return rows_of


@pytest.fixture
def refusal(read: Read) -> Callable[..., Unreadable]:
    """Why a file that must not be readable is refused."""

    def refused(source: bytes | Path, name: str = "depot.csv") -> Unreadable:
        outcome = read(source, name)
        assert isinstance(outcome, Unreadable), outcome
        return outcome

    return refused


@pytest.fixture
def sheets(read: Read) -> Callable[..., tuple[RawSheet, ...]]:
    """The sheets of a workbook that must be readable."""

    def sheets_of(source: bytes | Path, name: str) -> tuple[RawSheet, ...]:
        outcome = read(source, name)
        assert isinstance(outcome, RawFile), outcome
        return outcome.sheets

    return sheets_of
