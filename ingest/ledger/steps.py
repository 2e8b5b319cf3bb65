"""What is said to organisations about what they owe: worked out, composed and written as said at once (contract §8).

A pass that has nothing to say only reads: first whether anything has moved since the last one, then roughly, over what
may be late or lacking, then exactly, over the organisations that this leaves. What is said is worked out again inside
the write transaction when anything has moved, so that two processes say nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy.engine import Connection

from domain.errors import Retry
from domain.following import Said, Unjudged, plan
from domain.notices import Notice
from domain.steps import Call, Saying, Step
from domain.submissions import SubmissionState
from domain.workdays import OfficeHours
from ingest.database.engine import Database
from ingest.database.tables import event, obligation, step_said, submission
from ingest.database.upsert import insert_once
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.following import outlines, standings
from ingest.ledger.journal import EventKind, record
from ingest.ledger.standing import Calendar

Compose = Callable[[tuple[Call, ...]], Sequence[Notice]]
Enqueue = Callable[[Connection, Sequence[Notice], datetime], None]

_SAYING: Final = 20050430
"""Names the lock of those who say steps, on PostgreSQL."""
_SAID: Final = select(step_said)
_SAME_OBLIGATION: Final = and_(
    obligation.c.organisation == step_said.c.organisation,
    obligation.c.collection == step_said.c.collection,
    obligation.c.period == step_said.c.period,
)
_LAST_EVENT: Final = select(func.max(event.c.id))
_UNJUDGED: Final = (
    select(submission.c.organisation, submission.c.state, func.max(submission.c.received_at).label("received_at"))
    .where(
        submission.c.state.in_((SubmissionState.CLAIMED.value, SubmissionState.PARKED.value)),
        submission.c.organisation.is_not(None),
        submission.c.test.is_(False),
    )
    .group_by(submission.c.organisation, submission.c.state)
)


@dataclass(kw_only=True)
class Speaker:
    """Who says the steps, for one process.

    The moments of steps are full hours, and whatever else gives something to say writes a line in the journal: as long
    as both are those of a pass that found nothing, there is still nothing.
    """

    database: Database
    calendar: Calendar
    enqueue: Enqueue
    _quiet: tuple[date, int, int | None, frozenset[str]] | None = None

    def say(
        self, now: datetime, hours: OfficeHours, compose: Compose, untaken: frozenset[str] = frozenset()
    ) -> tuple[Call, ...]:
        """Make the calls whose time has come: messages, what was said and the journal, all of it or none.

        `compose` may be called twice: what it makes outside of the transaction is used when nothing moved meanwhile.
        """
        if not hours.open_at(now):
            return ()
        local = hours.local(now)
        with self.database.read() as connection:
            last_event = connection.execute(_LAST_EVENT).scalar_one()
            seen = (local.date(), local.hour, last_event, untaken)
            if seen == self._quiet:
                return ()
            concerned = _roughly(connection, self.calendar, now, hours) - untaken
            foreseen = _exactly(connection, self.calendar, now, hours, concerned) if concerned else ()
        if not foreseen:
            self._quiet = seen
            return ()
        foreseen, notices = _composed(foreseen, compose)
        with self.database.write() as connection:
            _lock(connection)
            calls = foreseen
            if connection.execute(_LAST_EVENT).scalar_one() != last_event:
                calls = _exactly(connection, self.calendar, now, hours, concerned)
            for call in calls:
                _write(connection, call, now)
            if calls:
                self.enqueue(connection, notices if calls == foreseen else compose(calls), now)
        return calls


def _composed(calls: tuple[Call, ...], compose: Compose) -> tuple[tuple[Call, ...], Sequence[Notice]]:
    """The calls that can be put into words, and their messages: one that cannot does not silence the others."""
    try:
        return calls, compose(calls)
    except Exception:
        sound = tuple(call for call in calls if len(calls) > 1 and _composes(call, compose))
        if not sound:
            raise
    return sound, compose(sound)


def _composes(call: Call, compose: Compose) -> bool:
    try:
        compose((call,))
    except Exception:  # noqa: BLE001 - whoever composes has told the log; it is tried again at the next pass
        return False
    return True


def said_steps(connection: Connection, organisations: Iterable[str] | None = None) -> tuple[Said, ...]:
    """Everything said or passed over, in its order; to everybody or to some organisations."""
    query = _SAID.order_by(step_said.c.said_at, step_said.c.id)
    if organisations is not None:
        query = query.where(step_said.c.organisation.in_(sorted(organisations)))
    return tuple(_said(row) for row in connection.execute(query))


def _roughly(connection: Connection, calendar: Calendar, now: datetime, hours: OfficeHours) -> frozenset[str]:
    """Organisations to which something may have to be said: what is complete and was in time is not looked at."""
    alive = _alive(now)
    known = (_said(row) for row in connection.execute(_SAID.join(obligation, _SAME_OBLIGATION).where(alive)))
    owing = outlines(connection, calendar, now, alive)
    calls = plan(owing, known, now, hours, unjudged=_unjudged(connection))
    return frozenset(call.organisation for call in calls)


def _alive(now: datetime) -> ColumnElement[bool]:
    """Obligations about which something may be said. The due instant in force is never before that of the calendar."""
    late = and_(obligation.c.complete_now, obligation.c.complete_at > obligation.c.due_at)
    return and_(
        obligation.c.opens_at <= now,
        obligation.c.waived_reason.is_(None),
        or_(obligation.c.complete_now.is_(False), late),
    )


def _exactly(
    connection: Connection, calendar: Calendar, now: datetime, hours: OfficeHours, organisations: Collection[str]
) -> tuple[Call, ...]:
    return plan(
        standings(connection, calendar, now, organisations=organisations),
        said_steps(connection, organisations),
        now,
        hours,
        unjudged=_unjudged(connection),
    )


def _unjudged(connection: Connection) -> Unjudged:
    rows = connection.execute(_UNJUDGED).all()
    return Unjudged(
        judging=frozenset(row.organisation for row in rows if row.state == SubmissionState.CLAIMED.value),
        parked={row.organisation: row.received_at for row in rows if row.state == SubmissionState.PARKED.value},
    )


def _lock(connection: Connection) -> None:
    """One process at a time says what is due (on SQLite there is one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_SAYING,))


