"""A visible sheet once looked at: its first rows, what its name says, the title row it has for each collection."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.periods import Period
from domain.text import fold
from ingest.catalogue import Catalogue
from ingest.reading.raw import RawFile, RawSheet
from ingest.stages.headers import (
    PREVIEW_ROWS,
    HeaderReading,
    Row,
    collections_by_headers,
    own_titles,
    read_headers,
    title_period,
)
from ingest.stages.naming import NameReading, read_name
from ingest.stages.sections import Header
from schemas.collection import Collection
from schemas.columns import RESERVED_SHEETS

__all__ = ["SheetView", "look", "look_at_hidden"]

_OURS = frozenset(map(fold, RESERVED_SHEETS))
_FRONT = re.compile(r"Guichet . réponse (?:au dépôt \S+|à une vérification)\Z")
"""What stands first on it; the dash may have been lost with an encoding."""
_NIL = re.compile(r"(?:etat )?neant(?: (?:au |pour le )?\d?e?r? ?trim(?:estre)?(?: \d{4})?)?")


@dataclass(frozen=True, kw_only=True)
class SheetView:
    """`number` counts the visible sheets that have rows, from 1; `named` is empty for a CSV."""

    raw: RawSheet
    number: int
    named: NameReading
    preview: tuple[Row, ...]
    catalogue: Catalogue

    @cached_property
    def readings(self) -> dict[Collection, HeaderReading]:
        """The title row for each collection of the catalogue, as it is now and in its former formats."""
        every = (form for collection in self.catalogue.collections for form in collection.formats)
        return read_headers(self.preview, every, self.raw.n_columns)

    @cached_property
    def by_headers(self) -> tuple[Collection, ...]:
        """The collections that the titles designate: the answer, when there is one only."""
        return collections_by_headers(self.readings)

    @property
    def ours(self) -> bool:
        """Whether it is a sheet that our own workbooks carry besides the table, without a table of its own."""
        return fold(self.raw.name or "") in _OURS and not self._titled

    @property
    def front(self) -> bool:
        """Whether it is our sheet « À corriger », whatever it is called: a CSV has no name for it."""
        first = next((text for _number, cells in self.preview for text in cells if text and text.strip()), "")
        return _FRONT.match(first.strip()) is not None and not self._titled

    @property
    def _titled(self) -> bool:
        """Whether a row of titles of some collection is there: one word alone is none, our own list has such words."""
        return any(len(self.readings[one].matched) > 1 for one in self.by_headers)

    def contradicts(self, collection: Collection) -> Collection | None:
        """The other collection that the titles are those of, when none of them is `collection`'s."""
        if self.by_headers and collection not in self.by_headers and not own_titles(collection, self.readings):
            return self.by_headers[0]
        return None

    def header(self, collection: Collection) -> Header | None:
        """Its title row, read as that collection's."""
        return self.readings[collection].header

    def form(self, collection: Collection) -> Collection:
        """The format of the collection that the titles look most like; as it is now when they do not tell."""
        return max(collection.formats, key=lambda one: len(self.readings[one].matched))

    @property
    def any_header(self) -> Header | None:
        """The best title row for any collection: for screening, before the sheet is identified."""
        best = max(self.readings.values(), key=lambda reading: len(reading.matched), default=None)
        return best.header if best is not None and len(best.matched) > 1 else None

    def nil(self, collection: Collection) -> bool:
        """Whether `NEANT` stands alone, or alone under the titles (a line of totals may follow)."""
        header = self.header(collection)
        if self.raw.n_rows > len(self.preview):
            return False
        first = 0 if header is None else header.body_from
        body = [_theirs(cells, header) for number, cells in self.preview if number >= first]
        if header is None:
            return bool(body) and _says_nil(body[-1])
        told = [cells for cells in body if not _is_total(cells, collection)]
        return bool(told) and all(_says_nil(cells) for cells in told)

    def nil_among_lines(self, collection: Collection) -> int | None:
        """The row where `NEANT` stands among other lines, None if it does not."""
        header = self.header(collection)
        if header is None or self.nil(collection):
            return None
        body = ((number, _theirs(cells, header)) for number, cells in self.preview if number >= header.body_from)
        return next((number for number, cells in body if _says_nil(cells)), None)

    def title_period(self, header: Header | None) -> tuple[Period, int] | None:
        """The quarter that the lines above the titles tell, and its row."""
        return title_period(self.preview, header.row if header else None)


def look(raw: RawFile, catalogue: Catalogue, codes: Container[str]) -> Iterator[SheetView]:
    """The visible sheets that have something in them, in the order of the file."""
    number = 0
    for sheet in raw.sheets:
        if not sheet.visible or sheet.path is None or not sheet.n_rows:
            continue
        number += 1
        yield SheetView(
            raw=sheet,
            number=number,
            named=read_name(f"{sheet.name}", catalogue, codes=codes) if sheet.name else NameReading(),
            preview=tuple(sheet.preview(PREVIEW_ROWS)),
            catalogue=catalogue,
        )


def look_at_hidden(raw: RawFile, catalogue: Catalogue) -> Iterator[SheetView]:
    """The hidden sheets that have something in them, to be searched for persons; `number` counts all the sheets."""
    for number, sheet in enumerate(raw.sheets, start=1):
        if sheet.visible or sheet.path is None or not sheet.n_rows:
            continue
        preview = tuple(sheet.preview(PREVIEW_ROWS))
        yield SheetView(raw=sheet, number=number, named=NameReading(), preview=preview, catalogue=catalogue)


def _theirs(cells: Sequence[str | None], header: Header | None) -> list[str | None]:
    """The cells of a line without what stands in our own columns."""
    ours = set() if header is None else set(header.reserved.values())
    return [text for index, text in enumerate(cells) if index not in ours]


def _says_nil(cells: Sequence[str | None]) -> bool:
    told = [text for text in cells if text and not text.isspace()]
    if not told or any(text != told[0] for text in told[1:]):  # NEANT may be repeated in each column
        return False
    word = fold(told[0])
    return len(word) < 60 and _NIL.fullmatch(word) is not None  # noqa: PLR2004 - a word


def _is_total(cells: Sequence[str | None], collection: Collection) -> bool:
    told = [text for text in cells if text and text.strip()]
    return bool(told) and bool(collection.total_labels) and fold(told[0]).startswith("total")
