"""One judge and the demonstration's register for each module of golden answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.organisations import Directory
from ingest.catalogue import load_catalogue
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import load_settings


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    settings = load_settings(environ={}, folder=tmp_path_factory.mktemp("golden"))
    with Reader(ReadingLimits()) as reader:
        yield Judge(load_catalogue(), reader, settings)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))
