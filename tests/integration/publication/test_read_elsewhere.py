"""What other programs make of the documents: LibreOffice of the workbook, poppler of the PDF."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from publication.artifacts.pdf import pdf_bytes
from publication.artifacts.workbook import workbook_bytes
from tests.publication_kit import story

EDITION = story().edition()
OFFICE = shutil.which("soffice")
needs_poppler = pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="no poppler-utils on this machine")


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine")
def test_libreoffice_opens_the_workbook_and_saves_the_same_cells(tmp_path: Path) -> None:
    original, saved = tmp_path / "tables.xlsx", tmp_path / "saved"
    original.write_bytes(workbook_bytes(EDITION))
    command = [
        OFFICE or "",
        "--headless",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(saved),
        str(original),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)

    before, after = load_workbook(original), load_workbook(saved / "tables.xlsx")
    assert after.sheetnames == before.sheetnames
    for sheet in before:
        again = after[sheet.title]
        for line in sheet:
            for cell in line:
                assert (again[cell.coordinate].value or "") == (cell.value or ""), (sheet.title, cell.coordinate)
        assert again.print_title_rows == sheet.print_title_rows
    assert len(after["Graphiques"]._charts) == len(before["Graphiques"]._charts)


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "tables.pdf"
    path.write_bytes(pdf_bytes(EDITION))
    return path


def _told(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "replace")


@needs_poppler
def test_the_pdf_is_tagged_and_its_structure_has_headings_tables_and_figures(pdf: Path) -> None:
    assert re.search(r"Tagged:\s+yes", _told("pdfinfo", str(pdf)))
    structure = _told("pdfinfo", "-struct", str(pdf))

    assert re.findall(r"^\s*(H1|Table|Figure|TOC)\b", structure, re.MULTILINE).count("Table") == len(EDITION.tables)
    assert structure.count("Figure") >= 4
    assert "TH" in structure
    assert b"/Lang (fr)" in pdf.read_bytes() or b"/Lang" in pdf.read_bytes()


@needs_poppler
def test_no_title_of_a_block_stands_alone_at_the_foot_of_a_page(pdf: Path) -> None:
    pages = _told("pdftotext", "-layout", str(pdf), "-").split("\f")

    for page in pages:
        lines = [line.strip() for line in page.splitlines() if line.strip()]
        if len(lines) > 1:
            assert not re.match(r"(RÉGION|PLATE-FORME) ", lines[-2]), lines[-3:]


@needs_poppler
def test_titles_of_columns_come_again_on_every_page_of_a_table(pdf: Path) -> None:
    pages = _told("pdftotext", "-layout", str(pdf), "-").split("\f")
    going_on = [page for page in pages if "Total national" in page and "Tableau de synthèse" not in page]

    assert going_on
    assert all("Cumul" in page and "Trimestre" in page for page in going_on)
