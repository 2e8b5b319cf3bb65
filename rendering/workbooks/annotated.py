"""The depositor's own workbook with what is wrong shown in it: colours, comments, our columns, « À corriger » in front.

Layout, formulas, validations, names, protection and hidden sheets stay. The library opens untrusted bytes and raises
whatever a damaged part makes it stumble on: only the limited process calls it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet

from rendering.french import typeset
from rendering.workbooks import remarks, styles
from rendering.workbooks.annotation import DEPOSIT, JUSTIFICATION, LINE, MESSAGES, AnnotationPlan, RowNote, SheetPlan
from rendering.workbooks.finishing import CachedValue, finish
from rendering.workbooks.front import free_title, front_of, is_ours
from rendering.workbooks.openpyxl_looks import Dresser, solid, write_front, write_text

__all__ = ["COMMENTS_KEPT", "NotOursToAnnotateError", "annotate"]

COMMENTS_KEPT: Final = 2_000
"""Comments cost time and make a workbook slow; beyond, the colour and the row's message say it."""
_LAST_COLUMN: Final = 16_384
_COMMENT_CHARS: Final = 2_000
_INVITATION: Final = "Une valeur « À confirmer » est juste ? Écrivez ici pourquoi, sur sa ligne."


class NotOursToAnnotateError(Exception):
    """The library does not find in the workbook the table that was judged."""


def annotate(  # noqa: PLR0913 - a workbook, and what is known of it
    source: Path,
    target: Path,
    plan: AnnotationPlan,
    *,
    sheets: Mapping[int, str],
    cached: Mapping[str, Mapping[str, CachedValue]],
    recalculate: bool,
    losses: Sequence[str],
) -> None:
    """Write at `target` the annotated copy of the workbook at `source`.

    `sheets`: the file's sheets, index → name, as the plan counts them; `cached`: the last results of formulas by sheet
    and cell, which the library does not keep; `recalculate`: some are missing, the spreadsheet program must compute.
    `losses`: sentences on what it cannot keep.

    Raises:
        NotOursToAnnotateError: a sheet of the plan is not there.
        Exception: whatever the library stumbles on.
    """
    with source.open("rb") as opened:
        book = load_workbook(opened, rich_text=True, keep_links=True)
        _remove_former(book)
        dresser = Dresser(_own_font(book))
        left = COMMENTS_KEPT
        for one in plan.sheets:
            left -= _Table(book, sheets, one, dresser).annotate(plan.submission, left)
        told = list(losses)
        if left < 0:
            told.append(remarks.few_comments(COMMENTS_KEPT))
        titles = {index: name for index, name in sheets.items() if name in book.sheetnames}
        _put_front(book, plan, titles, told, dresser)
        _settle(book, recalculate=recalculate)
        draft = target.with_suffix(".draft")
        book.save(draft)
        names = [sheet.title for sheet in book.worksheets]
        finish(draft, target, plan.made_at, names, cached)
        draft.unlink()


def _own_font(book: Workbook) -> str:
    fonts: Any = book._fonts  # type: ignore[attr-defined]  # noqa: SLF001 - the first font is the workbook's own
    return str(fonts[0].name or "Calibri") if len(fonts) else "Calibri"


def _remove_former(book: Workbook) -> None:
    for sheet in list(book.worksheets):
        if is_ours(_plain(sheet["A1"].value), sheet.title) and len(book.sheetnames) > 1:
            book.remove(sheet)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, CellRichText) else value


def _put_front(
    book: Workbook,
    plan: AnnotationPlan,
    titles: Mapping[int, str],
    losses: Sequence[str],
    dresser: Dresser,
) -> None:
    sheet: Worksheet = book.create_sheet(free_title(book.sheetnames), 0)
    write_front(sheet, front_of(plan, titles, losses), dresser)
    for other in book._sheets:  # type: ignore[attr-defined]  # noqa: SLF001 - chart sheets too
        for view in getattr(getattr(other, "views", None) or other.sheetViews, "sheetView", ()):
            view.tabSelected = other is sheet
    book.active = 0
    if book.views:
        book.views[0].firstSheet = 0


