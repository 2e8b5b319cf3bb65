"""The workbook of an edition: a sheet a table, real numbers, frozen titles, ready to print, with native charts."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from publication.artifacts.layout import LaidTable, lay_out
from publication.artifacts.sheet_of_charts import add_charts
from publication.edition import Edition
from publication.table import Kind, Row, RowKind, Table
from publication.words import banner, edition_label, edition_title, edition_words, release_notes, reminder
from rendering.escaping import visible
from rendering.french import long_date, say

_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.COUNT: "#,##0",
    Kind.EUROS: "#,##0",
    Kind.PERCENT: '0.0" %"',
    Kind.EVOLUTION: '+0.0" %";-0.0" %";0.0" %"',
    Kind.POINTS: "+0.0;-0.0;0.0",
    Kind.RATIO: "0.00",
}
_FIRST_ROW: Final = 3
_NARROW, _WIDE, _FIGURE = 7, 44, 15
_FRONT: Final = 78
_LINE, _SMALL_LINE = 14.5, 13.0
_TITLE_HEIGHT: Final = 42
_SHADES: Final = {RowKind.LINE: "", RowKind.BLOCK_TOTAL: "", RowKind.TOTAL: "#E2E8EF"}


def workbook_bytes(edition: Edition) -> bytes:
    """The whole workbook; the same edition gives the same bytes."""
    buffer = io.BytesIO()
    made_at = datetime.combine(edition.dated_on, time())
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties(
            {
                "title": edition_title(edition),
                "subject": edition_label(edition),
                "author": "UESL",
                "created": made_at,
            },
        )
        styles = _Styles(book)
        _front(book, styles, edition)
        for table in edition.tables:
            _Sheet(book, styles, edition, table).write()
        add_charts(book, styles, edition.tables)
    return buffer.getvalue()


class _Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **looks: Any) -> Any:
        key = tuple(sorted(looks.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"font_name": "Calibri", "font_size": 10, **looks})
        return self._made[key]


def _front(book: xlsxwriter.Workbook, styles: _Styles, edition: Edition) -> None:
    sheet = book.add_worksheet("Lisez-moi")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, _FRONT)
    title = edition_title(edition)
    sheet.write_string(0, 0, title, styles(bold=True, font_size=16, text_wrap=True, valign="top"))
    sheet.set_row(0, _height(title, _FRONT * 11 // 20, 22))
    dated = say("{label} – le {day}", label=edition_label(edition), day=long_date(edition.dated_on))
    sheet.write_string(1, 0, dated, styles(font_color="#525D6B"))
    lines = [*banner(edition), ""]
    if edition.changes:
        lines += [say("Ce qui change par rapport à {name} :", name=edition_words(edition.replaces))]
        lines += [f"– {line}" for line in release_notes(edition)]
        lines.append("")
    lines += [f"{table.code} – {table.title}, {table.subtitle}" for table in edition.tables]
    lines += [
        "",
        say("n.d. : donnée non disponible ; n.s. : non significatif (base nulle) ; cellule vide : non concerné."),
        *([] if edition.period.quarter else [say("s. : secret statistique.")]),
    ]
    for place, line in enumerate(lines, start=3):
        sheet.write_string(place, 0, visible(line, None), styles(text_wrap=True, valign="top"))
        sheet.set_row(place, _height(line or " ", _FRONT, _LINE))
    sheet.print_area(0, 0, 2 + len(lines), 0)
    sheet.set_paper(9)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)


class _Sheet:
    """One table on its sheet."""

    def __init__(self, book: xlsxwriter.Workbook, styles: _Styles, edition: Edition, table: Table) -> None:
        self.book, self.styles, self.edition, self.table = book, styles, edition, table
        self.laid: LaidTable = lay_out(table)
        self.sheet = book.add_worksheet(table.code)
        self.shift = len(self.laid.keys)

    def write(self) -> None:
        last = self.shift + len(self.laid.columns) - 1
        self.sheet.hide_gridlines(2)
        self.sheet.write_string(0, 0, f"{self.table.code}. {self.table.title}", self.styles(bold=True, font_size=13))
        subtitle = f"{self.table.subtitle} – {edition_label(self.edition)}"
        self.sheet.write_string(1, 0, subtitle, self.styles(font_color="#525D6B"))
        body = self._titles()
        end = self._rows(body)
        notes = self._notes(end + 1, last)
        self._look(body, notes, last)

    def _titles(self) -> int:
        """The lines of titles; the row after them."""
        two = bool(self.laid.groups)
        looks = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, "bg_color": "#F5F6F8"}
        under = _FIRST_ROW + 1 if two else _FIRST_ROW
        for row in range(_FIRST_ROW, under + 1):
            self.sheet.set_row(row, _TITLE_HEIGHT)  # wrapped titles: some readers do not make room by themselves
        for place, label in enumerate(self.laid.keys):
            if two:
                self.sheet.merge_range(_FIRST_ROW, place, under, place, "", self.styles(**looks))
            self.sheet.write_string(_FIRST_ROW, place, label, self.styles(**looks))
        place = self.shift
        for group in self.laid.groups:
            text, style = f"{group.label} {group.mark}".strip(), self.styles(**looks, align="center")
            if group.width > 1:
                self.sheet.merge_range(_FIRST_ROW, place, _FIRST_ROW, place + group.width - 1, text, style)
            else:
                self.sheet.write_string(_FIRST_ROW, place, text, style)
            place += group.width
        for place, column in enumerate(self.laid.columns, start=self.shift):
            text = f"{column.label} {column.mark}".strip()
            self.sheet.write_string(under, place, text, self.styles(**looks, align="right"))
        return under + 1

    def _rows(self, first: int) -> int:
        """Everything below the titles; the row after it. A block's title is a row of its own."""
        at = first
        for row, laid in zip(self.table.rows, self.laid.rows, strict=True):
            if laid.heading:
                self.sheet.write_string(at, 0, visible(laid.heading, None), self.styles(bold=True, bg_color="#EEF2F6"))
                for column in range(1, self.shift + len(row.values)):
                    self.sheet.write_blank(at, column, None, self.styles(bg_color="#EEF2F6"))
                at += 1
            self._row(at, row, laid.words, laid.note)
            at += 1
        return at

    def _row(self, at: int, row: Row, words: tuple[str, ...], note: str) -> None:
        looks: dict[str, Any] = {"bold": row.kind is not RowKind.LINE, "bottom": 4, "bottom_color": "#D5DAE1"}
        if _SHADES[row.kind]:
            looks["bg_color"] = _SHADES[row.kind]
        for place, word in enumerate(words):
            text = f"{word} ({note})" if note and place == len(words) - 1 else word
            self.sheet.write_string(at, place, visible(text, None), self.styles(**looks))
        kinds = row.kinds or tuple(column.kind for column in self.table.columns)
        for place, (value, kind) in enumerate(zip(row.values, kinds, strict=True), start=self.shift):
            if value.number is None:
                absent = self.styles(**looks, align="right", font_color="#525D6B")
                self.sheet.write_string(at, place, value.absence.value if value.absence else "", absent)
            else:
                form = _FORMATS[kind] + ('"*"' if value.incomplete else "")
                self.sheet.write_number(at, place, float(Decimal(value.number)), self.styles(**looks, num_format=form))

    def _notes(self, at: int, last: int) -> int:
        """What is said under the table, as wide as the table; the last row."""
        style = self.styles(font_color="#525D6B", font_size=9, text_wrap=True, valign="top")
        wide = sum(map(self._width, range(self.shift))) + _FIGURE * (last + 1 - self.shift)
        told = [line for line in (reminder(self.edition), *self.laid.notes, *self.laid.footnotes) if line]
        for row, line in enumerate(told, start=at):
            self.sheet.merge_range(row, 0, row, last, visible(line, None), style)
            self.sheet.set_row(row, _height(line, wide, _SMALL_LINE))
        return at + len(told) - 1

    def _width(self, key: int) -> int:
        """Of a column of words."""
        return _WIDE if key == self.laid.wide else max(_NARROW, self.laid.rooms[key] if self.laid.landscape else 0)

    def _look(self, body: int, end: int, last: int) -> None:
        """Widths, frozen titles, print set-up."""
        for place in range(self.shift):
            self.sheet.set_column(place, place, self._width(place))
        self.sheet.set_column(self.shift, last, _FIGURE)
        self.sheet.freeze_panes(body, self.shift)
        self.sheet.set_paper(9)
        if self.laid.landscape:
            self.sheet.set_landscape()
        self.sheet.repeat_rows(_FIRST_ROW, body - 1)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        self.sheet.set_footer(f"&L{edition_label(self.edition)}&RPage &P / &N")
        self.sheet.print_area(0, 0, end, last)


def _height(text: str, wide: int, line: float) -> float:
    """Points that a wrapped text needs: not every reader makes room by itself."""
    return line * -(-len(text) // wide)
