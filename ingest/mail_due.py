"""Which messages leave next, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, or_, select

from ingest.database.tables import message
from ingest.ledger.effects import accounts_to_serve, answer_to_come
from ingest.mail_queue import MessageState
from notifications.attachments import HANDED_OUT

LAST_BACK_OFF: Final = timedelta(hours=6)
JITTER: Final = 0.2
_FURTHEST: Final = LAST_BACK_OFF * (1 + JITTER) + timedelta(minutes=1)
"""Later than any back-off = written before the clock jumped back: due as well."""
_TURN = func.row_number().over(partition_by=message.c.recipient, order_by=message.c.id)
"""People take turns, each reads in order: who has one message to come does not wait for the thousand of others."""


def messages_due(connection: Connection, now: datetime, limit: int) -> list[tuple[int, str]]:
    """Number and thread of at most `limit` messages that are due.

    A message waits until the files that it speaks of have been written, or could not be: it would name files that are
    not there yet, or leave without what it attaches.
    """
    ready = or_(
        message.c.next_attempt_at.is_(None),
        message.c.next_attempt_at <= now,
        message.c.next_attempt_at > now + _FURTHEST,
    )
    due = (
        select(message.c.id, message.c.submission_id, message.c.message_id, message.c.attachments)
        .where(message.c.state == MessageState.QUEUED.value, ready, ~answer_to_come(message.c.submission_id))
        .order_by(_TURN, message.c.id)
    )
    unserved = tuple(f"{HANDED_OUT}{account}/" for account in accounts_to_serve(connection))
    if not unserved:
        return [(row.id, thread_of(row)) for row in connection.execute(due.limit(limit))]
    found = [row for row in connection.execute(due) if not _attaches(row.attachments, unserved)]
    return [(row.id, thread_of(row)) for row in found[:limit]]


def thread_of(row: Any) -> str:
    """What keeps messages in their order: those about one deposit, or one alone."""
    return str(row.submission_id or row.message_id)


def _attaches(names: Sequence[str], folders: tuple[str, ...]) -> bool:
    return any(name.startswith(folders) for name in names)
