"""Status of an obligation and its append-only dates (contract §8)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from domain.compliance import ComplianceDates, ComplianceStatus, status_at

OPENS = datetime(2005, 4, 1, tzinfo=UTC)
DUE = datetime(2005, 4, 30, 21, 59, 59, tzinfo=UTC)
BEFORE, AFTER = datetime(2005, 4, 18, tzinfo=UTC), datetime(2005, 5, 3, tzinfo=UTC)


def status(now, *deposits, complete_now=False, waived=False):
    dates = ComplianceDates()
    for received_at, accepted, complete in deposits:
        dates = dates.with_deposit(received_at, accepted=accepted, complete=complete)
    return status_at(now, opens_at=OPENS, due=DUE, dates=dates, complete_now=complete_now, waived=waived)


@pytest.mark.parametrize(
    ("now", "deposits", "complete_now", "expected"),
    [
        (OPENS - timedelta(days=1), [], False, ComplianceStatus.UPCOMING),
        (OPENS - timedelta(days=1), [(OPENS - timedelta(days=2), False, False)], False, ComplianceStatus.UPCOMING),
        (BEFORE, [], False, ComplianceStatus.OPEN),
        (AFTER, [], False, ComplianceStatus.OVERDUE),
        (BEFORE, [(BEFORE, False, False)], False, ComplianceStatus.TO_CORRECT),
        (AFTER, [(BEFORE, False, False)], False, ComplianceStatus.OVERDUE),
        (BEFORE, [(BEFORE, True, False)], False, ComplianceStatus.INCOMPLETE),
        (BEFORE, [(BEFORE, True, True)], True, ComplianceStatus.ON_TIME),
        (AFTER, [(AFTER, True, True)], True, ComplianceStatus.LATE),
        (AFTER, [(BEFORE, True, False), (AFTER, True, True)], True, ComplianceStatus.LATE),
        (AFTER, [(BEFORE, True, True), (AFTER, True, True)], True, ComplianceStatus.ON_TIME),
        (AFTER, [(DUE, True, True)], True, ComplianceStatus.ON_TIME),
        (AFTER, [(BEFORE, True, True)], False, ComplianceStatus.INCOMPLETE),
    ],
)
def test_the_status_follows_from_the_dates(now, deposits, complete_now, expected):
    assert status(now, *deposits, complete_now=complete_now) is expected


def test_a_waiver_stands_above_everything():
    assert status(AFTER, waived=True) is ComplianceStatus.WAIVED


def test_dates_do_not_depend_on_the_order_of_judging():
    deposits = [(BEFORE, False, False), (BEFORE + timedelta(days=1), True, False), (AFTER, True, True)]
    results = set()
    for order in permutations(deposits):
        dates = ComplianceDates()
        for received_at, accepted, complete in order:
            dates = dates.with_deposit(received_at, accepted=accepted, complete=complete)
        results.add((dates.first_received_at, dates.first_accepted_at, dates.complete_at))
    assert results == {(BEFORE, BEFORE + timedelta(days=1), AFTER)}


def test_only_a_status_that_owes_keeps_the_obligation_in_the_list():
    assert {status for status in ComplianceStatus if status.owes} == {
        ComplianceStatus.OPEN,
        ComplianceStatus.TO_CORRECT,
        ComplianceStatus.INCOMPLETE,
        ComplianceStatus.OVERDUE,
    }
