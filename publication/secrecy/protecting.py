"""Which cells of an edition are not shown (contract §10, Secrecy)."""

from __future__ import annotations

from collections.abc import Sequence

from publication.secrecy.cells import Counts
from publication.secrecy.pattern import Published
from publication.secrecy.universe import Status, Universe
from publication.secrecy.worlds import NotProtectedError, Worlds


def protect(counts: Counts, minimum: int, earlier: Sequence[Published] = ()) -> Published:
    """The secret cells: those under `minimum`, and as many more as it takes that none can be computed back.

    `earlier`: every edition of these figures that anybody has received, also as « N-1 » of the next year, oldest
    first. The same arguments give the same pattern. Raises `NotProtectedError` when no pattern would do.
    """
    try:
        universe = _settled(Universe(counts, minimum, earlier))
    except NotProtectedError:
        universe = _settled(Universe(counts, minimum, earlier, in_one_piece=True))
    hidden = frozenset(
        cell
        for cell, at in universe.last.items()
        if universe.status[at] == Status.HIDDEN or (universe.status[at] != Status.OPEN and universe.value[at] < minimum)
    )
    return Published(counts=counts, minimum=minimum, hidden=hidden)


def _settled(universe: Universe) -> Universe:
    """With everything hidden that must be."""
    worlds = Worlds(universe)
    for block in universe.ordered():
        worlds.settle(block)
    return universe
