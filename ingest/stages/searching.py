"""The cells of a collection of cases, searched for persons: every distinct text, once (G-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.text import HIDDEN, fold, normalise_header, without_hidden
from ingest.stages.sections import Header
from rules.anonymity import KnownNames
from rules.personal_text import CONTACT_LINE, Expected, Shape, shapes_of
from schemas.collection import Collection
from schemas.columns import Column, Kind

__all__ = ["PersonSearch", "longest", "matching"]

SHORTEST: Final = 3
"""Characters of the shortest thing searched for (a name)."""
MOST_CONTACTS: Final = 4
"""Names, telephones and addresses that may stand on a sheet without any table of ours: those who made the file."""
_SIEVE: Final = (
    r"@|\pL{3}|(?:[0-9][ ./\-_\x{00A0}\x{202F}]{0,3}){8}|[0-9]{1,2}[/. \-][0-9]{1,2}[/. \-][0-9]{2}"
    r"|[0-9]{4}[/.\-][0-9]{2}[/.\-][0-9]{2}|[A-Za-z]{2}[0-9]{2}" + f"|{HIDDEN}"
)
_OF_CONTACTS: Final = frozenset({Shape.NAME, Shape.PHONE, Shape.EMAIL, Shape.ADDRESS})
_NUMBERS: Final = frozenset({Kind.COUNT, Kind.AMOUNT, Kind.YEAR, Kind.QUARTER, Kind.POSTAL})
_OWN: Final[Mapping[str, str]] = {"guichet_messages": "", "guichet_depot": "", "guichet_ligne": ""}


class PersonSearch:
    """Searches one sheet, column by column; what it gives names a kind and a text to be located, never kept."""

    def __init__(
        self, collection: Collection, header: Header | None, period_starts_on: date, known: KnownNames
    ) -> None:
        """`header` None: no table of the collection was found in this sheet."""
        self._header = header
        self._starts_on = period_starts_on
        self._names = known.names
        self._labels = labels_of(collection)
        places = {} if header is None else {index: name for name, index in header.columns.items()}
        self._expected = {index: _expected(collection.by_name.get(name)) for index, name in places.items()}
        self._ours = set() if header is None else {header.reserved[name] for name in _OWN if name in header.reserved}
        self._told: set[tuple[Shape, int]] = set()
        self._contacts: list[tuple[Shape, int, int]] = []

    def search(self, numbers: pa.Array, column: pa.Array, index: int) -> Iterator[tuple[Shape, str]]:
        """The kinds of personal data in a column of a batch, each once, with the text that holds it."""
        if index in self._ours:
            return
        if self._header is not None:
            below = pc.greater_equal(numbers, self._header.body_from)
            numbers, column = numbers.filter(below), column.filter(below)
        expected = self._expected.get(index, Expected.ANYTHING)
        for text in matching(column, _SIEVE, SHORTEST):
            for shape in shapes_of(
                without_hidden(text), expected, self._starts_on, known=self._names, labels=self._labels
            ):
                if (shape, index) in self._told or (shape in _OF_CONTACTS and self._about_the_file(text, index)):
                    continue
                if self._header is None and shape in _OF_CONTACTS:
                    self._contacts.append((shape, int(numbers[pc.index(column, text).as_py()].as_py()), index))
                    continue
                self._told.add((shape, index))
                yield shape, text

    def listed(self) -> list[tuple[Shape, int, int]]:
        """On a sheet without a table: kind, row and column, when there are too many for those who made the file."""
        return self._contacts if len({row for _shape, row, _index in self._contacts}) > MOST_CONTACTS else []

    def _about_the_file(self, text: str, index: int) -> bool:
        """A line such as « Établi par Mme Durand, tél. … » under the table, in no column of text."""
        return self._expected.get(index) is not Expected.TEXT and CONTACT_LINE.match(text) is not None


def _expected(column: Column | None) -> Expected:
    if column is None:
        return Expected.ANYTHING
    if column.kind is Kind.TEXT:
        if column.free_text:
            return Expected.TEXT
        return Expected.MEMBER if column.register else Expected.NUMBER
    if column.kind in _NUMBERS:
        return Expected.NUMBER if column.key else Expected.LISTED
    return {Kind.DATE: Expected.DATE, Kind.MEMBER: Expected.MEMBER}.get(column.kind, Expected.LISTED)


def labels_of(collection: Collection) -> frozenset[str]:
    """The folded words of a collection's titles, lists and formats: whoever writes a label names nobody."""
    texts: list[str] = []
    for column in collection.stored_columns:
        texts += [column.label, column.expected, *column.aliases, *(column.codes or {}), *(column.codes or {}).values()]
    return frozenset(word for text in texts for word in (*fold(text).split(), *normalise_header(text).split("_")))


def matching(column: pa.Array, pattern: str, shortest: int) -> list[str]:
    """The distinct texts that match, in the order of the file; short columns are left out without looking."""
    if longest(column) < shortest:
        return []
    distinct = pc.unique(column)
    found = pc.fill_null(pc.match_substring_regex(distinct, pattern), False)  # noqa: FBT003 - Arrow's own call
    return list(distinct.filter(found).to_pylist())


def longest(column: pa.Array) -> int:
    """Bytes of the longest text, from the offsets of the array: a call of Arrow's costs more on a small one."""
    if not len(column):
        return 0
    _validity, offsets, _data = column.buffers()
    ends = np.frombuffer(offsets, np.int32, len(column) + 1, 4 * column.offset)
    return int(np.diff(ends).max())
