"""A counter over a fresh SQLite ledger, with a real reading process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.database.engine import Database
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from tests.completing_kit import Counter, counter


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture
def desk(reader: Reader, sqlite_template: Path, tmp_path: Path) -> Iterator[Counter]:
    """PF03 and its six adherents; nothing was deposited yet."""
    path = tmp_path / "guichet.sqlite3"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield counter(database, reader, tmp_path)
    database.dispose()
