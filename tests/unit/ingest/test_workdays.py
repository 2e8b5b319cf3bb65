"""Real French holidays, and what they do to due dates (contract §8)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandera.pandas as pa
import pytest

from domain.deadlines import due_on
from domain.organisations import (
    Adhesion,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Service,
    Span,
)
from domain.periods import Period, Periodicity
from ingest.ledger.obligations import deadline_of, duties
from ingest.workdays import working_days
from schemas.collection import Collection

PARIS = ZoneInfo("Europe/Paris")
T1, T2, T4 = Period(2005, 1), Period(2005, 2), Period(2005, 4)
COLLECTION = Collection(
    code="X1",
    slug="x",
    label="X",
    model=pa.DataFrameModel,
    periodicity=Periodicity.QUARTER,
    due_days=30,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
)


@pytest.mark.parametrize(
    ("where", "day", "worked"),
    [
        ("metropole", "2005-05-01", False),  # a Sunday anyway
        ("metropole", "2006-05-01", False),
        ("metropole", "2006-05-02", True),
        ("metropole", "2005-01-01", False),
        ("metropole", "2007-01-01", False),
        ("metropole", "2005-03-28", False),  # Easter Monday
        ("metropole", "2005-05-05", False),  # Ascension
        ("metropole", "2005-05-16", True),  # Whit Monday, worked from 2005 to 2007: « journée de solidarité »
        ("metropole", "2009-06-01", False),  # Whit Monday again
        ("metropole", "2005-07-14", False),
        ("metropole", "2005-03-25", True),  # Good Friday
        ("alsace-moselle", "2005-03-25", False),
        ("metropole", "2005-12-26", True),
        ("alsace-moselle", "2005-12-26", False),
        ("metropole", "2005-05-27", True),
        ("guadeloupe", "2005-05-27", False),  # end of slavery
        ("martinique", "2006-05-22", False),
        ("guyane", "2005-06-10", False),
        ("reunion", "2005-12-20", False),
        ("mayotte", "2005-04-27", False),
        ("none", "2006-05-01", True),
        ("none", "2005-04-30", False),  # Saturday
    ],
)
def test_real_holidays(where: str, day: str, worked: bool) -> None:
    assert working_days(where).works(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("where", "period", "days", "due"),
    [
        ("metropole", T1, 30, "2005-05-02"),  # Saturday 30 April, then Sunday 1 May
        ("metropole", T2, 30, "2005-08-01"),  # Saturday
        ("metropole", Period(2005, 3), 30, "2005-10-31"),  # Sunday
        ("metropole", T4, 30, "2006-01-30"),  # Monday
        ("metropole", Period(2006, 1), 31, "2006-05-02"),  # Monday 1 May
        ("metropole", Period(2003, 4), 10, "2004-01-12"),
        ("metropole", Period(2004, 4), 84, "2005-03-25"),
        ("alsace-moselle", Period(2004, 4), 84, "2005-03-29"),  # Good Friday, then Easter Monday
        ("metropole", Period(2005, 3), 87, "2005-12-26"),
        ("alsace-moselle", Period(2005, 3), 87, "2005-12-27"),
        ("metropole", T1, 57, "2005-05-27"),
        ("guadeloupe", T1, 57, "2005-05-30"),
        ("metropole", T1, 46, "2005-05-16"),  # Whit Monday, worked that year
        ("metropole", Period(2009, 1), 62, "2009-06-02"),  # Whit Monday, not worked that year
    ],
)
def test_a_due_day_that_is_not_worked_rolls_to_the_next_one_that_is(
    where: str, period: Period, days: int, due: str
) -> None:
    assert due_on(period, days, working_days(where)) == date.fromisoformat(due)


def test_without_the_option_days_are_calendar_days() -> None:
    assert due_on(T1, 30) == date(2005, 4, 30)


def register(*rules: ObligationRule) -> Directory:
    return Directory(
        version=1,
        organisations=(
            Organisation(code="PF03", type=OrganisationType.PF, nom="PF"),
            Organisation(code="CIL001", type=OrganisationType.CIL, nom="CIL"),
        ),
        adhesions=(Adhesion(code_cil="CIL001", code_plateforme="PF03", service=Service.ASA, dates=Span()),),
        obligations=rules,
    )


def test_obligations_are_due_on_the_rolled_day() -> None:
    days = working_days("metropole")
    [owed] = duties(register(), [COLLECTION], [T1], first_period=T1, zone=PARIS, worked=days)
    assert owed.due_at == datetime(2005, 5, 2, 23, 59, 59, tzinfo=PARIS)
    [owed] = duties(register(), [COLLECTION], [T1], first_period=T1, zone=PARIS)
    assert owed.due_at == datetime(2005, 4, 30, 23, 59, 59, tzinfo=PARIS)


def test_a_day_that_the_register_gives_is_taken_as_it_is() -> None:
    rule = ObligationRule(code="PF03", collection="x1", dates=Span(), echeance=date(2005, 5, 15))  # a Sunday
    due = deadline_of(register(rule), COLLECTION, "PF03", T1, PARIS, worked=working_days("metropole"))
    assert due == datetime(2005, 5, 15, 23, 59, 59, tzinfo=PARIS)
