"""A member contests its figure (contract §9): put to the platform whose deposit gives it, asked until it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.engine import Connection

from domain.anomalies import DISPUTED, Anomaly, AnomalySource, AnomalyState, Dispute
from domain.errors import CannotDo, NotFound
from ingest.database.tables import anomaly
from ingest.database.types import storable
from ingest.ledger.anomalies import anomaly_from
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.figures import Figure, Figures
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record

_columns = anomaly.c


def dispute(connection: Connection, figures: Figures, asked: Dispute, now: datetime) -> Anomaly:
    """Write the question of a member, or ask it again when it was settled for that value.

    Raises:
        NotFound: no figure of that member is in force.
        CannotDo: the same question waits already, or the member has several lines.
    """
    lock_account(connection, _disputed(connection, figures, asked).account)
    figure = _disputed(connection, figures, asked)  # again: a deposit may have come into force before the lock
    known = _same_question(connection, asked, figure)
    if known is not None and AnomalyState(known.state).waits:
        on = known.raised_at.astimezone(figures.calendar.zone).date()
        raise CannotDo(f"this figure is contested already: anomaly {known.id}, raised {on}")
    told = _values(asked, figure, now)
    if known is None:
        identifier = connection.execute(insert(anomaly).values(**told)).inserted_primary_key
        found = 0 if identifier is None else int(identifier[0])
    else:
        found = int(known.id)
        connection.execute(update(anomaly).where(_columns.id == found).values(**told))
    record(
        connection,
        EventKind.ANOMALIES_RAISED,
        now,
        submission_id=figure.submission_id,
        account=figure.account,
        author=asked.author,
        collection=asked.collection,
        period=asked.period.code,
        anomalies=[found],
    )
    ask(connection, now, figure.account, None, {EffectKind.SITUATION: {}})
    return anomaly_from(connection.execute(select(anomaly).where(_columns.id == found)).one())


def _disputed(connection: Connection, figures: Figures, asked: Dispute) -> Figure:
    found = figures.in_force(
        connection,
        slug=asked.slug,
        period=asked.period,
        member=asked.member,
        column=asked.column,
        owner=asked.owner,
    )
    if not found:
        raise NotFound(
            f"{asked.member} has no figure in force in {asked.collection} for {asked.period} ({asked.column}); "
            f"see: guichet submissions --period {asked.period}"
        )
    if len(found) > 1:
        raise CannotDo(f"{asked.member} has {len(found)} lines in {asked.collection} for {asked.period}: write to them")
    return found[0]


def _same_question(connection: Connection, asked: Dispute, figure: Figure) -> Row[Any] | None:
    query = select(anomaly).where(
        _columns.source == AnomalySource.DISPUTE.value,
        _columns.account == figure.account,
        _columns.collection == asked.collection,
        _columns.period == asked.period.code,
        _columns.column == asked.column,
        _columns.record == figure.record,
        _columns.value == figure.value,
    )
    return connection.execute(query).one_or_none()


def _values(asked: Dispute, figure: Figure, now: datetime) -> dict[str, Any]:
    return {
        "code": DISPUTED,
        "source": AnomalySource.DISPUTE.value,
        "state": AnomalyState.OPEN.value,
        "account": figure.account,
        "organisation": figure.organisation,
        "collection": asked.collection,
        "period": asked.period.code,
        "member": asked.member,
        "record": figure.record,
        "column": asked.column,
        "label": asked.label,
        "value": figure.value,
        "message": storable(asked.reason),
        "submission_id": figure.submission_id,
        "row": figure.row,
        "raised_at": now,
        "raised_by": storable(asked.author),
        "answer": None,
        "answered_by": None,
        "answered_at": None,
        "rejected_at": None,
        "told_at": None,
        "reminded_at": None,
    }
