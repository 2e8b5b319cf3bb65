"""A year of 45 000 invented cases: every planted mistake is found, nothing else is (issue « The year »)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.findings import Severity
from domain.organisations import Directory
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.demo.cases import ASSISTANCE, MOBILITE, Volume, as_csv, cases_of
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from tests import cases_kit
from tests.golden.judging import judged

YEAR = Period(2005)
IN_TIME = datetime(2006, 2, 10, 9, 0, tzinfo=UTC)
KINDS = (("N2A", ASSISTANCE, cases_kit.ASSISTANCE), ("N2M", MOBILITE, cases_kit.MOBILITE))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Reader(ReadingLimits()) as reader:
        yield Judge(load_catalogue(), reader, Settings())


@pytest.mark.parametrize(("collection", "volume", "mistakes"), KINDS, ids=["N2A", "N2M"])
def test_every_planted_mistake_is_found_and_nothing_else(  # noqa: PLR0917 - fixtures
    judge: Judge,
    directory: Directory,
    tmp_path: Path,
    collection: str,
    volume: Volume,
    mistakes: tuple[cases_kit.Mistake, ...],
) -> None:
    whole = 0
    for platform, cases in cases_of(directory, YEAR, volume):
        made, planted = cases_kit.plant(cases, mistakes, collection=collection, each=2, seed=len(cases))
        whole += len(made)
        assert _found(judge, directory, tmp_path, platform, collection, made) == planted
    assert abs(whole - volume.cases) < 20
    assert {rule for _row, rule in planted} >= {one.rule.format(collection) for one in mistakes}


@pytest.mark.parametrize(("collection", "volume", "mistakes"), KINDS, ids=["N2A", "N2M"])
def test_a_good_file_has_nothing_to_answer_for(  # noqa: PLR0917 - fixtures
    judge: Judge,
    directory: Directory,
    tmp_path: Path,
    collection: str,
    volume: Volume,
    mistakes: tuple[cases_kit.Mistake, ...],
) -> None:
    del mistakes
    for platform, cases in cases_of(directory, YEAR, volume, seed=7):
        assert _found(judge, directory, tmp_path, platform, collection, cases) == set()


def _found(  # noqa: PLR0917 - what a judgement needs
    judge: Judge, directory: Directory, folder: Path, platform: str, collection: str, cases: list[cases_kit.Case]
) -> set[tuple[int, str]]:
    """Row and code of every finding; the counts agree with them."""
    original = folder / "original"
    original.write_bytes(as_csv(cases))
    workdir = folder / f"work-{platform}-{collection}"
    workdir.mkdir(exist_ok=True)
    judgement, document = judged(
        judge,
        directory,
        original,
        account=platform.lower(),
        name=f"{collection}_{YEAR}.csv",
        workdir=workdir,
        received_at=IN_TIME,
    )
    (section,) = judgement.sections
    findings = section.findings
    assert all(one.row is not None for one in findings), [one.message for one in findings if one.row is None]
    assert len({(one.row, one.code) for one in findings}) == len(findings)
    bad = {one.row for one in findings if one.severity is Severity.ERROR}
    (told,) = document["sections"]
    assert told["records"] == {"read": len(cases), "accepted": len(cases) - len(bad), "rejected": len(bad)}
    assert section.verdict in ({Verdict.PARTIALLY_ACCEPTED} if bad else {Verdict.ACCEPTED})
    assert not any(one.value for one in findings), "a value of a case is quoted"
    return {(one.row or 0, one.code) for one in findings}
