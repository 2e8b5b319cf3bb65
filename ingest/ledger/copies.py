"""What became of each copy of an edition: the state of its message (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.engine import Connection

from domain.releases import DeliveryState, Release
from ingest.database.tables import delivery, message
from ingest.mail_queue import MessageState

_IN_PART: Final = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One copy of one edition. `recipient` empty: the organisation has no address. `message`: its number."""

    period: str
    edition: str
    organisation: str
    recipient: str
    state: DeliveryState
    retries: int = 0
    message: int | None = None
    queued_at: datetime | None = None
    sent_at: datetime | None = None
    error: str | None = None


def copy_rows(connection: Connection, release_ids: Sequence[int]) -> list[Row[Any]]:
    """Copies with what became of their messages, in the order in which they were queued."""
    query: Select[Any] = (
        select(
            delivery.c.release_id,
            delivery.c.organisation,
            delivery.c.recipient,
            delivery.c.retried,
            delivery.c.message_id,
            message.c.state,
            message.c.created_at,
            message.c.sent_at,
            message.c.last_error,
        )
        .outerjoin(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.release_id.in_(list(release_ids)))
        .order_by(delivery.c.release_id, delivery.c.id)
    )
    return list(connection.execute(query))


def copies(connection: Connection, chosen: Sequence[Release]) -> tuple[Copy, ...]:
    """The copies of these editions."""
    by_number = {one.id: one for one in chosen}
    return tuple(
        Copy(
            period=by_number[row.release_id].period,
            edition=by_number[row.release_id].name,
            organisation=row.organisation,
            recipient=row.recipient,
            state=_state(row),
            retries=row.retried,
            message=row.message_id,
            queued_at=row.created_at,
            sent_at=row.sent_at,
            error=row.last_error if row.recipient else "no address in the register",
        )
        for row in copy_rows(connection, list(by_number))
    )


def take_back_unsent(connection: Connection, one: Release) -> int:
    """Forget the messages of an edition that nobody can have got; how many.

    A message that also brings another edition leaves, and so does one that may have left (an answer of the server
    was lost): its reader is told with the others.
    """
    mine = select(delivery.c.message_id).where(delivery.c.release_id == one.id)
    more = select(delivery.c.message_id).where(delivery.c.release_id != one.id, delivery.c.message_id.is_not(None))
    query = select(message.c.id).where(
        message.c.id.in_(mine),
        message.c.id.not_in(more),
        message.c.state.in_((MessageState.QUEUED.value, MessageState.HELD.value)),
        message.c.ambiguous == 0,
    )
    numbers = list(connection.execute(query.with_for_update()).scalars())
    for at in range(0, len(numbers), _IN_PART):
        part = numbers[at : at + _IN_PART]
        connection.execute(delete(delivery).where(delivery.c.message_id.in_(part)))
        connection.execute(delete(message).where(message.c.id.in_(part)))
    return len(numbers)


def _state(row: Row[Any]) -> DeliveryState:
    if row.state is None or row.state == MessageState.FAILED.value:
        return DeliveryState.FAILED
    if row.state in {MessageState.SENT.value, MessageState.BOUNCED.value}:
        return DeliveryState(row.state)
    return DeliveryState.RETRIED if row.retried else DeliveryState.QUEUED
