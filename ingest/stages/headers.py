"""Find the title row of a table among the first rows of a sheet (contract §6, Reading; S1-6, S1-8, S1-10). Pure.

Lines of presentation above it are skipped. Titles may stand on two rows (merged cells, hand-made line breaks) and may
have a row of « Trimestre | Cumul » under them: the quarter is taken, the cumul left out. The row that knows most
columns wins, the first of equals. A title that is only nearly right is never taken for the right one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from domain.periods import Period
from domain.text import normalise_header
from ingest.stages.naming import period_in_words
from ingest.stages.sections import Header
from ingest.stages.titles import (
    CUMUL_ONLY,
    LONGEST_TITLE,
    QUARTER_ONLY,
    UNIT_ONLY,
    Cell,
    is_sub_title,
    nearest_column,
    needed_columns,
    own_columns,
    titles_of,
)
from schemas.collection import Collection
from schemas.columns import RESERVED_COLUMNS, Column

__all__ = [
    "PREVIEW_ROWS",
    "HeaderReading",
    "Row",
    "collections_by_headers",
    "nearest_column",
    "own_titles",
    "read_header",
    "read_headers",
    "title_period",
]

PREVIEW_ROWS = 60
"""Title rows are looked for among that many rows that are not blank."""
NEAR_ROWS, NEAR_COLUMNS = 20, 40
"""Misspelt titles are looked for in that corner of the sheet: likeness costs."""

Row = tuple[int, Sequence[str | None]]
_CleanRow = tuple[int, list[str]]


@dataclass(frozen=True, kw_only=True)
class HeaderReading:
    """The title row found for a collection. `header` None: there is none.

    A title that comes a second time is among the header's unknown ones. `cumul_only`: technical name → index, where
    only the cumul since 1 January is given and not the quarter.
    """

    header: Header | None
    cumul_only: Mapping[str, int] = field(default_factory=dict)

    @property
    def matched(self) -> frozenset[str]:
        """Technical names that were found."""
        return frozenset(self.header.columns) if self.header else frozenset()


@dataclass(frozen=True, slots=True)
class _Layout:
    """A way of reading one row, or two, as titles."""

    row: int
    next_index: int
    cells: tuple[Cell, ...]

    def known(self, collection: Collection) -> int:
        """Distinct columns known, those of the context (year, quarter, platform) not counted."""
        names = {cell.name for cell in self.cells if cell.name and not cell.cumul}
        return sum(collection.by_name[name].context is None for name in names)

    def weight(self, collection: Collection) -> int:
        """How good a reading: known columns first, then those of the context."""
        names = {cell.name for cell in self.cells if cell.name}
        return 100 * self.known(collection) + len(names)


def read_header(rows: Sequence[Row], collection: Collection, n_columns: int) -> HeaderReading:
    """The title row of `collection` among `rows` (the first rows of the sheet that are not blank)."""
    return read_headers(rows, (collection,), n_columns)[collection]


def read_headers(
    rows: Sequence[Row], collections: Iterable[Collection], n_columns: int
) -> dict[Collection, HeaderReading]:
    """The title row of each collection among `rows`, the texts of which are tidied once."""
    clean = [row for row in _cleaned(rows) if any(row[1])]
    return {collection: _read_header(clean, collection, n_columns) for collection in collections}


def _read_header(clean: Sequence[_CleanRow], collection: Collection, n_columns: int) -> HeaderReading:
    best = _best_layout(clean, collection) or _nearly(clean, collection)
    return HeaderReading(header=None) if best is None else _finish(best, clean, collection, n_columns)


def collections_by_headers(readings: Mapping[Collection, HeaderReading]) -> tuple[Collection, ...]:
    """The collections that the titles designate: one when they leave one answer.

    `readings`: the title row found for each collection of the catalogue, in each of its formats. Only titles that no
    other collection has are counted, so that « CIL/CCI » designates nothing. A collection counts in its best format.
    """
    scores: dict[str, int] = {}
    for collection, reading in readings.items():
        own = own_columns(collection, tuple(readings))
        matched = len((reading.matched | frozenset(reading.cumul_only)) & own)
        if matched and 2 * matched >= len(own & needed_columns(collection)):
            scores[collection.code] = max(matched, scores.get(collection.code, 0))
    top = max(scores.values(), default=0)
    found: dict[str, Collection] = {}
    for collection in readings:
        found.setdefault(collection.code, collection)  # as it is now comes before its former formats
    return tuple(found[code] for code, score in scores.items() if score == top)


def own_titles(collection: Collection, readings: Mapping[Collection, HeaderReading]) -> int:
    """How many titles of this collection, in its best format, that no other has, were found."""
    return max(len(readings[one].matched & own_columns(one, tuple(readings))) for one in collection.formats)


def title_period(rows: Iterable[Row], before: int | None) -> tuple[Period, int] | None:
    """The quarter told by the lines above the table (« 1er Trimestre 2005 ») and its row, None unless one only."""
    found: dict[Period, int] = {}
    for number, cells in rows:
        if before is not None and number >= before:
            break
        for text in cells:
            period = period_in_words(text) if text and len(text) <= 200 else None  # noqa: PLR2004 - a title, not a text
            if period is not None:
                found.setdefault(period, number)
    return next(iter(found.items())) if len(found) == 1 else None


def _clean(text: str | None) -> str:
    if text and text.isalnum() and len(text) <= LONGEST_TITLE:
        return text
    return " ".join(text[: LONGEST_TITLE + 1].split()) if text else ""


def _cleaned(rows: Sequence[Row]) -> list[_CleanRow]:
    return [(number, [_clean(text) for text in cells]) for number, cells in rows[:PREVIEW_ROWS]]


def _best_layout(rows: Sequence[_CleanRow], collection: Collection) -> _Layout | None:
    """The row, or pair of rows, that knows most columns; a row that knows all that is needed ends the search."""
    best: _Layout | None = None
    before: _Layout | None = None
    told = False
    titles = titles_of(collection)
    for index, (number, cells) in enumerate(rows):
        single = _Layout(number, index + 1, tuple(map(titles.__getitem__, cells)))
        told, told_before = any(cell.name for cell in single.cells), told
        if best is not None and not told and not told_before:
            before = single  # a line of data below another: nothing to weigh
            continue
        for layout in (_pair(before, single, collection), single):
            if layout is not None and (best is None or layout.weight(collection) > best.weight(collection)):
                best = layout
        if best is not None and needed_columns(collection) <= {cell.name for cell in best.cells if not cell.cumul}:
            return best
        before = single
    return best if best is not None and best.known(collection) else None


def _pair(upper: _Layout | None, lower: _Layout, collection: Collection) -> _Layout | None:
    """Two rows read as one, when that knows more columns than each of them."""
    if upper is None or not (upper.known(collection) or lower.known(collection)):
        return None
    pair = _paired(upper, lower, collection)
    if pair is None or pair.known(collection) <= max(upper.known(collection), lower.known(collection)):
        return None
    return _Layout(upper.row, lower.next_index, pair.cells)


def _paired(upper: _Layout, lower: _Layout, collection: Collection) -> _Layout | None:
    """Two rows read as one row of titles, when the upper one brings columns of its own."""
    cells: list[Cell] = []
    carried = ""
    brought = 0
    for index in range(max(len(upper.cells), len(lower.cells))):
        above = upper.cells[index] if index < len(upper.cells) else Cell("")
        below = lower.cells[index] if index < len(lower.cells) else Cell("")
        carried = above.text or carried
        cell = _two_in_one(above, below, carried, collection)
        brought += cell.name is not None and cell is not below and collection.by_name[cell.name].context is None
        cells.append(cell)
    return _Layout(upper.row, 0, tuple(cells)) if brought else None


def _two_in_one(above: Cell, below: Cell, carried: str, collection: Collection) -> Cell:
    if below.name and not is_sub_title(below.text):
        return below
    if above.name:
        return above
    if not below.text:
        return above
    if carried:
        joined = titles_of(collection)[f"{carried} {below.text}"]
        if joined.name:
            return joined
    return below if not above.text else Cell(f"{above.text} {below.text}")


def _nearly(rows: Sequence[_CleanRow], collection: Collection) -> _Layout | None:
    """A row of which no title is right but several nearly are: it is the title row all the same."""
    for index, (number, cells) in enumerate(rows[:NEAR_ROWS]):
        near = {column.name for text in cells[:NEAR_COLUMNS] if (column := nearest_column(text, collection))}
        if len(near) > 1:
            return _Layout(number, index + 1, tuple(Cell(text) for text in cells))
    return None


def _sub_titles(rows: Sequence[_CleanRow], layout: _Layout) -> list[str] | None:
    """The row of « Trimestre | Cumul » just under the titles, if there is one."""
    if layout.next_index >= len(rows):
        return None
    texts = rows[layout.next_index][1]
    told = [text for text in texts if text]
    plain = all(is_sub_title(text) or normalise_header(text) in UNIT_ONLY for text in told)
    return texts if plain and any(is_sub_title(text) for text in told) else None


@dataclass(kw_only=True)
class _Tally:
    """What each column of the table turned out to be."""

    places: dict[str, list[int]] = field(default_factory=dict)
    cumuls: dict[str, int] = field(default_factory=dict)
    ignored: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    reserved: dict[str, int] = field(default_factory=dict)

    def add(self, cell: Cell, under: Mapping[int, str]) -> None:
        """Count one title; `under` holds the sub-titles of its columns, its own column first."""
        start = next(iter(under))
        if (ours := normalise_header(cell.text)) in RESERVED_COLUMNS:
            self.reserved.setdefault(ours, start)
            self.ignored.append((start, cell.text))
        elif cell.name is None:
            self.unknown.append((start, cell.text))
        elif cell.cumul:
            self.cumuls.setdefault(cell.name, start)
            self.ignored.append((start, cell.text))
        else:
            self._choose_quarter(cell.name, cell.text, start, under)

    def _choose_quarter(self, name: str, text: str, start: int, under: Mapping[int, str]) -> None:
        cumul = [index for index, sub in under.items() if CUMUL_ONLY.fullmatch(normalise_header(sub))]
        quarter = [index for index, sub in under.items() if QUARTER_ONLY.fullmatch(normalise_header(sub))]
        self.ignored.extend((index, f"{text} {under[index]}") for index in cumul)
        if quarter:
            self.places.setdefault(name, []).extend(quarter)
        elif start in cumul:
            self.cumuls.setdefault(name, start)
        else:
            self.places.setdefault(name, []).append(start)


def _finish(layout: _Layout, rows: Sequence[_CleanRow], collection: Collection, n_columns: int) -> HeaderReading:
    subs = _sub_titles(rows, layout)
    last_row = rows[layout.next_index - 1 + (subs is not None)][0]
    width = max(n_columns, len(layout.cells))
    sub_texts = [*(subs or ()), *[""] * width]
    titles: dict[int, str] = {}
    tally = _Tally()
    for start, stop in _spans(layout, width):
        tally.add(layout.cells[start], {index: sub_texts[index] for index in range(start, stop)})
        titles.update(dict.fromkeys(range(start, stop), layout.cells[start].text))
    columns = {
        column.name: _chosen(column, tally.places[column.name], titles)
        for column in collection.columns
        if column.name in tally.places
    }
    again = [
        (index, titles[index] if normalise_header(titles[index]) in collection.header_names else name)
        for name, indexes in tally.places.items()
        for index in indexes
        if index != columns[name]
    ]
    return HeaderReading(
        header=Header(
            row=layout.row,
            columns=columns,
            labels={name: titles[index] for name, index in columns.items()},
            unknown=tuple(sorted([*tally.unknown, *again])),
            ignored=tuple(sorted(tally.ignored)),
            reserved=tally.reserved,
            n_columns=width,
            body_from=last_row + 1,
        ),
        cumul_only={name: index for name, index in tally.cumuls.items() if name not in columns},
    )


def _chosen(column: Column, indexes: Sequence[int], titles: Mapping[int, str]) -> int:
    """Of several columns with one meaning, the first; but a code before the name that may stand in for it."""
    if column.stand_in is not None:
        coded = (index for index in indexes if normalise_header(titles[index]).startswith("code"))
        return next(coded, indexes[0])
    return indexes[0]


def _spans(layout: _Layout, width: int) -> Iterator[tuple[int, int]]:
    """Each title with the columns under it: itself and the untitled ones that follow."""
    titled = [index for index, cell in enumerate(layout.cells) if cell.text]
    yield from pairwise([*titled, width])
