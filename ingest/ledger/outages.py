"""What we owe to depositors when it was our fault: the desk was closed, or its verdict came late (contract §8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, or_, select, update
from sqlalchemy.engine import Connection

from domain.arrangements import Arranged
from domain.outages import Closure, Closures, due_after_late_verdict
from domain.periods import Period
from domain.steps import Step
from domain.submissions import SubmissionState
from domain.workdays import WorkingDays
from ingest.database.tables import closure, obligation, step_said, submission
from ingest.database.upsert import insert_once
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.facts import recall, remember
from ingest.ledger.journal import EventKind, record
from ingest.ledger.standing import Calendar, due_of
from rendering.french import say, short_instant

SEEN_OPEN = "seen_open_at"
"""Key of the sign of life: the instant at which the desk was last seen open, by whichever machine."""
AHEAD = timedelta(days=7)
"""A closure that ends so far after the present was written by a clock that has gone back since."""
APART = timedelta(minutes=5)
"""A sign that is so little ahead is a colleague's: later than ours by now, or by a clock a little ahead of ours."""


def alone() -> bool:
    """Nobody else has the desk open."""
    return False


def see_open(
    connection: Connection, now: datetime, *, back: bool, beside: Callable[[], bool] = alone
) -> Closure | None:
    """Write that the desk is open now. `back`: it may have been away; the closure that this ends, if any.

    `beside` says whether a colleague has it open, and says to them that we have: asked once the former sign is ours
    to replace, so that of all that begin at once after an absence one ends it. A desk that was never open was not
    closed either. In one transaction, so that a crash never leaves a sign of life without the closure before it.
    """
    known = recall(connection, SEEN_OPEN, to_replace=True)
    if back:
        _take_back(connection, now)
    ended, was_open = None, beside()
    since = None if known is None else datetime.fromisoformat(known)
    if (
        back
        and since is not None
        and since < now
        and not was_open
        and insert_once(connection, closure, {"from_at": since, "until_at": now})
    ):
        ended = Closure(from_at=since, until_at=now)
        record(connection, EventKind.CLOSED, now, since=since.isoformat(), until=now.isoformat())
    if since is None or not now < since <= now + APART:
        remember(connection, SEEN_OPEN, now.isoformat())
    return ended


def _take_back(connection: Connection, now: datetime) -> None:
    """End at `now` the closures that a clock far ahead has written, and undo what they excused.

    Else every due instant in between would stay moved, and what was late would be excused once the clock gets there.
    """
    for false in connection.execute(select(closure).where(closure.c.until_at > now + AHEAD)).all():
        until = max(now, false.from_at)
        connection.execute(update(closure).where(closure.c.id == false.id).values(until_at=until))
        record(connection, EventKind.CLOSED, now, since=false.from_at.isoformat(), until=until.isoformat())
        wrong = Closure(from_at=false.from_at, until_at=false.until_at).gives_until
        for row in connection.execute(select(obligation).where(obligation.c.excused_until == wrong)).all():
            _write_excuse(connection, row, None, None, wrong, now)


def latest_closure(connection: Connection) -> Closure | None:
    """The last time that the desk was closed."""
    row = connection.execute(select(closure).order_by(closure.c.until_at.desc()).limit(1)).one_or_none()
    return None if row is None else Closure(from_at=row.from_at, until_at=row.until_at)


def closures(connection: Connection, now: datetime) -> Closures:
    """The closures that are over at `now`."""
    rows = connection.execute(select(closure.c.from_at, closure.c.until_at))
    return Closures((Closure(from_at=row.from_at, until_at=row.until_at) for row in rows), now)


def to_excuse(connection: Connection, calendar: Calendar, now: datetime) -> tuple[int, ...]:
    """The numbers of the obligations that fell due while the desk was closed: mostly none, and it costs little."""
    known = closures(connection, now)
    if not known:
        return ()
    rows = connection.execute(_INCOMPLETE)
    return tuple(row.id for row in rows if _closure(known, row, calendar.zone) is not None)


def excuse_closures(connection: Connection, calendar: Calendar, now: datetime) -> tuple[Arranged, ...]:
    """Move every due instant at which the desk was closed; twice changes nothing. Those that this gives time to.

    Who has a deposit on our desk is left for later: it may have come in time. What is deposited already, or what falls
    due again in the past, is excused without a word.
    """
    known = closures(connection, now)
    wanted = to_excuse(connection, calendar, now)
    rows = connection.execute(_INCOMPLETE.where(obligation.c.id.in_(wanted)).with_for_update()).all() if wanted else ()
    waiting = _waiting(connection) if rows else frozenset[str]()
    excused = []
    for row in rows:
        ended = _closure(known, row, calendar.zone)
        if ended is None or row.organisation in waiting or row.account in waiting:
            continue
        arranged = _excuse(connection, row, ended.gives_until, _closed(ended, calendar.zone), calendar.zone, now)
        if not row.complete_now and ended.gives_until > now:
            _stands_for_reminder(connection, arranged, now, calendar.zone)
            excused.append(arranged)
    return tuple(excused)


