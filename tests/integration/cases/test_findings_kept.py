"""Very many mistakes among cases: the list stops at its own bound, the counts do not, and every answer says so."""

from __future__ import annotations

import pytest

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import Settings
from rendering.report import report_html
from rendering.terminal import answer_lines, plain
from tests.golden.judging import PARIS, RECEIVED_AT, judged

CATALOGUE = load_catalogue()
CASES = [one for one in CATALOGUE.collections if one.cases]
AT = RECEIVED_AT.replace(year=2006)


@pytest.fixture(scope="module")
def judge():
    with Reader(ReadingLimits()) as reader:
        yield Judge(CATALOGUE, reader, Settings())


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.fixture
def section(judge, directory, tmp_path):
    def made(collection, lines):
        """The document for a file where every cell of so many lines is wrong, and its section."""
        names = [column.name for column in collection.columns if column.context is None]
        path = tmp_path / f"{lines}.csv"
        path.write_text("".join(f"{';'.join(one)}\n" for one in [names, *[["x"] * len(names)] * lines]))
        name, work = f"{collection.code}_2005.csv", tmp_path / f"work-{lines}"
        _, document = judged(judge, directory, path, account="pf01", name=name, workdir=work, received_at=AT)
        (told,) = document["sections"]
        return document, told

    return made


@pytest.mark.parametrize("collection", CASES, ids=lambda one: one.code)
def test_a_long_list_stops_and_the_counts_are_whole(section, collection) -> None:
    _, few = section(collection, 5)
    assert not few["findings_truncated"]
    assert len(few["findings"]) == sum(few["finding_counts"].values())
    lines = 1_500 // few["finding_counts"]["error"] * 5
    document, many = section(collection, lines)
    assert many["finding_counts"]["error"] == few["finding_counts"]["error"] * lines // 5 > 1_000
    assert (len(many["findings"]), many["findings_truncated"]) == (1_000, True)
    assert many["records"] == {"read": lines, "accepted": 0, "rejected": lines}
    grave = {one["code"] for one in few["findings"] if one["severity"] in {"blocking", "error"}}
    assert {one["code"] for one in many["findings"]} == grave  # what is to be confirmed gives way
    for answer in (report_html(document), plain(answer_lines(document))):
        assert "1\u202f000\u00a0constats" in " ".join(answer.split(" "))


def test_the_bound_of_cases_is_theirs_alone_and_never_above_that_of_all() -> None:
    def kept(code, **bounds):
        context = JudgingContext(
            account="pf01", received_at=AT, now=AT, zone=PARIS, first_period=Period(2005), **bounds
        )
        return context.findings_kept(CATALOGUE.by_code(code))

    assert [kept(one.code) for one in CASES] == [1_000] * len(CASES)
    assert kept("N1A") == kept("N2S") == 10_000
    assert kept("N2A", max_case_findings=7) == 7
    assert kept("N2A", max_findings=5) == 5
