"""Other worlds: figures that a reader of every table cannot tell from the true ones (ADR 14).

A world is a difference from the truth, unknown by unknown: it leaves every shown figure as it is, no count becomes
negative, all sums hold. A secret cell that differs in one world cannot be computed: both values fit all that is shown.
Blocks are settled from the top (totals) down; each carries on every world begun above it, so that a world is always
one for all tables together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from publication.secrecy.linear import Vector, Whole, cheapest, rest, side_by_side, stacked
from publication.secrecy.universe import Block, Status, Universe

Flags = npt.NDArray[np.bool_]

_FREE_ROUNDS = 4
_REACH = 10
"""How far a world of totals or of a crossed dimension may push a secret cell: what lies below needs room."""
_BREADTHS = 4
"""The nation, platforms, régions, CIL/CCI: the widest first."""
_IDLE = 1e-3
"""The price of moving what is secret already."""
_WISH, _WORTH, _NEED = 0.2, 1.0, 1e4
"""What a secret cell that moves is worth: less than hiding any other; when none may be hidden; more than hiding all."""


class NotProtectedError(Exception):
    """A secret cell could be computed back whatever else is hidden: nothing of the collection may be shown."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one search should bring about: cells that should move, which way, what it is worth, whether others may."""

    moving: Flags
    upwards: Flags
    worth: float
    hiding: bool


