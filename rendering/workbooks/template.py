"""The workbook to fill in: one collection, one period, one organisation (contract §3, `guichet template`; C0-C2).

What the register knows is filled in and locked; what is asked for has its drop-down, its input message and a colour
while it is empty or cannot be right. Our own reader takes a filled one without a word. The same order gives the same
bytes, so that a template that has not changed is not written again.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from domain.findings import Severity
from rendering.french import long_instant, period_name, say, typeset
from rendering.workbooks import template_styles as looks
from rendering.workbooks.template_cells import (
    MESSAGE_CHARS,
    TITLE_CHARS,
    about,
    cut,
    legend,
    list_name,
    live_rules,
    missing,
    one_line_each,
    remaining,
    sum_alike,
    twice,
    validation,
    wrong,
)
from rendering.workbooks.template_instructions import write_instructions
from rendering.workbooks.template_plan import (
    TITLE_ROW,
    TemplateColumn,
    TemplateOrder,
    TemplatePlan,
)
from schemas.columns import INSTRUCTIONS_SHEET

__all__ = ["LISTS_SHEET", "VERSION_PROPERTY", "TemplateOrder", "template_workbook"]

LISTS_SHEET: Final = "Listes"
VERSION_PROPERTY: Final = "Guichet version du modele"
_AUTHOR: Final = "Guichet"
_A4: Final = 9
_TITLE_LINE: Final = 16
_LINE_HEIGHT: Final = 20
_REFUSING: Final = frozenset({Severity.BLOCKING, Severity.ERROR})
_NOTE_WIDTH, _NOTE_LINE, _NOTE_CHARS = 380, 19, 52
_MAY = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_columns": True,
    "format_rows": True,
}


def template_workbook(order: TemplateOrder) -> bytes:
    """The template as the bytes of an XLSX file, the same at every call."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    _Writer(book, TemplatePlan(order=order)).write()
    book.close()
    return stream.getvalue()


