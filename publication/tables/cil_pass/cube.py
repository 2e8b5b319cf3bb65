"""Cases counted by whoever asks: the nation, a région, a platform, a CIL/CCI (D11, D12, D14, D15).

Every figure comes with the counts that it rests on, for secrecy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from domain.organisations import Service
from domain.text import fold
from publication.counted import CROSS, NATION, REGION, TOTAL, Count
from publication.tables.cil_pass.dimensions import UNKNOWN, CaseCollection
from publication.values import MISSING, NOT_CONCERNED, SECRET, Value, share
from publication.year import Year, YearFacts
from schemas.codes import region_of

NO_PLACE = "HORS REGISTRE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A value, and the counts that it is or is computed from."""

    value: Value
    rests_on: tuple[Count, ...] = ()


NOTHING = Figure(value=NOT_CONCERNED)


@dataclass(frozen=True, kw_only=True)
class Homes:
    """Where CIL/CCI count for one service, in one year of the same register.

    `deposited`: CIL/CCI with records → who deposited them. `by_line`: each expected CIL/CCI has a line of its own, so
    that one without is missing, and not zero.
    """

    facts: YearFacts
    year: Year
    collection: str
    service: Service
    deposited: Mapping[str, str]
    by_line: bool = False

    def platform(self, member: str) -> str:
        """That of 31 December; else who deposited; empty when there is none."""
        return self._adheres.get(member) or self.deposited.get(member, "")

    def region(self, member: str) -> str:
        """The group of the région of its seat."""
        return REGION + (region_of(self.facts.department(member), self.year.period.year) or NO_PLACE)

    def groups(self, member: str) -> tuple[str, ...]:
        """Every group that it counts in."""
        platform = self.platform(member)
        return (NATION, self.region(member), *([platform] if platform else []), member)

    @cached_property
    def _adheres(self) -> dict[str, str]:
        day = self.year.period.ends_on
        return {
            one.code_cil: one.code_plateforme
            for one in self.facts.directory.adhesions
            if one.service is self.service and one.dates.covers(day)
        }

    @cached_property
    def expected(self) -> frozenset[str]:
        """Adherents of 31 December, less those that gave the service away for the whole year."""
        directory, period = self.facts.directory, self.year.period
        return frozenset(
            member for member in self._adheres if directory.delegation_covering(member, self.service, period) is None
        )

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Expected, or with records."""
        return tuple(sorted(self.expected | set(self.deposited)))

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Every platform concerned, by code."""
        year, slug = self.year, self.collection
        told = {*year.expected.get(slug, ()), *year.present.get(slug, ()), *year.nil.get(slug, ())}
        return tuple(sorted(told | {one for member in self.members if (one := self.platform(member))}))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every région concerned, in alphabetical order without accents; who has none comes last."""
        found = {self.region(member) for member in self.members}
        return tuple(sorted(found, key=lambda one: (one == REGION + NO_PLACE, fold(one), one)))

    def state(self, group: str) -> Value:
        """0 when something came that speaks for the group; else why there is no figure."""
        if group == NATION:
            return _best(self.state(one) for one in self.platforms)
        if group.startswith(REGION):
            return _best(self.state(one) for one in self.members if self.region(one) == group)
        if group in self.deposited:
            return Value(0)
        if group in self.expected:
            platform = self.platform(group)
            if self.by_line and platform not in self.year.nil.get(self.collection, ()):
                return MISSING
            return self.state(platform)
        return self._of_platform(group)

    def _of_platform(self, group: str) -> Value:
        year, slug = self.year, self.collection
        if group in year.nil.get(slug, ()) or group in year.present.get(slug, ()):
            return Value(0)
        if any(self.platform(member) == group for member in self.deposited):
            return Value(0)
        return MISSING if group in year.expected.get(slug, ()) else NOT_CONCERNED


def _best(states: Iterable[Value]) -> Value:
    """What is known before what is missing, before what nobody asked for."""
    found = list(states)
    return next((one for one in found if one.known), MISSING if MISSING in found or not found else NOT_CONCERNED)


class Cube:
    """The cases of one collection and year. `year` None: nothing is known of it, and all is `n.d.`."""

    def __init__(self, facts: YearFacts, collection: CaseCollection, year: Year | None) -> None:
        self.facts, self.collection, self.year = facts, collection, year
        self.number = facts.period.year if year is None else year.period.year
        self._sums: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
        self._states: dict[str, Value] = {}
        if year is not None:
            self.homes = self._homes(year)
            self._count(year)

    @property
    def known(self) -> bool:
        """Whether any figure is known."""
        return self.year is not None and self.state(NATION).known

    def _homes(self, year: Year) -> Homes:
        tallies = year.tallies.get(self.collection.slug, ())
        return Homes(
            facts=self.facts,
            year=year,
            collection=self.collection.slug,
            deposited={one.member: one.platform for one in tallies if one.dimension == TOTAL},
            service=self.collection.service,
        )

    def _count(self, year: Year) -> None:
        groups: dict[str, tuple[str, ...]] = {}
        for one in year.tallies.get(self.collection.slug, ()):
            for group in groups.setdefault(one.member, self.homes.groups(one.member)):
                self._sums[group, one.dimension, one.modality, one.other] += one.count
                derived = self.collection.derived.get(one.dimension)
                if derived is not None:
                    region = region_of(one.modality, year.period.year) or UNKNOWN
                    self._sums[group, derived, region, ""] += one.count

    def state(self, group: str) -> Value:
        """0 when the group has a figure, even nil; else why not."""
        if self.year is None:
            return MISSING
        if group not in self._states:
            self._states[group] = self.homes.state(group)
        return self._states[group]

    def count(self, group: str, dimension: str = TOTAL, modality: str = "", other: str = "") -> Figure:
        """How many cases of the group."""
        state = self.state(group)
        if not state.known:
            return Figure(value=state)
        if not self._asked(dimension, modality, other):
            return Figure(value=MISSING)
        number = self._sums.get((group, dimension, modality, other), 0)
        return Figure(value=Value(number), rests_on=(self.coordinates(group, dimension, modality, other),))

    def coordinates(self, group: str, dimension: str = TOTAL, modality: str = "", other: str = "") -> Count:
        """Of one count."""
        return Count(
            collection=self.collection.slug,
            year=self.number,
            group=group,
            dimension=dimension,
            modality=modality,
            other=other,
        )

    def share(self, group: str, dimension: str, modality: str) -> Figure:
        """That count in % of the group's cases."""
        return part(self.count(group, dimension, modality), self.count(group))

    def median(self, group: str) -> Figure:
        """Of the amount of the collection, over the group's cases; secret where it is kept for too few of them."""
        whole = self.count(group)
        if self.year is None or not whole.value.known:
            return Figure(value=whole.value)
        wanted = (self.collection.slug, group, self.collection.amount)
        for one in self.year.levels:
            if (one.collection, one.group, one.column) == wanted:
                return Figure(value=Value(one.median), rests_on=whole.rests_on)
        return Figure(value=SECRET)

    def pairs(self, dimension: str, group: str = NATION) -> dict[tuple[str, str], int]:
        """The pairs of a cross that any case has, both known."""
        return {
            (modality, other): number
            for (one, name, modality, other), number in self._sums.items()
            if one == group and name == dimension and UNKNOWN not in {modality, other}
        }

    def _asked(self, dimension: str, modality: str, other: str) -> bool:
        if dimension == TOTAL:
            return True
        first, _, second = dimension.partition(CROSS)
        return self._asks(first, modality) and (not second or self._asks(second, other))

    def _asks(self, name: str, modality: str) -> bool:
        source = {derived: place for place, derived in self.collection.derived.items()}.get(name, name)
        return self.collection.dimension(source).asked(self.number, modality)


def part(one: Figure, whole: Figure) -> Figure:
    """One in % of the other; the absence of the part when it has none."""
    if not one.value.known:
        return one
    return Figure(value=share(one.value, whole.value), rests_on=(*one.rests_on, *whole.rests_on))
