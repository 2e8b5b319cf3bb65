"""When cases, and what may be cases, must be gone: the one-year clause, day by day (ADR 13)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.retention import (
    End,
    Lengths,
    Rule,
    Told,
    closing_end,
    end_of_cases,
    end_of_file,
    years_after,
    years_before,
)

LENGTHS = Lengths()
CASES_2005 = Told(cases=True, exercice=2005)
STRANGE = Told(cases=None, exercice=None)
QUARTER = Told(cases=False, exercice=2005)
DAYS = st.dates(date(2003, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("months", "on"), [(12, date(2007, 1, 1)), (6, date(2006, 7, 1)), (1, date(2006, 2, 1)), (11, date(2006, 12, 1))]
)
def test_the_time_runs_from_the_31st_of_december(months, on):
    assert closing_end(2005, months) == on


@pytest.mark.parametrize(
    ("received_on", "end"),
    [
        (date(2006, 2, 10), End(on=date(2007, 1, 1), rule=Rule.EXERCICE, exercice=2005)),
        (date(2006, 12, 31), End(on=date(2007, 1, 1), rule=Rule.EXERCICE, exercice=2005)),
        (date(2007, 1, 1), End(on=date(2007, 1, 2), rule=Rule.LATE, exercice=2005)),
        (date(2011, 6, 30), End(on=date(2011, 7, 1), rule=Rule.LATE, exercice=2005)),
    ],
)
def test_cases_go_with_their_exercice_and_late_ones_the_day_after(received_on, end):
    assert end_of_cases(CASES_2005, received_on, LENGTHS) == end


def test_a_file_that_names_a_later_exercice_gains_nothing_by_it():
    far = Told(cases=True, exercice=2099)
    assert end_of_cases(far, date(2006, 3, 1), LENGTHS) == End(on=date(2008, 1, 1), rule=Rule.EXERCICE, exercice=2006)


@pytest.mark.parametrize("told", [STRANGE, Told(cases=True, exercice=None), Told(cases=None, exercice=2005)])
def test_what_nobody_could_tell_goes_by_its_receipt(told):
    for received_on in (date(2006, 1, 1), date(2006, 12, 31)):
        end = end_of_cases(told, received_on, LENGTHS)
        assert end == End(on=date(2007, 1, 1), rule=Rule.UNKNOWN, exercice=2005)


def test_a_file_goes_with_the_first_of_its_tables():
    old, recent = Told(cases=True, exercice=2004), CASES_2005
    received_on = date(2005, 3, 1)
    assert end_of_file([recent, QUARTER, old], received_on, LENGTHS).on == date(2006, 1, 1)
    assert end_of_file([QUARTER], received_on, LENGTHS) == End(on=date(2015, 3, 1), rule=Rule.RAW)
    assert end_of_file([], received_on, LENGTHS).rule is Rule.UNKNOWN


@given(received_on=DAYS, exercice=st.integers(2003, 2100), months=st.integers(1, 12))
def test_no_case_outlives_the_clause_but_for_the_day_of_its_receipt(received_on, exercice, months):
    told = Told(cases=True, exercice=exercice)
    end = end_of_cases(told, received_on, Lengths(cases_months=months))
    assert end is not None
    latest = date(min(exercice, received_on.year) + 2, 1, 1)
    assert end.on <= max(latest, received_on + timedelta(days=1))
    assert end.on > received_on


@given(received_on=DAYS)
def test_what_nobody_could_tell_never_outlives_a_case_of_an_ended_exercice(received_on):
    """Whatever ended exercice it might hold, it is gone no later than if that had been told."""
    strange = end_of_cases(STRANGE, received_on, LENGTHS)
    assert strange is not None
    ended = Told(cases=True, exercice=received_on.year - 1)
    known = end_of_cases(ended, received_on, LENGTHS)
    assert known is not None
    assert strange.on <= known.on


def test_years_from_and_to_a_29th_of_february():
    assert years_after(date(2004, 2, 29), 10) == date(2014, 3, 1)
    assert years_after(date(2004, 2, 29), 4) == date(2008, 2, 29)
    paris = ZoneInfo("Europe/Paris")
    noon = datetime(2008, 2, 29, 12, tzinfo=paris)
    assert years_before(noon, 3, paris) == datetime(2005, 3, 1, 12, tzinfo=paris)
