"""Tables as people have them before their eyes: rows of cells, written to and read from what office software saves."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string

from domain.organisations import Directory
from domain.periods import Period
from ingest.demo.files import (
    N1A_COLUMNS,
    N1A_LABELS,
    N1M_COLUMNS,
    N1M_LABELS,
    csv_bytes,
    n1a_rows,
    n1m_rows,
)
from tests.golden.wrong.case import Build, Mend

Grid = list[list[Any]]
Good = Callable[[Directory], Grid]
PERIOD = Period(2005, 1)


def n1a(platform: str = "PF03", *, labels: bool = False, period: Period = PERIOD) -> Good:
    """A complete and right N1A: the titles, then one line per CIL/CCI."""
    titles = N1A_LABELS if labels else N1A_COLUMNS
    return lambda network: [list(row) for row in (titles, *n1a_rows(network, platform, period))]


def n1m(platform: str = "PF03", *, labels: bool = False, period: Period = PERIOD) -> Good:
    """A complete and right N1M."""
    titles = N1M_LABELS if labels else N1M_COLUMNS
    return lambda network: [list(row) for row in (titles, *n1m_rows(network, platform, period))]


# -- cells ----------------------------------------------------------------------------------------------------------


def spot(cell: str) -> tuple[int, int]:
    """Row and column of `D5`, from nought."""
    letters, row = coordinate_from_string(cell)
    return row - 1, column_index_from_string(letters) - 1


def put(**values: Any) -> Callable[[Grid], Grid]:
    """Write into cells: `put(D5="n.c.")`."""

    def change(grid: Grid) -> Grid:
        for cell, value in values.items():
            row, column = spot(cell)
            grid[row].extend([None] * (column + 1 - len(grid[row])))
            grid[row][column] = value
        return grid

    return change


def without_rows(*rows: int) -> Callable[[Grid], Grid]:
    """Delete lines, by the numbers that a spreadsheet shows."""
    return lambda grid: [row for number, row in enumerate(grid, start=1) if number not in rows]


def with_row(before: int, row: Sequence[Any]) -> Callable[[Grid], Grid]:
    """Insert a line so that it has the number `before`."""
    return lambda grid: [*grid[: before - 1], list(row), *grid[before - 1 :]]


def with_last(*rows: Sequence[Any]) -> Callable[[Grid], Grid]:
    """Add lines under the others."""
    return lambda grid: [*grid, *map(list, rows)]


def with_first(*rows: Sequence[Any]) -> Callable[[Grid], Grid]:
    """Add lines above the titles."""
    return lambda grid: [*map(list, rows), *grid]


def without_column(letter: str) -> Callable[[Grid], Grid]:
    """Delete a column."""
    gone = column_index_from_string(letter) - 1
    return lambda grid: [[cell for index, cell in enumerate(row) if index != gone] for row in grid]


def with_column(letter: str, title: str | None, *values: Any) -> Callable[[Grid], Grid]:
    """Insert a column; a single value is repeated on each line."""
    place = column_index_from_string(letter) - 1

    def change(grid: Grid) -> Grid:
        cells = values if len(values) > 1 else values * (len(grid) - 1)
        padded = [*cells, *[None] * len(grid)]
        return [
            [*row[:place], title if index == 0 else padded[index - 1], *row[place:]] for index, row in enumerate(grid)
        ]

    return change


def made(good: Good, *changes: Callable[[Grid], Grid]) -> Good:
    """A good table, then what was done to it."""

    def build(network: Directory) -> Grid:
        grid = good(network)
        for change in changes:
            grid = change(grid)
        return grid

    return build


# -- CSV ------------------------------------------------------------------------------------------------------------


def as_csv(good: Good, *changes: Callable[[Grid], Grid], encoding: str = "utf-8-sig", separator: str = ";") -> Build:
    """The table as a CSV file."""
    return lambda network: to_csv(made(good, *changes)(network), encoding=encoding, separator=separator)


def to_csv(grid: Grid, *, encoding: str = "utf-8-sig", separator: str = ";") -> bytes:
    """Bytes of a CSV, as a French spreadsheet saves it."""
    return csv_bytes(grid[0], [tuple(row) for row in grid[1:]], encoding=encoding, separator=separator)


def of_csv(content: bytes, *, encoding: str = "utf-8-sig", separator: str = ";") -> Grid:
    """The cells of a CSV, as text."""
    return [list(row) for row in csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=separator)]


def mend_csv(*changes: Callable[[Grid], Grid], encoding: str = "utf-8-sig", separator: str = ";") -> Mend:
    """Open the deposited CSV, do the changes, save it the same way."""

    def mend(content: bytes, network: Directory) -> bytes:
        del network
        grid = of_csv(content, encoding=encoding, separator=separator)
        for change in changes:
            grid = change(grid)
        return to_csv(grid, encoding=encoding, separator=separator)

    return mend


def retype_csv(good: Good, *cells: str, encoding: str = "utf-8-sig", separator: str = ";") -> Mend:
    """Open the deposited CSV and type in `cells` the figures that the good table has there."""

    def mend(content: bytes, network: Directory) -> bytes:
        grid, right = of_csv(content, encoding=encoding, separator=separator), good(network)
        for cell in cells:
            row, column = spot(cell)
            grid[row][column] = right[row][column]
        return to_csv(grid, encoding=encoding, separator=separator)

    return mend


# -- workbooks ------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as a workbook holds it."""
    return float(value) if isinstance(value, Decimal) else value


def to_book(sheets: dict[str, Grid]) -> openpyxl.Workbook:
    """A workbook with these sheets, in that order."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append([plain(value) for value in row])
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    """Bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def opened(content: bytes) -> openpyxl.Workbook:
    """A deposited workbook, to be mended in place."""
    return openpyxl.load_workbook(io.BytesIO(content))


def as_book(
    good: Good,
    *changes: Callable[[Grid], Grid],
    sheet: str = "Feuil1",
    then: Callable[[Any], None] | None = None,
) -> Build:
    """The table as a workbook of one sheet; `then` works on that sheet before it is saved."""

    def build(network: Directory) -> bytes:
        book = to_book({sheet: made(good, *changes)(network)})
        if then is not None:
            then(book[sheet])
        return saved(book)

    return build


def mend_book(change: Callable[[Any], None]) -> Mend:
    """Open the deposited workbook, change its first sheet, save it."""

    def mend(content: bytes, network: Directory) -> bytes:
        del network
        book = opened(content)
        change(book.worksheets[0])
        return saved(book)

    return mend


def retype_book(good: Good, *cells: str) -> Mend:
    """Open the deposited workbook and type in `cells` of its first sheet what the good table has there."""

    def mend(content: bytes, network: Directory) -> bytes:
        book, right = opened(content), good(network)
        for cell in cells:
            row, column = spot(cell)
            book.worksheets[0][cell].number_format = "General"
            book.worksheets[0][cell].value = plain(right[row][column])
        return saved(book)

    return mend


def calculated(formulas: dict[str, tuple[str, Any]], good: Good, sheet: str = "N1A") -> Build:
    """A workbook saved by Excel, with its formulas calculated: `formulas` is cell → (formula, result)."""

    def build(network: Directory) -> bytes:
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            page = book.add_worksheet(sheet)
            for row, cells in enumerate(good(network)):
                for column, value in enumerate(cells):
                    if value is not None:
                        page.write(row, column, plain(value))
            for cell, (formula, result) in formulas.items():
                page.write_formula(cell, formula, None, result)
        return buffer.getvalue()

    return build
