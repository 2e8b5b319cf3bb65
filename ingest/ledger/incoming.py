"""Mail that arrived: each one written down once, with what it does to the message that it is about (contract §11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, select, update
from sqlalchemy.engine import Connection

from domain.incoming import Arrival, Correspondence, IncomingKind, Unforwarded
from domain.notices import Notice
from ingest.database.tables import incoming, message
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.mail_queue import MessageState
from rendering.escaping import visible

FORWARDS_A_DAY: Final = 10
"""Of one sender's mails; more is a machine gone wild. The others wait for the next day."""
FORWARD_WITHIN: Final = timedelta(days=7)
"""A mail that could not be handed on in this time stays kept, and `doctor` tells of it."""
_TEXT_CHARS: Final = 300
_LISTED: Final = 1_000

_CORRESPONDENCE: Final = select(message)
_WAITING: Final = (incoming.c.kind == IncomingKind.REPLY.value) & incoming.c.forwarded_at.is_(None)
_HANDED_OVER: Final = message.c.state.in_([MessageState.SENT.value, MessageState.SENDING.value])


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something that arrived, before it is written down: its fingerprint, and where it is kept in `home`."""

    arrival: Arrival
    sha256: str
    kept: str


Day = tuple[datetime, datetime]
"""A civil day's first instant, and now."""
Compose = Callable[[Correspondence], Sequence[Notice]]


def take_in(connection: Connection, found: Found, now: datetime, compose: Compose) -> tuple[bool, Sequence[Notice]]:
    """Write it down; whether it was new, and whom to tell.

    A message that came back becomes `bounced`, once, if a server had taken it.
    """
    arrival = found.arrival
    about = _about(connection, arrival)
    values = {
        "sha256": found.sha256,
        "received_at": now,
        "kind": arrival.kind.value,
        "message_id": None if about is None else about.message_id,
        "recipient": _text(next(iter(arrival.recipients), "")),
        "status": arrival.status[:20] or None,
        "detail": _text(arrival.detail),
        "sender": _text(arrival.sender.lower()),
        "kept": found.kept,
    }
    if not insert_once(connection, incoming, values):
        return False, ()
    if arrival.kind is IncomingKind.BOUNCE and about is not None and _bounced(connection, about, arrival):
        return True, compose(_correspondence(about))
    return True, ()


def _bounced(connection: Connection, about: Row[Any], arrival: Arrival) -> bool:
    words = " ".join(part for part in (arrival.status, arrival.detail) if part)
    values = {
        "state": MessageState.BOUNCED.value,
        "next_attempt_at": None,
        "last_error": visible(words or "the mail server gave it back without a reason", _TEXT_CHARS),
    }
    changed = connection.execute(update(message).where(message.c.id == about.id, _HANDED_OVER).values(**values))
    return bool(changed.rowcount)


def _about(connection: Connection, arrival: Arrival) -> Row[Any] | None:
    """Our message that it is about: by its name on the way, by what came back, then by what is only mentioned."""
    if arrival.envelope_id:
        named = message.c.message_id.startswith(f"<{storable(arrival.envelope_id)}@", autoescape=True)
        found = connection.execute(_CORRESPONDENCE.where(named).limit(1)).one_or_none()
        if found is not None:
            return found
    report = arrival.kind in {IncomingKind.BOUNCE, IncomingKind.DELAY}
    for identifier in arrival.returned:
        found = _named(connection, identifier)
        if found is not None:
            return found
    addressed = {one.lower() for one in arrival.recipients}
    for identifier in arrival.referred:
        found = _named(connection, identifier)
        # What a report merely mentions may be the message of a whole thread: the address must be the same.
        if found is not None and (not report or found.recipient.lower() in addressed):
            return found
    return None


def _named(connection: Connection, identifier: str) -> Row[Any] | None:
    return connection.execute(_CORRESPONDENCE.where(message.c.message_id == storable(identifier))).one_or_none()


