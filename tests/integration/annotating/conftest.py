"""A real reading process and a real annotating one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.annotating.client import Annotator
from ingest.catalogue import load_catalogue
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, Vocabulary
from ingest.settings import Settings
from tests.annotating_kit import Desk, network


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader(ReadingLimits()) as one:
        yield one


@pytest.fixture(scope="session")
def annotator() -> Iterator[Annotator]:
    with Annotator(ReadingLimits()) as one:
        yield one


@pytest.fixture
def desk(reader: Reader, annotator: Annotator, tmp_path: Path) -> Desk:
    return Desk(
        judge=Judge(load_catalogue(), reader, Settings()),
        annotator=annotator,
        folder=tmp_path,
        directory=network(),
    )


@pytest.fixture
def rows(reader: Reader, tmp_path: Path) -> Any:
    """The rows of each visible sheet of a workbook, as our own reader gives them."""

    def read(path: Path) -> dict[str | None, dict[int, list[str | None]]]:
        folder = tmp_path / f"read-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        name = "copie.xlsx" if path.read_bytes()[:1] in {b"P", b"\xd0"} else "copie.csv"
        outcome = reader.read(path, name=name, workdir=folder, vocabulary=Vocabulary())
        assert isinstance(outcome, RawFile), outcome
        return {one.name: dict(one.preview(1_000_000)) for one in outcome.sheets if one.path is not None}

    return read
