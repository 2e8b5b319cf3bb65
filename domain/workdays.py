"""Working days: Monday to Friday without public holidays, and the hours at which one writes to people (contract §8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SATURDAY = 5
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingDays:
    """Which days are worked; `is_holiday` tells the public holidays."""

    is_holiday: Callable[[date], bool]

    def works(self, day: date) -> bool:
        """Whether `day` is a working day."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def on_or_after(self, day: date) -> date:
        """The first working day from `day` on."""
        while not self.works(day):
            day += _A_DAY
        return day

    def on_or_before(self, day: date) -> date:
        """The last working day until `day`."""
        while not self.works(day):
            day -= _A_DAY
        return day

    def following(self, day: date) -> date:
        """The first working day after `day`."""
        return self.on_or_after(day + _A_DAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeHours:
    """When mail may leave that nobody waits for: working days, from `opens` to `closes` in `zone` (`mail_hours`)."""

    days: WorkingDays
    zone: ZoneInfo
    opens: int = 8
    closes: int = 18

    def local(self, now: datetime) -> datetime:
        """The same instant in civil time."""
        return now.astimezone(self.zone)

    def open_at(self, now: datetime) -> bool:
        """Whether one may write now."""
        local = self.local(now)
        return self.days.works(local.date()) and self.opens <= local.hour < self.closes

    def at(self, day: date, hour: int) -> datetime:
        """That hour of that day, within the hours: never before they open, nor after the last of them."""
        return datetime.combine(day, time(min(max(hour, self.opens), self.closes - 1)), tzinfo=self.zone)
