"""When a question without an answer is recalled."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.anomalies import AnomalyState, recalled_at
from domain.workdays import OfficeHours, WorkingDays

PARIS = ZoneInfo("Europe/Paris")
HOURS = OfficeHours(days=WorkingDays(is_holiday=lambda day: (day.month, day.day) == (5, 1)), zone=PARIS, opens=9)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("asked", "recalled"),
    [
        ("2005-04-18T00:00", "2005-04-28T09:00"),
        ("2005-04-18T23:59", "2005-04-28T09:00"),
        ("2005-04-20T10:00", "2005-05-02T09:00"),  # a Saturday
        ("2005-03-20T10:00", "2005-03-30T09:00"),  # over the clock change
        ("2007-04-21T10:00", "2007-05-02T09:00"),  # a holiday
    ],
)
def test_ten_civil_days_then_the_next_day_worked(asked, recalled):
    assert recalled_at(paris(asked), HOURS) == paris(recalled)


def test_what_waits_is_what_somebody_has_yet_to_do():
    assert [state for state in AnomalyState if state.waits] == [AnomalyState.OPEN, AnomalyState.REJECTED]
