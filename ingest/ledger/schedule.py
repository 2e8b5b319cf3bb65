"""Where every period stands in its publication: what the rules of editions look at (contract §10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from domain.deadlines import due_at, due_on
from domain.organisations import Directory
from domain.periods import Period, Periodicity, lies_before
from domain.publishing import PeriodState
from domain.releases import EditionKind, Release
from domain.submissions import SubmissionState
from ingest.database.tables import obligation, submission
from ingest.ledger import releases, stale
from ingest.ledger.publications import Publications
from ingest.ledger.standing import Calendar, due_of
from publication.coverage import is_complete
from schemas.collection import Collection

_OVER = frozenset({EditionKind.FINAL, EditionKind.REVISED})


def states(  # noqa: PLR0913 - by keyword: what the rules look at
    connection: Connection,
    calendar: Calendar,
    publications: Publications,
    directory: Directory,
    now: datetime,
    *,
    only: Period | None = None,
) -> tuple[PeriodState, ...]:
    """Every ended period since go-live that expects something, and those with figures or editions; in order."""
    marks = stale.stale_periods(connection)
    made: dict[str, list[Release]] = {}
    for one in releases.recorded(connection, only):
        made.setdefault(one.release.period, []).append(one.release)
    told = releases.announcements(connection)
    first_received_at = _first_waiting(connection)
    today = now.astimezone(calendar.zone).date()
    periods = {*_ended(calendar.first_period, today), *(one for one in marks if one.ends_on < today)}
    wanted = sorted(
        one
        for one in periods
        if only in {None, one} and (one in marks or publications[one.periodicity].expects(directory, one))
    )
    going_on = [one for one in wanted if not _is_over(made.get(one.code, ()))]
    dues = _last_dues(connection, calendar, publications, going_on)
    found = []
    for period in wanted:
        due = _due_on(calendar, publications[period.periodicity].collections, period)
        changed_at = marks.get(period)
        editions = tuple(made.get(period.code, ()))
        due_instant = due_at(due, calendar.zone)
        found.append(
            PeriodState(
                period=period,
                due_on=due,
                last_due_at=max(due_instant, dues.get(period.code, due_instant)),
                complete=_complete(connection, publications, directory, period, editions, stale=changed_at is not None),
                stale_changed_at=changed_at,
                waiting=first_received_at is not None and first_received_at <= due_instant,
                history=lies_before(period, calendar.first_period),
                editions=editions,
                announced=told.get(period.code, ()),
            ),
        )
    return tuple(found)


def _ended(first: Period, today: date) -> Iterable[Period]:
    quarter = first if first.periodicity is Periodicity.QUARTER else Period(first.year, 1)
    for begun in (quarter, Period(first.year)):
        one = begun
        while one.ends_on < today:
            yield one
            one = one.following


def _is_over(editions: Iterable[Release]) -> bool:
    return any(one.kind in _OVER for one in editions)


def _first_waiting(connection: Connection) -> datetime | None:
    """When the oldest deposit that waits for its verdict was received."""
    query = select(func.min(submission.c.received_at)).where(
        submission.c.state == SubmissionState.CLAIMED.value,
        ~submission.c.test,
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def _due_on(calendar: Calendar, collections: Iterable[Collection], period: Period) -> date:
    """The calendar's due day: extensions of some, and days that the register gives to some, do not move it."""
    days = max((one.due_days or 0 for one in collections), default=0)
    return due_on(period, days, calendar.due_days)


def _last_dues(
    connection: Connection, calendar: Calendar, publications: Publications, periods: Iterable[Period]
) -> Mapping[str, datetime]:
    """By period: the last due instant in force; an extension counts, a waiver does not."""
    query = select(obligation).where(
        obligation.c.period.in_([one.code for one in periods]),
        obligation.c.collection.in_([one.code for some in publications.values() for one in some.collections]),
        obligation.c.waived_reason.is_(None),
    )
    found: dict[str, datetime] = {}
    rows: Iterable[Row[Any]] = connection.execute(query)
    for row in rows:
        due = due_of(row, calendar.zone)
        found[row.period] = max(due, found.get(row.period, due))
    return found


def _complete(  # noqa: PLR0913 - by keyword: the last edition says it, unless something changed since
    connection: Connection,
    publications: Publications,
    directory: Directory,
    period: Period,
    editions: tuple[Release, ...],
    *,
    stale: bool,
) -> bool:
    if not stale:
        return editions[-1].complete if editions else False
    if _is_over(editions):
        return False  # nobody asks any more: what follows is a revision
    covered = publications[period.periodicity].covered(connection, period, directory)
    return bool(covered) and is_complete(covered)
