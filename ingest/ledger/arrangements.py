"""What UESL grants: more time, or a waiver (contract §3 `deadline`, §8). Lateness is explained here, never erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.engine import Connection

from domain.arrangements import Arranged
from domain.compliance import ComplianceStatus
from domain.deadlines import due_at
from domain.errors import CannotDo, NotFound
from domain.periods import Period
from ingest.database.tables import obligation
from ingest.database.types import storable
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.journal import EventKind, record
from ingest.ledger.standing import Calendar, due_of, status_of
from schemas.collection import Collection

EVERYBODY = "ALL"
_COMPLETE = frozenset({ComplianceStatus.ON_TIME, ComplianceStatus.LATE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked: for one account (or organisation) or `ALL`, one collection and period, why, and by whom."""

    who: str
    collection: Collection
    period: Period
    reason: str
    author: str


def extend(
    connection: Connection, calendar: Calendar, request: Request, until: date, now: datetime
) -> tuple[Arranged, ...]:
    """Give more time, until the end of the day `until`. Who has nothing to gain from it is left alone.

    Raises:
        NotFound: nobody asked for owes this.
        CannotDo: the day is past, or nobody would gain time; an extension is never shortened.
    """
    if until < now.astimezone(calendar.zone).date():
        raise CannotDo(f"--until {until} is past; give a day to come")
    rows = _owing(connection, request)
    due = due_at(until, calendar.zone)
    gaining = [row for row in rows if row.waived_reason is None and due > due_of(row, calendar.zone)]
    if not gaining:
        raise CannotDo(_no_gain(rows[0], calendar, until) if len(rows) == 1 else f"nobody gains time with {until}")
    for row in gaining:
        _write(connection, row, {"extended_until": until})
        _tell_journal(connection, EventKind.DEADLINE_EXTENDED, row, request, now, until=until.isoformat())
    return tuple(_arranged(row, request, calendar, now, due) for row in gaining)


def waive(connection: Connection, calendar: Calendar, request: Request, now: datetime) -> tuple[Arranged, ...]:
    """Ask for nothing any more. Who has deposited everything already is left alone.

    Raises:
        NotFound: nobody asked for owes this.
        CannotDo: there is nothing left to waive.
    """
    rows = _owing(connection, request)
    done = {ComplianceStatus.WAIVED, *_COMPLETE}
    waived = [row for row in rows if status_of(row, now, calendar.zone) not in done]
    if not waived:
        raise CannotDo(_nothing_left(rows[0]) if len(rows) == 1 else "nobody is left to whom it could be waived")
    for row in waived:
        _write(connection, row, {"waived_reason": storable(request.reason), "waived_by": storable(request.author)})
        _tell_journal(connection, EventKind.OBLIGATION_WAIVED, row, request, now)
    return tuple(_arranged(row, request, calendar, now, None) for row in waived)


def _owing(connection: Connection, request: Request) -> Sequence[Row[Any]]:
    """The obligations asked for, locked; NotFound when there is none."""
    query = (
        select(obligation)
        .where(obligation.c.collection == request.collection.code, obligation.c.period == request.period.code)
        .order_by(obligation.c.organisation)
        .with_for_update()
    )
    rows = connection.execute(query).all()
    if request.who.upper() != EVERYBODY:
        asked = request.who.lower()
        rows = [row for row in rows if asked in {row.organisation.lower(), (row.account or "").lower()}]
    if not rows:
        who = "nobody" if request.who.upper() == EVERYBODY else f"{request.who!r}"
        verb = "owes" if who == "nobody" else "does not owe"
        raise NotFound(
            f"{who} {verb} {request.collection.code} for {request.period}; "
            f"see: guichet status --period {request.period}",
        )
    return rows


def _no_gain(row: Row[Any], calendar: Calendar, until: date) -> str:
    if row.waived_reason is not None:
        return f"{row.organisation} is waived already ({row.waived_by}: {row.waived_reason})"
    day = due_of(row, calendar.zone).date()
    return f"{row.organisation} has time until {day} already; {until} gives no more (an extension is never shortened)"


def _nothing_left(row: Row[Any]) -> str:
    if row.waived_reason is not None:
        return f"{row.organisation} is waived already ({row.waived_by}: {row.waived_reason})"
    return f"{row.organisation} has deposited everything; there is nothing to waive"


def _write(connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
    connection.execute(update(obligation).where(obligation.c.id == row.id).values(**values))


def _tell_journal(
    connection: Connection, kind: EventKind, row: Row[Any], request: Request, now: datetime, **more: str
) -> None:
    record(
        connection,
        kind,
        now,
        account=row.account,
        author=request.author,
        organisation=row.organisation,
        collection=row.collection,
        period=row.period,
        reason=request.reason,
        **more,
    )
    if row.account is not None:
        ask(connection, now, row.account, None, {EffectKind.SITUATION: {}})


def _arranged(row: Row[Any], request: Request, calendar: Calendar, now: datetime, due: datetime | None) -> Arranged:
    return Arranged(
        organisation=row.organisation,
        account=row.account,
        collection=row.collection,
        period=request.period,
        reason=request.reason,
        former_due_at=due_of(row, calendar.zone),
        due_at=due,
        complete=status_of(row, now, calendar.zone) in _COMPLETE,
    )
