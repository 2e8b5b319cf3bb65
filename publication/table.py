"""A published table, typed: what every document (CSV, workbook, page, PDF) is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.periods import Period
from publication.counted import Count
from publication.values import Value


class Kind(StrEnum):
    """How the figures of a column, or of a cell, are written."""

    COUNT = "count"
    EUROS = "euros"
    PERCENT = "percent"
    EVOLUTION = "evolution"
    """A percentage with its sign."""
    POINTS = "points"
    """A difference of two percentages, with its sign."""
    RATIO = "ratio"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of figures. `name`: in the CSV; `group`: the title above it, shared by neighbours; `mark`: footnote."""

    name: str
    label: str
    kind: Kind
    group: str = ""
    mark: str = ""


class RowKind(StrEnum):
    """What a row stands for."""

    LINE = "line"
    BLOCK_TOTAL = "block_total"
    TOTAL = "total"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row: `keys` by key column (code, name, département, block…), then one value per column of the table.

    `kinds`: when the cells of a row do not follow their columns (national synthesis). `notes`: about this row alone.
    `rests_on`: by cell, the counts of cases or of answers that it is, or is computed from; a cell that rests on a
    secret one is secret too. Empty: nothing here is. It is no part of what the row says.
    """

    kind: RowKind
    keys: Mapping[str, str]
    values: tuple[Value, ...]
    kinds: tuple[Kind, ...] = ()
    notes: tuple[str, ...] = ()
    rests_on: tuple[tuple[Count, ...], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A column of words that says what a row is about. `hidden`: in the CSV only (codes beside names)."""

    name: str
    label: str
    hidden: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One published table. `code`: D1…; `block`: the key by which rows are grouped, if they are.

    `footnotes`: the documents' own words, in their order; `notes`: about this edition's data.
    """

    code: str
    title: str
    subtitle: str
    period: Period
    keys: tuple[Key, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    block: str | None = None
    footnotes: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def identity(self, row: Row) -> tuple[str, ...]:
        """What names a row among the others; a name or a département that the register mends is not another row."""
        return tuple(row.keys.get(key.name, "") for key in self.keys if key.name not in _SAID_BESIDE)


_SAID_BESIDE = frozenset({"nom_cil", "departement", "unite", "libelle", "libelle_caracteristique", "libelle_service"})
"""Keys that say more about a row that another key names."""
