"""The sheet « Graphiques » of the workbook: the figures, in sight, and beside them native charts made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from publication.table import RowKind, Table
from publication.values import Value
from rendering.escaping import visible

SHEET: Final = "Graphiques"
_BLUE, _PALE = "#1F4B75", "#B9C7D6"
_ROW_PIXELS: Final = 20
_CHART_WIDTH: Final = 560
_LONG: Final = 6
"""A plot of more rows begins a printed page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plot:
    """Some figures to be drawn. `series`: their titles; `rows`: a label, then a figure for each series."""

    title: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


def add_charts(book: xlsxwriter.Workbook, styles: Callable[..., Any], tables: Sequence[Table]) -> None:
    """The sheet, when there is something to draw."""
    plots = [plot for plot in _plots(tables) if plot.rows]
    if not plots:
        return
    sheet = book.add_worksheet(SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 15)
    sheet.set_column(3, 3, 2)
    sheet.write_string(0, 0, SHEET, styles(bold=True, font_size=13))
    at, breaks = 2, []
    for plot in plots:
        if len(plot.rows) > _LONG:
            breaks.append(at)
        at = _draw(book, sheet, styles, plot, at)
    sheet.set_h_pagebreaks(breaks)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _plots(tables: Sequence[Table]) -> Iterator[_Plot]:
    for table in tables:
        if table.code == "D3":
            yield from _nation(table)
        elif table.code in {"D4", "D6"}:
            yield _blocks(table)


def _nation(table: Table) -> Iterator[_Plot]:
    """Cumul and recall: those of a unit together, since one scale cannot serve both."""
    for service in dict.fromkeys(row.keys["service"] for row in table.rows):
        rows = [row for row in table.rows if row.keys["service"] == service]
        for unit in dict.fromkeys(row.keys["unite"] for row in rows):
            yield _Plot(
                title=f"{rows[0].keys['heading']} : cumul et rappel de l’année précédente ({unit})",
                series=("Cumul", "Rappel"),
                rows=tuple((row.keys["label"], row.values[2:4]) for row in rows if row.keys["unite"] == unit),
            )


def _blocks(table: Table) -> _Plot:
    column = table.columns[1]
    totals = [row for row in table.rows if row.kind is RowKind.BLOCK_TOTAL]
    return _Plot(
        title=f"{column.group} par région : {column.label.lower()}",
        series=(column.label,),
        rows=tuple((row.keys[table.block or ""], row.values[1:2]) for row in totals),
    )


def _draw(book: xlsxwriter.Workbook, sheet: Any, styles: Callable[..., Any], plot: _Plot, at: int) -> int:
    """Figures from row `at` on, their chart beside them; the row after both."""
    head = styles(bold=True, bottom=1, bg_color="#F5F6F8", text_wrap=True, valign="bottom")
    sheet.write_string(at, 0, plot.title, styles(bold=True))
    sheet.write_string(at + 1, 0, "", head)
    for place, title in enumerate(plot.series, start=1):
        sheet.write_string(at + 1, place, title, styles(bold=True, bottom=1, bg_color="#F5F6F8", align="right"))
    first = at + 2
    for row, (label, values) in enumerate(plot.rows, start=first):
        sheet.write_string(row, 0, visible(label, None), styles())
        for place, value in enumerate(values, start=1):
            if value.number is None:
                sheet.write_string(row, place, value.absence.value if value.absence else "", styles(align="right"))
            else:
                sheet.write_number(row, place, float(Decimal(value.number)), styles(num_format="#,##0"))
    last = first + len(plot.rows) - 1
    height = 110 + 22 * len(plot.rows) * len(plot.series)
    chart = book.add_chart({"type": "bar"})
    for place, title in enumerate(plot.series, start=1):
        chart.add_series(
            {
                "name": title,
                "categories": [SHEET, first, 0, last, 0],
                "values": [SHEET, first, place, last, place],
                "fill": {"color": _BLUE if place == 1 else _PALE},
                "border": {"color": _BLUE},
                "gap": 45,
                "data_labels": {"value": True, "num_format": "#,##0", "font": {"size": 9}},
            },
        )
    chart.set_title({"name": plot.title, "name_font": {"size": 11, "bold": True}, "overlay": False})
    chart.set_legend({"none": True} if len(plot.series) == 1 else {"position": "bottom"})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_size({"width": _CHART_WIDTH, "height": height})
    sheet.insert_chart(at, 4, chart, {"description": f"{plot.title}. Les chiffres sont dans les colonnes de gauche."})
    return max(last + 3, at + height // _ROW_PIXELS + 2)
