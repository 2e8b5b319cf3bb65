"""The one reminder of questions without an answer (contract §9): due, and written with its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from domain.anomalies import ANSWER_WITHIN_DAYS, Anomaly, AnomalyState, recalled_at
from domain.workdays import OfficeHours
from ingest.database.tables import anomaly
from ingest.ledger.anomalies import anomaly_from
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record

_columns = anomaly.c
_AT_LEAST: Final = timedelta(days=ANSWER_WITHIN_DAYS - 1)
"""Civil days are counted; a question asked in the evening is recalled in the morning, before ten times 24 hours."""


def accounts_to_remind(connection: Connection, now: datetime, hours: OfficeHours) -> tuple[str, ...]:
    """The accounts with a question to recall now, in order; none outside office hours."""
    if not hours.open_at(now):
        return ()
    return tuple(sorted({one.account for one in _due(connection, now, hours)}))


def remind(connection: Connection, account: str, now: datetime, hours: OfficeHours) -> tuple[Anomaly, ...]:
    """The questions of an account to recall now, written as recalled; none when another process has done it."""
    lock_account(connection, account)
    due = _due(connection, now, hours, account=account)
    if due:
        numbers = [one.number for one in due]
        connection.execute(update(anomaly).where(_columns.id.in_(numbers)).values(reminded_at=now))
        record(connection, EventKind.ANOMALIES_REMINDED, now, account=account, anomalies=numbers)
    return due


def _due(
    connection: Connection, now: datetime, hours: OfficeHours, *, account: str | None = None
) -> tuple[Anomaly, ...]:
    query = (
        select(anomaly)
        .where(
            _columns.state == AnomalyState.OPEN.value,
            _columns.reminded_at.is_(None),
            _columns.raised_at <= now - _AT_LEAST,
        )
        .order_by(_columns.raised_at, _columns.id)
    )
    if account is not None:
        query = query.where(_columns.account == account)
    found: Sequence[Anomaly] = [anomaly_from(row) for row in connection.execute(query)]
    return tuple(one for one in found if recalled_at(one.raised_at, hours) <= now)
