"""XLSX, XLSM and XLS to text tables: values by python-calamine, what it leaves out by our own scans."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import python_calamine as calamine

from domain.cells import column_letters
from ingest.reading import sheetxml
from ingest.reading.cells import Cell, cell_array, reference
from ingest.reading.limits import ReadingLimits
from ingest.reading.ole import BinarySheet
from ingest.reading.packages import Package
from ingest.reading.raw import RawSheet, ReadNote
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import SheetWriter

__all__ = ["Extras", "extras_of_book", "extras_of_package", "read_with_calamine", "sheet_notes"]

LISTED_CELLS = 50
LISTED_RANGES = 200
CELLS_PER_BATCH = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Extras:
    """What our scans know of the sheets, by sheet name (XLSX) or position (XLS)."""

    facts: dict[str | int, sheetxml.SheetFacts] = field(default_factory=dict)
    vast: frozenset[str] = frozenset()
    """Hidden sheets too large to be read, by name: their part is searched as bytes."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The part of each sheet of a package, by its name."""

    def of(self, index: int, name: str) -> sheetxml.SheetFacts:
        """The facts of one sheet."""
        return self.facts.get(index) or self.facts.get(name) or sheetxml.SheetFacts()


def extras_of_package(path: Path, package: Package, limits: ReadingLimits) -> Extras:
    """Scan the sheets of an XLSX in which the package check saw formulas or errors.

    Raises:
        RefusedError: a sheet whose content reaches so far that no reader can hold it.
    """
    facts: dict[str | int, sheetxml.SheetFacts] = {}
    vast: set[str] = set()
    parts: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        book = sheetxml.read_workbook(archive, package.entries)
        if book is None:
            return Extras()
        for sheet in book.sheets:
            if sheet.part is None:
                continue
            info = package.entries[sheet.part]
            parts[sheet.name] = sheet.part
            if not sheet.visible:
                if _is_vast(archive, info, limits):
                    vast.add(sheet.name)
                continue
            _check_extent(archive, info, limits)
            if sheet.part in package.with_formulas or sheet.part in package.with_errors:
                facts[sheet.name] = sheetxml.scan_sheet(archive, info, listed=LISTED_CELLS)
                if not book.calculated_on_load:
                    facts[sheet.name].zero_count = 0  # computed zeros
    return Extras(facts=facts, vast=frozenset(vast), parts=parts)


def _is_vast(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ReadingLimits) -> bool:
    try:
        _check_extent(archive, info, limits)
    except RefusedError:
        return True
    return False


def _check_extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ReadingLimits) -> None:
    """Refuse a sheet too large for memory while its last cell can still be named."""
    stated = sheetxml.stated_dimension(archive, info)
    if stated is not None and stated[0] * stated[1] <= limits.max_cells:
        return
    rows, columns = sheetxml.measure_sheet(archive, info)
    if rows * columns > limits.max_cells:
        raise RefusedError(
            UnreadableReason.TOO_MANY_CELLS,
            limit=limits.max_cells,
            rows=rows,
            columns=columns,
            last_column=column_letters(columns - 1),
        )


def extras_of_book(sheets: list[BinarySheet]) -> Extras:
    """The facts of the sheets of an XLS."""
    facts: dict[str | int, sheetxml.SheetFacts] = {}
    for index, sheet in enumerate(sheets):
        facts[index] = sheetxml.SheetFacts(
            errors=sheet.errors,
            uncached=sheet.uncached,
            uncached_count=len(sheet.uncached),
            zeros=sheet.calculated_on_load,
            zero_count=len(sheet.calculated_on_load),
        )
    return Extras(facts=facts)


def read_with_calamine(path: Path, folder: Path, extras: Extras, limits: ReadingLimits) -> list[RawSheet]:
    """Read every worksheet into `folder/sheet-N.arrow`, the hidden ones too (see `RawSheet`).

    Raises:
        RefusedError: a limit was passed.
        calamine.CalamineError: it refuses the workbook.
    """
    with calamine.CalamineWorkbook.from_path(str(path)) as book:
        sheets = []
        for index, metadata in enumerate(book.sheets_metadata):
            visible = metadata.visible == calamine.SheetVisibleEnum.Visible
            if metadata.typ != calamine.SheetTypeEnum.WorkSheet:
                notes = (ReadNote(code=NoteCode.NOT_A_WORKSHEET),)
                sheets.append(_unread(index, metadata.name, visible=visible, notes=notes))
            elif visible:
                target = folder / f"sheet-{index}.arrow"
                sheets.append(_read_sheet(book, index, target, extras.of(index, metadata.name), limits))
            else:
                sheets.append(_hidden(book, index, metadata.name, folder, extras, limits))
        return sheets


