"""Which cells of an edition are not shown (contract §10, Secrecy)."""

from __future__ import annotations

from collections.abc import Sequence

from publication.secrecy.cells import Cell, Counts
from publication.secrecy.pattern import Published
from publication.secrecy.universe import Status, Universe
from publication.secrecy.worlds import NotProtectedError, Worlds


def protect(counts: Counts, minimum: int, earlier: Sequence[Published] = ()) -> Published:
    """The secret cells: those under `minimum`, and as many more as it takes that none can be computed back.

    `earlier`: every edition of these figures that anybody has received, also as « N-1 » of the next year, oldest
    first. The same arguments give the same pattern. Where no pattern would do, everything is secret: an edition always
    comes out.
    """
    told = [one for one in earlier if _tells(one)]
    hidden = _hidden(counts, minimum, told, in_one_piece=False)
    if hidden is None:
        hidden = _hidden(counts, minimum, told, in_one_piece=True)
    if hidden is None:
        hidden = frozenset(cell for cell, _ in counts.cells())
    return Published(counts=counts, minimum=minimum, hidden=hidden)


def _tells(edition: Published) -> bool:
    """Whether it has shown anything; what has not, has taught nobody anything."""
    return any(cell not in edition.hidden for cell, _ in edition.counts.cells())


def _hidden(
    counts: Counts, minimum: int, earlier: Sequence[Published], *, in_one_piece: bool
) -> frozenset[Cell] | None:
    """The cheapest pattern that was found; None when there is none."""
    universe = Universe(counts, minimum, earlier, in_one_piece=in_one_piece)
    worlds = Worlds(universe)
    try:
        for block in universe.ordered():
            worlds.settle(block)
    except NotProtectedError:
        return None
    return frozenset(
        cell
        for cell, at in universe.last.items()
        if universe.status[at] == Status.HIDDEN or (universe.status[at] != Status.OPEN and universe.value[at] < minimum)
    )
