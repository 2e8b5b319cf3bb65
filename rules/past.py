"""Accepted figures beside their past, as history rules are handed them: plain values, no database (contract §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from domain.periods import FIRST_YEAR, Period
from schemas.collection import Collection
from schemas.columns import Kind
from schemas.history import History

Key = tuple[Any, ...]
"""What identifies a record from one period to the next: the values of its key columns."""
Line = Mapping[str, float]
"""The quantities of one record, by column; a column without a value is absent."""
Series = Sequence[float | None]
"""One figure over the periods before: the last one first, None where nothing is in force."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What was in force for earlier periods. `nil`: those for which the depositor's own account said NEANT.

    `anybody`: someone has figures in force then, whoever it is.
    """

    lines: Mapping[Key, Mapping[Period, Line]] = field(default_factory=dict)
    nil: AbstractSet[Period] = frozenset()
    anybody: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerLevel:
    """The values of the whole network for one column: how many there are, and a high quantile of them."""

    count: int
    level: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The accepted records of one deposit, or its nil return, beside the past.

    `keys` and `lines` go together, one a record. `former`: the lines of the deposit that this one replaces, when its
    figures were due and thus published; None otherwise. `warned`: cells (position, column) that already have a question
    from a rule within the record.
    """

    collection: Collection
    history: History
    period: Period
    keys: Sequence[Key]
    lines: Sequence[Line]
    past: Past
    nil: bool = False
    peers: Callable[[str], PeerLevel | None] = lambda _column: None
    former: Mapping[Key, Line] | None = None
    warned: AbstractSet[tuple[int, str]] = frozenset()

    @cached_property
    def before(self) -> tuple[Period, ...]:
        """The periods that are looked at, the last one first."""
        return periods_before(self.period, self.history)

    @property
    def cycle(self) -> int:
        """How many periods a year has."""
        return 4 if self.period.quarter else 1

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """Names of the columns that count."""
        return tuple(column.name for column in self.collection.quantities if column.kind is Kind.COUNT)

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """Names of the columns of amounts whose cases are counted."""
        return tuple(name for name in self.history.paid_cases if name in self.collection.by_name)

    def series(self, index: int, column: str) -> Series:
        """One figure of a record over the periods before."""
        return [line.get(column) for line in self._aged(index)]

    def _aged(self, index: int) -> Sequence[Line]:
        """The lines of a record for the periods before, the last one first; empty where there was none."""
        found = self._by_age.get(index)
        if found is None:
            line = self.past.lines.get(self.keys[index])
            found = [line.get(period, _NO_LINE) for period in self.before] if line else ()
            self._by_age[index] = found
        return found

    @cached_property
    def _by_age(self) -> dict[int, Sequence[Line]]:
        return {}

    def known(self, index: int) -> int:
        """For how many of the periods before a record has figures."""
        return len(self.past.lines.get(self.keys[index], ()))

    def previous(self, index: int, age: int = 1) -> Line | None:
        """The record as it was for the period just before, or the one of that age."""
        aged = self._aged(index)
        return aged[age - 1] or None if len(aged) >= age else None


class Asked:
    """What was asked already about these figures, so that one value never gets several questions."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._cells: set[tuple[int, str]] = set()
        self._lines: set[int] = set()
        self._table = False
        self._spared: frozenset[int] = frozenset()

    def about(self, index: int, column: str | None = None) -> bool:
        """Whether the table, the line, or that cell of it, has a question."""
        table = self._table and index not in self._spared
        return table or index in self._lines or (column is not None and (index, column) in self._cells)

    def spare(self, lines: Iterable[int]) -> None:
        """The question about the table does not explain these lines: they may have their own."""
        self._spared = frozenset(lines)

    def ask(self, index: int | None, column: str | None) -> None:
        """Note a question about a cell, a line (no column), or the table (neither); one on a column's total is none."""
        if index is None:
            self._table = self._table or column is None
        elif column is None:
            self._lines.add(index)
        else:
            self._cells.add((index, column))


def periods_before(period: Period, history: History) -> tuple[Period, ...]:
    """The periods that history rules look at, the last one first."""
    found: list[Period] = []
    cycle = 4 if period.quarter else 1
    while len(found) < max(history.reach, history.years * cycle) and (period.year, period.quarter) > _FIRST[cycle]:
        period = period.preceding
        found.append(period)
    return tuple(found)


_NO_LINE: Line = MappingProxyType({})
_FIRST = {4: (FIRST_YEAR, 1), 1: (FIRST_YEAR, 0)}
