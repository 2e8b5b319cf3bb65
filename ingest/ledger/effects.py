"""What is to be done outside the database once a transaction has committed (house, principle 2).

An effect may be carried out twice (a crash between doing and writing that it was done): it must be repeatable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import Connection

from ingest.database.engine import Database
from ingest.database.tables import effect
from ingest.database.types import storable, storable_json


class EffectKind(StrEnum):
    """Everything that a transaction can ask for."""

    RECU = "recu"
    """Write `recu.json` of the submission."""
    ANSWER = "answer"
    """Write `verdict.json` and `rapport.html` of the submission."""
    ARCHIVE = "archive"
    """Move the spooled bytes to the archive, or destroy them (payload `destroy`)."""
    SITUATION = "situation"
    """Write `situation.html` of the account; several at once count as one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One thing to do. `attempts` failed so far."""

    id: int
    kind: EffectKind
    submission_id: str | None
    account: str | None
    payload: Mapping[str, Any]
    attempts: int


_INSERT = effect.insert()


def ask(
    connection: Connection,
    now: datetime,
    account: str,
    submission_id: str | None,
    wanted: Mapping[EffectKind, Mapping[str, Any]],
) -> None:
    """Ask for effects (kind → payload) in the caller's transaction, in their order."""
    connection.execute(
        _INSERT,
        [
            {
                "kind": kind.value,
                "submission_id": submission_id,
                "account": account,
                "payload": storable_json(dict(payload)),
                "created_at": now,
                "attempts": 0,
            }
            for kind, payload in wanted.items()
        ],
    )


def due_effects(database: Database, now: datetime, limit: int) -> tuple[Effect, ...]:
    """What is to be done now, oldest first. Of several `situation` of one account, the last stands for all."""
    latest = (
        select(func.max(effect.c.id))
        .where(effect.c.done_at.is_(None), effect.c.kind == EffectKind.SITUATION.value)
        .group_by(effect.c.account)
    )
    query = (
        select(effect)
        .where(
            effect.c.done_at.is_(None),
            or_(effect.c.not_before_at.is_(None), effect.c.not_before_at <= now),
            or_(effect.c.kind != EffectKind.SITUATION.value, effect.c.id.in_(latest)),
        )
        .order_by(effect.c.id)
        .limit(limit)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        Effect(
            id=row.id,
            kind=EffectKind(row.kind),
            submission_id=row.submission_id,
            account=row.account,
            payload=row.payload,
            attempts=row.attempts,
        )
        for row in rows
    )


def effect_done(database: Database, identifier: int, now: datetime) -> None:
    """Write that an effect was carried out; a `situation` stands for the account's earlier ones too."""
    with database.write() as connection:
        row = connection.execute(select(effect.c.kind, effect.c.account).where(effect.c.id == identifier)).one()
        which = effect.c.id == identifier
        if row.kind == EffectKind.SITUATION.value:
            which = (effect.c.kind == row.kind) & (effect.c.account == row.account) & (effect.c.id <= identifier)
        connection.execute(update(effect).where(which, effect.c.done_at.is_(None)).values(done_at=now))


def effect_failed(database: Database, identifier: int, error: str, retry_at: datetime) -> None:
    """Write that an effect failed and when to try again."""
    with database.write() as connection:
        connection.execute(
            update(effect)
            .where(effect.c.id == identifier, effect.c.done_at.is_(None))
            .values(attempts=effect.c.attempts + 1, last_error=storable(error), not_before_at=retry_at),
        )
