"""What is told to the central body: each change once, the passing of time never."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.bulletins import BulletinKind, ChangeKind, changes, due_bulletin, snapshot
from domain.compliance import ComplianceDates, ComplianceStatus
from tests.calling_kit import at, standing
from tests.following_kit import HOURS

NOW = at(5, 2)
RECEIVED = ComplianceDates(first_received_at=at(4, 20))
ACCEPTED = ComplianceDates(first_received_at=at(4, 20), first_accepted_at=at(4, 20))
COMPLETE = ComplianceDates(first_received_at=at(4, 20), first_accepted_at=at(4, 20), complete_at=at(4, 20))

UPCOMING = standing(status=ComplianceStatus.UPCOMING)
OPEN = standing()
REJECTED = standing(status=ComplianceStatus.TO_CORRECT, dates=RECEIVED)
PARTIAL = standing(status=ComplianceStatus.INCOMPLETE, dates=ACCEPTED, missing_lines=("CIL001",))
PARTIAL_LATE = standing(status=ComplianceStatus.INCOMPLETE, dates=ACCEPTED, missing_lines=("CIL001",), days_late=2)
OVERDUE = standing(status=ComplianceStatus.OVERDUE, days_late=1)
LONG_OVERDUE = standing(status=ComplianceStatus.OVERDUE, days_late=40)
OVERDUE_REJECTED = standing(status=ComplianceStatus.OVERDUE, dates=RECEIVED, days_late=3)
ON_TIME = standing(status=ComplianceStatus.ON_TIME, dates=COMPLETE)
LATE = standing(status=ComplianceStatus.LATE, dates=COMPLETE, days_late=3)
WAIVED = standing(status=ComplianceStatus.WAIVED, waived_reason="inondation")
EXTENDED = standing(extended_until=date(2005, 5, 15))


def kinds(before, after):
    return [one.kind for one in changes(snapshot(before), after, NOW)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (OPEN, OVERDUE, ChangeKind.OVERDUE),
        (OPEN, REJECTED, ChangeKind.REJECTED),
        (OVERDUE, OVERDUE_REJECTED, ChangeKind.REJECTED),
        (OPEN, OVERDUE_REJECTED, ChangeKind.OVERDUE),
        (OPEN, PARTIAL, ChangeKind.INCOMPLETE),
        (OVERDUE, PARTIAL_LATE, ChangeKind.INCOMPLETE),
        (PARTIAL, PARTIAL_LATE, ChangeKind.OVERDUE),
        (OPEN, ON_TIME, ChangeKind.ON_TIME),
        (PARTIAL, ON_TIME, ChangeKind.ON_TIME),
        (OVERDUE, LATE, ChangeKind.LATE),
        (ON_TIME, PARTIAL, ChangeKind.REOPENED),
        (LATE, PARTIAL_LATE, ChangeKind.REOPENED),
        (OPEN, WAIVED, ChangeKind.WAIVED),
        (OPEN, EXTENDED, ChangeKind.EXTENDED),
        (OVERDUE, EXTENDED, ChangeKind.EXTENDED),
        (EXTENDED, OVERDUE, ChangeKind.OVERDUE),
        (OPEN, standing(first_due_at=at(5, 15), due_at=at(5, 15)), ChangeKind.MOVED),
        (OPEN, standing(excused_reason="panne", due_at=at(5, 3)), ChangeKind.EXCUSED),
    ],
)
def test_what_changed_is_told(before, after, told):
    assert kinds([before], [after]) == [told]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (UPCOMING, OPEN),
        (OVERDUE, LONG_OVERDUE),
        (PARTIAL_LATE, standing(status=ComplianceStatus.INCOMPLETE, dates=ACCEPTED, days_late=9)),
        (ON_TIME, ON_TIME),
        (WAIVED, WAIVED),
        (WAIVED, OPEN),
        (REJECTED, REJECTED),
    ],
)
def test_the_passing_of_time_is_no_change(before, after):
    assert kinds([before], [after]) == []


def test_another_missing_line_is_told_and_one_less_is_not():
    two = standing(status=ComplianceStatus.INCOMPLETE, dates=ACCEPTED, missing_lines=("CIL001", "CIL002"))
    assert kinds([PARTIAL], [two]) == [ChangeKind.INCOMPLETE]
    assert kinds([two], [PARTIAL]) == []


def test_an_obligation_that_appears_says_what_it_has_to_say():
    assert kinds([], [OPEN, UPCOMING, WAIVED]) == []
    assert kinds([], [OVERDUE]) == [ChangeKind.OVERDUE]


def test_the_gravest_comes_first():
    other = standing("N1M", status=ComplianceStatus.OVERDUE, days_late=1)
    assert [one.kind for one in changes({}, [ON_TIME, other], NOW)] == [ChangeKind.OVERDUE, ChangeKind.ON_TIME]


def test_the_first_bulletin_tells_what_is_wrong_and_what_came_of_late():
    old = standing("N1M", status=ComplianceStatus.ON_TIME, dates=COMPLETE)
    assert changes(None, [old, WAIVED, EXTENDED], NOW) == ()
    fresh = ComplianceDates(first_received_at=at(4, 30), first_accepted_at=at(4, 30), complete_at=at(4, 30))
    found = changes(None, [standing(status=ComplianceStatus.ON_TIME, dates=fresh), LONG_OVERDUE], NOW)
    assert [one.kind for one in found] == [ChangeKind.OVERDUE, ChangeKind.ON_TIME]


def test_what_is_remembered_is_plain_json_and_holds_no_reason():
    assert snapshot([standing(status=ComplianceStatus.WAIVED, waived_reason="inondation")]) == {
        "PF03/N1A/2005T1": {"status": "waived", "due_on": "2005-04-30"},
    }


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def due(now: datetime, **told):
    known = {"last_digest_on": None, "last_weekly_on": None, "last_weekly_made_on": None, "open_since": at(4, 1)}
    return due_bulletin(now, HOURS, **{**known, **told})


MONDAY = date(2005, 5, 2)


def test_the_weekly_page_leaves_on_monday_at_eight():
    assert due(at(5, 2, 7, 59)) is None
    assert due(at(5, 2, 8)) == (BulletinKind.WEEKLY, MONDAY)
    assert due(at(5, 2, 8), last_weekly_on=date(2005, 4, 25)) == (BulletinKind.WEEKLY, MONDAY)


def test_it_stands_for_the_digest_of_its_day_and_comes_once_a_week():
    assert due(at(5, 2, 9), last_weekly_on=MONDAY, last_weekly_made_on=MONDAY) is None
    assert due(at(5, 3, 8), last_weekly_on=MONDAY, last_weekly_made_on=MONDAY) == (
        BulletinKind.DIGEST,
        date(2005, 5, 3),
    )
    assert due(at(5, 3, 9), last_weekly_on=MONDAY, last_digest_on=date(2005, 5, 3)) is None


def test_a_holiday_on_monday_puts_it_off_to_tuesday():
    easter = at(3, 28)
    assert due(easter, open_since=at(3, 1)) is None
    assert due(easter + timedelta(days=1), open_since=at(3, 1)) == (BulletinKind.WEEKLY, easter.date())


def test_after_an_outage_it_comes_as_soon_as_possible_in_office_hours():
    assert due(at(5, 4, 20)) is None
    assert due(at(5, 7, 10)) is None, "a Saturday"
    assert due(at(5, 4, 17, 59)) == (BulletinKind.WEEKLY, MONDAY)


def test_a_desk_opened_in_mid_week_begins_with_the_next_monday():
    assert due(at(5, 4), open_since=at(5, 3)) == (BulletinKind.DIGEST, date(2005, 5, 4))
    assert due(at(5, 4), open_since=None) == (BulletinKind.DIGEST, date(2005, 5, 4))
    assert due(at(5, 2, 10), open_since=at(5, 2, 9)) == (BulletinKind.WEEKLY, MONDAY)
    assert due(at(5, 9), open_since=at(5, 3)) == (BulletinKind.WEEKLY, date(2005, 5, 9))
