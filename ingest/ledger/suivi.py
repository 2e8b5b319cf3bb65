"""Reads the « Suivi des échéances » (D9) from the ledger, and asks for its pages to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Integer, Select, cast, func, select
from sqlalchemy.engine import Connection

from domain.anomalies import AnomalyState
from domain.steps import Step
from domain.suivi import Suivi, SuiviLine
from ingest.database.tables import anomaly, effect, event, obligation, once_key, section, step_said, submission
from ingest.database.upsert import insert_once
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.following import standings
from ingest.ledger.standing import Calendar, due_of, status_of

_Key = tuple[str, str, str]
_VERSIONS = (
    select(
        section.c.organisation,
        section.c.collection,
        section.c.period,
        func.count(section.c.submission_id.distinct()),
    )
    .join(submission, submission.c.id == section.c.submission_id)
    .where(~submission.c.test, section.c.organisation.is_not(None), section.c.period.is_not(None))
    .group_by(section.c.organisation, section.c.collection, section.c.period)
)
_ANOMALIES = (
    select(
        anomaly.c.organisation,
        anomaly.c.collection,
        anomaly.c.period,
        func.count(),
        func.sum(cast(anomaly.c.state.in_([one.value for one in AnomalyState if one.waits]), Integer)),
    )
    .where(anomaly.c.organisation.is_not(None))
    .group_by(anomaly.c.organisation, anomaly.c.collection, anomaly.c.period)
)
_SAID = (
    select(step_said.c.organisation, step_said.c.collection, step_said.c.period, step_said.c.step)
    .where(~step_said.c.passed)
    .order_by(step_said.c.said_at, step_said.c.id)
)
_LATEST_EVENT = select(func.max(event.c.id))
_LAST_ASKED = (
    select(effect.c.payload).where(effect.c.kind == EffectKind.SUIVI.value).order_by(effect.c.id.desc()).limit(1)
)
_WAITING = select(effect.c.account).where(effect.c.done_at.is_(None), effect.c.kind == EffectKind.SUIVI.value)
_LOOKS: Final = "situations:"
_LAST_LOOK = select(func.max(once_key.c.at)).where(once_key.c.key.like(f"{_LOOKS}%"))


def suivi(
    connection: Connection,
    calendar: Calendar,
    now: datetime,
    *,
    organisations: Iterable[str] | None = None,
) -> Suivi:
    """Every obligation whose period is over, of everybody or of some, with what came and what was said about it."""
    asked = None if organisations is None else sorted(organisations)
    found = [one for one in standings(connection, calendar, now, organisations=asked) if one.opens_at <= now]
    versions: dict[_Key, int] = {
        _key(row): row[3] for row in connection.execute(_of(_VERSIONS, section.c.organisation, asked))
    }
    raised: dict[_Key, tuple[int, int]] = {}
    for row in connection.execute(_of(_ANOMALIES, anomaly.c.organisation, asked)):
        raised[_key(row)] = (row[3], int(row[4] or 0))
    said: dict[_Key, list[Step]] = {}
    for told in connection.execute(_of(_SAID, step_said.c.organisation, asked)):
        said.setdefault(_key(told), []).append(Step(told.step))
    lines = (
        SuiviLine(
            standing=one,
            versions=versions.get(one.key, 0),
            anomalies=raised.get(one.key, (0, 0))[0],
            asked=raised.get(one.key, (0, 0))[1],
            said=tuple(said.get(one.key, ())),
        )
        for one in found
    )
    return Suivi(made_at=now.astimezone(calendar.zone), lines=tuple(lines))


def _of(query: Select[Any], column: Column[Any], organisations: Sequence[str] | None) -> Select[Any]:
    return query if organisations is None else query.where(column.in_(organisations))


def _key(row: Sequence[Any]) -> _Key:
    return (row[0], row[1], row[2])


def ask_for_pages(
    connection: Connection, accounts: Iterable[str], now: datetime, *, state: str, dated: date | None = None
) -> None:
    """Ask that the pages of these accounts be written; `dated`: with a copy that bears that day.

    One that waits to be written stands for the next: a folder that refuses never piles up requests.
    """
    waiting = set() if dated else set(connection.execute(_WAITING).scalars())
    copy = {} if dated is None else {"dated": dated.isoformat()}
    for account in accounts:
        if account not in waiting:
            ask(connection, now, account, None, {EffectKind.SUIVI: {"state": state, **copy}})


def page_state(connection: Connection, today: date) -> str:
    """What the pages depend on: the journal, and the day."""
    latest = connection.execute(_LATEST_EVENT).scalar_one()
    return f"{today.isoformat()}/{latest or 0}"


def are_asked_for(connection: Connection, state: str) -> bool:
    """Whether the pages asked for last are those of this state."""
    asked: Mapping[str, Any] | None = connection.execute(_LAST_ASKED).scalar_one_or_none()
    return asked is not None and asked.get("state") == state


def situations_looked_at(connection: Connection, today: date) -> bool:
    """Whether the accounts' own pages were looked at on that day."""
    return connection.execute(select(once_key.c.key).where(once_key.c.key == f"{_LOOKS}{today}")).first() is not None


def refresh_situations(connection: Connection, calendar: Calendar, today: date, now: datetime) -> None:
    """Once a civil day: ask for the page of each account that owes something, or of which something has just come due.

    What a deposit or a decision changes is asked for there; this is for what only time changes.
    """
    last: datetime | None = connection.execute(_LAST_LOOK).scalar_one()
    if not insert_once(connection, once_key, {"key": f"{_LOOKS}{today}", "at": now}):
        return
    rows = connection.execute(select(obligation).where(obligation.c.opens_at <= now, obligation.c.account.is_not(None)))
    moved = {
        row.account
        for row in rows
        if status_of(row, now, calendar.zone).owes
        or last is None
        or any(last < instant <= now for instant in (row.opens_at, due_of(row, calendar.zone)))
    }
    for account in sorted(moved):
        ask(connection, now, account, None, {EffectKind.SITUATION: {}})