class Worlds:
    """The worlds found so far, and what of the universe they oblige to hide."""

    def __init__(self, universe: Universe) -> None:
        self._all = universe
        self._found: list[Whole] = []
        self._differs = np.zeros(len(universe.value), dtype=np.bool_)
        self._nothing: Whole = np.zeros(len(universe.value), dtype=np.int64)
        self._signs = np.random.default_rng(11)

    def settle(self, block: Block) -> None:
        """Hide in the block what must be, until every secret cell of it differs in a world.

        Raises `NotProtectedError` when there is no way.
        """
        self._carry_on(block)
        bases = list(self._bases(block))
        for base in [self._nothing] * _FREE_ROUNDS + bases:
            self._seek(block, base, self._wish(block, hiding=False))
        if block.crossed:
            self._enrich(block, [self._nothing, *bases])
        while (left := self._left(block)).any():
            for breadth in range(_BREADTHS):
                for base in [self._nothing] * _FREE_ROUNDS + list(self._by_use(block, bases)):
                    self._seek(block, base, self._wish(block, hiding=True, breadth=breadth))
            if (self._left(block) == left).all():
                self._one_by_one(block, bases)
            if (self._left(block) == left).all():
                raise NotProtectedError(f"no other value is possible for {int(left.sum())} cells of {block.name}")

    def _enrich(self, block: Block, bases: list[Whole]) -> None:
        """For a dimension that is crossed with another: on each base a world for every cell, so that any two meet."""
        above = [self._all.blocks[name].cells for name in block.above]
        hidden = self._all.status[block.cells] == Status.HIDDEN
        for base in bases:
            alike = [one for one in self._found if all((one[cells] == base[cells]).all() for cells in above)]
            still = hidden & ~np.any([one[block.cells] != 0 for one in alike] or [np.zeros_like(hidden)], axis=0)
            for _ in range(_FREE_ROUNDS):
                moved = self._move(block, base, replace(self._wish(block, hiding=False), moving=still))
                if moved is None or not moved[still].any():
                    break
                still &= moved == 0
                world = base.copy()
                world[block.cells] = moved
                self._found.append(world)
                self._accept(block, moved)

    def _one_by_one(self, block: Block, bases: list[Whole]) -> None:
        """What does not move with others may move alone."""
        for at in np.flatnonzero(self._left(block)):
            alone = np.arange(len(block.cells)) == at
            for base, way in product([self._nothing, *bases], (True, False)):
                if not (self._left(block) & alone).any():
                    break
                upwards = np.full(len(block.cells), fill_value=way)
                self._seek(block, base, Wish(moving=alone, upwards=upwards, worth=_NEED, hiding=True))

    def _wish(self, block: Block, *, hiding: bool, breadth: int = _BREADTHS) -> Wish:
        """That everything left moves: an empty cell can only grow, the others are tried both ways in turn.

        `breadth`: what is left of the widest groups alone. What moves for the nation moves for them all: what it takes
        is hidden once, before each CIL/CCI would choose another.
        """
        chance = self._signs.integers(0, 2, size=len(block.cells)) == 1
        return Wish(
            moving=self._left(block) & (self._all.breadth[block.cells] <= breadth),
            upwards=np.asarray(chance | (self._all.value[block.cells] == 0)),
            worth=_NEED if hiding else _WORTH,
            hiding=hiding,
        )

    def _left(self, block: Block) -> Flags:
        """The secret cells of the block that differ in no world yet."""
        return np.asarray((self._all.status[block.cells] == Status.HIDDEN) & ~self._differs[block.cells])

    def _carry_on(self, block: Block) -> None:
        """Extend every world begun above to the block."""
        for world in self._found:
            if not _touches(block, world):
                continue
            moved = self._move(block, world, replace(self._wish(block, hiding=True), worth=_WISH))
            if moved is None:
                raise NotProtectedError(f"a world of the totals has no like in {block.name}")
            world[block.cells] = moved
            self._accept(block, moved)

    def _seek(self, block: Block, base: Whole, wish: Wish) -> None:
        """Look for one more world on `base` in which cells move that do not yet."""
        if not wish.moving.any() or (base is not self._nothing and not _within_reach(block, base, wish.moving)):
            return
        moved = self._move(block, base, wish)
        if moved is None or not moved[wish.moving].any():
            return
        self._accept(block, moved)
        if block.children:
            world = base.copy()
            world[block.cells] = moved
            self._found.append(world)

    def _accept(self, block: Block, moved: Whole) -> None:
        """What differs in a world is not told by any table; what was open till now is hidden."""
        cells = block.cells[moved != 0]
        self._differs[cells] = True
        self._all.status[cells[self._all.status[cells] == Status.OPEN]] = Status.HIDDEN

    def _bases(self, block: Block) -> Iterator[Whole]:
        """What is above the block in the worlds found; for a cross, every pair of its two sides that go together."""
        above = [self._all.blocks[name].cells for name in block.above]
        if block.children or len(above) < 2:  # noqa: PLR2004 - one side
            seen = set()
            for world in self._found:
                key = b"".join(world[cells].tobytes() for cells in above)
                if _touches(block, world) and key not in seen:
                    seen.add(key)
                    yield world
            return
        worlds_of = [self._nothing, *self._found]
        sides = [list({world[cells].tobytes(): world for world in worlds_of}.values()) for cells in above]
        for worlds in product(*sides):
            base = self._joined(block, worlds)
            if base is not None and _touches(block, base):
                yield base

    def _joined(self, block: Block, worlds: tuple[Whole, ...]) -> Whole | None:
        """One world of the sides' worlds, if they agree on what stands above both."""
        base = self._nothing.copy()
        higher = {name for one in block.above for name in self._all.blocks[one].above}
        for name in higher:
            cells = self._all.blocks[name].cells
            if any((world[cells] != worlds[0][cells]).any() for world in worlds):
                return None
            base[cells] = worlds[0][cells]
        for name, world in zip(block.above, worlds, strict=True):
            base[self._all.blocks[name].cells] = world[self._all.blocks[name].cells]
        return base

    def _by_use(self, block: Block, bases: list[Whole]) -> Iterator[Whole]:
        """The bases, each time the one that gives room to most cells among those left."""
        waiting = list(bases)
        while waiting:
            left = self._left(block)
            best = max(range(len(waiting)), key=lambda at: _within_reach(block, waiting[at], left))
            yield waiting.pop(best)

    def _move(self, block: Block, base: Whole, wish: Wish) -> Whole | None:
        """The cheapest difference of the block's cells that goes with `base` and brings about what can be wished."""
        value, status = self._all.value[block.cells], self._all.status[block.cells]
        free = (status == Status.HIDDEN) | (status == Status.UNSEEN)
        may = free | (status == Status.OPEN) if wish.hiding else free
        up, down = np.where(may, np.inf, 0.0), np.where(may, value, 0).astype(np.float64)
        room = self._all.value[block.cap] + base[block.cap] - value[block.capped]
        np.minimum.at(up, block.capped, np.maximum(room, 0))
        least = np.zeros(len(value))
        np.maximum.at(least, block.capped, np.maximum(-room, 0))
        if (least > down).any():
            return None
        reach = _REACH if block.children else 1
        price = np.where(free, _IDLE, self._all.weight[block.cells])
        rewards = list(_rewards(wish, up, down - least, reach))
        paid = sum((step.most for step in rewards), np.zeros_like(up))
        away = np.where(wish.moving, wish.worth, 0.0)
        steps = [
            _Step(+1, up - np.where(wish.upwards, paid, 0), np.zeros_like(up), price + np.where(wish.upwards, 0, away)),
            _Step(-1, down - np.where(wish.upwards, 0, paid), least, price + np.where(wish.upwards, away, 0)),
            *rewards,
        ]
        moved = _solve(block, base, value, steps)
        return moved if moved is None or self._holds(block, base, moved, may) else None

    def _holds(self, block: Block, base: Whole, moved: Whole, may: Flags) -> bool:
        """Whether it is a world indeed, in whole numbers: what a solver says is not taken on trust."""
        value = self._all.value[block.cells] + moved
        sums = np.rint(block.inside @ moved + block.outside @ base)
        caps = self._all.value[block.cap] + base[block.cap]
        within = bool((value[block.capped] <= caps).all() and (np.rint(block.within @ value) <= 0).all())
        return bool(not sums.any() and (value >= 0).all() and not moved[~may].any() and within)


