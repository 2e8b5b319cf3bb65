"""A table laid out for reading: columns shown, headings of blocks, figures as printed; for the page and the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publication.table import Column, Row, RowKind, Table
from publication.words import shown
from rendering.french import typeset

_NATIONAL_BLOCK = "service"
_LONGEST, _NARROW, _UPRIGHT_FIGURES = 36, 12, 6
_TURNED_MM, _CHARACTER_MM, _WIDEST_MM, _NARROWEST_MM = 263, 1.75, 30, 12


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
    """A table as printed. `groups` empty: one line of titles is enough. `wide`: which key needs the most room.

    `rooms`: of each key, in characters. `landscape`: on a page turned on its side, with `figure_mm` for each figure
    and the rest shared between the keys; else the page is upright, and all keys but the widest are narrow.
    """

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
    rooms: tuple[int, ...] = ()
    landscape: bool = False
    figure_mm: float = 0


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
    wide = 0 if table.block == _NATIONAL_BLOCK else len(words) - 1
    rooms = _rooms([label for _, label in words], rows)
    landscape, figure_mm = _page(rooms, wide, len(table.columns))
    return LaidTable(
        code=table.code,
        title=table.title,
        subtitle=table.subtitle,
        keys=tuple(label for _, label in words),
        wide=wide,
        rooms=rooms,
        landscape=landscape,
        figure_mm=figure_mm,
        groups=_groups(table.columns) if grouped else (),
        columns=tuple(
            Group(label=one.label, mark="" if grouped and _shared(table, one) else one.mark, width=1)
            for one in table.columns
        ),
        rows=tuple(rows),
        notes=tuple(map(typeset, table.notes)),
        footnotes=tuple(map(typeset, table.footnotes)),
    )


def _rooms(labels: Sequence[str], rows: Sequence[LaidRow]) -> tuple[int, ...]:
    """Characters that the words of each key ask for; longer ones wrap."""
    longest = (max((len(row.words[place]) for row in rows), default=0) for place in range(len(labels)))
    return tuple(
        min(_LONGEST, max(found, max(map(len, label.split()), default=0)))
        for label, found in zip(labels, longest, strict=True)
    )


def _page(rooms: Sequence[int], wide: int, figures: int) -> tuple[bool, float]:
    """Whether the page is turned, and the width of a figure then."""
    others = [room for place, room in enumerate(rooms) if place != wide]
    if figures <= _UPRIGHT_FIGURES and all(room <= _NARROW for room in others):
        return False, 0
    left = _TURNED_MM - sum(rooms) * _CHARACTER_MM
    return True, round(min(_WIDEST_MM, max(_NARROWEST_MM, left / max(figures, 1))), 1)


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
