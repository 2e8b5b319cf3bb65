"""Everything that a reader of all editions may take as unknowns, and what ties them together (ADR 14).

An unknown is a cell *with its value*: a cell that has not changed from one edition to the next is one unknown, since a
reader may know that it has not; a cell that has changed is two. A group that has gained or lost members is another
group: nobody may know that what was added is nothing. What an earlier edition showed is known for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from publication.counted import NATION, OTHERS, TOTAL
from publication.secrecy.cells import Cell, Counts, Level, Trait
from publication.secrecy.linear import Whole, matrix
from publication.secrecy.pattern import Published

Terms = tuple[tuple[int, int], ...]
_Unknown = tuple[Cell, int, tuple[str, ...]]
"""A cell, its value, and who is in its group."""


class Status(IntEnum):
    """What a reader sees of an unknown."""

    OPEN = 0
    """Shown, unless it has to be hidden to protect another."""
    HIDDEN = 1
    """Secret: another value must be possible."""
    UNSEEN = 2
    """In no table: free to be anything, nothing to protect."""
    KNOWN = 3
    """Shown by an earlier edition."""


@dataclass(kw_only=True)
class Block:
    """Unknowns that are settled together once those above them are.

    `equations`: coefficients of the block's own unknowns (`inside`), and of those above (`outside`); each row is 0.
    `capped`: (place in the block, unknown above which it cannot pass). `children`: blocks stand below this one;
    `crossed`: one of them stands below another dimension too.
    """

    name: tuple[str, ...]
    unknowns: list[int] = field(default_factory=list)
    rows: dict[Terms, None] = field(default_factory=dict)
    caps: dict[tuple[int, int], None] = field(default_factory=dict)
    above: tuple[tuple[str, ...], ...] = ()
    children: bool = False
    crossed: bool = False

    def close(self, size: int) -> None:
        """Make the matrices, when every edition has said its relations."""
        place = {unknown: at for at, unknown in enumerate(self.unknowns)}
        inside = [[(place[one], factor) for one, factor in row if one in place] for row in self.rows]
        outside = [[(one, factor) for one, factor in row if one not in place] for row in self.rows]
        self.cells = np.array(self.unknowns, dtype=np.int64)
        self.inside = matrix(inside, len(self.unknowns))
        self.outside = matrix(outside, size)
        outer = [(place[one], cap) for one, cap in self.caps if cap not in place]
        inner = [(place[one], place[cap]) for one, cap in self.caps if cap in place]
        self.capped = np.array([one for one, _ in outer], dtype=np.int64)
        self.cap = np.array([cap for _, cap in outer], dtype=np.int64)
        self.within = matrix([[(one, 1), (cap, -1)] for one, cap in inner], len(self.unknowns))


class Universe:
    """The unknowns of all editions of one collection in one year, the last of which is to be protected."""

    def __init__(
        self, counts: Counts, minimum: int, earlier: Sequence[Published] = (), *, in_one_piece: bool = False
    ) -> None:
        """`in_one_piece`: a single block; slower, and it finds what settling block after block does not."""
        self._in_one_piece = in_one_piece
        self.index: dict[_Unknown, int] = {}
        self.blocks: dict[tuple[str, ...], Block] = {}
        self._status: list[Status] = []
        self._shown: dict[Cell, list[int]] = {}
        self.last: dict[Cell, int] = {}
        for edition in earlier:
            self._take(edition.counts, edition, minimum)
        self._take(counts, None, minimum)
        self.status = np.array(self._status, dtype=np.int8)
        self.value: Whole = np.array([value for _, value, _ in self.index], dtype=np.int64)
        self.breadth = np.array([_BREADTHS.index(cell.level) for cell, _, _ in self.index], dtype=np.int8)
        self.weight = np.array([_WEIGHTS[cell.level] for cell, _, _ in self.index]) * (1 + np.log2(1 + self.value) / 4)
        for block in self.blocks.values():
            block.close(len(self.index))
            for one in block.above:
                self.blocks[one].children = True
                self.blocks[one].crossed |= (TOTAL,) not in block.above

    def ordered(self) -> Iterator[Block]:
        """Every block after those above it."""
        told: set[tuple[str, ...]] = set()
        while len(told) < len(self.blocks):
            for name, block in self.blocks.items():
                if name not in told and told.issuperset(block.above):
                    told.add(name)
                    yield block

    def _take(self, counts: Counts, shown: Published | None, minimum: int) -> None:
        places: dict[Cell, int] = {}
        for cell, value in counts.cells():
            members = counts.groups.get((cell.level, cell.group), ())
            at = places[cell] = self.index.setdefault((cell, value, members), len(self.index))
            status = self._first_status(cell, value, minimum) if shown is None else _was(shown, cell)
            status = Status.UNSEEN if cell.trait in counts.unlisted else status
            if at == len(self._status):
                self._status.append(status)
                self._block(counts, cell.trait).unknowns.append(at)
            else:
                self._status[at] = _stronger(self._status[at], status)
            if shown is None:
                self.last[cell] = at
            elif status is Status.KNOWN:
                self._shown.setdefault(cell, []).append(value)
        self._relate(counts, places)

    def _first_status(self, cell: Cell, value: int, minimum: int) -> Status:
        """Too few cases, or too few more or fewer than an edition has shown."""
        if value < minimum or any(0 < abs(value - former) < minimum for former in self._shown.get(cell, ())):
            return Status.HIDDEN
        return Status.OPEN

    def _block(self, counts: Counts, trait: Trait) -> Block:
        name, above = (("all",), ()) if self._in_one_piece else _place(counts, trait)
        if name not in self.blocks:
            self.blocks[name] = Block(name=name)
        block = self.blocks[name]
        block.above = (*block.above, *(one for one in above if one not in block.above))
        return block

    def _relate(self, counts: Counts, places: dict[Cell, int]) -> None:
        for trait in counts.traits:
            if counts.everywhere[trait.dimension]:
                rows = self._block(counts, trait).rows
                for (level, group), members in counts.groups.items():
                    own = ((places[Cell(Level.MEMBER, member, trait)], 1) for member in members)
                    rows[(*own, (places[Cell(level, group, trait)], -1))] = None
        for parts, whole in _sums(counts):
            if not parts:
                continue
            rows = self._block(counts, parts[0]).rows
            for level, unit in _units(counts, parts[0]):
                terms = [(places[Cell(level, unit, part)], 1) for part in parts]
                rows[(*terms, (places[Cell(level, unit, whole)], -1))] = None
        for part, whole in _caps(counts):
            caps = self._block(counts, part).caps
            for level, unit in _units(counts, part):
                caps[places[Cell(level, unit, part)], places[Cell(level, unit, whole)]] = None


_WEIGHTS = {Level.MEMBER: 1.0, Level.PLATFORM: 2.0, Level.REGION: 2.0, Level.NATION: 6.0}
"""What it costs to hide a cell: the nation's figures are read by everybody."""
_BREADTHS = (Level.NATION, Level.PLATFORM, Level.REGION, Level.MEMBER)
"""From the widest to the narrowest."""


