"""No answer about cases quotes what stands in a cell: neither the verdict, nor the report, nor the terminal."""

from __future__ import annotations

import csv
import io

import pytest

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import load_settings
from rendering.answer import as_json
from rendering.guide.examples import example_table
from rendering.report import report_html
from rendering.terminal import answer_lines, plain
from schemas.columns import Kind
from tests.golden.judging import RECEIVED_AT, judged

CASES = [one for one in load_catalogue().collections if one.cases]
PLANTED = "ZYX{0:03}QW"
"""What is written in one cell of each line: it fits no column, so that every check has something to say of it."""


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    settings = load_settings(environ={}, folder=tmp_path_factory.mktemp("judge"))
    with Reader(ReadingLimits()) as reader:
        yield Judge(load_catalogue(), reader, settings)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.mark.parametrize("year", [2005, 2004])
@pytest.mark.parametrize("collection", CASES, ids=lambda one: one.code)
def test_what_is_planted_in_each_column_is_told_by_its_place_and_never_quoted(
    judge, directory, tmp_path, collection, year
) -> None:
    form = collection.at(Period(year))
    columns = [column for column in form.columns if column.context is None]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";")
    writer.writerow([column.name for column in columns])
    for place, _column in enumerate(columns):
        line = ["x"] * len(columns)
        line[place] = PLANTED.format(place)
        writer.writerow(line)
    original = tmp_path / "cases.csv"
    original.write_text(stream.getvalue())
    name = f"{collection.code}_{year}.csv"
    received_at = RECEIVED_AT.replace(year=2006)
    _, document = judged(
        judge, directory, original, account="pf01", name=name, workdir=tmp_path / "work", received_at=received_at
    )
    (section,) = document["sections"]
    told = {one["column"] for one in section["findings"] if one["row"]}
    assert told >= {column.name for column in columns if column.required and column.kind is not Kind.TEXT}
    assert {one["value"] for one in section["findings"]} == {None}
    for answer in (as_json(document).decode(), report_html(document), plain(answer_lines(document, full=True))):
        assert "ZYX" not in answer


def test_the_advice_on_a_code_says_the_list_and_never_what_was_nearly_written(judge, directory, tmp_path) -> None:
    """Elsewhere the nearest code is named; among cases that would be the value, or nearly (contract §11)."""
    collection = load_catalogue().by_code("N2A")
    example = example_table(collection, Period(2005), [directory.by_code["CIL002"]])
    hints = set()
    for written in ("surendettements", "Surendettement grave", "55"):
        row = dict(zip(example.names, example.rows[0], strict=True)) | {"type_situation": written}
        original = tmp_path / "cases.csv"
        original.write_text(f"{';'.join(row)}\n{';'.join(row.values())}\n")
        received_at = RECEIVED_AT.replace(year=2006)
        _, document = judged(
            judge,
            directory,
            original,
            account="pf01",
            name="N2A_2005.csv",
            workdir=tmp_path / written,
            received_at=received_at,
        )
        (found,) = [one for one in document["sections"][0]["findings"] if one["column"] == "type_situation"]
        assert found["code"] == "G-11"
        hints.add(found["hint"])
    (hint,) = hints
    assert all(code in hint for code in collection.column("type_situation").codes)
