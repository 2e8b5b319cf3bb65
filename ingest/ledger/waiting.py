"""Deposits that wait for a verdict: postponed, parked, resumed, or put back on the desk by a mended register."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from domain.submissions import DroppedFile, SubmissionState
from ingest.database.tables import submission
from ingest.database.types import storable
from ingest.ledger import queries
from ingest.ledger.journal import EventKind, record
from ingest.ledger.sections import dropped_from


def postpone(
    connection: Connection,
    submission_id: str,
    *,
    not_before_at: datetime,
    trouble: str,
    now: datetime,
) -> int:
    """Try again later; the number of attempts made so far."""
    attempts: int = queries.find(connection, submission_id, lock=True).attempts + 1
    _trouble(connection, submission_id, trouble, attempts=attempts, not_before_at=not_before_at)
    record(
        connection,
        EventKind.DELAYED,
        now,
        submission_id=submission_id,
        trouble=_kind(trouble),
        not_before_at=not_before_at.isoformat(),
        attempts=attempts,
    )
    return attempts


def park(connection: Connection, submission_id: str, *, trouble: str, now: datetime) -> None:
    """Stop trying; somebody must look."""
    queries.find(connection, submission_id, lock=True)
    _trouble(connection, submission_id, trouble, state=SubmissionState.PARKED.value)
    record(connection, EventKind.PARKED, now, submission_id=submission_id, trouble=_kind(trouble))


def resume(connection: Connection, submission_id: str, *, author: str, now: datetime) -> None:
    """Put a parked deposit back in the queue."""
    if queries.find(connection, submission_id, lock=True).state != SubmissionState.PARKED.value:
        raise CannotDo(f"deposit {submission_id} is not parked")
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(state=SubmissionState.CLAIMED.value, attempts=0, not_before_at=None),
    )
    record(connection, EventKind.RESUMED, now, submission_id=submission_id, author=author)


def _kind(trouble: str) -> str:
    """As the journal says it, which nothing ever shortens: an error's own words may quote the file (ADR 13)."""
    return trouble.partition(":")[0]


def _trouble(connection: Connection, submission_id: str, trouble: str, **values: Any) -> None:
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.state == SubmissionState.CLAIMED.value)
        .values(trouble=storable(trouble), **values),
    )


def to_rejudge(connection: Connection, directory_version: int) -> tuple[DroppedFile, ...]:
    """Deposits refused only because of an older version of the register, in order of receipt (contract §5)."""
    query = select(submission).where(*_for_register(directory_version))
    rows = connection.execute(query.order_by(submission.c.received_at, submission.c.id))
    return tuple(dropped_from(row) for row in rows)


def reopen(connection: Connection, directory_version: int, now: datetime) -> int:
    """Put those back on the desk; how many."""
    query = select(submission.c.id, submission.c.account).where(*_for_register(directory_version))
    rows = connection.execute(query.with_for_update()).all()
    for row in rows:
        connection.execute(
            update(submission)
            .where(submission.c.id == row.id)
            .values(state=SubmissionState.CLAIMED.value, attempts=0, not_before_at=None, trouble=None),
        )
        record(
            connection,
            EventKind.REOPENED,
            now,
            submission_id=row.id,
            account=row.account,
            directory_version=directory_version,
        )
    return len(rows)


def _for_register(directory_version: int) -> tuple[ColumnElement[bool], ...]:
    older = submission.c.directory_version < directory_version
    return (
        submission.c.state == SubmissionState.JUDGED.value,
        submission.c.register_only,
        submission.c.test.is_(False),
        or_(submission.c.directory_version.is_(None), older),
    )
