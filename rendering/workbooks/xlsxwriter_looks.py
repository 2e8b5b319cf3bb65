"""Our looks and our first sheet, written with xlsxwriter."""

from __future__ import annotations

from typing import Any, Final

from domain.findings import Severity
from rendering.escaping import visible
from rendering.workbooks import styles
from rendering.workbooks.front import Front
from rendering.workbooks.styles import Look

CELL_CHARS: Final = 32_767
A4: Final = 9


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Look | None, int | None, Severity | None], Any] = {}

    def of(self, look: Look | None, decimals: int | None = None, severity: Severity | None = None) -> Any:
        """The format of a look of ours, or of a cell of theirs."""
        key = (look, decimals, severity)
        if key not in self._made:
            properties = _properties(look) if look is not None else {"valign": "top"}
            if decimals:
                properties["num_format"] = "0." + "0" * decimals
            if severity is not None and severity in styles.SEVERITY_FILLS:
                properties["bg_color"] = f"#{styles.SEVERITY_FILLS[severity]}"
            self._made[key] = self._book.add_format(properties)
        return self._made[key]


def shown(text: str) -> str:
    """The text as a cell can hold it, with what hides in it shown."""
    return "\n".join(visible(line, None) for line in text.split("\n"))[:CELL_CHARS]


def write_front(sheet: Any, front: Front, formats: Formats) -> None:
    """Fill the sheet « À corriger », with its filter and its print set-up."""
    for column, width in enumerate(front.widths):
        sheet.set_column(column, column, width)
    for number, row in enumerate(front.rows):
        if row.height is not None:
            sheet.set_row(number, row.height)
        for cell in row.cells:
            look = formats.of(cell.look)
            text = cell.text
            if cell.last is not None and cell.last > cell.column:
                sheet.merge_range(number, cell.column, number, cell.last, "", look)
            if isinstance(text, int):
                sheet.write_number(number, cell.column, text, look)
            elif cell.location is not None:
                sheet.write_url(number, cell.column, f"internal:{cell.location}", look, shown(text))
            elif text:
                sheet.write_string(number, cell.column, shown(text), look)
            elif cell.last is None or cell.last == cell.column:
                sheet.write_blank(number, cell.column, None, look)
    last = max(len(front.rows) - 1, front.list_head)
    sheet.autofilter(front.list_head, 0, last, front.last_column)
    sheet.repeat_rows(front.list_head)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_footer("&R&P / &N")
    sheet.set_tab_color(f"#{styles.TONES['bad'][0]}")


def _properties(look: Look) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "font_color": f"#{look.ink}",
        "valign": "top" if look.top else "vcenter",
        "align": "center" if look.centred else "left",
    }
    if look.size is not None:
        properties["font_size"] = look.size
    for name, wanted in (("bold", look.bold), ("text_wrap", look.wrap), ("underline", look.underline)):
        if wanted:
            properties[name] = True
    if look.fill is not None:
        properties["bg_color"] = f"#{look.fill}"
    if look.indent:
        properties["indent"] = look.indent
    if look.box:
        properties.update(border=1, border_color=f"#{styles.LINE}")
    elif look.line:
        properties.update(bottom=1, bottom_color=f"#{styles.LINE}")
    if look.unlocked:
        properties["locked"] = False
    return properties
