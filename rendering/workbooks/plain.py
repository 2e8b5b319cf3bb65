"""A plain copy of what was read, as a workbook: values, messages, colours; streamed, whatever the size.

For a CSV, an XLS or an ODS, a workbook too large to be opened whole, and one that the library cannot open. Rows keep
their numbers: « ligne 9 » is row 9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rendering.escaping import visible
from rendering.workbooks import remarks, styles
from rendering.workbooks.annotation import DEPOSIT, JUSTIFICATION, LINE, MESSAGES, AnnotationPlan, CellMark, SheetPlan
from rendering.workbooks.front import free_title, front_of
from rendering.workbooks.streaming import streamed
from rendering.workbooks.xlsxwriter_looks import A4, CELL_CHARS, Formats, shown, write_front

__all__ = ["CELLS_KEPT", "PlainSheet", "write_plain"]

CELLS_KEPT: Final = 200_000
"""Above that many cells, a workbook is not opened whole: it would cost 1.5 GB and a minute."""
COMMENTS_KEPT: Final = 2_000
SHEETS_KEPT: Final = 100
LAST_ROW: Final = 1_048_576
_NARROWEST, _WIDEST, _MEASURED_ROWS = 9, 44, 300
_FREEZABLE: Final = 20
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:[.,]([0-9]{1,6}))?")
_DIGITS: Final = 15
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_SINGLE: Final = "Données"

Row = tuple[int, Sequence[str | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainSheet:
    """A sheet that was read: `rows` gives (row number, texts from column A on), in order, blank rows left out."""

    index: int
    name: str | None
    n_columns: int
    rows: Callable[[], Iterable[Row]]


def write_plain(
    target: Path,
    plan: AnnotationPlan,
    sheets: Sequence[PlainSheet],
    *,
    reason: str,
    tmpdir: Path,
) -> None:
    """Write the plain copy; `reason`: the sentence on what it leaves out."""
    with streamed(target, tmpdir=tmpdir, strings_to_numbers=False) as book:
        made_on = datetime.fromisoformat(plan.made_at).astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"created": made_on, "author": remarks.AUTHOR, "title": "À corriger"})
        _Copy(book, plan, sheets).write(reason)


class _Copy:
    """A plain copy in the making."""

    def __init__(self, book: Any, plan: AnnotationPlan, sheets: Sequence[PlainSheet]) -> None:
        self._book, self._plan = book, plan
        wanted = {one.sheet_index for one in plan.sheets}
        kept = [one for one in sheets if one.index in wanted]
        others = [one for one in sheets if one.index not in wanted]
        self._left_out = max(0, len(sheets) - SHEETS_KEPT)
        self._sheets = sorted([*kept, *others][:SHEETS_KEPT], key=lambda one: one.index)
        self._formats = Formats(book)
        self.format = self._formats.of
        self._comments = 0
        self._asked = 0
        self.cut_cells = self.cut_rows = 0

    def write(self, reason: str) -> None:
        taken: list[str] = []
        for one in self._sheets:
            taken.append(_title(one.name, taken))
        front_title = free_title(taken)
        front_sheet = self._book.add_worksheet(front_title)
        titles: dict[int, str] = {}
        plans = {one.sheet_index: one for one in self._plan.sheets}
        for one, title in zip(self._sheets, taken, strict=True):
            titles[one.index] = title
            sheet = self._book.add_worksheet(title)
            _PlainTable(self, sheet, one, plans.get(one.index), self._plan.submission).write()
        # Each sheet of a streamed workbook has its own file: the first one may well be written last.
        front = front_of(self._plan, titles, [one for one in self._losses(reason) if one])
        write_front(front_sheet, front, self._formats)
        front_sheet.activate()
        front_sheet.set_first_sheet()

    def _losses(self, reason: str) -> Iterator[str]:
        yield reason
        if self._asked > self._comments:
            yield remarks.few_comments(self._comments)
        if self.cut_cells:
            yield remarks.cut_cells(self.cut_cells)
        if self.cut_rows:
            yield remarks.cut_rows(self.cut_rows)
        if self._left_out:
            yield remarks.cut_sheets(self._left_out)

    def comment(self, sheet: Any, row: int, column: int, text: str) -> None:
        """Attach a comment while there may be more."""
        self._asked += 1
        if self._comments < COMMENTS_KEPT:
            self._comments += 1
            told = remarks.with_ours("", text)
            width, height = remarks.size(told)
            options = {"author": remarks.AUTHOR, "width": width, "height": height, "font_size": 9}
            sheet.write_comment(row, column, told, options)


class _PlainTable:
    """One sheet of the plain copy; without a plan, its values only."""

    def __init__(self, copy: _Copy, sheet: Any, source: PlainSheet, plan: SheetPlan | None, submission: str) -> None:
        self._copy, self._sheet, self._source, self._plan = copy, sheet, source, plan
        self._submission = submission
        self._widths = [float(_NARROWEST)] * source.n_columns
        self._own = _own_columns(plan, source.n_columns) if plan is not None else {}
        self._quantities = frozenset(plan.quantities) if plan is not None else frozenset()
        self._rewritten = frozenset(self._own[one] for one in (DEPOSIT, LINE, MESSAGES) if one in self._own)
        self._notes = {note.row: note for note in plan.notes} if plan is not None else {}
        self._marks: dict[int, dict[int, CellMark]] = {}
        for mark in plan.marks if plan is not None else ():
            self._marks.setdefault(mark.row, {})[mark.column] = mark

    def write(self) -> None:
        last = 0
        measured = 0
        head = self._plan.header_row if self._plan is not None else 1
        for number, values in self._with_marked_rows():
            if number > LAST_ROW:
                self._copy.cut_rows += 1
                continue
            if measured < _MEASURED_ROWS:
                measured += 1
                self._measure(values, title=number <= head)
            self._write_row(number, values)
            last = number
        self._lay_out(last)

    def _with_marked_rows(self) -> Iterator[Row]:
        """The rows that were read, and the blank ones about which something is said, in order."""
        waiting = sorted({*self._notes, *self._marks})
        position = 0
        for row in self._source.rows():
            while position < len(waiting) and waiting[position] <= row[0]:
                if waiting[position] < row[0]:
                    yield waiting[position], ()
                position += 1
            yield row
        yield from ((number, ()) for number in waiting[position:])

    def _write_row(self, number: int, values: Sequence[str | None]) -> None:
        sheet, copy, row = self._sheet, self._copy, number - 1
        marks = self._marks.get(number)
        body = self._plan is not None and number >= self._plan.body_from
        head = copy.format(styles.HEAD) if self._plan is not None and number == self._plan.header_row else None
        quantities = self._quantities if body else frozenset()
        note = self._notes.get(number)
        wanted = styles.message_height(note.text) if note is not None and body else None
        if wanted is not None:
            sheet.set_row(row, wanted)
        for column, text in enumerate(values):
            if text and column not in self._rewritten:
                mark = marks.get(column) if marks else None
                severity = mark.severity if mark else None
                match = _NUMBER.fullmatch(text) if column in quantities else None
                if match is not None and len(text) <= _DIGITS:
                    look = copy.format(None, len(match[1] or ""), severity)
                    sheet.write_number(row, column, float(text.replace(",", ".")), look)
                else:
                    if len(text) > CELL_CHARS:
                        copy.cut_cells += 1
                        text = text[: CELL_CHARS - 1] + "…"  # noqa: PLW2901 - what a cell can hold
                    sheet.write_string(
                        row,
                        column,
                        text,
                        head if head is not None and mark is None else copy.format(None, None, severity),
                    )
        if marks:
            self._write_marks(row, marks, values)
        if self._plan is not None and number == self._plan.header_row:
            for title, column in self._own.items():
                sheet.write_string(row, column, title, copy.format(styles.OWN_HEAD))
        elif body:
            self._write_own(number, values)

    def _write_marks(self, row: int, marks: Mapping[int, CellMark], values: Sequence[str | None]) -> None:
        for column, mark in sorted(marks.items()):
            if column >= len(values) or not values[column]:
                self._sheet.write_blank(row, column, None, self._copy.format(None, None, mark.severity))
            self._copy.comment(self._sheet, row, column, mark.text)

    def _write_own(self, number: int, values: Sequence[str | None]) -> None:
        sheet, copy, row, own = self._sheet, self._copy, number - 1, self._own
        note = self._notes.get(number)
        sheet.write_string(row, own[DEPOSIT], self._submission, copy.format(styles.OWN_CELL))
        sheet.write_number(row, own[LINE], number, copy.format(styles.OWN_CELL))
        if note is not None:
            sheet.write_string(row, own[MESSAGES], shown(note.text), copy.format(styles.OWN_MESSAGE))
        if JUSTIFICATION in own and note is not None and note.asks:
            column = own[JUSTIFICATION]
            said = values[column] if column < len(values) else None
            look = copy.format(styles.OWN_ASKED)
            if said:
                sheet.write_string(row, column, said[:CELL_CHARS], look)
            else:
                sheet.write_blank(row, column, None, look)

    def _measure(self, values: Sequence[str | None], *, title: bool) -> None:
        for column, text in enumerate(values):
            if text:
                # A title may take several lines, but not in the middle of a word.
                length = max(map(len, text.split()), default=0) * 1.15 + 2 if title else len(text)
                self._widths[column] = min(max(self._widths[column], length + 2.0), float(_WIDEST))

    def _lay_out(self, last: int) -> None:
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, width)
        for title, column in self._own.items():
            self._sheet.set_column(column, column, styles.OWN_WIDTHS[title])
        plan = self._plan
        if plan is None or last < plan.body_from:
            return
        self._sheet.autofilter(plan.body_from - 2, 0, last - 1, max(self._own.values()))
        self._sheet.set_landscape()
        self._sheet.set_paper(A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(plan.header_row - 1)
        if plan.body_from <= _FREEZABLE:
            self._sheet.freeze_panes(plan.body_from - 1, 0)


def _own_columns(plan: SheetPlan, width: int) -> dict[str, int]:
    """Where each of our columns goes: where it was, or in the first free one."""
    free = max([width, plan.n_columns])
    places: dict[str, int] = {}
    for title in plan.titles:
        if title in plan.reserved:
            places[title] = plan.reserved[title]
        else:
            places[title] = free
            free += 1
    return places


def _title(name: str | None, taken: Sequence[str]) -> str:
    wanted = _FORBIDDEN.sub(" ", visible(name or _SINGLE, None)).strip().strip("'") or _SINGLE
    return free_title([*taken, "History", "À corriger"], wanted)
