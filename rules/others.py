"""Comparisons between collections, and with the year before, line by line (contract §6, §9): questions, never refusals.

A rule is handed the accepted records as plain values and may ask for figures of other collections; among cases it is
handed how many each CIL/CCI has, never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from rules.past import Past
from rules.rule import Remark, Rule, Stage
from schemas.collection import Collection

Record = Mapping[str, Any]
"""One accepted record: its values by column, None where empty."""


class OtherFigures(Protocol):
    """What a rule may ask of what is in force elsewhere, as it was known when the deposit was received."""

    def past(self, collection: str, periods: Sequence[Period], members: AbstractSet[str]) -> Past:
        """Figures of another collection: the account's own, and those of `members` at any other account."""
        ...

    def records(self, collection: str, period: Period, columns: Sequence[str], *, own: bool) -> Sequence[Record]:
        """Some columns of the records in force, of the account or of everybody; never of cases."""
        ...

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        """How many records in force each of `members` has, at any account."""
        ...


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The accepted records of one deposit (none for cases), how many each member has, and the others' figures."""

    collection: Collection
    period: Period
    records: Sequence[Record]
    counts: Mapping[str, int]
    others: OtherFigures
    directory: Directory | None = None
    organisation: Organisation | None = None
    asked: dict[tuple[str, Period], Past] = field(default_factory=dict)

    @property
    def quarters(self) -> tuple[Period, ...]:
        """The four quarters of the year."""
        return tuple(Period(self.period.year, quarter) for quarter in (1, 2, 3, 4))

    @cached_property
    def members(self) -> frozenset[str]:
        """The CIL/CCI that the deposit is about."""
        column = self.collection.member_column
        named = () if column is None else (record[column.name] for record in self.records)
        return frozenset(one for one in (*named, *self.counts) if one is not None)

    def year_of(self, collection: str, member: str, year: int | None = None) -> dict[str, float] | None:
        """The sums over four quarters of a member in a quarterly collection; None unless every quarter is known.

        A nil return of the account counts 0 for the quarter.
        """
        period = Period(self.period.year if year is None else year)
        if (collection, period) not in self.asked:
            quarters = [Period(period.year, quarter) for quarter in (1, 2, 3, 4)]
            self.asked[collection, period] = self.others.past(collection, quarters, self.members)
        past = self.asked[collection, period]
        line = past.lines.get((member,), {})
        sums: dict[str, float] = {}
        for quarter in (1, 2, 3, 4):
            one = line.get(Period(period.year, quarter))
            if one is None:
                if Period(period.year, quarter) not in past.nil:
                    return None
                continue
            for name, value in one.items():
                sums[name] = sums.get(name, 0) + value
        return sums


@dataclass(frozen=True, kw_only=True)
class OthersRule(Rule):
    """A comparison of accepted records with other collections or the year before.

    `judge` gives remarks whose `index` is the position of a record in `records`; none: the whole table.
    """

    judge: Callable[[Compared], Iterable[Remark]]
    columns: tuple[str, ...] = ()

    @property
    def stage(self) -> Stage:
        """Against other collections."""
        return Stage.HISTORY

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns compared."""
        return self.columns


QUARTERLY: Mapping[Service, tuple[str, str]] = {
    Service.ASA: ("N1A", "diagnostics_prealables"),
    Service.MOB: ("N1M", "dossiers_individuels"),
}
"""Of each service: the quarterly collection and the column that counts what was finished (S1-7, S1-9)."""