@dataclass(frozen=True)
class _Step:
    """One way in which every cell may move: `sign`, how far at most and at least, and the price of one case."""

    sign: npt.NDArray[np.int64] | int
    most: Vector
    least: Vector
    price: Vector


def _rewards(wish: Wish, up: Vector, down: Vector, reach: int) -> Iterator[_Step]:
    """The first case that a wished cell moves is paid for; the following ones a little."""
    sign = np.where(wish.upwards, 1, -1)
    room = np.where(wish.moving, np.where(wish.upwards, up, down), 0.0)
    nothing = np.zeros_like(up)
    yield _Step(sign, np.minimum(room, 1), nothing, nothing - wish.worth)
    if reach > 1:
        yield _Step(sign, np.clip(room - 1, 0, reach - 1), nothing, nothing - min(wish.worth, _WORTH) / (5 * reach))


def _solve(block: Block, base: Whole, value: Whole, steps: list[_Step]) -> Whole | None:
    rows, room = stacked(block.inside, block.within), -(block.within @ value)
    places = [np.flatnonzero(step.most > 0) for step in steps]
    signs = [np.broadcast_to(step.sign, step.most.shape)[at] for step, at in zip(steps, places, strict=True)]
    columns = [rows[:, at] * sign for at, sign in zip(places, signs, strict=True)]
    free = np.zeros(len(room))
    found = cheapest(
        np.concatenate([*(step.price[at] for step, at in zip(steps, places, strict=True)), free]),
        side_by_side(*columns, rest(rows.shape[0], len(room))),
        np.concatenate([-(block.outside @ base), room]).astype(np.float64),
        upper=np.concatenate([*(step.most[at] for step, at in zip(steps, places, strict=True)), free + np.inf]),
        lower=np.concatenate([*(step.least[at] for step, at in zip(steps, places, strict=True)), free]),
    )
    if found is None:
        return None
    moved = np.zeros(len(block.cells), dtype=np.int64)
    np.add.at(moved, np.concatenate(places), found[: len(found) - len(room)] * np.concatenate(signs))
    return moved


def _touches(block: Block, world: Whole) -> bool:
    return bool((block.outside @ world).any() or world[block.cap].any())


def _within_reach(block: Block, base: Whole, left: Flags) -> int:
    """How many of the cells left stand in a sum, or under a cap, that `base` moves."""
    rows = np.flatnonzero(block.outside @ base)
    reached = np.zeros(len(left), dtype=np.bool_)
    reached[block.inside[rows, :].indices] = True
    reached[block.capped[base[block.cap] != 0]] = True
    return int((reached & left).sum())
