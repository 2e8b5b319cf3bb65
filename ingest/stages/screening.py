"""Screen every sheet, the hidden ones too, for personal data, before anything of the file is kept or quoted (G-12).

Runs on the raw text, also of sheets that will be ignored and of files that cannot be identified. What it reports names
a place and a rule, never a value nor a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from domain.cells import column_letters
from domain.findings import Finding
from domain.submissions import SUBMISSION_ID
from domain.text import HIDDEN
from ingest.reading.raw import RawSheet
from ingest.stages.headers import Row
from ingest.stages.searching import PersonSearch, longest, matching
from ingest.stages.sections import Header
from rules.anonymity import (
    NIR_LENGTH,
    NIR_SEARCH,
    NO_NAMES,
    KnownNames,
    Nominative,
    contains_nir,
    fills,
    nominative_title,
    shows_persons,
)
from rules.generic import generic_finding
from rules.messages import say
from schemas.collection import Collection

__all__ = ["Screening", "screen_sheet"]

MOST_FINDINGS = 20
"""Places named per sheet: enough to mend the file."""
SMALL_ROWS = 500
"""Up to that many rows, Python searches faster than Arrow starts."""
_NIR_RE = re.compile(f"{NIR_SEARCH}|{HIDDEN}")
_NIR_SIEVE = NIR_SEARCH.replace(r"\u00a0", r"\x{00A0}").replace(r"\u2009", r"\x{2009}").replace(r"\u202f", r"\x{202F}")
_NIR_RE2 = f"{_NIR_SIEVE}|{HIDDEN}"
_TELL = {
    "nir": "La cellule {cell} contient un numéro de sécurité sociale (NIR).",
    "email": "La cellule {cell} contient une adresse de courriel.",
    "phone": "La cellule {cell} contient un numéro de téléphone.",
    "iban": "La cellule {cell} contient un numéro de compte bancaire (IBAN).",
    "birth": "La cellule {cell} contient une date qui ne peut être qu'une date de naissance.",
    "address": "La cellule {cell} contient une adresse.",
    "name": "La cellule {cell} contient un nom de personne.",
    "employer": "La cellule {cell} nomme un employeur.",
    "registration": "La cellule {cell} contient un matricule.",
    "free": "La cellule {cell} contient un texte libre, là où un code ou un nombre est attendu.",
    "title": "La colonne {column} n'est pas prévue, et son titre comme son contenu sont nominatifs ({kind}).",
}
_HINT = (
    "Le fichier a été détruit, sans être archivé. Supprimez de votre tableau tout ce qui désigne une personne (colonne "
    "{column}), puis déposez de nouveau le fichier ainsi corrigé."
)


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What a sheet is screened with. `cases`: the collection of cases that it is, if it is one."""

    header: Header | None
    preview: Sequence[Row]
    cases: Collection | None = None
    period_starts_on: date = date(2003, 1, 1)
    known: KnownNames = NO_NAMES


@dataclass(kw_only=True)
class _Watch:
    """A column under a nominative title, until one of its cells tells."""

    kind: Nominative
    title_row: int
    body_from: int
    told: bool = False


@dataclass(kw_only=True)
class _Pass:
    screening: Screening
    where: str
    watched: Mapping[int, _Watch]
    findings: list[Finding] = field(default_factory=list)
    told: set[tuple[str, int]] = field(default_factory=set)

    def tell(self, rule: str, row: int, index: int, kind: str = "") -> None:
        """One finding a rule and column."""
        if (rule, index) in self.told or len(self.findings) >= MOST_FINDINGS:
            return
        self.told.add((rule, index))
        letters = column_letters(index)
        message = say(_TELL[rule], cell=f"{letters}{row}", column=letters, kind=kind)
        self.findings.append(
            generic_finding(
                "G-12",
                message.removesuffix(".") + self.where + ".",
                row=row,
                cell=f"{letters}{row}",
                hint=say(_HINT, column=letters),
                cause=f"G-12:{rule}",
            )
        )