class _Writer:
    """Writes one plan into one workbook."""

    def __init__(self, book: Any, plan: TemplatePlan) -> None:
        self.book, self.plan, self.order = book, plan, plan.order
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def write(self) -> None:
        """All sheets, in the order in which they stand."""
        self._describe()
        sheet = self.book.add_worksheet(self.order.sheet_name)
        instructions = self.book.add_worksheet(INSTRUCTIONS_SHEET)
        self._lists()
        self._head(sheet)
        self._titles(sheet)
        self._lines(sheet)
        self._total(sheet)
        self._checks(sheet)
        self._page(sheet)
        write_instructions(instructions, self.plan, self.format)
        sheet.activate()

    def format(self, look: Mapping[str, Any]) -> Any:
        """The format of a look, made once."""
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(dict(look))
        return self._formats[key]

    def _describe(self) -> None:
        order = self.order
        title = f"{order.collection.label}, {period_name(order.period)}"
        self.book.set_properties(
            {
                "title": typeset(title),
                "author": _AUTHOR,
                # never the present: the same order gives the same bytes
                "created": datetime.combine(order.period.starts_on, time(0, 0)),
            }
        )
        self.book.set_custom_property(VERSION_PROPERTY, f"{order.collection.fingerprint} {order.version}".strip())
        self.book.set_custom_property("Guichet collecte", order.collection.code)
        self.book.set_custom_property("Guichet periode", order.period.code)

    # -- lists -----------------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        """Each list in a column of a hidden sheet: written in the cell's validation, a long one would be dropped."""
        sheet = None
        self.listed: dict[str, str] = {}
        for one in self.plan.columns:
            values = self._values(one)
            if not values:
                continue
            if sheet is None:
                sheet = self.book.add_worksheet(LISTS_SHEET)
                sheet.hide()
                sheet.protect("", _MAY)
            index, name = len(self.listed), list_name(one.column)
            for row, value in enumerate(values):
                sheet.write_string(row, index, value)
            letter = xl_col_to_name(index)
            self.book.define_name(name, f"={LISTS_SHEET}!${letter}$1:${letter}${len(values)}")
            self.listed[one.column.name] = name

    def _values(self, one: TemplateColumn) -> tuple[str, ...]:
        column = one.column
        if column.codes is not None and not column.several:
            return tuple(column.codes)
        if column is self.order.collection.member_column:
            members = self.order.others if self.plan.lines else (*self.order.expected, *self.order.others)
            return tuple(sorted(member.code for member in members))
        return ()

    # -- what is above the table -----------------------------------------------------------------------------------

    def _head(self, sheet: Any) -> None:
        order = self.order
        who = f" – {order.sender.nom} ({order.sender.code})" if order.sender else ""
        sheet.write_string(0, 0, order.collection.label, self.format(looks.HEADING))
        when = period_name(order.period)
        sheet.write_string(1, 0, f"{when[:1].upper()}{when[1:]}{who}", self.format(looks.SUBHEADING))
        if order.due_at is not None:
            due = say("À déposer au plus tard le {when}.", when=long_instant(order.due_at))
            sheet.write_string(2, 0, due, self.format(looks.DUE))
        sheet.write_string(3, 0, legend(self.plan), self.format(looks.REMARK))
        if self.plan.lines:
            formula, shown = remaining(self.plan)
            sheet.write_formula(4, 0, formula, self.format(looks.DUE), shown)
        else:
            last = one_line_each(self.order.collection)
            sheet.write_string(4, 0, last, self.format(looks.REMARK))
        sheet.set_row(0, 28)
        sheet.set_row(5, 8)

    # -- the table -------------------------------------------------------------------------------------------------

    def _titles(self, sheet: Any) -> None:
        widths = {one.index: looks.width(one.column, one.longest) for one in self.plan.columns}
        folds = [len(textwrap.wrap(one.column.label, widths[one.index] - 3)) for one in self.plan.columns]
        sheet.set_row(TITLE_ROW, _TITLE_LINE * (max(folds) + 1))
        for one in self.plan.columns:
            free = None if self.plan.lines else self.format(looks.cell(one.column, locked=False) | {"border": 0})
            sheet.set_column(one.index, one.index, widths[one.index], free)
            sheet.write_string(TITLE_ROW, one.index, one.column.label, self.format(looks.TITLE))
            text = about(one.column, self.order.collection, self.order.rules)
            lines = sum(len(part) // _NOTE_CHARS + 1 for part in text.split("\n"))
            options = {"author": _AUTHOR, "width": _NOTE_WIDTH, "height": _NOTE_LINE * (lines + 1), "font_size": 10}
            sheet.write_comment(TITLE_ROW, one.index, text, options)

    def _lines(self, sheet: Any) -> None:
        plan = self.plan
        for offset, line in enumerate(plan.lines):
            for one in plan.columns:
                summed = bool(line.sums_alike) and one.column.quantity
                look = self.format(looks.cell(one.column, locked=one.prefilled or summed))
                row = plan.first_row + offset
                value = line.values.get(one.column.name, "")
                if summed:
                    sheet.write_formula(row, one.index, sum_alike(plan, line, one), look, "")
                elif value:
                    sheet.write_string(row, one.index, value, look)
                else:
                    sheet.write_blank(row, one.index, None, look)
        first = plan.first_row + len(plan.lines)
        for row in range(first, plan.last_drawn_row + 1):
            carried = self.order.carried[row - first] if row - first < len(self.order.carried) else {}
            for one in plan.columns:
                look = self.format(looks.cell(one.column, locked=False))
                _write(sheet, (row, one.index), carried.get(one.column.name), look)
        if plan.lines:
            for row in range(plan.first_row, plan.last_drawn_row + 1):
                sheet.set_row(row, _LINE_HEIGHT)

    def _total(self, sheet: Any) -> None:
        plan, row = self.plan, self.plan.total_row
        if row is None:
            return
        sheet.set_row(row, _LINE_HEIGHT + 4)
        for one in plan.columns:
            if one.column.quantity:
                first, last = (xl_rowcol_to_cell(each, one.index) for each in (plan.first_row, plan.last_row))
                look = {**looks.TOTAL, "num_format": looks.number_format(one.column), "align": "right"}
                formula = f'=IF(COUNT({first}:{last})=0,"",SUM({first}:{last}))'
                sheet.write_formula(row, one.index, formula, self.format(look), "")
            else:
                sheet.write_blank(row, one.index, None, self.format(looks.TOTAL))
        sheet.write_string(row, 0, self.order.collection.total_labels[0], self.format(looks.TOTAL))

    # -- what watches over it --------------------------------------------------------------------------------------

    def _checks(self, sheet: Any) -> None:
        plan = self.plan
        for one in plan.columns:
            listed = self.listed.get(one.column.name)
            start = plan.first_row + len(plan.lines) if one.prefilled else plan.first_row
            self._validate(sheet, start, plan.last_row, one, validation(one, start, listed=listed))
            if one.prefilled:
                self._validate(sheet, plan.first_row, plan.last_expected_row, one, _known(one))
            self._colour(sheet, start, one, wrong(one, start, listed=listed), looks.IS_WRONG)
        repeated = twice(plan)
        for name in plan.order.collection.key:
            if name in plan.places and repeated:
                self._colour(sheet, plan.first_row, plan.columns[plan.places[name]], repeated, looks.IS_WRONG)
        for rule in live_rules(plan):
            look = looks.IS_WRONG if rule.severity in _REFUSING else looks.IS_DOUBTFUL
            self._colour(sheet, plan.first_row, plan.columns[rule.index], rule.formula, look)
        for one in plan.columns:
            if plan.lines and not one.prefilled:
                self._colour(
                    sheet,
                    plan.first_row,
                    one,
                    missing(one, plan, plan.first_row, begun=False),
                    looks.IS_MISSING,
                    last=plan.last_expected_row,
                )
            spare = plan.last_expected_row + 1
            self._colour(sheet, spare, one, missing(one, plan, spare, begun=True), looks.IS_MISSING)

    def _validate(self, sheet: Any, first: int, last: int, one: TemplateColumn, options: Mapping[str, Any]) -> None:
        sheet.data_validation(first, one.index, last, one.index, dict(options))

    def _colour(  # noqa: PLR0913 - a place, a formula and a look
        self,
        sheet: Any,
        first: int,
        one: TemplateColumn,
        formula: str | None,
        look: looks.Look,
        *,
        last: int | None = None,
    ) -> None:
        if formula is not None:
            options = {"type": "formula", "criteria": formula, "format": self.format(look), "stop_if_true": True}
            bottom = self.plan.last_row if last is None else last
            sheet.conditional_format(first, one.index, bottom, one.index, options)

    def _page(self, sheet: Any) -> None:
        plan = self.plan
        sheet.protect("", _MAY)
        frozen = next((one.index for one in plan.columns if not one.prefilled), 0) if plan.lines else 0
        sheet.freeze_panes(plan.first_row, frozen)
        first = next((one.index for one in plan.columns if not one.prefilled), 0)
        sheet.set_selection(plan.first_row, first, plan.first_row, first)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(TITLE_ROW)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer(f"&L&8{self.order.sheet_name}&R&8&P / &N")
        bottom = plan.total_row or plan.last_drawn_row
        sheet.print_area(0, 0, bottom, len(plan.columns) - 1)


def _write(sheet: Any, place: tuple[int, int], value: Any, look: Any) -> None:
    """A stored value as a person would have written it."""
    if value is None:
        sheet.write_blank(*place, None, look)
    elif isinstance(value, bool):
        sheet.write_string(*place, "O" if value else "N", look)
    elif isinstance(value, date):
        sheet.write_datetime(*place, value, look)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(*place, float(value), look)
    else:
        sheet.write_string(*place, str(value), look)


def _known(one: TemplateColumn) -> dict[str, Any]:
    """The message on a cell that the register fills in."""
    return {
        "validate": "any",
        "input_title": cut(one.column.label, TITLE_CHARS),
        "input_message": cut(
            typeset("Rempli d'après l'annuaire, rien à faire. Une erreur ? Signalez-la à l'UESL."), MESSAGE_CHARS
        ),
    }
