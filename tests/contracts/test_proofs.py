"""The page of what holds each clause names files and tests that exist, and says so where no test can tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "proofs.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and " | Where | " not in line]


def test_every_place_exists():
    assert len(ROWS) > 60
    for row in ROWS:
        assert len(row) == 3, row
        for place in re.findall(r"`([^`]+)`", row[1]):
            assert (ROOT / place).exists(), place


def test_every_test_exists():
    known: dict[str, set[str]] = {}
    named = re.findall(r"`([a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`", PAGE)
    assert len(named) > 120
    for file, name in named:
        if file not in known:
            tree = ast.parse((ROOT / "tests" / file).read_text())
            known[file] = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in known[file], (file, name)


def test_what_no_test_shows_is_said():
    without = [row[0].strip("| ") for row in ROWS if "::test_" not in row[2]]
    assert without == ["Network file systems work"]
    assert "**Network file systems**" in PAGE


def test_the_logs_of_a_production_end_after_a_year():
    kept = (ROOT / "deploy" / "systemd" / "journald.conf").read_text()
    assert re.search(r"^MaxRetentionSec=1year$", kept, re.MULTILINE)