def _units(counts: Counts, trait: Trait) -> Iterator[tuple[Level, str]]:
    """For whom a sum is written: the smallest groups that the trait is shown for; those of larger ones follow."""
    if counts.everywhere[trait.dimension]:
        yield from ((Level.MEMBER, member) for member in counts.members)
    else:
        yield Level.NATION, NATION


def _was(shown: Published, cell: Cell) -> Status:
    return Status.HIDDEN if cell in shown.hidden else Status.KNOWN


def _stronger(one: Status, other: Status) -> Status:
    """What has been shown once is known; what has been hidden stays so."""
    order = (Status.KNOWN, Status.HIDDEN, Status.OPEN, Status.UNSEEN)
    return min(one, other, key=order.index)


def _place(counts: Counts, trait: Trait) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The block of a trait, and the blocks above it.

    A modality of a dimension that is not exclusive is settled with its crosses, apart from the other modalities:
    having one says nothing of having another.
    """
    if trait.dimension == TOTAL:
        return (TOTAL,), ()
    exclusive = {one.name: one.exclusive for one in counts.dimensions}
    for one in counts.dimensions:
        if one.rollup == trait.dimension:
            return (one.name,), ((TOTAL,),)
    if trait.dimension in exclusive:
        if exclusive[trait.dimension]:
            return (trait.dimension,), ((TOTAL,),)
        return (trait.dimension, trait.modality), tuple(_above(counts, trait.dimension, exclusive))
    cross = next(one for one in counts.crosses if one.name == trait.dimension)
    if exclusive[cross.first] and exclusive[cross.second]:
        return (cross.name,), ((cross.first,), (cross.second,))
    several, modality = (cross.second, trait.other) if exclusive[cross.first] else (cross.first, trait.modality)
    return (several, modality), tuple(_above(counts, several, exclusive))


def _above(counts: Counts, several: str, exclusive: dict[str, bool]) -> Iterator[tuple[str, ...]]:
    yield (TOTAL,)
    for cross in counts.crosses:
        for one, other in ((cross.first, cross.second), (cross.second, cross.first)):
            if one == several and exclusive[other]:
                yield (other,)


def _sums(counts: Counts) -> Iterator[tuple[list[Trait], Trait]]:
    """(parts, whole): modalities of an exclusive dimension add up, alone and along the lines of a cross."""
    for one in counts.dimensions:
        if one.exclusive:
            yield [Trait(one.name, modality) for modality in one.modalities], Trait(TOTAL)
        for high in dict.fromkeys(high for _, high in one.rolls):
            yield [Trait(one.name, low) for low, upper in one.rolls if upper == high], Trait(one.rollup, high)
    for cross in counts.crosses:
        first, second = counts.by_name[cross.first], counts.by_name[cross.second]
        pairs = [Trait(cross.name, *pair) for pair in counts.pairs(cross)]
        if second.exclusive:
            for mine in first.modalities:
                yield [pair for pair in pairs if pair.modality == mine], Trait(first.name, mine)
        if first.exclusive:
            for other in second.modalities:
                yield [pair for pair in pairs if pair.other == other], Trait(second.name, other)
        if cross.listed is not None:
            yield [pair for pair in pairs if pair in counts.unlisted], Trait(cross.name, OTHERS, OTHERS)


def _caps(counts: Counts) -> Iterator[tuple[Trait, Trait]]:
    """(part, whole): not more cases with a modality than cases, where no sum says so already."""
    for one in counts.dimensions:
        if not one.exclusive:
            yield from ((Trait(one.name, modality), Trait(TOTAL)) for modality in one.modalities)
    for cross in counts.crosses:
        first, second = counts.by_name[cross.first], counts.by_name[cross.second]
        pairs = [Trait(cross.name, *pair) for pair in counts.pairs(cross)]
        if not second.exclusive:
            yield from ((pair, Trait(first.name, pair.modality)) for pair in pairs)
        if not first.exclusive:
            yield from ((pair, Trait(second.name, pair.other)) for pair in pairs)
