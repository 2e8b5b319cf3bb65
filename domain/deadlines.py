"""When a deposit is due. Days are calendar days, until 23:59:59 in the desk's time zone (C0-8)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.periods import Period
from domain.workdays import WorkingDays

END_OF_DAY = time(23, 59, 59)


def due_on(period: Period, days: int, worked: WorkingDays | None = None) -> date:
    """The last civil day on which a deposit for `period` is in time; `days` calendar days after its end.

    With `worked` (setting `due_on_working_day`), a day that is not worked rolls to the next working day.
    """
    day = period.ends_on + timedelta(days=days)
    return day if worked is None else worked.on_or_after(day)


def due_at(day: date, zone: ZoneInfo) -> datetime:
    """The last second of `day` in `zone`, aware."""
    return datetime.combine(day, END_OF_DAY, tzinfo=zone)


def margin_days(received_at: datetime, due: datetime, zone: ZoneInfo) -> int:
    """Civil days left at reception; negative when late (contract §6, `margin_days`)."""
    return (due.astimezone(zone).date() - received_at.astimezone(zone).date()).days
