"""When a past period closes (contract §4, `close_after_months`)."""

from __future__ import annotations

import calendar
from datetime import date

from domain.periods import Period


def close_of(period: Period, months: int | None) -> date | None:
    """The last day on which a period may be corrected: its end and so many months; None when it stays open."""
    if months is None:
        return None
    end = period.ends_on
    years, month = divmod(end.month - 1 + months, 12)
    last = calendar.monthrange(end.year + years, month + 1)[1]
    day = last if end.day == calendar.monthrange(end.year, end.month)[1] else min(end.day, last)
    return date(end.year + years, month + 1, day)
