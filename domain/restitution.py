"""What one recipient is told of an edition: its figures beside the nation's, what changed for it (contract §10)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.releases import EditionKind


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFigure:
    """One indicator over one span (the quarter, the year so far), in words: own figure, then where it stands."""

    label: str
    span: str
    value: str
    place: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnService:
    """The figures of one service. `performer`: who performs it, when it was entrusted to somebody else."""

    title: str
    figures: tuple[OwnFigure, ...]
    performer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restitution:
    """All that the mail of one organisation says of one edition. `changes`: its own lines; `changed_cells`: all."""

    organisation: str
    name: str = ""
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
