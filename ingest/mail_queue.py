"""The queue of mail in the database: what is written there is sent, at least once (contract §11, house principle 2).

`enqueue` runs inside the transaction of what causes the messages; `ingest.outbox` sends them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Executable, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import NotFound
from domain.notices import Notice
from ingest.database.tables import message
from notifications.message import InvalidAddress, checked_address, stable_message_id

CAUSE_KEY_CHARS: Final = 200
NUMBER_DIGITS: Final = 9
"""Of a message's number, as people type it: more would not fit in the column."""


class MessageState(StrEnum):
    """What becomes of a message."""

    QUEUED = "queued"
    SENDING = "sending"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    """Handed over, then given back by a server further on."""


class Database(Protocol):
    """The part of `ingest.database.engine.Database` that the outbox needs."""

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for reading."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """A connection in a write transaction, committed at the end."""
        ...


def enqueue(
    connection: Connection,
    notices: Sequence[Notice],
    now: datetime,
    *,
    mail_domain: str,
    held: bool = False,
) -> int:
    """Queue notices in the caller's transaction; returns how many were new. Never twice for one `cause_key`.

    A message about a submission answers the first one about it to the same recipient (one thread). An address
    that mail cannot carry is written as failed, never raised: one bad contact must not undo a verdict.
    """
    rows = [
        {
            "cause_key": bounded_key(notice.cause_key),
            "event": notice.event.value,
            "submission_id": notice.submission_id,
            "organisation": notice.organisation,
            "recipient": notice.recipient,
            "recipient_name": notice.recipient_name,
            "subject": notice.subject,
            "text": notice.text,
            "html": notice.html,
            "headers": dict(notice.headers),
            "attachments": list(notice.attachments),
            "message_id": stable_message_id(notice.cause_key, mail_domain),
            "state": (MessageState.HELD if held else MessageState.QUEUED).value,
            "attempts": 0,
            "ambiguous": 0,
            "created_at": now,
            "last_error": None,
            "thread": notice.submission_id,
            "reader": notice.recipient,
            **_refusal_of(notice.recipient),
        }
        for notice in notices
    ]
    if not rows:
        return 0
    # One by one, in their order: a message may open the thread of the next.
    remember = {"preserve_rowcount": True}
    return connection.execute(_statement(connection.dialect.name), rows, execution_options=remember).rowcount


def bounded_key(cause_key: str) -> str:
    """The key in the room that its column has, still a key."""
    if len(cause_key) <= CAUSE_KEY_CHARS:
        return cause_key
    digest = hashlib.sha256(cause_key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{cause_key[: CAUSE_KEY_CHARS - len(digest) - 1]}:{digest}"


def _refusal_of(recipient: str) -> dict[str, str]:
    try:
        checked_address(recipient)
    except InvalidAddress as error:
        return {"state": MessageState.FAILED.value, "last_error": str(error)}
    return {}


@cache
def _statement(dialect: str) -> Executable:
    """Insert a message unless its cause is known, in the thread of the first one to that recipient."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    earlier = message.alias("earlier")
    head = (
        select(earlier.c.message_id)
        .where(
            earlier.c.submission_id == bindparam("thread"),
            earlier.c.recipient == bindparam("reader"),
        )
        .order_by(earlier.c.id)
        .limit(1)
        .scalar_subquery()
    )
    return insert(message).values(in_reply_to=head).on_conflict_do_nothing().inline()


AFRESH: Final[dict[str, Any]] = {"state": MessageState.QUEUED.value, "attempts": 0, "next_attempt_at": None}
"""What a message becomes that is to be tried again as if for the first time."""
_LISTED: Final = (
    message.c.id,
    message.c.event,
    message.c.submission_id,
    message.c.organisation,
    message.c.recipient,
    message.c.subject,
    message.c.state,
    message.c.attempts,
    message.c.ambiguous,
    message.c.created_at,
    message.c.next_attempt_at,
    message.c.sent_at,
    message.c.last_error,
    message.c.message_id,
    message.c.in_reply_to,
)


def list_messages(
    database: Database,
    *,
    state: str | None = None,
    submission_id: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Messages of the outbox, oldest first, without their bodies; the last `limit` of them."""
    query = select(*_LISTED).order_by(message.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(message.c.state == state)
    if submission_id is not None:
        query = query.where(message.c.submission_id == submission_id)
    with database.read() as connection:
        return [dict(row) for row in reversed(connection.execute(query).mappings().all())]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS


def show_message(database: Database, which: str) -> dict[str, Any]:
    """One message with its body, by its number or its Message-ID; NotFound when there is none."""
    by_number = message.c.id == int(which) if _is_number(which) else message.c.message_id == which
    with database.read() as connection:
        row = connection.execute(select(message).where(by_number)).mappings().first()
    if row is None:
        raise NotFound(f"no message {which!r}; see guichet mail list")
    return dict(row)


def retry_messages(database: Database, which: str | None = None) -> int:
    """Put failed and held messages back in the queue, or one by number or Message-ID; returns how many.

    One that came back only goes again when it is named: its address has to be mended first.
    """
    chosen = message.c.state.in_([MessageState.FAILED.value, MessageState.HELD.value])
    query = update(message).where(chosen).values(**AFRESH)
    if which is not None:
        identifier = show_message(database, which)["id"]
        waiting = message.c.state.in_(["failed", "bounced", "held", "queued"])
        query = update(message).where(message.c.id == identifier, waiting).values(**AFRESH)
    with database.write() as connection:
        return connection.execute(query).rowcount
