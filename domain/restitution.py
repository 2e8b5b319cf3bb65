"""What one recipient is told of an edition: its figures beside the nation's, what changed for it (contract §10)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.releases import EditionKind


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFigure:
    """One indicator, in words: own figure, where it stands, and the nation's."""

    label: str
    value: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnService:
    """The figures of one service. `performer`: who performs it, when it was entrusted to somebody else."""

    title: str
    figures: tuple[OwnFigure, ...]
    performer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restitution:
    """All that the mail of one organisation says. `changes`: its own lines; `changed_cells`: in all tables."""

    organisation: str
    period: str
    edition: str
    kind: EditionKind
    title: str
    label: str
    banner: tuple[str, ...]
    services: tuple[OwnService, ...] = ()
    changes: tuple[str, ...] = ()
    changed_cells: int = 0
    replaces: str | None = None