def _stands_for_reminder(connection: Connection, arranged: Arranged, now: datetime, zone: ZoneInfo) -> None:
    """A due instant of tomorrow would be recalled today: what says that it moved says as much, once."""
    if arranged.due_at is None:
        return
    insert_once(
        connection,
        step_said,
        {
            "organisation": arranged.organisation,
            "collection": arranged.collection,
            "period": arranged.period.code,
            "step": Step.BEFORE_1.value,
            "due_on": arranged.due_at.astimezone(zone).date(),
            "said_on": now.astimezone(zone).date(),
            "said_at": now,
            "passed": False,
        },
    )


def excuse_on_verdict(  # noqa: PLR0913 - by keyword: which obligation, and what happened to it
    connection: Connection,
    calendar: Calendar,
    days: WorkingDays,
    *,
    organisation: str,
    collection: str,
    period: Period,
    received_at: datetime,
    now: datetime,
) -> None:
    """Move the due instant of what a deposit was about, once it is weighed; its answer says so.

    First for a closure, whose pass may not have come yet; then because this verdict, which leaves something to do, is
    later than a depositor may expect.
    """
    asked = (
        obligation.c.organisation == organisation,
        obligation.c.collection == collection,
        obligation.c.period == period.code,
    )
    row = connection.execute(_INCOMPLETE.where(*asked)).one_or_none()
    if row is None:
        return
    zone = calendar.zone
    ended = _closure(closures(connection, now), row, zone)
    if ended is not None:
        _excuse(connection, row, ended.gives_until, _closed(ended, zone), zone, now)
        row = connection.execute(_INCOMPLETE.where(*asked)).one()
    due = due_of(row, zone)
    if row.complete_now and row.complete_at is not None and row.complete_at <= due:
        return
    moved = due_after_late_verdict(received_at=received_at, due=due, judged_at=now, days=days, zone=zone)
    if moved is not None:
        reason = say("verdict rendu le {instant}", instant=short_instant(now.astimezone(zone)))
        _excuse(connection, row, moved, reason, zone, now)


_INCOMPLETE = (
    select(obligation)
    .where(
        obligation.c.waived_reason.is_(None),
        or_(obligation.c.complete_at.is_(None), obligation.c.complete_at > obligation.c.due_at),
    )
    .order_by(obligation.c.id)
)


def _closure(known: Closures, row: Row[Any], zone: ZoneInfo) -> Closure | None:
    """The closure that excuses an obligation: its due instant in force lies in it, and it was not complete by then."""
    due = due_of(row, zone)
    if row.complete_at is not None and row.complete_at <= due:
        return None
    return known.excuse(due)


def _closed(ended: Closure, zone: ZoneInfo) -> str:
    return say(
        "guichet fermé du {since} au {until}",
        since=short_instant(ended.from_at.astimezone(zone)),
        until=short_instant(ended.until_at.astimezone(zone)),
    )


def _excuse(  # noqa: PLR0913, PLR0917 - what is written, and why
    connection: Connection, row: Row[Any], until: datetime, reason: str, zone: ZoneInfo, now: datetime
) -> Arranged:
    former = due_of(row, zone)
    _write_excuse(connection, row, until, reason, former, now)
    return Arranged(
        organisation=row.organisation,
        account=row.account,
        collection=row.collection,
        period=Period.parse(row.period),
        reason=reason,
        former_due_at=former,
        due_at=until.astimezone(zone),
    )


def _write_excuse(  # noqa: PLR0913, PLR0917 - what is written, and why
    connection: Connection, row: Row[Any], until: datetime | None, reason: str | None, former: datetime, now: datetime
) -> None:
    values = {"excused_until": until, "excused_reason": reason}
    connection.execute(update(obligation).where(obligation.c.id == row.id).values(**values))
    record(
        connection,
        EventKind.DEADLINE_EXCUSED,
        now,
        account=row.account,
        organisation=row.organisation,
        collection=row.collection,
        period=row.period,
        reason=reason,
        former=former.isoformat(),
        until=None if until is None else until.isoformat(),
    )
    if row.account is not None:
        ask(connection, now, row.account, None, {EffectKind.SITUATION: {}})


def _waiting(connection: Connection) -> frozenset[str]:
    """Organisations and accounts with a deposit that was never tried yet: its verdict comes at any moment."""
    mine = (
        submission.c.state == SubmissionState.CLAIMED.value,
        submission.c.attempts == 0,
        submission.c.test.is_(False),
    )
    rows = connection.execute(select(submission.c.account, submission.c.organisation).where(*mine)).all()
    return frozenset(name for row in rows for name in (row.account, row.organisation) if name is not None)
