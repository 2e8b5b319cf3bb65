"""What the name of a file, or of a sheet, says: collection, period, emitter (contract §6, Naming a file). Pure.

The form is `<collection>_<période>[_anything]`, or the official long one `N1A_PF03_2005T1_v01`. Case, accents, and
the choice between `-`, `_`, space and dot do not count; what stands before (« Copie de ») and after is not read.
A period written another way (`T1-2005`, « 1er trimestre 2005 ») is understood only to suggest the right name.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from domain.organisations import OrganisationType
from domain.periods import Period
from domain.text import normalise_header
from ingest.catalogue import Catalogue
from ingest.stages.announced import ANNOUNCED
from schemas.collection import Collection

__all__ = ["EXTENSIONS", "NameReading", "expected_name", "file_extension", "period_in_words", "read_name"]

EXTENSIONS = ("csv", "xlsx", "xlsm", "xls", "ods")
_OTHER_EXTENSIONS = frozenset(
    ("txt", "tsv", "tab", "dat", "xlsb", "xlt", "xltx", "pdf", "zip", "doc", "docx", "odt", "xml", "htm", "html"),
)
_TYPES = "|".join(kind.value.lower() for kind in OrganisationType)
_EMITTER = re.compile(rf"(?:{_TYPES})\d{{1,5}}")
_EMITTER_TYPE = re.compile(_TYPES)
_QUARTER = re.compile(r"(\d{4})t(\d)")
_YEAR = re.compile(r"\d{4}")
_PERIODICAL = re.compile(r"(?:\d{2}|\d{4})[tqs]\d{1,2}|[tqs]\d{5}|\dt\d{4}")
_NTH = r"(?:er|ere|e|eme|nd|nde|d|ieme)?"
_TRIM = r"_?(?:trimestre|trim|tri|t|q)_?"
_YEAR_GROUP = r"(?<!\d)(?P<year>20\d\d)(?!\d)"
_LATER_YEAR = r"(?P<year>20\d\d)(?!\d)"
_GUESSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![a-z0-9])(?P<quarter>[1-4])_?{_NTH}{_TRIM}(?:de_)?(?:l_annee_)?{_LATER_YEAR}",
        rf"(?<![a-z]){_TRIM}0?(?P<quarter>[1-4])_?(?:de_)?{_LATER_YEAR}",
        rf"(?<!\d)(?P<year>20\d\d){_TRIM}0?(?P<quarter>[1-4])(?!\d)",
        rf"{_YEAR_GROUP}_(?P<quarter>[1-4])_?{_NTH}{_TRIM}(?![a-z0-9])",
        rf"{_YEAR_GROUP}_0?(?P<quarter>[1-4])(?![a-z0-9])",
    )
)
_SHORT_YEAR = re.compile(r"(?<![a-z0-9])(?P<year>\d\d)_?[tq](?P<quarter>[1-4])(?![a-z0-9])")
_ORDINALS = {"premier": "1er", "deuxieme": "2e", "second": "2e", "troisieme": "3e", "quatrieme": "4e"}


@dataclass(frozen=True, kw_only=True)
class NameReading:
    """What a name says. Every field may be missing; `usable` when it designates one collection and one period.

    `emitter`: the organisation code written in the name. `announced`: code of a collection not taken yet.
    `several`: collections that the name mentions when it mentions more than one. `word`: what stands where the
    collection should. `bad_period`: what stands where the period should; `guess`: the period it seems to mean.
    """

    collection: Collection | None = None
    period: Period | None = None
    emitter: str | None = None
    announced: str | None = None
    several: tuple[Collection, ...] = ()
    word: str | None = None
    bad_period: str | None = None
    guess: Period | None = None
    extension: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the name is enough."""
        return self.collection is not None and self.period is not None

    @property
    def wrong_length(self) -> bool:
        """Whether the period is a year for a quarterly collection, or a quarter for a yearly one."""
        return (
            self.collection is not None
            and self.period is not None
            and self.period.periodicity is not self.collection.periodicity.length
        )


@dataclass(frozen=True, kw_only=True)
class _Mention:
    code: str
    start: int
    end: int


@dataclass(kw_only=True)
class _Found:
    mentions: list[_Mention] = field(default_factory=list)
    period: Period | None = None
    emitter: str | None = None
    bad_period: str | None = None


def file_extension(name: str) -> str | None:
    """The extension in lower case when it is one that tables or documents have, else None."""
    _, dot, extension = name.strip().rpartition(".")
    extension = extension.strip().lower()
    return extension if dot and (extension in EXTENSIONS or extension in _OTHER_EXTENSIONS) else None


def read_name(name: str, catalogue: Catalogue, *, codes: Container[str] = ()) -> NameReading:
    """Read the name of a file or of a sheet; `codes` are the organisation codes of the register."""
    extension = file_extension(name)
    stem = name.strip()
    while file_extension(stem):
        stem = stem.rpartition(".")[0]
    text = normalise_header(stem)
    tokens = _unglued(text.split("_"), catalogue) if text else []
    found = _Found(mentions=list(_mentions(tokens, catalogue)))
    _read_periods(tokens, found, codes)
    named = dict.fromkeys(mention.code for mention in found.mentions)
    opened = [one for code in named if (one := catalogue.by_code(code)) is not None]
    announced = [code for code in named if catalogue.by_code(code) is None]
    guess = None if found.period is not None else period_in_words(stem)
    return NameReading(
        collection=opened[0] if len(opened) == 1 and not announced else None,
        period=found.period,
        emitter=found.emitter,
        announced=announced[0] if announced and not opened else None,
        several=tuple(opened) if len(opened) > 1 else (),
        word=None if named else _first_word(stem),
        bad_period=found.bad_period,
        guess=guess,
        extension=extension,
    )


