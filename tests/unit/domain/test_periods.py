"""Periods: codes, bounds, neighbours (C0-11)."""

from datetime import date

import pytest

from domain.periods import Period, Periodicity, lies_before


@pytest.mark.parametrize(
    ("text", "code", "first", "last"),
    [
        ("2005T1", "2005T1", date(2005, 1, 1), date(2005, 3, 31)),
        ("2005t4", "2005T4", date(2005, 10, 1), date(2005, 12, 31)),
        (" 2005 ", "2005", date(2005, 1, 1), date(2005, 12, 31)),
        ("2008T1", "2008T1", date(2008, 1, 1), date(2008, 3, 31)),
    ],
)
def test_a_code_gives_its_days(text, code, first, last):
    period = Period.parse(text)
    assert (period.code, period.starts_on, period.ends_on) == (code, first, last)


@pytest.mark.parametrize("text", ["2005T5", "2005T0", "05T1", "2005-T1", "", "T1", "1999T1", "2101", "2005T1x"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="period"):
        Period.parse(text)


def test_quarters_tile_the_calendar():
    period = Period(2003, 1)
    while period.year < 2030:
        assert (period.following.starts_on - period.ends_on).days == 1
        assert period.following.preceding == period
        assert Period.containing(period.ends_on, Periodicity.QUARTER) == period
        period = period.following


def test_years_follow_each_other():
    assert Period(2004).following == Period(2005)
    assert Period(2005).preceding == Period(2004)
    assert Period.containing(date(2005, 6, 1), Periodicity.YEAR) == Period(2005)


def test_a_quarter_before_go_live_lies_before_it_but_its_year_does_not():
    first = Period(2005, 2)
    assert lies_before(Period(2005, 1), first)
    assert not lies_before(Period(2005, 2), first)
    assert lies_before(Period(2004), first)
    assert not lies_before(Period(2005), first)
