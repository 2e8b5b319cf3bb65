"""Counts the cases of a year inside the database: no case leaves it, only how many of them are alike (contract §12).

One query a characteristic or cross, grouped by section and CIL/CCI; memory grows with the CIL/CCI and the modalities,
never with the cases. The median of an amount is found over a stream of (CIL/CCI, whole euros, how many).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, literal, select
from sqlalchemy.engine import Connection

from publication.counted import CROSS, NATION, TOTAL
from publication.tables.cil_pass.dimensions import (
    LAST_FORMER_YEAR,
    UNKNOWN,
    CaseCollection,
    Dimension,
    Modality,
    Reading,
)
from publication.values import Number
from publication.year import Level, Tally
from schemas.codes import department_of_postcode

_STREAMED = 2_000
_POSTCODE_LENGTH, _PREFIX = 5, 3
Key = tuple[str, str, str, str]
"""CIL/CCI, dimension, modality, other."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which section tells the cases of each CIL/CCI: that of the platform that owes them, else the last judged."""

    sections: Mapping[str, int]
    platforms: Mapping[str, str]


@dataclass(kw_only=True)
class Counting:
    """The cases of one collection and year. `owners`: section → who deposited it; `homes`: CIL/CCI → its platform."""

    connection: Connection
    collection: CaseCollection
    table: Table
    year: int
    owners: Mapping[int, str]
    homes: Mapping[str, str]
    _counts: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))

    def tallies(self) -> tuple[Tally, ...]:
        """Everything that the tables count."""
        if not self.owners:
            return ()
        chosen = self._chosen
        self._flags(chosen)
        for one in self.collection.dimensions:
            if not one.multiple and one.asked(self.year):
                self._single(one, chosen)
        for cross in self.collection.counted_crosses:
            first, second = self.collection.dimension(cross.first), self.collection.dimension(cross.second)
            if not second.multiple and first.asked(self.year) and second.asked(self.year):
                self._pair(cross.name, first, second, chosen)
        return tuple(
            sorted(
                Tally(
                    collection=self.collection.slug,
                    platform=chosen.platforms[member],
                    member=member,
                    dimension=dimension,
                    modality=modality,
                    other=other,
                    count=number,
                )
                for (member, dimension, modality, other), number in self._counts.items()
                if number
            )
        )

    def levels(self) -> tuple[Level, ...]:
        """The median of the amount: of the nation, of each platform, of each CIL/CCI."""
        if not self.owners:
            return ()
        chosen = self._chosen
        histograms: defaultdict[str, Counter[int]] = defaultdict(Counter)
        found: dict[str, tuple[int, Number]] = {}
        for member, histogram in self._amounts(chosen):
            found[member] = (histogram.total(), median(histogram))
            platform = self.homes.get(member) or chosen.platforms[member]
            histograms[NATION].update(histogram)
            histograms[platform].update(histogram)
        found |= {group: (histogram.total(), median(histogram)) for group, histogram in histograms.items()}
        return tuple(
            Level(
                collection=self.collection.slug,
                group=group,
                column=self.collection.amount,
                count=number,
                median=middle,
            )
            for group, (number, middle) in sorted(found.items())
        )

    @property
    def _member(self) -> ColumnElement[Any]:
        return self.table.c[self.collection.member]

    def _grouped(
        self, *columns: ColumnElement[Any], sums: Iterable[ColumnElement[bool]] = ()
    ) -> Iterator[Sequence[Any]]:
        """(section, CIL/CCI, *columns, how many, *how many hold `sums`) for each group of like cases, as a stream.

        What tells groups apart is named in a subquery: PostgreSQL takes two parameters for two expressions.
        """
        named = [one.label(f"g{place}") for place, one in enumerate((self.table.c.section_id, self._member, *columns))]
        holds = [case((one, 1), else_=0).label(f"s{place}") for place, one in enumerate(sums)]
        inner = (
            select(*named, *holds)
            .where(self.table.c.section_id.in_(sorted(self.owners)), self._member.is_not(None))
            .subquery()
        )
        groups = [inner.c[one.name] for one in named]
        counted = [func.sum(inner.c[one.name]) for one in holds]
        query = select(*groups, func.count(), *counted).group_by(*groups)
        yield from self.connection.execute(query.execution_options(yield_per=_STREAMED))

    @cached_property
    def _chosen(self) -> Chosen:
        ranks: dict[str, tuple[bool, int]] = {}
        for number, member, _ in self._grouped():
            rank = (self.homes.get(member) == self.owners[number], number)
            ranks[member] = max(ranks.get(member, rank), rank)
        sections = {member: number for member, (_, number) in ranks.items()}
        return Chosen(sections=sections, platforms={member: self.owners[one] for member, one in sections.items()})

    def _flags(self, chosen: Chosen) -> None:
        asked = self._asked_flags(one for one in self.collection.dimensions if one.multiple)
        for number, member, cases, *sums in self._grouped(sums=[one for _, _, one in asked]):
            if chosen.sections[member] != number:
                continue
            self._counts[member, TOTAL, "", ""] += cases
            for (name, modality, _), count in zip(asked, sums, strict=True):
                self._counts[member, name, modality, ""] += int(count)

    def _asked_flags(self, dimensions: Iterable[Dimension]) -> list[tuple[str, str, ColumnElement[bool]]]:
        return [
            (one.name, modality.code, self._holds(modality))
            for one in dimensions
            for modality in one.modalities
            if one.asked(self.year, modality.code)
        ]

    def _single(self, one: Dimension, chosen: Chosen) -> None:
        crossed = [cross for cross in self.collection.counted_crosses if cross.first == one.name]
        multiple = [two for cross in crossed if (two := self.collection.dimension(cross.second)).multiple]
        asked = self._asked_flags(multiple)
        sums = [holds for _, _, holds in asked]
        for number, member, read, cases, *counts in self._grouped(self._reading(one), sums=sums):
            if chosen.sections[member] != number:
                continue
            modality = self._modality(one, read)
            self._counts[member, one.name, modality, ""] += cases
            for (second, other, _), count in zip(asked, counts, strict=True):
                self._counts[member, f"{one.name}{CROSS}{second}", modality, other] += int(count)

    def _pair(self, name: str, first: Dimension, second: Dimension, chosen: Chosen) -> None:
        for number, member, one, other, cases in self._grouped(self._reading(first), self._reading(second)):
            if chosen.sections[member] == number:
                self._counts[member, name, self._modality(first, one), self._modality(second, other)] += cases

    def _amounts(self, chosen: Chosen) -> Iterator[tuple[str, Counter[int]]]:
        """CIL/CCI by CIL/CCI: whole euros → how many cases."""
        amount = self.table.c[self.collection.amount]
        for number in sorted(set(chosen.sections.values())):
            query = (
                select(self._member, amount, func.count())
                .where(self.table.c.section_id == number, self._member.is_not(None), amount.is_not(None))
                .group_by(self._member, amount)
                .order_by(self._member)
                .execution_options(yield_per=_STREAMED)
            )
            for member, rows in groupby(self.connection.execute(query), key=itemgetter(0)):
                if chosen.sections[member] == number:
                    yield member, Counter({int(euros): count for _, euros, count in rows})

    def _reading(self, one: Dimension) -> ColumnElement[Any]:
        """What tells the modalities apart, in SQL."""
        column = self.table.c[one.column_of(self.year)]
        if one.reading is Reading.CLASSES:
            return case(*((_within(column, modality), literal(modality.code)) for modality in one.modalities))
        if one.reading is Reading.YES_NO:
            return case((column.is_(True), literal("O")), (column.is_(False), literal("N")))
        if one.reading is Reading.PLACE:
            prefix = func.substr(column, 1, _PREFIX).concat("00")
            return case((func.length(column) == _POSTCODE_LENGTH, prefix), else_=column)
        return column

    def _modality(self, one: Dimension, read: str | None) -> str:
        if read is None:
            return UNKNOWN
        if one.reading is Reading.PLACE:
            return department_of_postcode(read, self.year) or UNKNOWN
        return read if read in one.codes else UNKNOWN

    def _holds(self, one: Modality) -> ColumnElement[bool]:
        if self.year > LAST_FORMER_YEAR or one.former is None:
            return self.table.c[one.column].is_(True)
        column = self.table.c[one.former.column]
        if one.former.code:
            return literal(" ").concat(column).concat(" ").like(f"% {one.former.code} %")
        return column != "" if one.former.filled else column.is_(True)


def _within(column: ColumnElement[Any], one: Modality) -> ColumnElement[bool]:
    if one.low is None:
        return column <= one.high
    return column >= one.low if one.high is None else column.between(one.low, one.high)


def median(histogram: Mapping[int, int]) -> Number:
    """The middle value, or the half-sum of the two in the middle; whole where it can be."""
    half, odd = divmod(sum(histogram.values()), 2)
    wanted = (half, half) if odd else (half - 1, half)
    found: list[int] = []
    passed = 0
    for value in sorted(histogram):
        passed += histogram[value]
        while len(found) < len(wanted) and wanted[len(found)] < passed:
            found.append(value)
    middle = Decimal(sum(found)) / 2
    return int(middle) if middle == middle.to_integral_value() else middle
