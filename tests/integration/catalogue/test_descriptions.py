"""Every collection described for others' tools: a foreign library checks a file as the description says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import frictionless
import pytest
from frictionless import system

from ingest.catalogue import load_catalogue
from schemas.collection import Collection
from schemas.columns import Column, Kind
from schemas.table_schema import data_package

CATALOGUE = load_catalogue()
EVERY = [*CATALOGUE.collections, *(one.at(former.until) for one in CATALOGUE.collections for former in one.former)]


@pytest.fixture(params=EVERY, ids=lambda one: f"{one.code}-{one.fingerprint[:4]}")
def collection(request: pytest.FixtureRequest) -> Collection:
    chosen = request.param
    assert isinstance(chosen, Collection)
    return chosen


@pytest.fixture(autouse=True)
def _trusted() -> Iterator[None]:
    """Files in a folder of the test are named by their whole path."""
    with system.use_context(trusted=True):
        yield


def cell(column: Column) -> str:
    """A value that the column allows."""
    if column.codes is not None:
        return next(iter(column.codes))
    lowest = str(column.minimum or 0)
    plain = {
        Kind.COUNT: lowest,
        Kind.AMOUNT: "1 312,50",
        Kind.DATE: "2005-03-14",
        Kind.YES_NO: "O",
        Kind.YEAR: lowest,
        Kind.QUARTER: lowest,
        Kind.CODE: "PF01",
    }
    return plain.get(column.kind, "12345" if column.pattern else "Exemple")


def record(collection: Collection) -> dict[str, str]:
    return {column.name: cell(column) for column in collection.columns}


def faults(
    collection: Collection, folder: Path, rows: list[dict[str, str]], names: list[str] | None = None
) -> set[str]:
    """The kinds of fault that the foreign library finds in a file with these records."""
    package = data_package(collection)
    path = folder / package["resources"][0]["path"]
    names = [column.name for column in collection.columns] if names is None else names
    lines = [";".join(names), *(";".join(row.get(name, "") for name in names) for row in rows)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    report = frictionless.Package(folder / "datapackage.json").validate()
    return {error.type for task in report.tasks for error in task.errors} | {error.type for error in report.errors}


def test_a_good_file_is_valid(collection: Collection, tmp_path: Path) -> None:
    assert faults(collection, tmp_path, [record(collection)]) == set()


def test_what_is_missing_is_found(collection: Collection, tmp_path: Path) -> None:
    needed = [one.name for one in collection.columns if one.required and not one.optional and one.stand_in is None]
    assert needed
    for name in needed:
        assert "constraint-error" in faults(collection, tmp_path, [{**record(collection), name: ""}]), name


def test_what_is_of_another_kind_or_off_the_list_is_found(collection: Collection, tmp_path: Path) -> None:
    row = record(collection)
    for column in collection.columns:
        if column.kind in {Kind.COUNT, Kind.AMOUNT, Kind.DATE, Kind.YES_NO, Kind.YEAR, Kind.QUARTER}:
            assert "type-error" in faults(collection, tmp_path, [{**row, column.name: "douze"}]), column.name
        elif column.codes is not None:
            assert "constraint-error" in faults(collection, tmp_path, [{**row, column.name: "§"}]), column.name
        elif column.kind is Kind.TEXT:
            long = "x" * (column.max_length + 1)
            assert "constraint-error" in faults(collection, tmp_path, [{**row, column.name: long}]), column.name


def test_a_record_given_twice_is_found(collection: Collection, tmp_path: Path) -> None:
    if "primaryKey" not in data_package(collection)["resources"][0]["schema"]:
        pytest.skip("a column of the key may be empty, which a primary key cannot say")
    row = record(collection)
    assert "primary-key" in faults(collection, tmp_path, [row, row])


def test_a_missing_column_is_found(collection: Collection, tmp_path: Path) -> None:
    names = [column.name for column in collection.columns][:-1]
    found = faults(collection, tmp_path, [record(collection)], names)
    assert found & {"missing-label", "incorrect-label"}


def test_the_whole_description_says_every_column_and_rule(collection: Collection) -> None:
    document = json.loads(json.dumps(CATALOGUE.describe(collection)))
    assert [one["name"] for one in document["columns"]] == [one.name for one in collection.columns]
    told = {one["code"] for one in document["rules"]}
    known = set(collection.by_name)
    assert told == {one.code for one in CATALOGUE.described_rules(collection) if set(one.reads) <= known}
    assert all(set(one["reads"]) <= known for one in document["rules"])
    assert [one["until"] for one in document["former_formats"]] == [one.until.code for one in collection.former]
    for one in document["columns"]:
        assert one["expected"], one["name"]
        assert one["kind"] != "code" or one["codes"] or one["context"], one["name"]


def test_a_cell_needed_on_some_lines_only_and_a_free_text_are_said_in_both_descriptions(collection: Collection) -> None:
    document = {one["name"]: one for one in CATALOGUE.describe(collection)["columns"]}
    fields = {one["name"]: one for one in data_package(collection)["resources"][0]["schema"]["fields"]}
    for column in collection.columns:
        told, field = document[column.name], fields[column.name]
        assert (told["free_text"], field.get("guichet:freeText", False)) == (column.free_text, column.free_text)
        assert told["when"] == field.get("guichet:when")
        assert (told["condition"] is None) is (column.when is None)
        if column.when is not None:
            decides = collection.column(column.when[0])
            assert (told["when"]["column"], told["when"]["codes"]) == (decides.name, list(column.when[1]))
            assert told["when"]["elsewhere"] == ("optional" if decides.kind is Kind.YES_NO else "empty")
            assert decides.label in told["condition"]
            assert told["condition"] in field["description"]
