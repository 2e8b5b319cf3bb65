"""What is counted and for whom: the cells that the tables of a year show together, and how they add up (ADR 14).

One `Counts` is one collection of one year with everything that is published from it, on every sheet: secrecy is one
question for all of it, since a reader can lay the sheets side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from publication.counted import NATION, OTHERS, TOTAL

_COMMONEST: Final = 3


class Level(StrEnum):
    """Whom a count is about."""

    MEMBER = "member"
    PLATFORM = "platform"
    REGION = "region"
    NATION = "nation"


class Trait(NamedTuple):
    """What is counted: a modality of a dimension, or a pair of a cross (`other`)."""

    dimension: str
    modality: str = ""
    other: str = ""


class Cell(NamedTuple):
    """One count: of whom (`group`, as in `publication.counted.Count`) and of what."""

    level: Level
    group: str
    trait: Trait


class Home(NamedTuple):
    """The groups that a CIL/CCI counts in, the nation aside: its platform and its région; empty when it has none."""

    platform: str = ""
    region: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dimension:
    """A characteristic. `exclusive`: every case has at most one modality, and what has none does not change.

    `everywhere`: shown for every group, else for the nation alone. `rolls`: (modality, modality of `rollup`), another
    dimension whose modalities are sums of this one's.
    """

    name: str
    modalities: tuple[str, ...]
    exclusive: bool = True
    everywhere: bool = True
    rollup: str = ""
    rolls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cross:
    """Two dimensions together, of which at least one is exclusive; both sides are shown wherever the cross is.

    `name`: as in `Tally.dimension`, whose `modality` is of `first` and `other` of `second`. `listed`: the pairs shown,
    the others together as `autres`; None: all.
    """

    name: str
    first: str
    second: str
    everywhere: bool = True
    listed: tuple[tuple[str, str], ...] | None = None


Units = Mapping[str, int]
"""How many, by CIL/CCI; for what is shown for the nation alone, under `NATION`."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The true counts of one collection in one year. `members`: everybody with a published figure, zero included."""

    collection: str
    year: int
    members: Mapping[str, Home]
    dimensions: tuple[Dimension, ...]
    crosses: tuple[Cross, ...] = ()
    units: Mapping[Trait, Units] = field(repr=False)

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - what is counted, for whom, how it adds up
        cls,
        collection: str,
        year: int,
        counted: Iterable[tuple[str, Trait, int]],
        members: Mapping[str, Home],
        dimensions: tuple[Dimension, ...],
        crosses: tuple[Cross, ...] = (),
    ) -> Counts:
        """From (CIL/CCI, what, how many); whoever is counted without a home is counted in the nation alone."""
        named: tuple[Dimension | Cross, ...] = (*dimensions, *crosses)
        everywhere = {TOTAL, *(one.name for one in named if one.everywhere)}
        rolls = {Trait(one.name, low): Trait(one.rollup, high) for one in dimensions for low, high in one.rolls}
        units: dict[Trait, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        homes = dict(members)
        for member, trait, number in counted:
            homes.setdefault(member, Home())
            for one in (trait, rolls.get(trait)):
                if one is not None and number:
                    units[one][member if trait.dimension in everywhere else NATION] += number
        return cls(collection=collection, year=year, members=homes, dimensions=dimensions, crosses=crosses, units=units)

    @cached_property
    def by_name(self) -> Mapping[str, Dimension]:
        """The dimensions."""
        return {one.name: one for one in self.dimensions}

    @cached_property
    def everywhere(self) -> Mapping[str, bool]:
        """Whether a dimension or a cross is shown for every group."""
        named: tuple[Dimension | Cross, ...] = (*self.dimensions, *self.crosses)
        return {
            TOTAL: True,
            **{one.name: one.everywhere for one in named},
            **{one.rollup: one.everywhere for one in self.dimensions if one.rollup},
        }

    def pairs(self, cross: Cross) -> tuple[tuple[str, str], ...]:
        """The pairs of a cross; of one that is listed in part, those that occur, and some that may for all one knows.

        No reader can tell an unlisted pair that is empty from one that is not: a count of departures that is hidden, of
        nobody, say, needs a pair in which it could be more. Those with the commonest of the other side are enough.
        """
        first, second = self.by_name[cross.first], self.by_name[cross.second]
        if cross.listed is None:
            return tuple((one, two) for one in first.modalities for two in second.modalities)
        found = {(trait.modality, trait.other) for trait in self.units if trait.dimension == cross.name}
        found |= {(one, two) for one in first.modalities for two in self._commonest(second)}
        found |= {(one, two) for one in self._commonest(first) for two in second.modalities}
        return tuple(sorted(found | set(cross.listed)))

    def _commonest(self, dimension: Dimension) -> Sequence[str]:
        counted = {one: sum(self.units.get(Trait(dimension.name, one), {}).values()) for one in dimension.modalities}
        return sorted(counted, key=lambda one: (-counted[one], one))[:_COMMONEST]

    @cached_property
    def traits(self) -> tuple[Trait, ...]:
        """Everything that is counted."""
        found = [Trait(TOTAL)]
        for one in self.dimensions:
            found += [Trait(one.name, modality) for modality in one.modalities]
            found += [Trait(one.rollup, high) for high in dict.fromkeys(high for _, high in one.rolls)]
        for cross in self.crosses:
            found += [Trait(cross.name, *pair) for pair in self.pairs(cross)]
            found += [] if cross.listed is None else [Trait(cross.name, OTHERS, OTHERS)]
        return tuple(found)

    @cached_property
    def groups(self) -> Mapping[tuple[Level, str], tuple[str, ...]]:
        """The members of every group but the members themselves, who are their own."""
        found: dict[tuple[Level, str], list[str]] = defaultdict(list)
        for member, home in sorted(self.members.items()):
            found[Level.NATION, NATION].append(member)
            if home.platform:
                found[Level.PLATFORM, home.platform].append(member)
            if home.region:
                found[Level.REGION, home.region].append(member)
        return {group: tuple(members) for group, members in sorted(found.items())}

    @cached_property
    def unlisted(self) -> frozenset[Trait]:
        """Pairs that no table shows by themselves."""
        return frozenset(
            Trait(cross.name, *pair)
            for cross in self.crosses
            if cross.listed is not None
            for pair in set(self.pairs(cross)).difference(cross.listed)
        )

    def cells(self) -> Iterator[tuple[Cell, int]]:
        """Every cell, with its true count: for nobody's eyes but this package's."""
        rest = {cross.name: set(cross.listed) for cross in self.crosses if cross.listed is not None}
        for trait in self.traits:
            units = self.units.get(trait, {})
            if trait.modality == OTHERS and trait.dimension in rest:
                yield Cell(Level.NATION, NATION, trait), self._others(trait.dimension, rest[trait.dimension])
                continue
            if self.everywhere[trait.dimension]:
                for member in sorted(self.members):
                    yield Cell(Level.MEMBER, member, trait), units.get(member, 0)
                for (level, group), members in self.groups.items():
                    yield Cell(level, group, trait), sum(units.get(member, 0) for member in members)
            else:
                yield Cell(Level.NATION, NATION, trait), units.get(NATION, 0)

    def _others(self, cross: str, listed: set[tuple[str, str]]) -> int:
        return sum(
            sum(units.values())
            for trait, units in self.units.items()
            if trait.dimension == cross and (trait.modality, trait.other) not in listed
        )
