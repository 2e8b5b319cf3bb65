"""Facts about the home: fixed when it was created, or its signs of life."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from domain.periods import Period
from ingest.database.engine import Database
from ingest.database.tables import event, home_setting
from ingest.database.upsert import insert_once

FIRST_PERIOD = "first_period"


def fixed_first_period(database: Database, default: Period) -> Period:
    """The quarter that was current when the home was created; `default` is written the first time (contract §4)."""
    query = select(home_setting.c.value).where(home_setting.c.key == FIRST_PERIOD)
    with database.read() as connection:
        known = connection.execute(query).scalar_one_or_none()
    if known is None:
        with database.write() as connection:
            insert_once(connection, home_setting, {"key": FIRST_PERIOD, "value": default.code})
            known = connection.execute(query).scalar_one()
    return Period.parse(known)


def latest_event_at(database: Database) -> datetime | None:
    """The instant of the journal's latest line; None when it is empty."""
    with database.read() as connection:
        latest: datetime | None = connection.execute(select(func.max(event.c.at))).scalar_one()
    return latest


def recall(connection: Connection, key: str, *, to_replace: bool = False) -> str | None:
    """What is remembered under this key. `to_replace`: nobody else does so before our transaction ends."""
    query = select(home_setting.c.value).where(home_setting.c.key == key)
    if to_replace:
        query = query.with_for_update()
    value: str | None = connection.execute(query).scalar_one_or_none()
    return value


def remember(connection: Connection, key: str, value: str) -> None:
    """Remember one value under this key, in the place of a former one."""
    if not insert_once(connection, home_setting, {"key": key, "value": value}):
        connection.execute(update(home_setting).where(home_setting.c.key == key).values(value=value))