def _unread(index: int, name: str, *, visible: bool, notes: tuple[ReadNote, ...] = ()) -> RawSheet:
    return RawSheet(index=index, name=name, visible=visible, path=None, n_rows=0, n_columns=0, notes=notes)


def _hidden(  # noqa: PLR0913, PLR0917 - as for any sheet
    book: calamine.CalamineWorkbook,
    index: int,
    name: str,
    folder: Path,
    extras: Extras,
    limits: ReadingLimits,
) -> RawSheet:
    """A hidden sheet, to be searched only: what is wrong with its size is nobody's trouble."""
    if name not in extras.vast:
        try:
            read = _read_sheet(book, index, folder / f"sheet-{index}.arrow", sheetxml.SheetFacts(), limits)
            return replace(read, visible=False, notes=())
        except RefusedError:
            pass
    return _unread(index, name, visible=False)


def _read_sheet(
    book: calamine.CalamineWorkbook,
    index: int,
    target: Path,
    facts: sheetxml.SheetFacts,
    limits: ReadingLimits,
) -> RawSheet:
    sheet = book.get_sheet_by_index(index)
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)  # `total_height` can be one short
    if height * width > limits.max_cells:
        raise RefusedError(UnreadableReason.TOO_MANY_CELLS, limit=limits.max_cells, rows=height, columns=width)
    rows = _rows(sheet, facts.errors)
    size = min(limits.batch_rows, max(1, CELLS_PER_BATCH // max(width, 1)))
    first_row = 1
    with SheetWriter(target, limits) as writer:
        while chunk := list(islice(rows, size)):
            writer.write(first_row, [cell_array(values) for values in zip(*chunk, strict=True)])
            first_row += len(chunk)
    return RawSheet(
        index=index,
        name=sheet.name,
        visible=True,
        path=target,
        n_rows=writer.n_rows,
        n_columns=writer.n_columns,
        notes=sheet_notes(facts, _merged(sheet)),
    )


def _rows(sheet: calamine.CalamineSheet, errors: dict[tuple[int, int], str]) -> Iterator[list[Cell]]:
    """The rows from row 1 and column A on, of one width, with the error cells that the reader gives as empty."""
    lead: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    values: Iterator[list[Any]] = iter(sheet.iter_rows() if sheet.end else ())
    if not errors:
        yield from ((lead + row for row in values) if lead else values)
        return
    width = max([sheet.end[1] + 1 if sheet.end else 0, *(column + 1 for _, column in errors)])
    height = max([sheet.end[0] + 1 if sheet.end else 0, *(row + 1 for row, _ in errors)])
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (number, column), text in errors.items():
        by_row.setdefault(number, []).append((column, text))
    for number in range(height):
        row: list[Cell] = [*lead, *next(values, [])]
        row += [None] * (width - len(row))
        for column, text in by_row.get(number, ()):
            if row[column] in {None, ""}:
                row[column] = text
        yield row


def _merged(sheet: calamine.CalamineSheet) -> list[str]:
    ranges = sheet.merged_cell_ranges or []
    return [f"{reference(*first)}:{reference(*last)}" for first, last in ranges]


def sheet_notes(facts: sheetxml.SheetFacts, merged: list[str]) -> tuple[ReadNote, ...]:
    """The remarks on a sheet: merged ranges, errors, formulas without their value."""
    notes = []
    if merged:
        notes.append(ReadNote(code=NoteCode.MERGED_CELLS, count=len(merged), cells=tuple(merged[:LISTED_RANGES])))
    if facts.errors:
        places = tuple(reference(*place) for place in sorted(facts.errors)[:LISTED_CELLS])
        notes.append(ReadNote(code=NoteCode.ERROR_CELL, count=len(facts.errors), cells=places))
    if facts.uncached_count:
        places = tuple(reference(*place) for place in facts.uncached[:LISTED_CELLS])
        notes.append(ReadNote(code=NoteCode.FORMULA_UNCACHED, count=facts.uncached_count, cells=places))
    if facts.zero_count:
        places = tuple(reference(*place) for place in facts.zeros[:LISTED_CELLS])
        notes.append(ReadNote(code=NoteCode.CALCULATED_ON_LOAD, count=facts.zero_count, cells=places))
    return tuple(notes)
