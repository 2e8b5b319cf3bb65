"""The tables of a small year before secrecy, as scripts get them; `make golden` rewrites."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from publication.artifacts.csv import csv_bytes
from publication.table import Table
from publication.tables.cil_pass.yearly import situation_tables, yearly_tables
from tests.publication_kit import few_members, network
from tests.year_kit import two_years

HERE = Path(__file__).parent
CODES = (
    "D10", "D10P", "D11", "D11R", "D11P", "D11X1", "D11X2", "D11X3", "D11X4", "D12", "D12R", "D12P", "D12F", "D13",
    "D13L", "D13C", "D14", "D14AR", "D14AP", "D14MR", "D14MP", "D3", "D14I", "D14V", "D15A", "D15AS", "D15AC", "D15M",
    "D15MS", "D15MC",
)  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    facts = two_years(few_members(network()))
    return {one.code: one for one in (*yearly_tables(facts), *situation_tables(facts, "CIL001"))}


def test_these_are_all_the_tables(tables: Mapping[str, Table]) -> None:
    assert tuple(tables) == CODES


@pytest.mark.parametrize("code", CODES)
def test_the_csv_is_the_golden_one(code: str, tables: Mapping[str, Table]) -> None:
    path, content = HERE / f"{code}.csv", csv_bytes(tables[code])
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        path.write_bytes(content)
    assert content == path.read_bytes(), f"{code}: read the difference; make golden rewrites it"
