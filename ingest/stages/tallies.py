"""Counts findings by cause, whatever is kept of them: in memory that follows neither the causes nor the findings."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from domain.causes import CauseTally
from domain.findings import Severity

MOST_CAUSES = 200
"""Distinct causes told apart; those that come later are counted together."""
OTHERS = "autres"
EXAMPLES = 3
_MOST_SPANS = 13
_MOST_SETS = 20_000
_MANY = 1
"""The number of the set for records with more combinations of faults than are told apart."""
_FAULTS = frozenset({Severity.ERROR, Severity.BLOCKING})


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """What a diagnosis makes of some causes: one cause, under a title in plain words. `title` None: the usual one.

    `consequence`: they follow from another cause, and go with it.
    """

    cause: str
    causes: frozenset[str]
    title: str | None = None
    hint: str | None = None
    consequence: bool = False


@dataclass(kw_only=True, slots=True)
class _Count:
    """The running count of one cause."""

    number: int
    code: str
    severity: Severity
    count: int = 0
    rows: int = 0
    last_row: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)
    consequence: bool = False

    def add(self, row: int | None) -> None:
        self.count += 1
        if row is None or row == self.last_row:
            return
        self.rows += 1
        self.last_row = row
        if self.spans and self.spans[-1][1] + 1 == row:
            self.spans[-1] = (self.spans[-1][0], row)
        elif len(self.spans) < _MOST_SPANS:
            self.spans.append((row, row))


class CauseBook:
    """Which causes there are, how often, and which records each one alone makes bad."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Severity], _Count] = {}
        # One number a record: the set of causes that make it bad. Records are many, distinct sets are few.
        self._set_of_row = array("i")
        self._sets: list[frozenset[int]] = [frozenset(), frozenset()]
        self._numbers: dict[frozenset[int], int] = {}
        self._next: dict[tuple[int, int], int] = {}

    def add_one(self, code: str, key: str, severity: Severity, row: int | None, *, consequence: bool = False) -> None:
        """Count a finding, made or not."""
        counted = self._counts.get((key, severity))
        if counted is None:
            counted = self._new(code, key, severity)
            counted.consequence = consequence
        counted.add(row)
        if row is not None and severity is Severity.ERROR:
            self._mark(row, counted.number)

    def count_of(self, key: str, severity: Severity) -> int:
        """How many findings of a cause there are so far."""
        counted = self._counts.get((key, severity))
        return 0 if counted is None else counted.count

    def _new(self, code: str, key: str, severity: Severity) -> _Count:
        if len(self._counts) >= MOST_CAUSES:
            key = OTHERS
            if (key, severity) in self._counts:
                return self._counts[key, severity]
        counted = self._counts[key, severity] = _Count(number=len(self._counts), code=code, severity=severity)
        return counted

    def _mark(self, row: int, number: int) -> None:
        if row >= len(self._set_of_row):
            self._set_of_row.extend([0] * (row + 1 + row // 2 - len(self._set_of_row)))
        now = self._set_of_row[row]
        after = self._next.get((now, number))
        if after is None:
            after = self._next[now, number] = self._grown(now, number)
        self._set_of_row[row] = after

    def _grown(self, now: int, number: int) -> int:
        if now == _MANY:
            return _MANY
        grown = self._sets[now] | {number}
        found = self._numbers.get(grown)
        if found is None:
            if len(self._sets) >= _MOST_SETS:
                return _MANY
            found = self._numbers[grown] = len(self._sets)
            self._sets.append(grown)
        return found

    def tallies(self, roots: Mapping[str, Root]) -> tuple[CauseTally, ...]:
        """The causes as the answer tells them; `roots`: by former cause, the one that takes its place."""
        grouped: dict[tuple[str, Severity], list[_Count]] = {}
        named: dict[str, Root] = {}
        for (key, severity), counted in self._counts.items():
            root = roots.get(key) if severity in _FAULTS or severity is Severity.WARNING else None
            if root is not None:
                named[root.cause] = root
            grouped.setdefault((key if root is None else root.cause, severity), []).append(counted)
        sizes = np.bincount(np.asarray(self._set_of_row, dtype=np.int64), minlength=len(self._sets))
        gravest = {key: min((one for name, one in grouped if name == key), key=_rank) for key in named}
        return tuple(
            self._tally(key, severity, members, sizes, _at(severity, named.get(key), gravest.get(key)))
            for (key, severity), members in grouped.items()
        )

    def _tally(
        self,
        key: str,
        severity: Severity,
        members: list[_Count],
        sizes: np.ndarray,
        root: Root | None,
    ) -> CauseTally:
        numbers = frozenset(one.number for one in members)
        cures = touched = 0
        if severity is Severity.ERROR:
            for number, causes in enumerate(self._sets):
                if causes and sizes[number] and not numbers.isdisjoint(causes):
                    touched += int(sizes[number])
                    cures += int(sizes[number]) if causes <= numbers else 0
        return CauseTally(
            cause=key,
            code=members[0].code,
            severity=severity,
            count=sum(one.count for one in members),
            rows=max(touched, *(one.rows for one in members), 0),
            cures=cures,
            spans=_merged([span for one in members for span in one.spans]),
            title=None if root is None else root.title,
            hint=None if root is None else root.hint,
            consequence=all(one.consequence for one in members) if root is None else root.consequence,
        )


def _rank(severity: Severity) -> int:
    return severity.rank


def _at(severity: Severity, root: Root | None, gravest: Severity | None) -> Root | None:
    """What a root cause is worth among findings less grave than its gravest: they go with those."""
    if root is None or severity is gravest:
        return root
    return replace(root, title=None, hint=None, consequence=True)


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Runs in order, those that touch made one, the first ones only."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged[:_MOST_SPANS])
