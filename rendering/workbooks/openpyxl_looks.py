"""Our looks and our first sheet, written with openpyxl."""

from __future__ import annotations

from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from rendering.escaping import visible
from rendering.workbooks import styles
from rendering.workbooks.front import Front, FrontCell
from rendering.workbooks.styles import Look

CELL_CHARS = 32_767
A4 = 9


class Dresser:
    """Gives cells a look; the objects of a look are made once a workbook. `font`: the workbook's own."""

    def __init__(self, font: str = "Calibri") -> None:
        self._font = font
        self._made: dict[Look, tuple[Font, Alignment, PatternFill | None, Border | None, Protection | None]] = {}

    def dress(self, cell: Any, look: Look) -> None:
        """Give the cell this look; what the look does not say stays as it was."""
        made = self._made.get(look)
        if made is None:
            made = self._made[look] = self._make(look)
        font, alignment, fill, border, protection = made
        cell.font, cell.alignment = font, alignment
        if fill is not None:
            cell.fill = fill
        if border is not None:
            cell.border = border
        if protection is not None:
            cell.protection = protection

    def _make(self, look: Look) -> tuple[Font, Alignment, PatternFill | None, Border | None, Protection | None]:
        side = Side(style="thin", color=_argb(styles.LINE))
        border = Border(left=side, right=side, top=side, bottom=side) if look.box else None
        if look.line and border is None:
            border = Border(bottom=side)
        return (
            Font(
                name=self._font,
                sz=look.size,
                b=look.bold,
                color=_argb(look.ink),
                u="single" if look.underline else None,
            ),
            Alignment(
                wrap_text=look.wrap,
                vertical="top" if look.top else "center",
                horizontal="center" if look.centred else "left",
                indent=look.indent,
            ),
            solid(look.fill) if look.fill is not None else None,
            border,
            Protection(locked=False) if look.unlocked else None,
        )


def solid(colour: str) -> PatternFill:
    """A plain ground."""
    return PatternFill("solid", fgColor=_argb(colour), bgColor=_argb(colour))


def _argb(colour: str) -> str:
    return f"FF{colour}"


def write_text(cell: Any, text: str) -> None:
    """Write a text as a text, whatever it begins with; what no workbook can hold is shown as an escape."""
    shown = "\n".join(visible(line, None) for line in text.split("\n"))
    cell.value = shown[:CELL_CHARS]
    cell.data_type = "s"


def write_front(sheet: Worksheet, front: Front, dresser: Dresser) -> None:
    """Fill the sheet « À corriger », with its filter and its print set-up."""
    for column, width in enumerate(front.widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, row in enumerate(front.rows, start=1):
        if row.height is not None:
            sheet.row_dimensions[number].height = row.height
        for cell in row.cells:
            _write_cell(sheet, number, cell, dresser)
    head, last = front.list_head + 1, max(len(front.rows), front.list_head + 1)
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(front.widths))}{last}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    if sheet.oddFooter is not None:
        sheet.oddFooter.right.text = "&P / &N"
    sheet.sheet_properties.tabColor = _argb(styles.TONES["bad"][0])


def _write_cell(sheet: Worksheet, row: int, told: FrontCell, dresser: Dresser) -> None:
    for column in range(told.column, (told.last or told.column) + 1):
        dresser.dress(sheet.cell(row, column + 1), told.look)
    cell = sheet.cell(row, told.column + 1)
    if isinstance(told.text, int):
        cell.value, cell.number_format = told.text, "#,##0"
    else:
        write_text(cell, told.text)
    if told.location is not None:
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=told.location)
    if told.last is not None and told.last > told.column:
        sheet.merge_cells(start_row=row, end_row=row, start_column=told.column + 1, end_column=told.last + 1)