def screen_sheet(sheet: RawSheet, screening: Screening, *, where: str = "") -> tuple[Finding, ...]:
    """Read the whole sheet once; `where` tells which sheet it is, when the workbook has several."""
    watched, enough = _watched_columns(screening)
    work = _Pass(screening=screening, where=where, watched=watched)
    persons = None
    if screening.cases is not None:
        persons = PersonSearch(screening.cases, screening.header, screening.period_starts_on, screening.known)
    for batch in sheet.batches():
        numbers = batch.column(0)
        told = {index: column for index, column in enumerate(batch.columns[1:]) if column.null_count < len(column)}
        suspect = _any_nir(told.values())
        for index, column in told.items():
            if suspect:
                _search_nir(work, numbers, column, index)
            if index in work.watched:
                _search_titled(work, numbers, column, index)
            if persons is not None:
                for shape, text in persons.search(numbers, column, index):
                    work.tell(shape.value, _row_of(numbers, column, text), index)
    for shape, row, index in persons.listed() if persons is not None else ():
        work.tell(shape.value, row, index)
    findings = work.findings
    if len({watch.kind for watch in watched.values() if watch.told}) < enough:
        findings = [finding for finding in findings if finding.cause != _BY_TITLE]
    return tuple(sorted(_once_a_column(findings), key=lambda one: one.sort_key))


_BY_TITLE = "G-12:title"


def _once_a_column(findings: Sequence[Finding]) -> Iterable[Finding]:
    """A column that its title gives away is not told again for what a cell of it holds."""
    titled = {_column_of(one) for one in findings if one.cause == _BY_TITLE}
    return (one for one in findings if one.cause == _BY_TITLE or _column_of(one) not in titled)


def _column_of(finding: Finding) -> str:
    return (finding.cell or "").rstrip("0123456789")


def _row_of(numbers: pa.Array, column: pa.Array, text: str) -> int:
    return int(numbers[pc.index(column, text).as_py()].as_py())


def _any_nir(columns: Iterable[pa.Array]) -> bool:
    """Whether any text of a batch may hold a NIR: Arrow compiles the expression for each search, which costs."""
    long = [column for column in columns if longest(column) >= NIR_LENGTH]
    if not long:
        return False
    if len(long[0]) > SMALL_ROWS:
        return bool(matching(pa.concat_arrays(long), _NIR_RE2, NIR_LENGTH))
    return any(_NIR_RE.search(text) for column in long for text in column.to_pylist() if text)


def _search_nir(work: _Pass, numbers: pa.Array, column: pa.Array, index: int) -> None:
    if ("nir", index) in work.told:
        return
    for text in matching(column, _NIR_RE2, NIR_LENGTH):
        if contains_nir(SUBMISSION_ID.sub(" ", text)):  # some of our own numbers look like one
            work.tell("nir", _row_of(numbers, column, text), index)
            return


def _search_titled(work: _Pass, numbers: pa.Array, column: pa.Array, index: int) -> None:
    watch = work.watched[index]
    if watch.told:
        return
    for row, text in zip(numbers.to_pylist(), column.to_pylist(), strict=True):
        if text and row >= watch.body_from and fills(watch.kind, text, work.screening.known):
            watch.told = True
            work.tell("title", watch.title_row, index, watch.kind.value)
            return


def _watched_columns(screening: Screening) -> tuple[dict[int, _Watch], int]:
    """Undeclared columns under a nominative title, and how many of them must be filled to tell.

    Without a known title row, a row that looks like one is taken; then « Nom » alone says nothing (of what?), two
    kinds of title or a first name, a birth, a NIR do.
    """
    header, cases = screening.header, screening.cases is not None
    if header is not None:
        return _watches(header.unknown, header.row, header.body_from, cases=cases), 1
    for number, cells in screening.preview:
        titles = [(index, text) for index, text in enumerate(cells) if text]
        watches = _watches(titles, number, number + 1, cases=False)
        alone = len(titles) > 1 and any(shows_persons(text) for _index, text in titles)
        if alone or len({watch.kind for watch in watches.values()}) > 1:
            return watches, 1 if alone else 2
    return {}, 1


def _watches(titles: Iterable[tuple[int, str]], row: int, body_from: int, *, cases: bool) -> dict[int, _Watch]:
    kinds = ((index, nominative_title(text, cases=cases)) for index, text in titles)
    return {index: _Watch(kind=kind, title_row=row, body_from=body_from) for index, kind in kinds if kind is not None}
