"""Punctuality: complete and in time among what was due; never more than 100 %, never a rate of nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.compliance import ComplianceStatus
from domain.periods import Period
from domain.punctuality import Rate, rate, rates, recent, rolling
from tests.calling_kit import standing

ON_TIME, LATE, OVERDUE = ComplianceStatus.ON_TIME, ComplianceStatus.LATE, ComplianceStatus.OVERDUE
INCOMPLETE, OPEN, WAIVED = ComplianceStatus.INCOMPLETE, ComplianceStatus.OPEN, ComplianceStatus.WAIVED


def test_nothing_due_has_no_rate():
    assert rate([]).percent is None
    open_or_waived = [standing(status=one) for one in (OPEN, WAIVED, ComplianceStatus.TO_CORRECT)]
    assert rate([*open_or_waived, standing(status=ComplianceStatus.UPCOMING)]) == Rate(due=0, punctual=0)


def test_late_missing_and_incomplete_after_the_due_instant_all_count_against_it():
    found = rate([standing(status=ON_TIME), standing(status=LATE, days_late=1), standing(status=OVERDUE)])
    assert (found, found.percent) == (Rate(due=3, punctual=1), Decimal("33.3"))
    assert rate([standing(status=INCOMPLETE, days_late=2)]).percent == 0
    assert rate([standing(status=INCOMPLETE)]).percent is None, "there is still time"


def test_a_nil_return_in_time_is_complete():
    assert rate([standing(status=ON_TIME, nil=True)]).percent == 100


def test_one_late_among_thousands_is_not_100_percent():
    assert Rate(due=3000, punctual=2999).percent == Decimal("99.9")
    assert Rate(due=3000, punctual=3000).percent == 100


def quarters(*codes: str, status: ComplianceStatus = ON_TIME):
    return [standing(period=Period.parse(code), status=status) for code in codes]


def test_four_periods_back_from_the_last_one_settled():
    known = [
        *quarters("2004T1", status=LATE),
        *quarters("2004T2", "2004T3", "2004T4"),
        *quarters("2005T1"),
        *quarters("2005T2", status=OPEN),
    ]
    assert [one.period.code for one in recent(known)] == ["2004T2", "2004T3", "2004T4", "2005T1"]
    assert rolling(known) == Rate(due=4, punctual=4)
    assert rolling(known, periods=5) == Rate(due=5, punctual=4)


def test_a_quarter_without_anything_due_still_counts_as_one_of_the_four():
    known = [*quarters("2004T1", status=LATE), *quarters("2005T1")]
    assert [one.period.code for one in recent(known)] == ["2005T1"]


def test_years_are_counted_beside_the_quarters():
    known = [*quarters("2003", "2004"), *quarters("2005T1")]
    assert len(recent(known)) == 3


def test_the_first_year_that_exists_has_none_before_it():
    assert rolling(quarters("2003T1")) == Rate(due=1, punctual=1)


@pytest.mark.parametrize("group", ["organisation", "collection"])
def test_rates_are_told_by_group(group):
    known = [
        standing("N1A", status=ON_TIME),
        standing("N1M", organisation="PF04", status=LATE, days_late=3),
        standing("N1M", organisation="PF04", status=OPEN),
    ]
    found = rates(known, lambda one: getattr(one, group))
    good, bad = ("PF03", "PF04") if group == "organisation" else ("N1A", "N1M")
    assert found == {good: Rate(due=1, punctual=1), bad: Rate(due=1, punctual=0)}