def _settle(book: Workbook, *, recalculate: bool) -> None:
    # Set where the file does not say it, and then zeros read from it would not be trusted when it comes back.
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = recalculate
    book.properties.language = "fr-FR"


class _Table:
    """One sheet of the depositor while it is annotated."""

    def __init__(self, book: Workbook, sheets: Mapping[int, str], plan: SheetPlan, dresser: Dresser) -> None:
        name = sheets.get(plan.sheet_index)
        if name not in book.sheetnames or not isinstance(book[name], Worksheet):
            raise NotOursToAnnotateError
        self._sheet: Worksheet = book[name]
        self._plan = plan
        self._dresser = dresser
        self._cells: dict[tuple[int, int], Cell | MergedCell] = self._sheet._cells  # noqa: SLF001 - only those that exist
        self._merged = {
            (row, column): (one.min_row, one.min_col)
            for one in self._sheet.merged_cells.ranges
            if one.size["rows"] * one.size["columns"] <= _LAST_COLUMN
            for row in range(one.min_row, one.max_row + 1)
            for column in range(one.min_col, one.max_col + 1)
        }
        self._columns = self._place_columns()

    def annotate(self, submission: str, comments: int) -> int:
        """Mark the cells and fill our columns; how many comments were asked for, of which `comments` are written."""
        self._unmark()
        asked = self._mark(comments)
        rows = self._data_rows()
        self._write_columns(submission, rows)
        if rows:
            self._filter(rows[-1])
        for cell in self._cells.values():
            if isinstance(cell, Cell) and cell.comment is not None:
                _fit(cell.comment)
        return asked

    def _place_columns(self) -> dict[str, int]:
        """Where each of our columns goes, counted from 1: where it was, or in the first free one."""
        taken = max([self._plan.n_columns, *(self._plan.reserved[one] + 1 for one in self._plan.reserved)])
        taken = max([taken, *(column for (_, column), cell in self._cells.items() if _filled(cell))])
        taken = max([taken, *(column for (row, column) in self._merged if row >= self._plan.header_row)])
        places: dict[str, int] = {}
        for title in self._plan.titles:
            if title in self._plan.reserved:
                places[title] = self._plan.reserved[title] + 1
            else:
                taken += 1
                places[title] = taken
        if taken > _LAST_COLUMN:
            raise NotOursToAnnotateError
        return places

    def _unmark(self) -> None:
        """Take away what an earlier annotated copy said."""
        ours = {styles.ERROR_FILL, styles.WARNING_FILL}
        for cell in self._cells.values():
            if not isinstance(cell, Cell) or cell.comment is None:
                continue
            theirs = remarks.without_ours(cell.comment.text)
            if theirs == cell.comment.text:
                continue
            cell.comment = _comment(theirs, cell.comment.author) if theirs else None
            if str(cell.fill.fgColor.rgb)[-6:] in ours:
                cell.fill = PatternFill()

    def _mark(self, comments: int) -> int:
        asked: set[tuple[int, int]] = set()
        for mark in self._plan.marks:
            place = self._merged.get((mark.row, mark.column + 1), (mark.row, mark.column + 1))
            cell: Any = self._sheet.cell(*place)
            if mark.severity in styles.SEVERITY_FILLS:
                cell.fill = solid(styles.SEVERITY_FILLS[mark.severity])
            asked.add(place)
            if len(asked) <= comments:
                former = cell.comment
                text = remarks.with_ours(former.text if former is not None else "", mark.text)
                cell.comment = _comment(text, former.author if former is not None else remarks.AUTHOR)
        return len(asked)

    def _data_rows(self) -> list[int]:
        own = set(self._columns.values())
        filled = {row for (row, column), cell in self._cells.items() if column not in own and _filled(cell)}
        return sorted(row for row in filled if row >= self._plan.body_from)

    def _write_columns(self, submission: str, rows: Sequence[int]) -> None:
        notes = {note.row: note for note in self._plan.notes if note.row >= self._plan.body_from}
        for title, column in self._columns.items():
            head = self._cell(self._plan.header_row, column)
            if title not in self._plan.reserved:
                write_text(head, title)
                self._dresser.dress(head, styles.OWN_HEAD)
            if title == JUSTIFICATION and notes:
                head.comment = _comment(remarks.with_ours("", typeset(_INVITATION)), remarks.AUTHOR)
            self._widen(column, styles.OWN_WIDTHS[title])
        for row in sorted({*rows, *notes}):
            self._write_row(row, submission, notes.get(row))

    def _write_row(self, row: int, submission: str, note: RowNote | None) -> None:
        for title, text in ((DEPOSIT, submission), (LINE, row)):
            cell = self._cell(row, self._columns[title])
            if isinstance(text, int):
                cell.value = text
            else:
                write_text(cell, text)
            self._dresser.dress(cell, styles.OWN_CELL)
        cell = self._cell(row, self._columns[MESSAGES])
        if note is not None:
            write_text(cell, note.text)
            self._dresser.dress(cell, styles.OWN_MESSAGE)
            dimension = self._sheet.row_dimensions[row]
            wanted = styles.message_height(note.text)
            if wanted is not None and (dimension.height or 0) < wanted:
                dimension.height = wanted
        elif cell.value is not None:
            cell.value = None
        if JUSTIFICATION in self._columns:
            asks = note is not None and note.asks
            cell = self._cell(row, self._columns[JUSTIFICATION])
            self._dresser.dress(cell, styles.OWN_ASKED if asks else styles.OWN_ANSWER)

    def _cell(self, row: int, column: int) -> Any:
        """A cell that can hold a value: a merged range over our column is not theirs to have."""
        cell = self._sheet.cell(row, column)
        return self._sheet.cell(*self._merged[row, column]) if isinstance(cell, MergedCell) else cell

    def _widen(self, column: int, width: float) -> None:
        """Give one column its width, also where the file describes a whole range of columns at once."""
        dimensions = self._sheet.column_dimensions
        for key, one in list(dimensions.items()):
            first, last = one.min or 0, one.max or 0
            if first <= column <= last and not first == last == column:
                del dimensions[key]
                for start, end in ((first, column - 1), (column + 1, last)):
                    if start <= end:
                        letters = get_column_letter(start)
                        dimensions[letters] = _copied(one, self._sheet, letters, start, end)
        own = ColumnDimension(self._sheet, index=get_column_letter(column), width=width, customWidth=True)
        own.min = own.max = column
        dimensions[get_column_letter(column)] = own

    def _filter(self, last_row: int) -> None:
        sheet = self._sheet
        if sheet.auto_filter.ref or sheet.tables or sheet.protection.sheet:
            return
        letters = get_column_letter(max(self._columns.values()))
        sheet.auto_filter.ref = f"A{self._plan.body_from - 1}:{letters}{last_row}"


def _copied(one: ColumnDimension, sheet: Worksheet, letters: str, first: int, last: int) -> ColumnDimension:
    made = ColumnDimension(
        sheet,
        index=letters,
        width=one.width,
        hidden=one.hidden,
        outlineLevel=one.outlineLevel,
        collapsed=one.collapsed,
        min=first,
        max=last,
    )
    made._style = one._style  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to keep a column's style
    return made


def _filled(cell: Cell | MergedCell) -> bool:
    value = cell.value
    return value is not None and not (isinstance(value, str) and (not value or value.isspace()))


def _comment(text: str, author: str | None) -> Any:
    from openpyxl.comments import Comment  # noqa: PLC0415 - the package re-exports it without saying so to the checker

    return Comment(text[:_COMMENT_CHARS], author or remarks.AUTHOR)


def _fit(comment: Any) -> None:
    comment.width, comment.height = remarks.size(comment.text)
