"""What a platform owes, and calls that say it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.organisations import Service
from domain.periods import Period
from domain.steps import Call, Saying, Standing, Step

PARIS = ZoneInfo("Europe/Paris")
DUE = datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)
LABELS = {"N1A": ("Assistance", Service.ASA), "N1M": ("Mobilité", Service.MOB), "N2A": ("Dossiers", Service.ASA)}


def at(month: int, day: int, hour: int = 8, minute: int = 0, year: int = 2005) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


def standing(collection: str = "N1A", **values: Any) -> Standing:
    """Owed by PF03, nothing received."""
    label, service = LABELS[collection]
    defaults: dict[str, Any] = {
        "organisation": "PF03",
        "account": "pf03",
        "collection": collection,
        "slug": collection.lower(),
        "label": label,
        "service": service,
        "period": Period(2005, 1),
        "opens_at": at(4, 1, 0),
        "due_at": DUE,
        "first_due_at": DUE,
        "status": ComplianceStatus.OPEN,
        "dates": ComplianceDates(),
    }
    return Standing(**{**defaults, **values})


def overdue(collection: str = "N1A", **values: Any) -> Standing:
    return standing(collection, **{"status": ComplianceStatus.OVERDUE, **values})


def call(now: datetime, *told: tuple[Step, Standing]) -> Call:
    sayings = tuple(Saying(standing=one, step=step) for step, one in told)
    return Call(organisation=told[0][1].organisation, day=now.date(), sayings=sayings)
