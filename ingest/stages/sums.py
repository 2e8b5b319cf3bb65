"""Recognises a line of totals without a name: « Somme » clicked under the columns, nothing written in front."""

from __future__ import annotations

from typing import Any

from ingest.stages.layout import Layout
from ingest.stages.lines import SortedLines
from ingest.stages.values import parse

_FEWEST_LINES = 2
"""Lines above a sum: the copy of a single line is a mistake, not a total."""


def take_unnamed_sum(found: SortedLines, layout: Layout) -> int | None:
    """Move the last record to the totals when it names nobody and its figures are the sums of those above; its row.

    Each figure that can be compared must agree, and one at least must not be zero.
    """
    if not layout.collection.total_headings or len(found.rows) <= _FEWEST_LINES:
        return None
    last = len(found.rows) - 1
    cells = {index: text for index, column in found.texts.items() if (text := column[last].as_py())}
    figures = {
        layout.positions[column.name]: column
        for column in layout.collection.quantities
        if column.name in layout.positions
    }
    if not cells or not cells.keys() <= figures.keys():
        return None
    agreeing = 0
    for index, text in cells.items():
        written = parse(figures[index], text).value
        above = _sum([parse(figures[index], one).value for one in found.texts[index].slice(0, last).to_pylist()])
        if written is None or (above is not None and above != written):
            return None
        agreeing += bool(above)
    if not agreeing:
        return None
    row = found.rows.pop()
    found.texts = {index: column.slice(0, last) for index, column in found.texts.items()}
    found.overflow = [one for one in found.overflow if one[0] != last]
    found.totals.append((row, cells))
    return row


def _sum(values: list[Any]) -> Any:
    """None when a figure above could not be read."""
    return None if any(value is None for value in values) else sum(values)
