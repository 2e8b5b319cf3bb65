"""Where every obligation stands, as those who follow deadlines need it (contract §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import Connection

from domain.periods import Period
from domain.steps import Standing, Trial
from domain.verdicts import Verdict
from ingest.database.tables import obligation, section, submission
from ingest.ledger.standing import Calendar, dates_of, days_late, due_of, excused_reason, status_of

_Key = tuple[str, str, str]
_LOADS = tuple(verdict.value for verdict in Verdict if verdict.loads)
_MISSING = select(section.c.organisation, section.c.collection, section.c.period, section.c.missing_lines).where(
    section.c.in_force
)
_TRIALS = (
    select(
        section.c.organisation,
        section.c.collection,
        section.c.period,
        submission.c.id,
        submission.c.file_name,
        submission.c.received_at,
    )
    .join(submission, submission.c.id == section.c.submission_id)
    .where(submission.c.test, section.c.complete, section.c.verdict.in_(_LOADS), section.c.period.is_not(None))
    .order_by(submission.c.received_at, submission.c.id)
)


def standings(
    connection: Connection,
    calendar: Calendar,
    now: datetime,
    *,
    organisations: Iterable[str] | None = None,
) -> tuple[Standing, ...]:
    """All obligations at `now`, by period, due instant, organisation, then catalogue; of everybody or of some."""
    query = select(obligation)
    missing, trials = _MISSING, _TRIALS
    if organisations is not None:
        asked = sorted(organisations)
        query = query.where(obligation.c.organisation.in_(asked))
        missing = missing.where(section.c.organisation.in_(asked))
        trials = trials.where(section.c.organisation.in_(asked))
    lacking: dict[_Key, tuple[str, ...]] = {
        (row.organisation, row.collection, row.period): tuple(row.missing_lines) for row in connection.execute(missing)
    }
    tried: dict[_Key, Trial] = {
        (row.organisation, row.collection, row.period): Trial(
            submission_id=row.id, file_name=row.file_name, received_at=row.received_at
        )
        for row in connection.execute(trials)
    }
    found = (_standing(row, calendar, now, lacking, tried) for row in connection.execute(query))
    return tuple(
        sorted(found, key=lambda one: (one.period, one.due_at, one.organisation, calendar.rank(one.collection)))
    )


def outlines(
    connection: Connection, calendar: Calendar, now: datetime, where: ColumnElement[bool]
) -> tuple[Standing, ...]:
    """Some obligations at `now`, in no order, without the lines that lack and without trials: much cheaper to read."""
    rows = connection.execute(select(obligation).where(where))
    return tuple(_standing(row, calendar, now, {}, {}) for row in rows)


def _standing(
    row: Row[Any],
    calendar: Calendar,
    now: datetime,
    lacking: Mapping[_Key, tuple[str, ...]],
    tried: Mapping[_Key, Trial],
) -> Standing:
    zone = calendar.zone
    due, status = due_of(row, zone), status_of(row, now, zone)
    collection = calendar.collection(row.collection)
    key = (row.organisation, row.collection, row.period)
    return Standing(
        organisation=row.organisation,
        account=row.account,
        collection=row.collection,
        slug=row.slug,
        label=row.slug if collection is None else collection.label,
        service=None if collection is None else collection.service_in(Period.parse(row.period)),
        period=Period.parse(row.period),
        opens_at=row.opens_at.astimezone(zone),
        due_at=due,
        first_due_at=row.due_at.astimezone(zone),
        status=status,
        dates=dates_of(row),
        days_late=days_late(row, status, due, now, zone),
        nil=row.nil,
        waived_reason=row.waived_reason,
        extended_until=row.extended_until,
        excused_reason=excused_reason(row, due),
        missing_lines=lacking.get(key, ()) if status.owes else (),
        trial=_forgotten(tried.get(key), row) if status.owes else None,
    )


def _forgotten(trial: Trial | None, row: Row[Any]) -> Trial | None:
    """A trial that was good and that nothing followed."""
    return trial if trial is not None and row.first_received_at is None else None
