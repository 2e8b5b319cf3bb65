"""Reporting periods: calendar quarters (`2005T1`) and calendar years (`2005`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_PATTERN = re.compile(r"(?P<year>[12][0-9]{3})(?:T(?P<quarter>[1-4]))?", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 2003, 2100
"""Years that a period may have (C0-11)."""


class Periodicity(StrEnum):
    """How often a collection is due."""

    QUARTER = "quarter"
    YEAR = "year"
    EVENT = "event"

    @property
    def length(self) -> Periodicity:
        """The length of its periods: events are deposited by year."""
        return Periodicity.QUARTER if self is Periodicity.QUARTER else Periodicity.YEAR


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """A calendar quarter, or a calendar year when `quarter` is 0."""

    year: int
    quarter: int = 0

    def __post_init__(self) -> None:
        """Refuse a quarter that is not 0..4 and a year outside C0-11."""
        if not 0 <= self.quarter <= 4 or not FIRST_YEAR <= self.year <= LAST_YEAR:  # noqa: PLR2004 - four quarters
            msg = f"no such period: {self.year} T{self.quarter}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2005T1`, `2005t1` or `2005`; ValueError for anything else."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            msg = f"not a period: {text!r} (expected 2005T1 or 2005)"
            raise ValueError(msg)
        return cls(int(match["year"]), int(match["quarter"] or 0))

    @classmethod
    def containing(cls, day: date, periodicity: Periodicity) -> Period:
        """The quarter or the year in which `day` falls."""
        if periodicity is Periodicity.QUARTER:
            return cls(day.year, (day.month + 2) // 3)
        return cls(day.year)

    @property
    def periodicity(self) -> Periodicity:
        """Quarter or year."""
        return Periodicity.QUARTER if self.quarter else Periodicity.YEAR

    @property
    def starts_on(self) -> date:
        """First day."""
        return date(self.year, 3 * self.quarter - 2 if self.quarter else 1, 1)

    @property
    def ends_on(self) -> date:
        """Last day, inclusive."""
        return self.following.starts_on - timedelta(days=1)

    @property
    def following(self) -> Period:
        """The next period of the same length."""
        if self.quarter in (1, 2, 3):
            return Period(self.year, self.quarter + 1)
        return Period(self.year + 1, 1 if self.quarter else 0)

    @property
    def preceding(self) -> Period:
        """The previous period of the same length."""
        if self.quarter > 1:
            return Period(self.year, self.quarter - 1)
        return Period(self.year - 1, 4 if self.quarter else 0)

    @property
    def code(self) -> str:
        """`2005T1` or `2005`, as in file names and in the database."""
        return f"{self.year}T{self.quarter}" if self.quarter else str(self.year)

    def __str__(self) -> str:
        """The code."""
        return self.code


def lies_before(period: Period, first: Period) -> bool:
    """Whether `period` lies before the go-live period `first` (contract §4, `first_period`).

    A year counts as before when it is earlier than the year of `first`.
    """
    if period.periodicity == first.periodicity:
        return period < first
    return period.year < first.year
