"""What is to be done outside the database once a transaction has committed (house, principle 2).

An effect may be carried out twice (a crash between doing and writing that it was done): it must be repeatable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, update
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
    MODELES = "modeles"
    """Make `diffusion/` of the account hold the templates of what it owes, and the guide."""
    SUIVI = "suivi"
    """Write the « Suivi des échéances » into `diffusion/suivi/` of the account (payload `dated`: keep a copy too)."""
    OWN_LINES = "own_lines"
    """Make `retours/` of the account show its own lines of a provisional edition (payload `period`)."""
    TABLES = "tables"
    """Make `diffusion/<period>/` of the account hold the edition that was distributed last (payload `period`)."""


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


LONGEST_WAIT = timedelta(days=1)
"""No try is put off for longer: a wait that ends later was written by a clock that jumped."""
_IS_DUE = and_(
    effect.c.done_at.is_(None),
    or_(
        effect.c.not_before_at.is_(None),
        effect.c.not_before_at <= bindparam("now", type_=effect.c.not_before_at.type),
        effect.c.not_before_at > bindparam("furthest", type_=effect.c.not_before_at.type),
    ),
)
_LATEST_SITUATIONS = (
    select(func.max(effect.c.id))
    .where(effect.c.done_at.is_(None), effect.c.kind == EffectKind.SITUATION.value)
    .group_by(effect.c.account)
)
_WHOSE = func.coalesce(effect.c.account, "")
_IS_SITUATION = effect.c.kind == EffectKind.SITUATION.value
_TURN = func.row_number().over(partition_by=effect.c.account, order_by=effect.c.id)
"""Accounts take turns: who has one thing to come does not wait for the hundred of another."""
_DUE = select(effect).where(_IS_DUE, ~_IS_SITUATION).order_by(_TURN, effect.c.id).limit(bindparam("most"))
_DUE_OF_DEPOSITS = (
    select(effect)
    .where(_IS_DUE, ~_IS_SITUATION, effect.c.submission_id.in_(bindparam("deposits", expanding=True)))
    .order_by(effect.c.id)
)
_DUE_SITUATIONS = (
    select(effect).where(_IS_DUE, effect.c.id.in_(_LATEST_SITUATIONS)).order_by(effect.c.id).limit(bindparam("most"))
)


def due_effects(
    database: Database, now: datetime, limit: int, accounts: Collection[str] | None = None
) -> tuple[Effect, ...]:
    """What is to be done now: `limit` effects, accounts taking turns, and what else is due of the same deposits.

    Then, at the end, at most `limit` `situation`; of several of one account, the last stands for all. `accounts`: only
    those.
    """
    due, situations = _DUE, _DUE_SITUATIONS
    if accounts is not None:
        due, situations = (one.where(_WHOSE.in_(sorted(accounts))) for one in (_DUE, _DUE_SITUATIONS))
    bound = {"now": now, "furthest": now + LONGEST_WAIT, "most": limit}
    with database.read() as connection:
        rows = list(connection.execute(due, bound))
        if len(rows) == limit:
            deposits = sorted({row.submission_id for row in rows if row.submission_id is not None})
            there = {row.id for row in rows}
            more = connection.execute(_DUE_OF_DEPOSITS, {**bound, "deposits": deposits})
            rows += [row for row in more if row.id not in there]
        rows += connection.execute(situations, bound)
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


_NOT_TRIED = and_(effect.c.done_at.is_(None), effect.c.attempts == 0)
_HANDED_OUT = (EffectKind.MODELES, EffectKind.SUIVI, EffectKind.TABLES)


def answer_to_come(deposit: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whether the files that tell of a deposit are asked for, and nobody has tried to write them yet."""
    answers = effect.c.kind.in_([EffectKind.RECU.value, EffectKind.ANSWER.value])
    return exists().where(effect.c.submission_id == deposit, answers, _NOT_TRIED)


def accounts_to_serve(connection: Connection) -> frozenset[str]:
    """Accounts for which something to hand out (`diffusion/`) is asked for, and nobody has tried to write it yet."""
    kinds = effect.c.kind.in_([kind.value for kind in _HANDED_OUT])
    return frozenset(connection.execute(select(_WHOSE).where(_NOT_TRIED, kinds).distinct()).scalars())


_DONE = (
    update(effect)
    .where(effect.c.id == bindparam("number"), effect.c.done_at.is_(None))
    .values(done_at=bindparam("at", type_=effect.c.done_at.type))
)
_SITUATIONS_DONE = (
    update(effect)
    .where(
        effect.c.kind == EffectKind.SITUATION.value,
        effect.c.account == bindparam("whose"),
        effect.c.id <= bindparam("number"),
        effect.c.done_at.is_(None),
    )
    .values(done_at=bindparam("at", type_=effect.c.done_at.type))
)


def write_done(connection: Connection, carried: Iterable[Effect], now: datetime) -> None:
    """Write that effects were carried out; a `situation` stands for the account's earlier ones too."""
    situations, others = [], []
    for one in carried:
        if one.kind is EffectKind.SITUATION:
            situations.append({"whose": one.account, "number": one.id, "at": now})
        else:
            others.append({"number": one.id, "at": now})
    for statement, rows in ((_DONE, others), (_SITUATIONS_DONE, situations)):
        if rows:
            connection.execute(statement, rows)


def effect_failed(database: Database, identifier: int, error: str, retry_at: datetime) -> None:
    """Write that an effect failed and when to try again."""
    with database.write() as connection:
        connection.execute(
            update(effect)
            .where(effect.c.id == identifier, effect.c.done_at.is_(None))
            .values(attempts=effect.c.attempts + 1, last_error=storable(error), not_before_at=retry_at),
        )
