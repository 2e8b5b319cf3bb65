"""What changes from one edition to the next, cell by cell (contract §10, `changes.json`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from publication.aggregates import value_text
from publication.table import Kind, Row, RowKind, Table
from publication.values import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One changed cell. `row`: its words by key column; `before` or `after` None: the row was not, or is no more."""

    table: str
    row: Mapping[str, str]
    row_kind: RowKind
    column: str
    label: str
    kind: Kind
    before: Value | None
    after: Value | None

    @property
    def member(self) -> str | None:
        """The CIL/CCI whose line it is on; None on a total or in the national table."""
        code = self.row.get("code_cil")
        return code if self.row_kind is RowKind.LINE and code else None

    def as_document(self) -> dict[str, Any]:
        """One object of `changes.json`."""
        return {
            "table": self.table,
            "row": {key: word for key, word in self.row.items() if key not in _SHOWN_ONLY},
            "column": self.column,
            "before": None if self.before is None else value_text(self.before),
            "after": None if self.after is None else value_text(self.after),
        }


_SHOWN_ONLY = frozenset({"heading", "label"})


def changes(before: Iterable[Table], after: Iterable[Table]) -> tuple[Change, ...]:
    """Every cell that differs, in the order of the new tables; rows that are gone come last in their table."""
    former = {table.code: table for table in before}
    return tuple(change for table in after for change in _of_table(former.get(table.code), table))


def _of_table(before: Table | None, after: Table) -> list[Change]:
    old = {} if before is None else _rows(before)
    new = _rows(after)
    names = {} if before is None else {one.name: place for place, one in enumerate(before.columns)}
    found: list[Change] = []
    for key, row in new.items():
        found += _of_row(after, old.get(key), row, names)
    for key, row in old.items():
        if key not in new and before is not None:
            found += _gone(before, row)
    return found


def _rows(table: Table) -> dict[tuple[str, ...], Row]:
    return {table.identity(row): row for row in table.rows}


def _of_row(table: Table, before: Row | None, after: Row, names: Mapping[str, int]) -> list[Change]:
    kinds = after.kinds or tuple(column.kind for column in table.columns)
    found = []
    for place, column in enumerate(table.columns):
        known = before is not None and column.name in names
        old = before.values[names[column.name]] if before is not None and known else None
        if old != after.values[place]:
            found.append(_change(table, after, place, kinds[place], old, after.values[place]))
    return found


def _gone(table: Table, row: Row) -> list[Change]:
    kinds = row.kinds or tuple(column.kind for column in table.columns)
    return [_change(table, row, place, kinds[place], value, None) for place, value in enumerate(row.values)]


def _change(  # noqa: PLR0913, PLR0917 - a change is these
    table: Table, row: Row, place: int, kind: Kind, before: Value | None, after: Value | None
) -> Change:
    column = table.columns[place]
    return Change(
        table=table.code,
        row=row.keys,
        row_kind=row.kind,
        column=column.name,
        label=f"{column.group} – {column.label}" if len({one.group for one in table.columns}) > 1 else column.label,
        kind=kind,
        before=before,
        after=after,
    )
