"""An attack on statistical secrecy, which shares nothing with what it attacks.

It takes what readers have (figures shown, figures hidden, who belongs to whom, what adds up) and looks for hidden
figures that can only be one whole number: first exactly (elimination in rational numbers), then by the bounds that
linear programming gives. Its reader is better informed than most: of every hidden figure it knows whether it has
changed from one edition to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, lil_array

Unknown = Hashable
_NEAR = 1e-6
_AT_ONCE, _MOST = 8, 1e5
"""Rounds of searches that push every hidden figure, one way or the other; and how far they may."""
_ELIMINATED = 300
"""Larger systems are left to the bounds, which say the same and more."""


@dataclass
class Reader:
    """What one reader knows. Relations are sums that are zero, or that are not above zero (`below`)."""

    known: dict[Unknown, int] = field(default_factory=dict)
    hidden: dict[Unknown, None] = field(default_factory=dict)
    zero: list[dict[Unknown, Fraction]] = field(default_factory=list)
    below: list[dict[Unknown, Fraction]] = field(default_factory=list)

    def sees(self, unknown: Unknown, number: int | None) -> None:
        """A figure in a table: None for a hidden one. What is shown once is known."""
        if number is not None:
            self.known[unknown] = number
        else:
            self.hidden[unknown] = None

    def adds_up(self, parts: Iterable[Unknown], whole: Unknown) -> None:
        """The parts make the whole."""
        self.zero.append(_sum(parts, whole))

    def at_most(self, part: Unknown, whole: Unknown) -> None:
        """The part is not more than the whole."""
        self.below.append(_sum([part], whole))

    def share(self, part: Unknown, whole: Unknown, percent: Fraction) -> None:
        """A share in %, rounded to one decimal."""
        half = Fraction(1, 20)
        self.below += [
            {part: Fraction(-100), whole: percent - half},
            {part: Fraction(100), whole: -percent - half},
        ]

    def finds(self) -> set[Unknown]:
        """Every hidden figure that can be one number only."""
        return self.solved() | set(self._bounded())

    def finds_any(self) -> bool:
        """Whether there is one: much sooner known where there are many."""
        return any(True for _ in self._bounded()) or bool(self.solved())

    def _bounded(self) -> Iterator[Unknown]:
        for unknowns, zero, below in self._apart():
            yield from _bounded(unknowns, zero, below, [one for one in unknowns if one in self.hidden])

    def solved(self) -> set[Unknown]:
        """Those that the sums give by elimination alone."""
        found: set[Unknown] = set()
        for unknowns, zero, _ in self._apart():
            found |= _eliminated(zero) if len(unknowns) <= _ELIMINATED else set()
        return {one for one in found if one in self.hidden and one not in self.known}

    def _apart(self) -> list[tuple[list[Unknown], list[Row], list[Row]]]:  # noqa: C901 - union-find, in one place
        """Systems that have no unknown in common."""
        zero = [self._without_known(one) for one in self.zero]
        below = [self._without_known(one) for one in self.below]
        parent: dict[Unknown, Unknown] = {}

        def root(one: Unknown) -> Unknown:
            while parent.setdefault(one, one) != one:
                parent[one] = parent[parent[one]]
                one = parent[one]
            return one

        for terms, _ in (*zero, *below):
            names = list(terms)
            for one in names:
                parent[root(one)] = root(names[0])
        for one in self.hidden:
            if one not in self.known:
                root(one)
        systems: dict[Unknown, tuple[list[Unknown], list[Row], list[Row]]] = defaultdict(lambda: ([], [], []))
        for one in list(parent):
            systems[root(one)][0].append(one)
        for place, rows in ((1, zero), (2, below)):
            for terms, right in rows:
                if terms:
                    systems[root(next(iter(terms)))][place].append((terms, right))
                elif place == 1 and right != 0:
                    raise AssertionError("figures shown contradict each other")
        return list(systems.values())

    def _without_known(self, terms: Mapping[Unknown, Fraction]) -> Row:
        rest = {one: factor for one, factor in terms.items() if one not in self.known and factor}
        return rest, -sum((factor * self.known[one] for one, factor in terms.items() if one in self.known), Fraction(0))


Row = tuple[dict[Unknown, Fraction], Fraction]


def _sum(parts: Iterable[Unknown], whole: Unknown) -> dict[Unknown, Fraction]:
    terms: dict[Unknown, Fraction] = defaultdict(Fraction)
    for one in parts:
        terms[one] += 1
    terms[whole] -= 1
    return terms


def _eliminated(rows: Iterable[Row]) -> set[Unknown]:
    """Unknowns alone in a row of the reduced system."""
    reduced: dict[Unknown, Row] = {}
    for terms, right in rows:
        left, value = dict(terms), right
        for pivot in [one for one in left if one in reduced]:
            if left.get(pivot):
                left, value = _less(left, value, reduced[pivot], left[pivot])
        left = {one: factor for one, factor in left.items() if factor}
        if not left:
            continue
        pivot = next(iter(left))
        scale = left[pivot]
        row = ({one: factor / scale for one, factor in left.items()}, value / scale)
        for other, (others, known) in list(reduced.items()):
            if others.get(pivot):
                reduced[other] = _less(others, known, row, others[pivot])
        reduced[pivot] = row
    return {pivot for pivot, (terms, _) in reduced.items() if sum(1 for factor in terms.values() if factor) == 1}


def _less(terms: Mapping[Unknown, Fraction], right: Fraction, row: Row, times: Fraction) -> Row:
    found = defaultdict(Fraction, terms)
    for one, factor in row[0].items():
        found[one] -= times * factor
    return {one: factor for one, factor in found.items() if factor}, right - times * row[1]


def _bounded(  # noqa: C901 - one search, whose two questions share what they learn
    unknowns: list[Unknown], zero: list[Row], below: list[Row], asked: list[Unknown]
) -> Iterator[Unknown]:
    """Those of `asked` between whose least and greatest values stands one whole number."""
    place = {one: at for at, one in enumerate(unknowns)}
    system = {"A_eq": _matrix(zero, place), "b_eq": [float(right) for _, right in zero]} if zero else {}
    if below:
        system |= {"A_ub": _matrix(below, place), "b_ub": [float(right) for _, right in below]}
    low, high = np.full(len(unknowns), np.inf), np.full(len(unknowns), -np.inf)

    def look(goal: npt.NDArray[np.float64], most: float | None = None) -> bool:
        """Whether the goal has an end; what fits all that is known widens what every unknown may be."""
        answer = linprog(goal, bounds=(0, most), method="highs", **system)
        if answer.status == 0:
            np.minimum(low, answer.x, out=low)
            np.maximum(high, answer.x, out=high)
        assert answer.status in ({0, 3} if most is None else {0, 2}), answer.message
        return bool(answer.status == 0)

    def doubtful(at: int) -> bool:
        return not floor(high[at] + _NEAR) > ceil(low[at] - _NEAR)

    # any two answers that differ by a whole number settle an unknown: many at once before one after another
    waiting = [place[one] for one in asked]
    chance = np.random.default_rng(len(unknowns))
    for _ in range(_AT_ONCE if len(waiting) > _AT_ONCE else 0):
        goal = np.zeros(len(unknowns))
        goal[waiting] = chance.choice([-1.0, 1.0], size=len(waiting))
        if not (look(goal, _MOST) and look(-goal, _MOST)):
            break
        waiting = [at for at in waiting if not np.isfinite(low[at]) or doubtful(at)]
        if not waiting:
            break
    for at in waiting:
        if np.isfinite(low[at]) and not doubtful(at):
            continue
        goal = np.zeros(len(unknowns))
        goal[at] = 1
        if look(goal) and look(-goal) and doubtful(at):
            yield unknowns[at]


def _matrix(rows: list[Row], place: Mapping[Unknown, int]) -> csr_array:
    found = lil_array((len(rows), len(place)))
    for at, (terms, _) in enumerate(rows):
        for one, factor in terms.items():
            found[at, place[one]] = float(factor)
    return csr_array(found)
