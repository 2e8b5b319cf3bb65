"""What the columns `code_plateforme`, `annee`, `trimestre`, `exercice` say, over a whole sheet (C0-11).

They are optional. Where all their cells agree on something else than the deposit, the section is refused in one
sentence (G-02, G-04); a single line that differs is that line's error, told with the others (G-20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from domain.periods import Period, Periodicity
from domain.text import fold
from ingest.reading.raw import RawSheet
from ingest.stages.sections import Header
from ingest.stages.values import parse, read_quarter
from schemas.collection import Collection
from schemas.columns import Column

__all__ = ["ContextCells", "read_context"]

_BETWEEN = "\x1f"
MOST_VALUES = 50
"""Distinct values looked at in a column: more are no answer anyway."""


@dataclass(frozen=True, kw_only=True)
class ContextCells:
    """By kind of context (`platform`, `year`, `quarter`): each distinct text and the row where it first stands."""

    collection: Collection
    columns: Mapping[str, Column] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Year and quarter that stand on the same line, and the row where they first do."""

    def periods(self) -> dict[Period, int]:
        """The periods that the columns tell, each with a row; empty when they do not tell one."""
        years = self._values("year")
        if self.collection.periodicity.length is Periodicity.YEAR:
            return {Period(year): row for year, row in years.items()}
        found: dict[Period, int] = {}
        for text, row in self.texts.get("quarter", {}).items():
            told = read_quarter(text)
            if told is None:
                continue
            year, quarter = told
            for one, first in [(year, row)] if year else self._years_beside(text) or [(one, row) for one in years]:
                period = _period(one, quarter)
                if period is not None:
                    found.setdefault(period, first)
        return found

    def _years_beside(self, quarter: str) -> list[tuple[int, int]]:
        """The years on the lines that tell this quarter, each with a row."""
        told = [(year, row) for (year, text), row in self.pairs.items() if text == quarter]
        beside = [(parse(self.columns["year"], year).value, row) for year, row in told]
        return [(year, row) for year, row in beside if isinstance(year, int)]

    def first_other(self, period: Period) -> tuple[str, str, int] | None:
        """`(technical name, text, row)` when a whole column, as far as it can be read, tells another period."""
        years = self._texts_by_value("year")
        if years and period.year not in years:
            text, row = next(iter(years.values()))
            return self.columns["year"].name, text, row
        told = [(read_quarter(text), text, row) for text, row in self.texts.get("quarter", {}).items()]
        quarters = [(quarter, text, row) for quarter, text, row in told if quarter]
        agree = any(
            number == period.quarter and year in {None, period.year} for (year, number), _text, _row in quarters
        )
        if quarters and period.quarter and not agree:
            return self.columns["quarter"].name, quarters[0][1], quarters[0][2]
        return None

    def first_stranger(self, own: Iterable[str]) -> tuple[str, str, int] | None:
        """`(technical name, text, row)` when the platform column never names the depositor."""
        platforms = self.texts.get("platform", {})
        mine = {fold(word) for word in own}
        if not platforms or any(fold(text) in mine for text in platforms):
            return None
        text, row = next(iter(platforms.items()))
        return self.columns["platform"].name, text, row

    def _values(self, context: str) -> dict[int, int]:
        return {value: row for value, (_text, row) in self._texts_by_value(context).items()}

    def _texts_by_value(self, context: str) -> dict[int, tuple[str, int]]:
        found: dict[int, tuple[str, int]] = {}
        for text, row in self.texts.get(context, {}).items():
            value = parse(self.columns[context], text).value
            if isinstance(value, int):
                found.setdefault(value, (text, row))
        return found


def read_context(sheet: RawSheet, header: Header | None, collection: Collection) -> ContextCells:
    """Read the context columns of a sheet, once; blank cells and lines of totals say nothing."""
    if header is None:
        return ContextCells(collection=collection)
    columns = {
        column.context: column for column in collection.columns if column.context and column.name in header.columns
    }
    texts: dict[str, dict[str, int]] = {context: {} for context in columns}
    pairs: dict[tuple[str, str], int] = {}
    dated = [header.columns[columns[one].name] for one in ("year", "quarter") if one in columns]
    if columns:
        for batch in sheet.batches():
            for context, column in columns.items():
                _gather(texts[context], batch, header.columns[column.name], header.body_from)
            if len(dated) == 2:  # noqa: PLR2004 - a year and a quarter
                _gather_pairs(pairs, batch, dated, header.body_from)
    return ContextCells(collection=collection, columns=columns, texts=texts, pairs=pairs)


def _gather_pairs(known: dict[tuple[str, str], int], batch: pa.RecordBatch, indexes: list[int], body_from: int) -> None:
    if max(indexes) + 1 >= batch.num_columns or not batch.num_rows:
        return
    joined = pc.binary_join_element_wise(*(batch.column(index + 1) for index in indexes), _BETWEEN)
    below = pc.greater_equal(batch.column(0), body_from)
    numbers, cells = batch.column(0).filter(below), joined.filter(below)
    for text in pc.unique(cells).to_pylist():
        if text is None or len(known) >= MOST_VALUES:
            continue
        year, _, quarter = text.partition(_BETWEEN)
        if year.strip() and quarter.strip():
            known.setdefault((year.strip(), quarter.strip()), numbers[pc.index(cells, text).as_py()].as_py())


def _gather(known: dict[str, int], batch: pa.RecordBatch, index: int, body_from: int) -> None:
    if index + 1 >= batch.num_columns or not batch.num_rows:
        return
    numbers, cells = batch.column(0), batch.column(index + 1)
    if numbers[0].as_py() < body_from:
        kept = pc.greater_equal(numbers, body_from)
        numbers, cells = numbers.filter(kept), cells.filter(kept)
    for text in pc.unique(cells).to_pylist():
        if not text or not text.strip() or len(known) >= MOST_VALUES or _says_total(text):
            continue
        clean = text.strip()
        if clean not in known:
            known[clean] = numbers[pc.index(cells, text).as_py()].as_py()


def _says_total(text: str) -> bool:
    return fold(text).startswith(("total", "sous total", "neant", "etat neant"))


def _period(year: int, quarter: int) -> Period | None:
    try:
        return Period(year, quarter)
    except ValueError:
        return None
