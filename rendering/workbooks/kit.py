"""The workbook of a correction kit: the lines to mend, what is wrong with each, ready to be dropped back (contract §6).

Titles stand on the first row, so that it is read like any other table. Texts are written as texts, whatever they look
like; what is plainly a number in a column of numbers is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from domain.cells import column_letters
from domain.findings import Severity
from rendering.french import typeset
from rendering.workbooks import styles
from rendering.workbooks.streaming import streamed

__all__ = ["KitColumn", "KitLine", "write_kit"]

MOST_COMMENTS: Final = 2_000
"""A spreadsheet with more opens slowly; the messages stand in their column in any case."""
MOST_MESSAGE_CHARS: Final = 8_000
LONGEST_TEXT: Final = 32_767
"""What a cell of XLSX holds."""
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,13})(?:[.,][0-9]{1,6})?")
_OWN: Final = ("guichet_depot", "guichet_ligne", "guichet_messages")
_JUSTIFICATION: Final = "justification"
_WIDTHS: Final = {"guichet_depot": 23, "guichet_ligne": 12, "guichet_messages": 62, "justification": 30}
_LINE_CHARS: Final = 66
_LINE_POINTS: Final = 12.5
_TALLEST_POINTS: Final = 150
_COMMENT: Final = {"author": "Guichet", "x_scale": 2.4, "y_scale": 1.6}


@dataclass(frozen=True, kw_only=True, slots=True)
class KitColumn:
    """A column of the depositor's: `title` as they write it, `number` when it adds up."""

    title: str
    number: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class KitLine:
    """One line to mend. `row`: where it stood in their file, None for a line that is missing there.

    `marks`: index of a bad cell → how grave, and what is wrong with it. `asks`: a justification would do.
    """

    row: int | None
    texts: Sequence[str]
    message: str = ""
    marks: Mapping[int, tuple[Severity, str]] = field(default_factory=dict)
    asks: bool = False


def write_kit(  # noqa: PLR0913 - what it is, where, whose
    path: Path,
    lines: Iterable[KitLine],
    columns: Sequence[KitColumn],
    *,
    submission: str,
    sheet: str,
    justification: bool,
) -> None:
    """Write the workbook, line after line in little memory; OSError when the disk refuses."""
    with streamed(path, tmpdir=path.parent) as book:
        book.set_calc_mode("auto")
        writer = _Kit(book, book.add_worksheet(sheet), columns, submission, justification=justification)
        writer.head()
        for number, line in enumerate(lines, start=1):
            writer.line(number, line)
        writer.finish()


