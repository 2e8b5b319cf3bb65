"""What depositors said to confirm warnings: written with the verdict, remembered for that value, told to UESL (§9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, bindparam, delete, func, or_, select
from sqlalchemy.engine import Connection

from domain.judgement import SectionJudgement
from domain.justifications import Justification, Remembered, Subject
from domain.submissions import DroppedFile
from ingest.database.tables import anomaly, justification, submission
from ingest.database.types import storable
from ingest.ledger.journal import EventKind, record

_columns = justification.c
_INSERT = justification.insert()
_OF_SUBMISSION = select(justification).where(_columns.submission_id == bindparam("number"))
_CONFIRMED = (
    select(justification)
    .where(
        _columns.account == bindparam("account"),
        _columns.collection == bindparam("collection"),
        _columns.period == bindparam("period"),
    )
    .order_by(_columns.at, _columns.id)
)
_rejected = (
    select(anomaly.c.id)
    .where(
        anomaly.c.account == _columns.account,
        anomaly.c.collection == _columns.collection,
        anomaly.c.period == _columns.period,
        anomaly.c.code == _columns.code,
        anomaly.c.column == _columns.column,
        anomaly.c.record == _columns.record,
        anomaly.c.value == _columns.value,
        anomaly.c.rejected_at >= _columns.at,
    )
    .correlate(justification)
)
_STILL_CONFIRMED = _CONFIRMED.where(~_rejected.exists())
_this = submission.alias("this")
_mine = select(_this.c.received_at).where(_this.c.id == bindparam("this")).scalar_subquery()
_CONFIRMED_BEFORE = _CONFIRMED.where(
    ~_rejected.where(anomaly.c.rejected_at <= func.coalesce(_mine, anomaly.c.rejected_at)).exists(),
    or_(
        and_(_columns.submission_id != bindparam("this"), _columns.at <= func.coalesce(_mine, _columns.at)),
        _columns.author != _columns.account,
    ),
)
"""What UESL confirmed counts whenever it was said: a question that is settled is asked no more."""


def write_justifications(
    connection: Connection,
    dropped: DroppedFile,
    organisation: str | None,
    sections: Iterable[tuple[int, SectionJudgement]],
    now: datetime,
) -> None:
    """Write what a deposit confirms, by section number; a deposit judged again says nothing twice. Never a trial's."""
    if dropped.test:
        return
    said = [(number, judged) for number, judged in sections if judged.justifications]
    if not said:
        return
    known = {_subject(row) for row in connection.execute(_OF_SUBMISSION, {"number": dropped.submission_id})}
    for number, judged in said:
        if judged.collection is None or judged.period is None:
            continue
        rows = [
            {
                "submission_id": dropped.submission_id,
                "section_id": number,
                "account": dropped.account,
                "organisation": organisation,
                "collection": judged.collection,
                "period": judged.period.code,
                "author": dropped.account,
                "at": dropped.received_at,
                **_values(one),
            }
            for one in judged.justifications
        ]
        rows = [row for row in rows if _subject_of(row) not in known]
        if not rows:
            continue
        known |= {_subject_of(row) for row in rows}
        connection.execute(_INSERT, rows)
        record(
            connection,
            EventKind.JUSTIFIED,
            now,
            submission_id=dropped.submission_id,
            account=dropped.account,
            collection=judged.collection,
            period=judged.period.code,
            confirmed=len(rows),
        )


def forget_justifications(connection: Connection, submission_id: str) -> None:
    """Nothing that a destroyed file said is kept (G-12)."""
    connection.execute(delete(justification).where(_columns.submission_id == submission_id))


def confirmed(
    connection: Connection, account: str, collection: str, period: str, this: str | None = None
) -> Mapping[Subject, Remembered]:
    """What was confirmed for that account, collection and period, the latest words for each subject.

    `this`: a deposit in hand, which remembers neither itself (judged again) nor what was received later. A withdrawn
    deposit counts: it was said. What UESL rejected since does not.
    """
    asked = {"account": account, "collection": collection, "period": period}
    query = _STILL_CONFIRMED
    if this is not None:
        query, asked["this"] = _CONFIRMED_BEFORE, this
    return {
        _subject(row): Remembered(
            text=row.text, author=row.author, confirmed_at=row.at, submission_id=row.submission_id
        )
        for row in connection.execute(query, asked)
    }


def justifications(
    connection: Connection,
    zone: ZoneInfo,
    *,
    period: str | None = None,
    account: str | None = None,
    submission_id: str | None = None,
) -> list[dict[str, Any]]:
    """What was confirmed, in order of receipt, ready for JSON. `account`: account or organisation."""
    query = select(justification).order_by(_columns.at, _columns.id)
    if period is not None:
        query = query.where(_columns.period == period)
    if account is not None:
        query = query.where(or_(_columns.account == account, _columns.organisation == account))
    if submission_id is not None:
        query = query.where(_columns.submission_id == submission_id)
    return [_told(row, zone) for row in connection.execute(query)]


def _told(row: Row[Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "submission": row.submission_id,
        "account": row.account,
        "organisation": row.organisation,
        "collection": row.collection,
        "period": row.period,
        "code": row.code,
        "column": row.column or None,
        "record": row.record or None,
        "value": row.value or None,
        "message": row.message,
        "justification": row.text,
        "row": row.row,
        "author": row.author,
        "at": row.at.astimezone(zone).isoformat(timespec="seconds"),
    }


def _values(one: Justification) -> dict[str, Any]:
    subject = one.subject
    return {
        "code": subject.code,
        "column": storable(subject.column),
        "record": storable(subject.record),
        "value": storable(subject.value),
        "message": storable(one.message),
        "text": storable(one.text),
        "row": one.row,
    }


def _subject_of(values: Mapping[str, Any]) -> Subject:
    return Subject(code=values["code"], column=values["column"], record=values["record"], value=values["value"])


def _subject(row: Row[Any]) -> Subject:
    return Subject(code=row.code, column=row.column, record=row.record, value=row.value)
