"""How a template looks. Colours are never alone: what is wrong is bold too, and the sheet says it in words."""

from __future__ import annotations

from typing import Any

from domain.findings import Severity
from rendering.workbooks import styles
from schemas.columns import Column, Kind

FONT = "Calibri"
INK, FAINT, PAPER = f"#{styles.INK}", f"#{styles.SOFT}", "#FFFFFF"
BAND, RULE = f"#{styles.LINK}", f"#{styles.LINE}"
KNOWN, EMPTY = "#ECEFF3", "#FFF3CC"
WRONG, WRONG_INK = f"#{styles.ERROR_FILL}", f"#{styles.SEVERITY_INKS[Severity.ERROR]}"
DOUBTFUL, DOUBTFUL_INK = "#FFD9AD", f"#{styles.SEVERITY_INKS[Severity.WARNING]}"
"""Not the pale yellow of a warning elsewhere: here that is a cell to fill in."""

Look = dict[str, Any]

PLAIN: Look = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "vcenter"}
HEADING: Look = {**PLAIN, "font_size": 16, "bold": True, "font_color": BAND}
SUBHEADING: Look = {**PLAIN, "font_size": 12, "bold": True}
REMARK: Look = {**PLAIN, "font_color": FAINT}
DUE: Look = {**PLAIN, "bold": True}
TITLE: Look = {
    **PLAIN,
    "bold": True,
    "font_color": PAPER,
    "bg_color": BAND,
    "text_wrap": True,
    "align": "center",
    "border": 1,
    "border_color": RULE,
}
TOTAL: Look = {**PLAIN, "bold": True, "bg_color": KNOWN, "top": 2, "top_color": BAND, "bottom": 1, "bottom_color": RULE}
CHAPTER: Look = {**PLAIN, "font_size": 13, "bold": True, "font_color": BAND, "bottom": 1, "bottom_color": BAND}
TEXT: Look = {**PLAIN, "text_wrap": True}
STRONG: Look = {**TEXT, "bold": True}

IS_MISSING: Look = {"bg_color": EMPTY}
IS_WRONG: Look = {"bg_color": WRONG, "font_color": WRONG_INK, "bold": True}
IS_DOUBTFUL: Look = {"bg_color": DOUBTFUL, "font_color": DOUBTFUL_INK, "bold": True}

_FORMATS = {Kind.COUNT: "#,##0", Kind.DATE: "dd/mm/yyyy", Kind.YEAR: "0", Kind.QUARTER: "0"}
_CENTRED = frozenset({Kind.CODE, Kind.YES_NO, Kind.DATE, Kind.MEMBER, Kind.YEAR, Kind.QUARTER, Kind.POSTAL})
_WIDTHS = {Kind.COUNT: 20, Kind.AMOUNT: 22, Kind.DATE: 14, Kind.YES_NO: 10, Kind.MEMBER: 20, Kind.TEXT: 36}
_NARROW, _CODE = 8, 14
_AROUND = 3
"""Characters of margin around the longest word of a title, which is bold."""
_WIDEST = 60


def number_format(column: Column) -> str:
    """The number format of a column; codes and texts are text, so that no zero is lost."""
    if column.kind is Kind.AMOUNT:
        return f"#,##0.{'0' * column.decimals}" if column.decimals else "#,##0"
    return _FORMATS.get(column.kind, "@")


def cell(column: Column, *, locked: bool) -> Look:
    """A cell of the table."""
    return {
        **PLAIN,
        "num_format": number_format(column),
        "locked": locked,
        "bg_color": KNOWN if locked else PAPER,
        "border": 1,
        "border_color": RULE,
        **_alignment(column),
    }


def _alignment(column: Column) -> Look:
    if column.kind in _CENTRED:
        return {"align": "center"}
    return {"align": "right"} if column.kind in {Kind.COUNT, Kind.AMOUNT} else {"align": "left", "indent": 1}


def width(column: Column, longest: int = 0) -> int:
    """The width of a column, in characters: what it holds, its title's longest word, the `longest` text prepared."""
    return max(_content(column), max(map(len, column.label.split())) + _AROUND, min(longest + _AROUND, _WIDEST))


def _content(column: Column) -> int:
    if column.kind is Kind.CODE:
        return _NARROW if (column.code_width or 0) in {1, 2} else _CODE
    if column.kind is Kind.COUNT and not column.additive:
        return _CODE
    if column.kind is Kind.TEXT:
        return min(_WIDTHS[Kind.TEXT], max(_CODE, column.max_length))
    return _WIDTHS.get(column.kind, _CODE)
