"""`docs/explanation/faults.md` against the tests: what it names exists, and it names every fault test."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "faults.md"
ROWS = 48
NOT_SHOWN: set[str] = set()
"""Rows that no test shows; none now."""
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions and methods that are tests."""
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def rows() -> dict[str, str]:
    found = re.findall(r"^\| (\d+) \| (.+)$", PAGE.read_text().split("## Six failures")[0], re.MULTILINE)
    assert len(found) == len(dict(found)), "a row twice"
    return dict(found)


def test_every_row_names_tests_that_exist() -> None:
    assert list(rows()) == [str(number) for number in range(1, ROWS + 1)]
    for number, row in rows().items():
        assert bool(NAMED.search(row)) != (number in NOT_SHOWN), number
        assert (number in NOT_SHOWN) <= ("not shown" in row), number
    for path, name in NAMED.findall(PAGE.read_text()):
        assert (ROOT / path).exists(), path
        assert name in names_in(ROOT / path), f"{path}::{name}"


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("test_*.py")), ids=lambda path: path.stem)
def test_no_fault_test_is_missing(path: Path) -> None:
    named = {name for where, name in NAMED.findall(PAGE.read_text()) if where == str(path.relative_to(ROOT))}
    assert named == names_in(path)
