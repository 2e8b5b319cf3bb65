"""PostgreSQL's session advisory locks: who has what in hand, and who is there (ADR 17).

The rules of who takes what, and what is done when a connection is cut, are in `ingest.sharing`.
"""

from __future__ import annotations

import os
import socket
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import text
from sqlalchemy.engine import Connection

_OURS: Final = 0x47554900
"""« GUI »: the first half of our locks, so that no other program's locks in this database are taken for ours."""
MOST: Final = 0x7FFFFFFF
_KEEPALIVE: Final = (("idle", 15), ("interval", 5), ("count", 3))
"""A machine that is cut off is given up by the server after half a minute, not after two hours."""
_NAME: Final = "guichet process"
_MOST_NAME: Final = 32
_SESSION_TIMEOUT: Final = 140_000
"""The version of PostgreSQL from which idle sessions can be ended."""


class Part(IntEnum):
    """What one process at a time has in hand."""

    ALIVE = 1
    """The process itself."""
    LEADER = 3
    """Who opens periods, reminds, publishes, destroys; for life, or until its connection is cut."""
    FOLLOWING = 4
    """One pass of that work, so that `once` and a leader do not meet."""
    TAKING = 5
    """Taking files from the inbox of one account: they are taken in order of receipt."""
    JUDGING = 6
    """Judging the files of one account in one lane."""
    EFFECTS = 7
    """Writing what one account reads: an older page never comes last."""
    MAIL = 8
    """Sending the messages about one deposit: the receipt goes before the verdict."""
    OPEN = 9
    """Having given the first sign of life: the desk is open, whoever else begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """A process at work, as the database's server knows it. `silent_seconds`: since it was last heard."""

    machine: str
    pid: str
    backend: int
    leads: bool
    silent_seconds: float

    def __str__(self) -> str:
        """For people."""
        return f"process {self.pid} on {self.machine}"


Place: TypeAlias = tuple[Part, int]
"""A lock: what it is of, and which one."""


def present(connection: Connection) -> None:
    """Say who we are on a connection that lasts, and have the server notice when we are gone."""
    connection.exec_driver_sql(f"SET application_name = '{_NAME} {_machine()} {os.getpid()}'")
    for name, value in _KEEPALIVE:
        connection.exec_driver_sql(f"SET tcp_keepalives_{name} = {value}")
    if _version(connection) >= _SESSION_TIMEOUT:
        connection.exec_driver_sql("SET idle_session_timeout = 0")


def colleagues(connection: Connection) -> list[Colleague]:
    """Those who share the work on this PostgreSQL now, the leader first."""
    rows = connection.execute(_PROCESSES, {"alive": _OURS + Part.ALIVE, "leader": _OURS + Part.LEADER})
    return [
        Colleague(
            machine=row.name.rpartition(" ")[0].removeprefix(_NAME).strip() or "?",
            pid=row.name.rpartition(" ")[2] or "?",
            backend=row.pid,
            leads=row.leads,
            silent_seconds=float(row.silent),
        )
        for row in rows
    ]


def number_of(what: str | int) -> int:
    """A lock's second half. Two names that fall together only wait for one another."""
    return what & MOST if isinstance(what, int) else zlib.crc32(what.encode("utf-8", "surrogatepass")) & MOST


def lock(connection: Connection, place: Place) -> bool:
    """Take a lock until it is let go of or the connection ends; False when another connection has it."""
    return _execute(connection, "pg_try_advisory_lock", place)


def unlock(connection: Connection, place: Place) -> bool:
    """Let go of a lock; whether we had it."""
    return _execute(connection, "pg_advisory_unlock", place)


def lock_in_transaction(connection: Connection, place: Place) -> bool:
    """Take a lock until the transaction ends; False when another connection has it."""
    return _execute(connection, "pg_try_advisory_xact_lock", place)


def unlock_all(connection: Connection) -> None:
    """Let go at once, and not when the server sees the connection end."""
    connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")


def _execute(connection: Connection, function: str, place: Place) -> bool:
    query = text(f"SELECT {function}(:part, :number)")
    return bool(connection.execute(query, {"part": _OURS + place[0], "number": place[1]}).scalar_one())


_LOCKS: Final = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = :part AND objid::bigint <> :besides"
)


def count(connection: Connection, part: Part, *, besides: int) -> int:
    """How many hold a lock of that part, `besides` that number."""
    return int(connection.execute(_LOCKS, {"part": _OURS + part, "besides": besides}).scalar_one())


_PROCESSES: Final = text(
    "SELECT pid, coalesce(application_name, '') AS name,"
    " bool_or(classid::bigint = :leader) AS leads,"
    " CASE WHEN state = 'idle' THEN extract(epoch FROM clock_timestamp() - state_change) ELSE 0 END AS silent"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint IN (:alive, :leader)"
    " GROUP BY pid, application_name, state, state_change"
    " HAVING bool_or(classid::bigint = :alive) ORDER BY leads DESC, name, pid"
)


def end(connection: Connection, who: Colleague) -> bool:
    """Whether the server ended the connection; it may have ended by itself."""
    query = text("SELECT pg_terminate_backend(:backend)")
    return bool(connection.execute(query, {"backend": who.backend}).scalar_one())


def _machine() -> str:
    """The name of this machine, as far as a connection's name can hold it."""
    kept = (one if one.isalnum() or one in "-_." else "-" for one in socket.gethostname())
    return "".join(kept)[:_MOST_NAME] or "?"


_HEARD: Final = text(
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid::bigint = :part AND objid::bigint <> :besides"
    " AND (state IS DISTINCT FROM 'idle' OR clock_timestamp() - state_change < make_interval(secs => :seconds))"
)


def heard(connection: Connection, part: Part, *, besides: int, silent_seconds: float) -> int:
    """How many hold a lock of that part and have been heard since; `besides` that number."""
    asked = {"part": _OURS + part, "besides": besides, "seconds": silent_seconds}
    return int(connection.execute(_HEARD, asked).scalar_one())


def _version(connection: Connection) -> int:
    value: Any = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    return int(value)
