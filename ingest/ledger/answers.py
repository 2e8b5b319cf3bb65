"""UESL answers a question (contract §9): the figure is right, and remembered for that value, or it is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.engine import Connection

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from domain.errors import CannotDo, NotFound
from ingest.database.tables import anomaly, justification
from ingest.database.types import storable
from ingest.ledger.anomalies import anomaly_from
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record

_AUTHOR_CHARS: Final = 64
_ONE = select(anomaly)


def answer(  # noqa: PLR0913 - by keyword: the answer, and who gives it
    connection: Connection, number: int, *, confirmed: bool, reason: str, author: str, now: datetime
) -> Anomaly:
    """Write the answer; what the depositor said before is void when UESL says that the figure is wrong.

    Raises:
        NotFound: there is no such question.
        CannotDo: no reason, the same answer was given before, or the figure is no longer in force.
    """
    if not reason.strip():
        raise CannotDo("the reason is empty; say why, the depositor is told")
    lock_account(connection, _find(connection, number).account)
    row = _find(connection, number)
    state = AnomalyState.CONFIRMED if confirmed else AnomalyState.REJECTED
    _check(row, state)
    said = {"answer": storable(reason.strip()), "answered_by": storable(author), "answered_at": now}
    values: dict[str, Any] = {"state": state.value, **said, "told_at": row.told_at or now}
    if not confirmed:
        values["rejected_at"] = now
    connection.execute(update(anomaly).where(anomaly.c.id == number).values(**values))
    if confirmed and row.source == AnomalySource.JUDGING.value and row.submission_id is not None:
        _remember(connection, row, reason.strip(), author, now)
    record(
        connection,
        EventKind.ANOMALY_ANSWERED,
        now,
        submission_id=row.submission_id,
        account=row.account,
        author=author,
        anomaly=number,
        state=state.value,
        former=row.state,
    )
    ask(connection, now, row.account, None, {EffectKind.SITUATION: {}})
    return anomaly_from(_find(connection, number))


def _find(connection: Connection, number: int) -> Row[Any]:
    row = connection.execute(_ONE.where(anomaly.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"no anomaly {number}; see: guichet anomaly list")
    return row


def _check(row: Row[Any], state: AnomalyState) -> None:
    if row.state == AnomalyState.CORRECTED.value:
        raise CannotDo(f"anomaly {row.id} is settled: the figure in force is no longer this one")
    if row.state == state.value:
        raise CannotDo(f"anomaly {row.id} is {state.value} already, by {row.answered_by}: {row.answer}")


def _remember(connection: Connection, row: Row[Any], reason: str, author: str, now: datetime) -> None:
    """As if the depositor had confirmed it, in UESL's words: judging that value again raises nothing."""
    connection.execute(
        justification.insert(),
        {
            "submission_id": row.submission_id,
            "section_id": None,
            "account": row.account,
            "organisation": row.organisation,
            "collection": row.collection,
            "period": row.period,
            "code": row.code,
            "column": row.column,
            "record": row.record,
            "value": row.value,
            "message": row.message,
            "text": storable(reason),
            "row": row.row,
            "author": storable(author)[:_AUTHOR_CHARS],
            "at": now,
        },
    )
