"""A small edition with a bit of everything, as people and scripts get it; `make golden` rewrites."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from publication.artifacts.csv import csv_bytes
from publication.artifacts.page import page_bytes
from publication.artifacts.pdf import pdf_bytes
from publication.artifacts.situation import situation_bytes
from publication.edition import Edition
from tests.publication_kit import few_members, network, story

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def edition() -> Edition:
    return story(directory=few_members(network())).edition()


def _same(name: str, content: bytes) -> None:
    path = HERE / name
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        path.write_bytes(content)
    assert content == path.read_bytes(), f"{name}: read the difference; make golden rewrites it"


@pytest.mark.parametrize("code", ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8bis"])
def test_the_csv_is_the_golden_one(code: str, edition: Edition) -> None:
    table = next(one for one in edition.tables if one.code == code)
    _same(f"{code}.csv", csv_bytes(table))


def test_the_page_is_the_golden_one(edition: Edition) -> None:
    _same("tables.html", page_bytes(edition))


def test_the_situation_is_the_golden_one(edition: Edition) -> None:
    _same("situation.html", situation_bytes(edition, network(), "CIL001"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext (poppler-utils) on this machine")
def test_the_pdf_reads_in_the_golden_order(edition: Edition, tmp_path: Path) -> None:
    made = tmp_path / "tables.pdf"
    made.write_bytes(pdf_bytes(edition))
    subprocess.run(["pdftotext", str(made), str(tmp_path / "tables.txt")], check=True)
    _same("tables.txt", (tmp_path / "tables.txt").read_bytes().replace(b"\f", b"\n----\n"))
