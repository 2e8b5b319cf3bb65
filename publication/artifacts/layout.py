"""A table laid out for reading: columns shown, headings of blocks, figures as printed; for the page and the PDF."""

from __future__ import annotations

from dataclasses import dataclass

from publication.table import Column, Row, RowKind, Table
from publication.words import shown
from rendering.french import typeset

_NATIONAL_BLOCK = "service"


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A title over neighbouring columns, or over one."""

    label: str
    mark: str
    width: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidRow:
    """A row as printed. `heading`: the title of the block that it begins."""

    kind: str
    words: tuple[str, ...]
    figures: tuple[str, ...]
    note: str = ""
    heading: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidTable:
    """A table as printed. `groups` empty: one line of titles is enough. `wide`: which key needs the most room."""

    code: str
    title: str
    subtitle: str
    keys: tuple[str, ...]
    wide: int
    groups: tuple[Group, ...]
    columns: tuple[Group, ...]
    rows: tuple[LaidRow, ...]
    notes: tuple[str, ...]
    footnotes: tuple[str, ...]


def lay_out(table: Table) -> LaidTable:
    """The table as people read it."""
    places = [key for key in table.keys if not key.hidden and key.name != table.block]
    if table.block == _NATIONAL_BLOCK:  # the national table: one column of words, its blocks are the services
        words = [("label", "Indicateur"), ("unite", "Unité")]
    else:
        words = [(key.name, key.label) for key in places]
    rows: list[LaidRow] = []
    heading = ""
    for row in table.rows:
        begins = row.keys.get("heading", "") if table.block else ""
        new = begins if begins and begins != heading else ""
        heading = begins or heading
        rows.append(_row(table, row, [name for name, _ in words], new))
    grouped = len({column.group for column in table.columns}) > 1
    return LaidTable(
        code=table.code,
        title=table.title,
        subtitle=table.subtitle,
        keys=tuple(label for _, label in words),
        wide=0 if table.block == _NATIONAL_BLOCK else len(words) - 1,
        groups=_groups(table.columns) if grouped else (),
        columns=tuple(
            Group(label=one.label, mark="" if grouped and _shared(table, one) else one.mark, width=1)
            for one in table.columns
        ),
        rows=tuple(rows),
        notes=tuple(map(typeset, table.notes)),
        footnotes=tuple(map(typeset, table.footnotes)),
    )


def _shared(table: Table, column: Column) -> bool:
    return sum(one.group == column.group for one in table.columns) > 1


def _groups(columns: tuple[Column, ...]) -> tuple[Group, ...]:
    found: list[Group] = []
    for column in columns:
        if found and found[-1].label == column.group:
            found[-1] = Group(label=column.group, mark=column.mark, width=found[-1].width + 1)
        else:
            found.append(Group(label=column.group, mark=column.mark, width=1))
    return tuple(found)


def _row(table: Table, row: Row, words: list[str], heading: str) -> LaidRow:
    kinds = row.kinds or tuple(column.kind for column in table.columns)
    return LaidRow(
        kind=row.kind.value if row.kind is not RowKind.LINE else "line",
        words=tuple(row.keys.get(name, "") for name in words),
        figures=tuple(shown(value, kind) for value, kind in zip(row.values, kinds, strict=True)),
        note=typeset(" ; ".join(row.notes)),
        heading=heading,
    )
