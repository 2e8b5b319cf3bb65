"""What was told to the central body, and the one transaction that tells it more (contract §8, §9, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.engine import Connection

from domain.anomalies import Anomaly
from domain.bulletins import Bulletin, BulletinKind, Confirmation, Undelivered, changes, snapshot
from domain.submissions import ReceiptProof
from domain.suivi import Suivi
from ingest.database.tables import bulletin, event, justification, message, submission
from ingest.database.types import storable_json
from ingest.database.upsert import insert_once
from ingest.ledger.anomalies import mark_told, untold
from ingest.ledger.following import standings
from ingest.ledger.standing import Calendar
from ingest.ledger.suivi import ask_for_pages, page_state, suivi

_REMEMBERED: Final = timedelta(days=90)
"""How long a message that was not delivered is remembered as told."""
_LOST: Final = ("failed", "bounced")
_NEWS: Final = timedelta(days=7)
"""The first bulletin ever tells what was confirmed in these days."""
_COMPARED: Final = 500
_CONFIRMED = (
    select(justification)
    .join(submission, submission.c.id == justification.c.submission_id)
    .where(
        ~submission.c.test,
        submission.c.proof != ReceiptProof.IMPORTED.value,
        justification.c.author == justification.c.account,  # what the central body confirmed itself is no news to it
    )
    .order_by(justification.c.id.desc())
    .limit(_COMPARED)
)
"""By their numbers and not since the last one: two transactions may commit in another order than they began."""
_LAST = select(bulletin).order_by(bulletin.c.id.desc()).limit(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the choice of the next bulletin depends on; see `domain.bulletins.due_bulletin`."""

    last_digest_on: date | None
    last_weekly_on: date | None
    last_weekly_made_on: date | None
    open_since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Which bulletin, of which day, and the accounts in whose folder its page goes."""

    kind: BulletinKind
    day: date
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Composing:
    """A bulletin to be written, and what is to be remembered of it."""

    bulletin: Bulletin
    snapshot: Mapping[str, Any]


def told_so_far(connection: Connection, calendar: Calendar, now: datetime) -> Told:
    """The last bulletins and the journal's first line.

    Those of a day still to come were told by a clock that has gone back since: they must not silence today's.
    """
    last: dict[str, Any] = {}
    come = bulletin.c.day <= now.astimezone(calendar.zone).date()
    for kind in BulletinKind:
        query = select(bulletin).where(bulletin.c.kind == kind.value, come).order_by(bulletin.c.day.desc()).limit(1)
        last[kind] = connection.execute(query).one_or_none()
    digest, weekly = last[BulletinKind.DIGEST], last[BulletinKind.WEEKLY]
    return Told(
        last_digest_on=None if digest is None else digest.day,
        last_weekly_on=None if weekly is None else weekly.day,
        last_weekly_made_on=None if weekly is None else weekly.made_at.astimezone(calendar.zone).date(),
        open_since=connection.execute(select(func.min(event.c.at))).scalar_one(),
    )


def prepare(connection: Connection, calendar: Calendar, order: Order, now: datetime) -> Composing:
    """What this bulletin would tell now; changes nothing."""
    last = connection.execute(_LAST).one_or_none()
    known: Mapping[str, Any] = {} if last is None else last.snapshot
    found = standings(connection, calendar, now)
    lost = _undelivered(connection, now)
    new = {number: one for number, one in lost.items() if number not in known.get("undelivered", ())}
    questions = untold(connection)
    confirmed = connection.execute(_CONFIRMED).all()
    made = Bulletin(
        kind=order.kind,
        day=order.day,
        made_at=now.astimezone(calendar.zone),
        since=_last_told(connection, calendar),
        suivi=suivi(connection, calendar, now) if order.kind is BulletinKind.WEEKLY else Suivi(made_at=now),
        changes=changes(known.get("obligations") if last is not None else None, found, now),
        anomalies=questions,
        confirmations=_confirmations(confirmed, known.get("confirmed"), questions, now),
        undelivered=tuple(dict.fromkeys(new.values())),
    )
    remembered = {
        "obligations": snapshot(found),
        "confirmed": sorted(row.id for row in confirmed),
        "undelivered": sorted(lost),
    }
    return Composing(bulletin=made, snapshot=remembered)


def _last_told(connection: Connection, calendar: Calendar) -> datetime | None:
    query = select(func.max(bulletin.c.made_at)).where(~bulletin.c.silent)
    made_at: datetime | None = connection.execute(query).scalar_one()
    return None if made_at is None else made_at.astimezone(calendar.zone)


def pass_over(connection: Connection, order: Order, composing: Composing, now: datetime) -> None:
    """Write that this day's look found nothing to tell: what changes later is for the next morning."""
    values = {
        "kind": order.kind.value,
        "day": order.day,
        "made_at": now,
        "snapshot": storable_json(dict(composing.snapshot)),
        "silent": True,
    }
    if insert_once(connection, bulletin, values):
        _keep_one_snapshot(connection, order)


def write(connection: Connection, calendar: Calendar, order: Order, composing: Composing, now: datetime) -> bool:
    """Write that it is told, in the transaction of its messages; False when another process has told it."""
    values = {
        "kind": order.kind.value,
        "day": order.day,
        "made_at": now,
        "snapshot": storable_json(dict(composing.snapshot)),
        "silent": False,
    }
    if not insert_once(connection, bulletin, values):
        return False
    _keep_one_snapshot(connection, order)
    mark_told(connection, (one.number for one in composing.bulletin.anomalies), now)
    state = page_state(connection, now.astimezone(calendar.zone).date())
    dated = order.day if order.kind is BulletinKind.WEEKLY else None
    ask_for_pages(connection, order.accounts, now, state=state, dated=dated)
    return True


def _keep_one_snapshot(connection: Connection, order: Order) -> None:
    """Only the last one is compared with."""
    this = and_(bulletin.c.kind == order.kind.value, bulletin.c.day == order.day)
    connection.execute(update(bulletin).where(~this).values(snapshot={}))


def _undelivered(connection: Connection, now: datetime) -> dict[int, Undelivered]:
    """Messages of late that did not reach their address."""
    query = (
        select(message.c.id, message.c.organisation, message.c.recipient)
        .where(message.c.state.in_(_LOST), message.c.created_at > now - _REMEMBERED)
        .order_by(message.c.id)
    )
    return {
        row.id: Undelivered(organisation=row.organisation, address=row.recipient) for row in connection.execute(query)
    }


def _confirmations(
    rows: Iterable[Row[Any]], known: Sequence[int] | None, questions: Iterable[Anomaly], now: datetime
) -> tuple[Confirmation, ...]:
    """What depositors confirmed since, less what is told as a question with its answer."""
    told = {(one.account, one.collection, one.period, one.message) for one in questions}
    floor = min(known) if known is not None and len(known) >= _COMPARED else 0
    found = [
        Confirmation(
            organisation=row.organisation or row.account,
            collection=row.collection,
            period=row.period,
            message=row.message,
            text=row.text,
        )
        for row in sorted(rows, key=lambda one: one.id)
        if row.id > floor and row.id not in (known or ())
        if known is not None or row.at > now - _NEWS
        if (row.account, row.collection, row.period, row.message) not in told
    ]
    return tuple(dict.fromkeys(found))
