"""The only door to the library of public holidays: French ones, also of Alsace-Moselle and overseas (contract §8)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import holidays

from domain.workdays import OfficeHours, WorkingDays
from ingest.settings import Settings

_SUBDIVISIONS: Final[Mapping[str, str | None]] = {
    "metropole": None,
    "alsace-moselle": "6AE",
    "guadeloupe": "971",
    "martinique": "972",
    "guyane": "973",
    "reunion": "974",
    "mayotte": "976",
}


def working_days(where: str) -> WorkingDays:
    """The working days of one of the values of the setting `holidays`; `none`: Monday to Friday."""
    if where == "none":
        return WorkingDays(is_holiday=lambda _day: False)
    return WorkingDays(is_holiday=_calendar(where).__contains__)


@cache
def _calendar(where: str) -> holidays.HolidayBase:
    """Grows by the year, as days are asked for."""
    return holidays.country_holidays("FR", subdiv=_SUBDIVISIONS[where])


def office_hours(settings: Settings) -> OfficeHours:
    """When reminders may leave (`mail_hours`, `holidays`, `timezone`)."""
    opens, _, closes = settings.mail_hours.partition("-")
    return OfficeHours(days=working_days(settings.holidays), zone=settings.zone, opens=int(opens), closes=int(closes))
