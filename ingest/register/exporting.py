"""The register as files that can be imported again without changing anything (contract §5)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from domain.errors import CannotDo
from domain.organisations import Directory
from ingest.files import write_whole
from ingest.register.snapshot import canonical
from rendering.escaping import csv_cell
from schemas.annuaire import SHEETS

BOM = "\ufeff"
_FIRST_SAFE_YEAR = 1905
"""Before, spreadsheets disagree on the calendar: dates are written as text."""

Cell = str | date | bool | None


def export_directory(directory: Directory, path: Path) -> None:
    """Write the register: an XLSX workbook when `path` ends so, else a folder of CSV files (made if missing).

    Raises CannotDo when the path cannot be written.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            write_whole(path, workbook_bytes(directory))
            return
        if path.exists() and not path.is_dir():
            raise CannotDo(f"{path} is a file: give a folder, or a name ending in .xlsx")
        path.mkdir(parents=True, exist_ok=True)
        for sheet, rows in sheets_of(directory).items():
            write_whole(path / f"{sheet}.csv", csv_bytes(sheet, rows))
    except OSError as error:
        raise CannotDo(f"{path} cannot be written: {error.strerror or error}") from error


def sheets_of(directory: Directory) -> dict[str, list[tuple[Cell, ...]]]:
    """The rows of each sheet, in the order of its columns and in one stable order."""
    ordered = canonical(directory)
    return {
        "organisations": [
            (one.code, one.type.value, one.nom, one.departement, one.compte_sftp, one.actif.first, one.actif.last)
            for one in ordered.organisations
        ],
        "adhesions": [
            (one.code_cil, one.code_plateforme, one.service.value, one.dates.first, one.dates.last)
            for one in ordered.adhesions
        ],
        "delegations": [
            (one.code_mandant, one.code_realisateur, one.service.value, one.dates.first, one.dates.last)
            for one in ordered.delegations
        ],
        "contacts": [
            (one.organisation, one.courriel, one.nom or None, one.role.value, one.service and one.service.value)
            for one in ordered.contacts
        ],
        "obligations": [
            (one.code, one.collection, one.dates.first, one.dates.last, one.echeance, one.dispense or None, one.motif)
            for one in ordered.obligations
        ],
    }


def csv_bytes(sheet: str, rows: list[tuple[Cell, ...]]) -> bytes:
    """UTF-8 with BOM, `;`, CRLF: what Excel opens as it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(SHEETS[sheet].by_name)
    for row in rows:
        writer.writerow([csv_cell(_text(cell)) for cell in row])
    return (BOM + buffer.getvalue()).encode()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "O" if cell else "N"
    return str(cell)


def workbook_bytes(directory: Directory) -> bytes:
    """One sheet a table; texts are texts, days are days, nothing is a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as workbook:
        # A fixed date: the same register gives the same bytes.
        workbook.set_properties({"created": datetime(2005, 1, 1)})  # noqa: DTZ001 - the format has no zone
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for sheet, rows in sheets_of(directory).items():
            page = workbook.add_worksheet(sheet)
            page.freeze_panes(1, 0)
            for column, name in enumerate(SHEETS[sheet].by_name):
                page.write_string(0, column, name, bold)
                page.set_column(column, column, max(12, len(name) + 2))
            for number, cell, column in _cells(rows):
                _write(page, number, column, cell, day)
    return buffer.getvalue()


def _cells(rows: list[tuple[Cell, ...]]) -> Iterator[tuple[int, Cell, int]]:
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if cell is not None:
                yield number, cell, column


def _write(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, date) and cell.year >= _FIRST_SAFE_YEAR:
        page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day
    else:
        page.write_string(row, column, _text(cell))
