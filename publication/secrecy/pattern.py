"""Which cells are secret, as a value that is kept with the edition (contract §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from publication.counted import Count
from publication.secrecy.cells import Cell, Counts, Cross, Dimension, Home, Level, Trait


@dataclass(frozen=True, kw_only=True)
class Published:
    """The counts of one collection and year as an edition shows them: all that a later edition needs to know of it.

    An edition is made again with its own pattern, never with a new one: another version of the solver may choose
    other cells, and the two together would tell.
    """

    counts: Counts
    minimum: int
    hidden: frozenset[Cell]

    @property
    def secret(self) -> frozenset[Count]:
        """The hidden cells, as the tables name their counts."""
        return frozenset(
            Count(
                collection=self.counts.collection,
                year=self.counts.year,
                group=cell.group,
                dimension=cell.trait.dimension,
                modality=cell.trait.modality,
                other=cell.trait.other,
            )
            for cell in self.hidden
        )

    def as_document(self) -> dict[str, Any]:
        """As JSON values, the same for the same edition. It holds true counts: it stays in the database."""
        counts = self.counts
        return {
            "collection": counts.collection,
            "year": counts.year,
            "minimum": self.minimum,
            "members": {member: list(home) for member, home in sorted(counts.members.items())},
            "dimensions": [asdict(one) for one in counts.dimensions],
            "crosses": [asdict(one) for one in counts.crosses],
            "counts": [[*trait, dict(sorted(units.items()))] for trait, units in sorted(counts.units.items())],
            "hidden": [[cell.level.value, cell.group, *cell.trait] for cell in sorted(self.hidden)],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Published:
        """What `as_document` wrote."""
        counts = Counts(
            collection=document["collection"],
            year=document["year"],
            members={member: Home(*home) for member, home in document["members"].items()},
            dimensions=tuple(Dimension(**{**one, **_tuples(one)}) for one in document["dimensions"]),
            crosses=tuple(Cross(**{**one, **_tuples(one)}) for one in document["crosses"]),
            units={Trait(*trait): units for *trait, units in document["counts"]},
        )
        hidden = frozenset(Cell(Level(level), group, Trait(*trait)) for level, group, *trait in document["hidden"])
        return cls(counts=counts, minimum=document["minimum"], hidden=hidden)


def _tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows arrays only."""
    return {
        name: tuple(tuple(one) if isinstance(one, list | tuple) else one for one in value)
        for name, value in document.items()
        if isinstance(value, list | tuple)
    }
