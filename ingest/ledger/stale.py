"""Periods whose tables may no longer say what is in force (contract §10): marked by whatever changes it.

A mark is written in the transaction of the change, so that none is ever lost; a mark too many costs one computation.
A period has a row here from its first figure, or its first edition, on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from domain.periods import LAST_YEAR, Period, Periodicity
from ingest.database.tables import publication
from ingest.database.types import Instant
from ingest.database.upsert import insert_once
from publication.facts import dependents

_AT = bindparam("at", type_=Instant())
_MARK = {"stale_since_at": func.coalesce(publication.c.stale_since_at, _AT), "stale_changed_at": _AT}
_ORDERED = select(publication.c.period).order_by(publication.c.period).with_for_update()
"""In one order, so that two transactions that mark the same periods wait for each other and never both."""
_SOME = publication.c.period.in_(bindparam("periods", expanding=True))
_SOME_ORDERED, _MARK_SOME = _ORDERED.where(_SOME), update(publication).where(_SOME).values(_MARK)
_MARK_ALL = update(publication).values(_MARK)


def mark_dependents(connection: Connection, period: Period, now: datetime) -> None:
    """Figures of `period` change: its tables, and those that look at it and have figures or editions already."""
    know(connection, period)
    asked = {"periods": [one.code for one in resting_on(period)]}
    connection.execute(_SOME_ORDERED, asked)
    connection.execute(_MARK_SOME, {**asked, "at": now})


def resting_on(period: Period) -> tuple[Period, ...]:
    """The periods whose tables look at `period`: a year's look at its quarters, and at the year before for recalls."""
    years = (Period(period.year), *((Period(period.year + 1),) if period.year < LAST_YEAR else ()))
    return years if period.periodicity is Periodicity.YEAR else (*dependents(period), *years)


def mark_all(connection: Connection, now: datetime) -> None:
    """Another register is in force: it names, places and expects other members."""
    connection.execute(_ORDERED)
    connection.execute(_MARK_ALL, {"at": now})


def know(connection: Connection, period: Period) -> None:
    """There is something to look after for `period`; nothing is out of date by that."""
    insert_once(connection, publication, {"period": period.code})


def mark(connection: Connection, period: Period, now: datetime) -> None:
    """The tables of `period` alone are to be looked at again."""
    know(connection, period)
    connection.execute(_MARK_SOME, {"periods": [period.code], "at": now})


def clear(connection: Connection, period: Period, seen: datetime | None) -> bool:
    """What was in force at the change `seen` is published; False when something changed since, and nothing is done."""
    mine = publication.c.period == period.code
    if seen is None:
        row = connection.execute(select(publication.c.stale_changed_at).where(mine)).scalar_one_or_none()
        return row is None
    cleared = {"stale_since_at": None, "stale_changed_at": None}
    done = connection.execute(update(publication).where(mine, publication.c.stale_changed_at == seen).values(cleared))
    return bool(done.rowcount)


def stale_periods(connection: Connection) -> dict[Period, datetime | None]:
    """Every period with figures or editions, with the last change that no edition was weighed against."""
    rows: Iterable[Any] = connection.execute(select(publication.c.period, publication.c.stale_changed_at))
    return {Period.parse(row.period): row.stale_changed_at for row in rows}
