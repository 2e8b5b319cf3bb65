"""« What became of file X? »: deposits, and what was no deposit, by number, name or hash. The ledger alone is asked."""

from __future__ import annotations

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.engine import Connection

from ingest.database.tables import left_alone, submission
from ingest.database.types import storable
from ingest.ledger.queries import told

_HASH: Final = re.compile(r"[0-9a-fA-F]{8,64}")
_NUMBER: Final = re.compile(r"[0-9]{8}(-[0-9]{0,6}(-[0-9a-f]{0,32})?)?")
_ESCAPE: Final = "\\"


def numbers_of(connection: Connection, what: str, account: str | None) -> tuple[str, ...]:
    """The deposits that are meant, in order of receipt: by number, hash (or the first 8 characters), or name.

    A name is compared without regard to case; when there is none such, those that hold the words are meant.
    """
    wanted = _bare(what)
    exact = _numbers(connection, submission.c.id == wanted, account)
    if exact:
        return exact
    ways = [func.lower(submission.c.file_name) == func.lower(wanted), submission.c.file_name == wanted]
    if _HASH.fullmatch(wanted):
        ways.append(submission.c.sha256.startswith(wanted.lower()))
    if _NUMBER.fullmatch(wanted):
        ways.append(submission.c.id.startswith(wanted))
    found = _numbers(connection, or_(*ways), account)
    return found or _numbers(connection, _holds(submission.c.file_name, wanted), account)


def left_alone_of(connection: Connection, zone: ZoneInfo, what: str, account: str | None) -> list[dict[str, Any]]:
    """What lay in the inbox under that name and was not taken, in the order in which it was seen."""
    wanted, name = _bare(what), left_alone.c.name
    for way in (or_(func.lower(name) == func.lower(wanted), name == wanted), _holds(name, wanted)):
        query = select(left_alone).where(way).order_by(left_alone.c.seen_at, left_alone.c.key)
        if account is not None:
            query = query.where(left_alone.c.account == account)
        rows = connection.execute(query).all()
        if rows:
            return [
                {
                    "left_alone": row.kind,
                    "name": row.name,
                    "account": row.account,
                    "box": row.box,
                    "seen_at": told(row.seen_at, zone),
                }
                for row in rows
            ]
    return []


def _bare(what: str) -> str:
    """Without the folders of a path: no name in an inbox has any."""
    return storable(what.rstrip("/").rpartition("/")[2] or what)


def _holds(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    escaped = words.replace(_ESCAPE, _ESCAPE * 2).replace("%", rf"{_ESCAPE}%").replace("_", rf"{_ESCAPE}_")
    return func.lower(column).like(func.lower(f"%{escaped}%"), escape=_ESCAPE)


def _numbers(connection: Connection, way: ColumnElement[bool], account: str | None) -> tuple[str, ...]:
    query = select(submission.c.id).where(way).order_by(submission.c.received_at, submission.c.id)
    if account is not None:
        query = query.where(or_(submission.c.account == account, submission.c.organisation == account))
    return tuple(connection.execute(query).scalars())