def _write(connection: Connection, call: Call, now: datetime) -> None:
    for saying in call.sayings:
        for step in saying.passed:
            insert_once(connection, step_said, _row(saying, step, call, now, passed=True))
        row = _row(saying, saying.step, call, now, passed=False)
        if not insert_once(connection, step_said, row) and not _said_after_all(connection, row):
            msg = f"{saying.step} of {'/'.join(saying.standing.key)} was said meanwhile"
            raise Retry(msg)  # the second net: nothing of this transaction remains
    record(
        connection,
        EventKind.STEPS_SAID,
        now,
        organisation=call.organisation,
        event=call.event.value,
        said=[_told(one) for one in call.sayings],
    )
    for account in sorted({one.standing.account for one in call.sayings if one.standing.account is not None}):
        ask(connection, now, account, None, {EffectKind.SITUATION: {}})


def _row(saying: Saying, step: Step, call: Call, now: datetime, *, passed: bool) -> dict[str, Any]:
    organisation, collection, period = saying.standing.key
    return {
        "organisation": organisation,
        "collection": collection,
        "period": period,
        "step": step.value,
        "due_on": saying.standing.due_on,
        "said_on": call.day,
        "said_at": now,
        "passed": passed,
    }


def _said_after_all(connection: Connection, row: dict[str, Any]) -> bool:
    """A step passed over by a clock that has gone back since: whether it was that."""
    names = ("organisation", "collection", "period", "step", "due_on")
    same = [step_said.c[name] == row[name] for name in names]
    said = {name: row[name] for name in ("said_on", "said_at", "passed")}
    return connection.execute(update(step_said).where(*same, step_said.c.passed).values(**said)).rowcount > 0


def _told(saying: Saying) -> dict[str, Any]:
    """A saying as the journal tells it."""
    return {
        "collection": saying.standing.collection,
        "period": saying.standing.period.code,
        "step": saying.step.value,
        "due_on": saying.standing.due_on.isoformat(),
        "passed": [step.value for step in saying.passed],
    }


def _said(row: Row[Any]) -> Said:
    return Said(
        organisation=row.organisation,
        collection=row.collection,
        period=row.period,
        step=Step(row.step),
        due_on=row.due_on,
        said_on=row.said_on,
        passed=row.passed,
    )
