"""Due dates: calendar days, until the last second of the day in Paris (C0-8)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.deadlines import due_at, due_on, margin_days
from domain.periods import Period

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("period", "days", "expected"),
    [
        (Period(2005, 1), 30, date(2005, 4, 30)),
        (Period(2005, 2), 30, date(2005, 7, 30)),
        (Period(2005, 3), 30, date(2005, 10, 30)),
        (Period(2005, 4), 30, date(2006, 1, 30)),
        (Period(2005), 45, date(2006, 2, 14)),
        (Period(2003, 4), 10, date(2004, 1, 10)),
    ],
)
def test_the_documents_own_due_dates(period, days, expected):
    assert due_on(period, days) == expected


def test_the_due_day_ends_with_its_last_second_in_paris_over_the_clock_change():
    assert due_at(date(2005, 4, 30), PARIS).astimezone(UTC) == datetime(2005, 4, 30, 21, 59, 59, tzinfo=UTC)
    assert due_at(date(2005, 10, 30), PARIS).astimezone(UTC) == datetime(2005, 10, 30, 22, 59, 59, tzinfo=UTC)


def test_margin_counts_civil_days_and_is_negative_when_late():
    due = due_at(date(2005, 4, 30), PARIS)
    assert margin_days(datetime(2005, 4, 18, 8, 15, tzinfo=UTC), due, PARIS) == 12
    assert margin_days(datetime(2005, 4, 30, 21, 59, tzinfo=UTC), due, PARIS) == 0
    assert margin_days(datetime(2005, 4, 30, 22, 1, tzinfo=UTC), due, PARIS) == -1