def expected_name(collection: Collection, period: Period, extension: str | None = None) -> str:
    """The name that works: `N1A_2005T1.csv`."""
    return f"{collection.code}_{period.code}.{extension if extension in EXTENSIONS else 'csv'}"


def period_in_words(text: str) -> Period | None:
    """The quarter that a title means (« 1er Trimestre 2005 », `T1-2005`, `2005Q1`), None unless it is one only."""
    folded = normalise_header(text)
    for word, ordinal in _ORDINALS.items():
        folded = folded.replace(f"{word}_trim", f"{ordinal}_trim")
    found: set[Period] = set()
    for pattern in _GUESSES:
        found.update(_period(int(match["year"]), int(match["quarter"])) for match in pattern.finditer(folded))
        if found:
            break
    if not found:
        found.update(
            _period(2000 + int(match["year"]), int(match["quarter"])) for match in _SHORT_YEAR.finditer(folded)
        )
    found.discard(_NO_PERIOD)
    return found.pop() if len(found) == 1 else None


_NO_PERIOD = Period(2100)


def _period(year: int, quarter: int) -> Period:
    try:
        return Period(year, quarter)
    except ValueError:
        return _NO_PERIOD


@lru_cache(maxsize=8)
def _words(catalogue: Catalogue) -> Mapping[tuple[str, ...], str]:
    words: dict[tuple[str, ...], str] = {}
    for code, slug in ANNOUNCED.items():
        words[(code.lower(),)] = code
        if slug:
            words[tuple(slug.split("_"))] = code
    for collection in catalogue.collections:
        for word in (collection.code, collection.slug):
            words[tuple(normalise_header(word).split("_"))] = collection.code
    return dict(sorted(words.items(), key=lambda item: -len(item[0])))


def _unglued(tokens: Sequence[str], catalogue: Catalogue) -> list[str]:
    """Separate `n1a2005t1`, which people write too."""
    codes = [word[0] for word in _words(catalogue) if len(word) == 1]
    result: list[str] = []
    for token in tokens:
        code = next((code for code in codes if token.startswith(code) and _QUARTER.fullmatch(token[len(code) :])), None)
        result.extend((code, token[len(code) :]) if code else (token,))
    return result


def _mentions(tokens: Sequence[str], catalogue: Catalogue) -> Iterator[_Mention]:
    words = _words(catalogue)
    index = 0
    while index < len(tokens):
        for word, code in words.items():
            if tuple(tokens[index : index + len(word)]) == word:
                yield _Mention(code=code, start=index, end=index + len(word))
                index += len(word)
                break
        else:
            index += 1


def _read_periods(tokens: Sequence[str], found: _Found, codes: Container[str]) -> None:
    for mention in found.mentions:
        after, emitter = _emitter_at(tokens, mention.end, codes)
        before = _emitter_before(tokens, mention.start, codes)
        found.emitter = found.emitter or emitter or before
        found.period = found.period or _period_at(tokens, after)
        if found.period is None and after < len(tokens) and _PERIODICAL.fullmatch(tokens[after]):
            found.bad_period = tokens[after].upper()
    if found.period is None:
        elsewhere = {one for index in range(len(tokens)) if (one := _period_at(tokens, index)) and one.quarter}
        if len(elsewhere) == 1:
            found.period = elsewhere.pop()
        elif not found.bad_period:
            found.bad_period = next((token.upper() for token in tokens if _PERIODICAL.fullmatch(token)), None)
    if found.period is not None:
        found.bad_period = None


def _period_at(tokens: Sequence[str], index: int) -> Period | None:
    """`2005t1`, `2005 t1` or `2005` from `index` on."""
    if index >= len(tokens):
        return None
    following = tokens[index + 1] if index + 1 < len(tokens) else ""
    glued = _QUARTER.fullmatch(tokens[index] + following) if _YEAR.fullmatch(tokens[index]) else None
    match = _QUARTER.fullmatch(tokens[index]) or glued
    if match:
        found = _period(int(match[1]), int(match[2]) if match[2] != "0" else 9)
    elif _YEAR.fullmatch(tokens[index]) and not re.match(r"[tqs]\d|trim", following):
        found = _period(int(tokens[index]), 0)
    else:
        return None
    return None if found is _NO_PERIOD else found


def _emitter_at(tokens: Sequence[str], index: int, codes: Container[str]) -> tuple[int, str | None]:
    """The emitter written at `index` and the index after it."""
    if index >= len(tokens):
        return index, None
    following = tokens[index + 1] if index + 1 < len(tokens) else ""
    if _EMITTER_TYPE.fullmatch(tokens[index]) and re.fullmatch(r"\d{2,3}", following):
        return index + 2, (tokens[index] + following).upper()
    if _EMITTER.fullmatch(tokens[index]) or tokens[index].upper() in codes:
        return index + 1, tokens[index].upper()
    return index, None


def _emitter_before(tokens: Sequence[str], index: int, codes: Container[str]) -> str | None:
    if index == 0 or tokens[index - 1].isalpha():
        return None
    _, emitter = _emitter_at(tokens, index - 1, codes)
    return emitter


def _first_word(stem: str) -> str | None:
    match = re.match(r"\s*([^\s_\-.]+)", stem)
    return match[1] if match else None
