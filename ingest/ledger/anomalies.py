"""The questions that accepted figures raised (contract §9): read, and told to the central body once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, bindparam, or_, select, update
from sqlalchemy.engine import Connection

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from ingest.database.tables import anomaly, section

_columns = anomaly.c
_CHUNK: Final = 500
_TOLD = (
    update(anomaly)
    .where(_columns.id.in_(bindparam("numbers", expanding=True)))
    .values(told_at=bindparam("at", type_=_columns.told_at.type))
)
_UNTOLD = or_(
    and_(_columns.told_at.is_(None), _columns.state != AnomalyState.CORRECTED.value),
    and_(_columns.reminded_at > _columns.told_at, _columns.state == AnomalyState.OPEN.value),
    and_(
        _columns.answered_at > _columns.told_at,
        _columns.state == AnomalyState.CONFIRMED.value,
        _columns.answered_by == _columns.account,
    ),
)


def anomalies(
    connection: Connection,
    *,
    state: AnomalyState | None = None,
    account: str | None = None,
    period: str | None = None,
    number: int | None = None,
) -> tuple[Anomaly, ...]:
    """The questions in the order in which they were raised. `account`: account or organisation."""
    query = select(anomaly).order_by(_columns.raised_at, _columns.id)
    if state is not None:
        query = query.where(_columns.state == state.value)
    if account is not None:
        query = query.where(or_(_columns.account == account, _columns.organisation == account))
    if period is not None:
        query = query.where(_columns.period == period)
    if number is not None:
        query = query.where(_columns.id == number)
    return tuple(anomaly_from(row) for row in connection.execute(query))


def untold(connection: Connection) -> tuple[Anomaly, ...]:
    """What the central body has yet to learn: new questions, those without an answer after the reminder, answers.

    What was corrected before it could be told is not told. Call `mark_told` in the same transaction as the messages.
    """
    rows = connection.execute(select(anomaly).where(_UNTOLD).order_by(_columns.raised_at, _columns.id))
    return tuple(anomaly_from(row) for row in rows)


def mark_told(connection: Connection, numbers: Iterable[int], now: datetime) -> None:
    """The central body was told of these, as they are at `now`."""
    asked = sorted(set(numbers))
    for start in range(0, len(asked), _CHUNK):
        connection.execute(_TOLD, {"numbers": asked[start : start + _CHUNK], "at": now})


def anomalies_of(connection: Connection, submission_id: str) -> tuple[Anomaly, ...]:
    """The questions that a deposit raises, also when a later version raises them again, and disputes of its figures."""
    found: dict[int, Anomaly] = {}
    mine = connection.execute(select(section).where(section.c.submission_id == submission_id)).all()
    for one in mine:
        asked = {_subject(oddity["subject"]) for oddity in one.oddities or ()}
        rows = connection.execute(
            select(anomaly).where(
                _columns.account == one.account,
                _columns.collection == one.collection,
                _columns.period == one.period,
            )
        )
        for row in rows:
            if row.submission_id == submission_id or _subject(row._mapping) in asked:  # noqa: SLF001 - public name
                found[row.id] = anomaly_from(row)
    return tuple(found[number] for number in sorted(found))


def document(one: Anomaly, zone: ZoneInfo) -> dict[str, Any]:
    """A question ready for JSON; the keys are stable."""

    def civil(instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")

    return {
        "number": one.number,
        "code": one.code,
        "source": one.source.value,
        "state": one.state.value,
        "account": one.account,
        "organisation": one.organisation,
        "collection": one.collection,
        "period": one.period,
        "member": one.member,
        "column": one.column,
        "label": one.label,
        "value": one.value,
        "message": one.message,
        "raised_at": civil(one.raised_at),
        "raised_by": one.raised_by,
        "submission": one.submission_id,
        "row": one.row,
        "answer": one.answer,
        "answered_by": one.answered_by,
        "answered_at": civil(one.answered_at),
    }


def _subject(values: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in ("code", "column", "record", "value"))


def anomaly_from(row: Row[Any]) -> Anomaly:
    """A question from its stored values."""
    return Anomaly(
        number=row.id,
        code=row.code,
        source=AnomalySource(row.source),
        state=AnomalyState(row.state),
        account=row.account,
        organisation=row.organisation,
        collection=row.collection,
        period=row.period,
        member=row.member,
        column=row.column or None,
        label=row.label,
        value=row.value or None,
        message=row.message,
        raised_at=row.raised_at,
        raised_by=row.raised_by,
        submission_id=row.submission_id,
        row=row.row,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        rejected_at=row.rejected_at,
        told_at=row.told_at,
        reminded_at=row.reminded_at,
    )
