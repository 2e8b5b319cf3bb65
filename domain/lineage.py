"""Where a published figure comes from: deposits, rows, instants, former values, editions (contract §3, `explain`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """A figure as one deposit gave it. `row`: in its file; None under an « état néant ». `to_at` None: in force now.

    `editions`: names (`2005T1/official-v02`) of those that rest on it. `value` None: the cell is empty.
    """

    organisation: str
    submission: str
    file_name: str
    received_at: datetime
    row: int | None
    value: int | Decimal | None
    nil: bool
    from_at: datetime
    to_at: datetime | None
    editions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One indicator of one CIL/CCI in one quarter. `origins`: in the order in which they came into force.

    `expected_of`: the platform that owes the line; None when nothing is expected of anybody. `performed_by`: the
    CIL/CCI to which the service is given for the whole quarter, whose line holds its activity.
    """

    period: str
    collection: str
    slug: str
    indicator: str
    label: str
    unit: str
    member: str
    expected_of: str | None
    performed_by: str | None = None
    origins: tuple[Origin, ...] = ()

    @property
    def current(self) -> Origin | None:
        """What is in force: the line of the platform that owes it, else the last one judged."""
        standing = [one for one in self.origins if one.to_at is None]
        owed = [one for one in standing if one.organisation == self.expected_of]
        lines = [one for one in owed or standing if not one.nil]
        chosen = lines or owed or standing
        return chosen[-1] if chosen else None

    @property
    def former(self) -> tuple[Origin, ...]:
        """What it was before, the latest first."""
        return tuple(one for one in reversed(self.origins) if one is not self.current)