def _correspondence(row: Row[Any]) -> Correspondence:
    return Correspondence(
        message_id=row.message_id,
        event=row.event,
        recipient=row.recipient,
        subject=row.subject,
        written_at=row.created_at,
        organisation=row.organisation,
        submission_id=row.submission_id,
    )


def _text(words: str) -> str | None:
    return storable(words)[:_TEXT_CHARS] or None


def unforwarded(connection: Connection, day: Day, limit: int = 200) -> tuple[Unforwarded, ...]:
    """People's mails to hand on now, the oldest first; those of a sender whose day is full wait."""
    begins_at, now = day
    today = (
        select(incoming.c.sender, func.count())
        .where(incoming.c.forwarded_at >= begins_at, incoming.c.forwarded_at <= now)
        .group_by(incoming.c.sender)
    )
    room = {sender: FORWARDS_A_DAY - number for sender, number in connection.execute(today)}
    query = (
        select(incoming.c.id, incoming.c.sha256, incoming.c.kept, incoming.c.received_at, incoming.c.sender)
        .where(_WAITING, incoming.c.received_at > now - FORWARD_WITHIN)
        .order_by(incoming.c.id)
    )
    chosen: list[Unforwarded] = []
    for row in connection.execute(query):
        left = room.get(row.sender, FORWARDS_A_DAY)
        if left > 0 and len(chosen) < limit:
            room[row.sender] = left - 1
            mail = Unforwarded(number=row.id, sha256=row.sha256, kept=row.kept, received_at=row.received_at)
            chosen.append(mail)
    return tuple(chosen)


def hand_on(
    connection: Connection,
    number: int,
    day: Day,
    compose: Callable[[Correspondence | None], Sequence[Notice]],
) -> Sequence[Notice]:
    """Whom to tell of a person's mail; nobody when it was handed on, or when its sender's day is full.

    What `compose` leaves empty goes on waiting.
    """
    begins_at, now = day
    row = connection.execute(select(incoming).where(incoming.c.id == number, _WAITING)).one_or_none()
    if row is None:
        return ()
    same = incoming.c.sender.is_(None) if row.sender is None else incoming.c.sender == row.sender
    today = (
        select(func.count())
        .select_from(incoming)
        .where(same, incoming.c.forwarded_at >= begins_at, incoming.c.forwarded_at <= now)
    )
    if connection.execute(today).scalar_one() >= FORWARDS_A_DAY:
        return ()
    about = None if row.message_id is None else _named(connection, row.message_id)
    notices = compose(None if about is None else _correspondence(about))
    if not notices:
        return ()
    claimed = connection.execute(update(incoming).where(incoming.c.id == number, _WAITING).values(forwarded_at=now))
    return notices if claimed.rowcount else ()


def kept_as(connection: Connection, sha256: str) -> str | None:
    """Where a mail of that fingerprint is kept in `home`; None when it never arrived."""
    query = select(incoming.c.kept).where(incoming.c.sha256 == sha256)
    kept: str | None = connection.execute(query).scalar_one_or_none()
    return kept


def about_message(connection: Connection, message_id: str) -> list[dict[str, Any]]:
    """What arrived about one of our messages, in its order."""
    query = (
        select(incoming.c.received_at, incoming.c.kind, incoming.c.sender, incoming.c.status, incoming.c.detail)
        .add_columns(incoming.c.kept)
        .where(incoming.c.message_id == message_id)
        .order_by(incoming.c.id)
        .limit(_LISTED)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def tally(connection: Connection) -> tuple[int, int]:
    """(people's mails that nobody was handed, messages that came back and wait for a mended address)."""
    waiting = connection.execute(select(func.count()).select_from(incoming).where(_WAITING)).scalar_one()
    back = connection.execute(select(func.count()).where(message.c.state == MessageState.BOUNCED.value)).scalar_one()
    return int(waiting), int(back)
