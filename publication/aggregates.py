"""Typed tables as plain JSON and back, and the hash of what an edition says (contract §10).

The hash covers figures and coverage: what `changes` tells cell by cell, and what is missing. Never the label of the
edition, nor titles, notes, names of organisations or the order of the rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from domain.periods import Period
from domain.releases import Coverage
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.values import Absence, Value

SCHEMA = 1


def as_document(table: Table) -> dict[str, Any]:
    """A table as JSON values; exact, so that an edition can be made again from it."""
    return {
        "code": table.code,
        "title": table.title,
        "subtitle": table.subtitle,
        "period": table.period.code,
        "keys": [{"name": one.name, "label": one.label, "hidden": one.hidden} for one in table.keys],
        "columns": [
            {"name": one.name, "label": one.label, "kind": one.kind.value, "group": one.group, "mark": one.mark}
            for one in table.columns
        ],
        "rows": [_row_document(one) for one in table.rows],
        "block": table.block,
        "footnotes": list(table.footnotes),
        "notes": list(table.notes),
    }


def from_document(document: Mapping[str, Any]) -> Table:
    """The table that `as_document` wrote."""
    return Table(
        code=document["code"],
        title=document["title"],
        subtitle=document["subtitle"],
        period=Period.parse(document["period"]),
        keys=tuple(Key(**one) for one in document["keys"]),
        columns=tuple(Column(**{**one, "kind": Kind(one["kind"])}) for one in document["columns"]),
        rows=tuple(_row_from(one) for one in document["rows"]),
        block=document["block"],
        footnotes=tuple(document["footnotes"]),
        notes=tuple(document["notes"]),
    )


def content_hash(
    tables: Iterable[Table], coverage: Iterable[Coverage], sheets: Mapping[str, Iterable[Table]] | None = None
) -> str:
    """SHA-256 of the figures and of the coverage; `sheets`: tables for one recipient each."""
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "tables": [_figures(table) for table in tables],
        "coverage": [[one.platform, one.about, one.state.value, list(one.lacking)] for one in coverage],
    }
    if sheets:
        content["sheets"] = {code: [_figures(table) for table in theirs] for code, theirs in sheets.items()}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _figures(table: Table) -> dict[str, Any]:
    return {
        "code": table.code,
        "columns": [one.name for one in table.columns],
        "rows": sorted([*table.identity(row), *map(value_text, row.values)] for row in table.rows),
    }


def value_text(value: Value) -> str:
    """A value as one exact word: `12`, `197434.59`, `9*` (incomplete), `n.d.`."""
    if value.number is None:
        return "" if value.absence is None else value.absence.value
    number = format(Decimal(value.number), "f")
    whole = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{whole}*" if value.incomplete else whole


def value_from(text: str) -> Value:
    """The value that `value_text` wrote."""
    if text in set(Absence):
        return Value(absence=Absence(text))
    number = Decimal(text.rstrip("*"))
    whole = number.to_integral_value()
    return Value(int(whole) if number == whole else number, incomplete=text.endswith("*"))


def _row_document(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": row.kind.value,
        "keys": dict(row.keys),
        "values": [value_text(value) for value in row.values],
    }
    if row.kinds:
        document["kinds"] = [one.value for one in row.kinds]
    if row.notes:
        document["notes"] = list(row.notes)
    return document


def _row_from(document: Mapping[str, Any]) -> Row:
    return Row(
        kind=RowKind(document["kind"]),
        keys=document["keys"],
        values=tuple(value_from(text) for text in document["values"]),
        kinds=tuple(Kind(one) for one in document.get("kinds", ())),
        notes=tuple(document.get("notes", ())),
    )