class _Kit:
    """The sheet being written; row and column numbers from 0."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        sheet: Worksheet,
        columns: Sequence[KitColumn],
        submission: str,
        *,
        justification: bool,
    ) -> None:
        self._book, self._sheet, self._columns = book, sheet, columns
        self._submission, self._justification = submission, justification
        self._comments = 0
        self._last = 0
        self._formats: dict[str, Format] = {}

    def head(self) -> None:
        """Titles, widths, and what stays in sight."""
        own, theirs = self._format("own-head"), self._format("head")
        self._sheet.set_row(0, 46)
        titles = [*_OWN, *(column.title for column in self._columns)]
        titles += [_JUSTIFICATION] if self._justification else []
        for index, title in enumerate(titles):
            self._sheet.set_column(index, index, _WIDTHS.get(title, 18))
            self._sheet.write_string(0, index, title, own if title in _WIDTHS else theirs)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(0)

    def line(self, number: int, line: KitLine) -> None:
        """One line to mend."""
        self._last = number
        sheet, message = self._sheet, line.message[:MOST_MESSAGE_CHARS]
        sheet.set_row(number, _height(message))
        sheet.write_string(number, 0, self._submission, self._format("own"))
        if line.row is not None:
            sheet.write_number(number, 1, line.row, self._format("own"))
        else:
            sheet.write_blank(number, 1, None, self._format("own"))
        sheet.write_string(number, 2, message, self._format("message"))
        for index, (column, text) in enumerate(zip(self._columns, line.texts, strict=True)):
            self._cell(number, len(_OWN) + index, column, text, line.marks.get(index))
        if self._justification:
            look = self._format("asked" if line.asks else "answer")
            sheet.write_blank(number, len(_OWN) + len(self._columns), None, look)

    def _cell(self, number: int, index: int, column: KitColumn, text: str, mark: tuple[Severity, str] | None) -> None:
        look = self._look(column, None if mark is None else mark[0])
        if column.number and _NUMBER.fullmatch(text):
            self._sheet.write_number(number, index, float(text.replace(",", ".")), look)
        elif text:
            self._sheet.write_string(number, index, text[:LONGEST_TEXT], look)
        else:
            self._sheet.write_blank(number, index, None, look)
        if mark is not None and self._comments < MOST_COMMENTS:
            self._comments += 1
            self._sheet.write_comment(number, index, mark[1][:MOST_MESSAGE_CHARS], _COMMENT)

    def finish(self) -> None:
        """What concerns all lines: no green triangle on a code that is a text on purpose."""
        width = len(_OWN) + len(self._columns)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:{column_letters(width)}{self._last + 1}"})
        self._sheet.set_comments_author("Guichet")

    def _look(self, column: KitColumn, severity: Severity | None) -> Format:
        kind = "number" if column.number else "text"
        grave = severity in {Severity.BLOCKING, Severity.ERROR}
        return self._format(kind if severity is None else f"{kind}-{'error' if grave else 'warning'}")

    def _format(self, name: str) -> Format:
        if name not in self._formats:
            self._formats[name] = self._book.add_format(_LOOKS[name])
        return self._formats[name]


_INK: Final = f"#{styles.INK}"
_BASE: Final[dict[str, Any]] = {"font_name": "Calibri", "font_size": 11, "font_color": _INK, "valign": "top"}
_SMALL: Final[dict[str, Any]] = {**_BASE, "font_size": 9, "font_color": f"#{styles.SOFT}"}
_BOXED: Final[dict[str, Any]] = {**_BASE, "border": 1, "border_color": f"#{styles.LINE}"}
_HEAD: Final[dict[str, Any]] = {"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1}


def _marked(severity: Severity) -> dict[str, Any]:
    """Bold besides the colour, for those who do not see it."""
    fill, ink = styles.SEVERITY_FILLS[severity], styles.SEVERITY_INKS[severity]
    return {"bg_color": f"#{fill}", "font_color": f"#{ink}", "bold": True}


_TEXT: Final[dict[str, Any]] = {**_BOXED, "num_format": "@"}
_LOOKS: Final[Mapping[str, dict[str, Any]]] = {
    "head": {**_BASE, **_HEAD, "bg_color": f"#{styles.CALM_FILL}", "border": 1, "border_color": f"#{styles.LINE}"},
    "own-head": {**_SMALL, **_HEAD, "bg_color": f"#{styles.PANEL}"},
    "own": _SMALL,
    "message": {**_BASE, "font_size": 9, "text_wrap": True},
    "answer": {**_BASE, "text_wrap": True, "num_format": "@"},
    "asked": {**_BOXED, "text_wrap": True, "num_format": "@", "bg_color": "#FEF8E6"},
    "number": _BOXED,
    "number-error": {**_BOXED, **_marked(Severity.ERROR)},
    "number-warning": {**_BOXED, **_marked(Severity.WARNING)},
    "text": _TEXT,
    "text-error": {**_TEXT, **_marked(Severity.ERROR)},
    "text-warning": {**_TEXT, **_marked(Severity.WARNING)},
}
UNLISTED: Final = typeset("Message non listé : voir le rapport.")
MISSING: Final = typeset("Ligne attendue, absente du fichier : à compléter.")
CUMUL: Final = typeset("Cumul à recalculer avec les lignes ajoutées : il remplacera celui qui était accepté.")


def _height(message: str) -> float:
    """Points that the message takes in its column: a spreadsheet does not work it out when it opens the file."""
    lines = sum(1 + len(part) // _LINE_CHARS for part in message.split("\n"))
    return min(_TALLEST_POINTS, max(16.0, 4 + _LINE_POINTS * lines))
