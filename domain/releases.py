"""Editions of the published tables: their names, what they rest on, what becomes of each copy (contract §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.organisations import Service


class EditionKind(StrEnum):
    """What an edition is."""

    PROVISIONAL = "provisional"
    """For UESL, without mail: what is in force so far."""
    OFFICIAL = "official"
    """The day after the due date, with the banner of what is missing; to everybody."""
    FINAL = "final"
    """All is complete, or time is up."""
    REVISED = "revised"
    """Any later change, with the list of changed cells."""

    @property
    def distributed(self) -> bool:
        """Whether it goes to every CIL/CCI and platform."""
        return self is not EditionKind.PROVISIONAL


class CoverageState(StrEnum):
    """What a platform's part of a table rests on."""

    COMPLETE = "complete"
    NIL = "nil"
    PARTIAL = "partial"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """One platform, one service or collection, one period: what is there. `lacking`: CIL/CCI expected without data.

    `service`: of a quarter's tables; `collection`, with its `label`: of a year's, which rest on several.
    """

    platform: str
    service: Service | None = None
    collection: str = ""
    label: str = ""
    state: CoverageState
    lacking: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What it is the coverage of: code of the collection, else of the service."""
        return self.collection or (self.service.value if self.service is not None else "")


def edition_name(kind: EditionKind, number: int) -> str:
    """`official-v02`."""
    return f"{kind.value}-v{number:02d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One edition as stored. `number` counts the period's editions; `distributed_at`: when its mails were queued.

    `to_distribute`: figures or coverage changed since the last distributed edition. `replaces`: number of that one.
    """

    id: int
    period: str
    number: int
    kind: EditionKind
    created_at: datetime
    dated_on: date
    content_hash: str
    complete: bool = False
    changed_cells: int = 0
    replaces: int | None = None
    to_distribute: bool = True
    held_by: str | None = None
    held_reason: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_reason: str | None = None
    distributed_at: datetime | None = None
    ordered_by: str | None = None

    @property
    def name(self) -> str:
        """`official-v02`."""
        return edition_name(self.kind, self.number)

    @property
    def held(self) -> bool:
        """Whether somebody keeps it from being distributed."""
        return self.held_by is not None


class DeliveryState(StrEnum):
    """What became of one copy (contract §10)."""

    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    RETRIED = "retried"
