"""What one column title designates in a collection (contract §6, Reading). Pure.

Case, accents, spaces and footnote marks do not count; « Trimestre » and « Cumul » may be stuck to a title. A title
that is only nearly right is never taken for the right one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from domain.text import normalise_header
from schemas.collection import Collection
from schemas.columns import Column

NEAR = 0.8
"""Likeness from which a title that is not known is taken for a misspelling worth naming."""

LONGEST_TITLE = 300
"""A longer text is no column title."""

_STUCK_MARK = re.compile(r"(?<=[a-z])_?[1-9]$")
_QUARTER = r"(?:(?:au_)?(?:cours_)?du_)?(?:[1-4n]_?(?:er|e|eme)?_)?trim(?:estre)?(?:_[1-4])?(?:_20(?:\d\d|xx))?"
QUARTER_ONLY = re.compile(_QUARTER)
_QUARTER_END = re.compile(rf"_{_QUARTER}$")
_CUMUL_END = re.compile(r"_(?:en_)?cumul(?:_.*)?$")
CUMUL_ONLY = re.compile(r"(?:en_)?cumul(?:s|e|ee|_.*)?|rappel(?:_.*)?|variation(?:_.*)?|evolution(?:_.*)?")
UNIT_ONLY = frozenset({"", "nb", "nombre", "unite", "montant", "euros", "eur", "ht", "en_euros"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A title as written, and the column that it names, if any; `cumul`: its cumul since 1 January."""

    text: str
    name: str | None = None
    cumul: bool = False


def nearest_column(title: str, collection: Collection) -> Column | None:
    """The column that a title nearly names, when there is one only: for « vouliez-vous dire », never for reading."""
    return _nearest(_compact(_key(title[:LONGEST_TITLE])), collection)


@lru_cache(maxsize=8192)
def _nearest(key: str, collection: Collection) -> Column | None:
    lexicon = lexicon_of(collection)
    if not 3 <= len(key) <= 100 or key in lexicon:  # noqa: PLR2004 - two letters look like anything
        return None
    best: dict[str, float] = {}
    letters, spelt = _letters(key), _spelt(collection)
    for length in range(-(-2 * len(key) // 3), 3 * len(key) // 2 + 1):  # NEAR: of other lengths none is
        for known, name, its_letters in spelt.get(length, ()):
            if 2 * len(letters & its_letters) / (len(key) + length) < NEAR:
                continue  # of too different letters: a matcher would cost a hundred times more to say so
            best[name] = max(best.get(name, 0.0), SequenceMatcher(None, key, known).ratio())
    near = sorted(((ratio, name) for name, ratio in best.items() if ratio >= NEAR), reverse=True)
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return None
    return collection.by_name[near[0][1]]


def _letters(key: str) -> frozenset[tuple[str, int]]:
    """Each letter with its number among its like: what two titles have in common bounds how alike they are."""
    seen: Counter[str] = Counter()
    found = []
    for letter in key:
        found.append((letter, seen[letter]))
        seen[letter] += 1
    return frozenset(found)


_Spelt = Mapping[int, Sequence[tuple[str, str, frozenset[tuple[str, int]]]]]


@lru_cache(maxsize=64)
def _spelt(collection: Collection) -> _Spelt:
    """Titles, names and letters, by length."""
    found: dict[int, list[tuple[str, str, frozenset[tuple[str, int]]]]] = {}
    for known, name in lexicon_of(collection).items():
        found.setdefault(len(known), []).append((known, name, _letters(known)))
    return found


def _compact(key: str) -> str:
    return key.replace("_", "")


@lru_cache(maxsize=64)
def lexicon_of(collection: Collection) -> Mapping[str, str]:
    """Title without any separator → technical name (spaces do not count in titles)."""
    return {_compact(header): name for header, name in collection.header_names.items()}


@lru_cache(maxsize=64)
def needed_columns(collection: Collection) -> frozenset[str]:
    """Columns that a table must have."""
    return frozenset(column.name for column in collection.columns if not column.optional and column.required)


@lru_cache(maxsize=64)
def own_columns(collection: Collection, collections: tuple[Collection, ...]) -> frozenset[str]:
    """Columns whose titles no other collection has; another format of the same one is no other collection."""
    shared = {key for other in collections if other.code != collection.code for key in lexicon_of(other)}
    taken = {name for key, name in lexicon_of(collection).items() if key in shared}
    return frozenset(column.name for column in collection.columns if column.name not in taken)


@lru_cache(maxsize=1024)
def _key(text: str) -> str:
    """`normalise_header`, once for the several collections that are tried on the same rows."""
    return normalise_header(text) if len(text) <= LONGEST_TITLE and not text.isdecimal() else ""


class _Titles(dict[str, Cell]):
    """What each text designates in a collection, remembered in bounded memory: most cells are seen again and again."""

    def __init__(self, collection: Collection) -> None:
        super().__init__()
        self._collection = collection

    def __missing__(self, text: str) -> Cell:
        if len(self) >= _REMEMBERED_TITLES:
            self.clear()
        found = self[text] = _title(text, self._collection)
        return found


_REMEMBERED_TITLES = 4096


@lru_cache(maxsize=64)
def titles_of(collection: Collection) -> _Titles:
    """What texts designate in a collection."""
    return _Titles(collection)


def _title(text: str, collection: Collection) -> Cell:
    """What one title designates."""
    key = _key(text)
    lexicon = lexicon_of(collection)
    if not key:
        return Cell(text)
    if _compact(key) in lexicon:
        return Cell(text, lexicon[_compact(key)])
    for stem, cumul in _stems(key):
        if _compact(stem) in lexicon:
            return Cell(text, lexicon[_compact(stem)], cumul)
    return Cell(text)


def _stems(key: str) -> Iterator[tuple[str, bool]]:
    """The title without what may be stuck to it: a footnote's figure, « Trimestre », « Cumul » (then True)."""
    if key[-1].isdigit():
        yield _STUCK_MARK.sub("", key), False
    for word, pattern, cumul in (("_trim", _QUARTER_END, False), ("cumul", _CUMUL_END, True)):
        if word in key:
            stem = pattern.sub("", key)
            if stem != key:
                yield stem, cumul
                yield _STUCK_MARK.sub("", stem), cumul


def is_sub_title(text: str) -> bool:
    """Whether it says « Trimestre » or « Cumul » and nothing else."""
    key = normalise_header(text)
    return bool(QUARTER_ONLY.fullmatch(key) or CUMUL_ONLY.fullmatch(key))
