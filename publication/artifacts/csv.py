"""One CSV for each table: UTF-8 with BOM, `;`, decimal comma, no thousands separator, no `+`, no `%` (contract §10)."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_UP, Decimal

from publication.table import Kind, Row, Table
from publication.values import Value
from rendering.escaping import csv_cell, encodable

_DECIMALS = {
    Kind.COUNT: Decimal(1),
    Kind.EUROS: Decimal("0.01"),
    Kind.PERCENT: Decimal("0.1"),
    Kind.EVOLUTION: Decimal("0.1"),
    Kind.POINTS: Decimal("0.1"),
    Kind.RATIO: Decimal("0.01"),
}


def csv_bytes(table: Table) -> bytes:
    """The table as spreadsheets and scripts read it."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([*(key.name for key in table.keys), *(column.name for column in table.columns)])
    for row in table.rows:
        words = (csv_cell(encodable(row.keys.get(key.name, ""))) for key in table.keys)
        writer.writerow([*words, *_figures(table, row)])
    return stream.getvalue().encode("utf-8-sig")


def _figures(table: Table, row: Row) -> list[str]:
    kinds = row.kinds or tuple(column.kind for column in table.columns)
    return [_figure(value, kind) for value, kind in zip(row.values, kinds, strict=True)]


def _figure(value: Value, kind: Kind) -> str:
    if value.number is None:
        return "" if value.absence is None else value.absence.value
    return str(Decimal(value.number).quantize(_DECIMALS[kind], ROUND_HALF_UP)).replace(".", ",")
