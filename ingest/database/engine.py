"""The one door to the consolidated database: SQLite by default, PostgreSQL for production (contract §7)."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import CannotDo, Retry, SettingsError

BUSY_SECONDS = 30
"""Patience with another process that is writing."""
CONNECT_SECONDS = 10
"""Patience with a PostgreSQL server that does not answer."""
IDLE_SECONDS = 300
"""A transaction in which nothing was asked for so long is that of a process that hangs: its rows are set free."""
WAL_KEPT_BYTES = 64 * 1024 * 1024
"""What is left of the write-ahead log after a big load."""
SQLITE, POSTGRESQL = "sqlite", "postgresql"

_WRITE = "guichet_write"
_OWNS = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(quote_ident(:name))")
_REWRITE = text("SELECT public.guichet_rewrite(:name)")
_CAN_REWRITE = text("SELECT to_regprocedure('public.guichet_rewrite(text)') IS NOT NULL")
_LOCKS: dict[str, threading.Lock] = {}
_LOCKS_GUARD = threading.Lock()


class Database:
    """Opens transactions, and nothing else. Nothing is touched on disk before the first one.

    SQLite has one writer: a process-wide lock, then `BEGIN IMMEDIATE`, so that a transaction never fails half-way
    because it read before it wrote. A database that is away or locked raises Retry.
    """

    def __init__(self, url: str) -> None:
        """Raise SettingsError for a URL that is neither SQLite nor PostgreSQL."""
        self._url = _understood(url)
        self.dialect = self._url.get_backend_name()
        self._engine = self._sqlite() if self.dialect == SQLITE else self._postgresql()
        self._writing = self._engine.execution_options(**{_WRITE: True})
        key = self._url.render_as_string(hide_password=True)
        with _LOCKS_GUARD:
            self._lock = _LOCKS.setdefault(key, threading.Lock())
        self._inside = threading.local()

    def __repr__(self) -> str:
        """Without the password."""
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None."""
        return Path(self._url.database) if self.dialect == SQLITE and self._url.database else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed when the block ends, nothing written when it raises."""
        with self._one_writer(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """A write transaction that is always rolled back: what would happen, nothing stored."""
        with self._one_writer(), self._writing.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
            finally:
                transaction.rollback()

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if getattr(self._inside, "writing", False):
            raise RuntimeError("a write transaction is open in this thread; pass its connection on")
        lock = self._lock if self.dialect == SQLITE else nullcontext()
        with lock, _faults_as_retry():
            self._inside.writing = True
            try:
                yield
            finally:
                self._inside.writing = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read transaction: on SQLite all its questions see the same moment."""
        with _faults_as_retry(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One read transaction whose questions all see the same moment, on PostgreSQL too: for a backup."""
        with _faults_as_retry(), self._engine.connect() as connection:
            if self.dialect == POSTGRESQL:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                if self.dialect == POSTGRESQL:  # files are copied meanwhile
                    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield connection

    def session(self) -> Connection:
        """A connection for locks that last as long as it: outside of the pool and of any transaction. To be closed."""
        with _faults_as_retry():
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            return connection

    def wipe(self, tables: Iterable[str]) -> bool:
        """Rewrite the database's own files, so that they hold no byte of what was deleted; False: try again later.

        SQLite: the whole file, then the write-ahead log is emptied (a reader in another process can hold that up).
        PostgreSQL: these tables; its write-ahead log and its backups have their own lives (`doctor` looks at them).
        A role that does not own them asks for it by `guichet_rewrite` (deploy/postgresql-roles.sql).
        Raises Retry when another process holds the tables, or when the role may not have them rewritten.
        """
        with self._one_writer():
            return self._wipe_sqlite() if self.dialect == SQLITE else self._wipe_postgresql(tables)

    def _wipe_sqlite(self) -> bool:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() or (1, 0, 0)
            cursor.close()
        finally:
            connection.close()
        return not busy

    def _wipe_postgresql(self, tables: Iterable[str]) -> bool:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            quote = connection.dialect.identifier_preparer.quote
            for table in tables:
                # From a role that does not own the table, VACUUM is left out with a mere warning.
                if connection.execute(_OWNS, {"name": table}).scalar():
                    connection.exec_driver_sql(f"VACUUM (FULL) {quote(table)}")
                elif connection.execute(_CAN_REWRITE).scalar():
                    connection.execute(_REWRITE, {"name": table})
                else:
                    raise Retry(f"the database's role does not own {table} and may not have it rewritten: {_ROLES}")
            with suppress(DBAPIError):  # not every role may; the server does it by itself within minutes
                connection.exec_driver_sql("CHECKPOINT")
        return True

    def dispose(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()

    def _sqlite(self) -> Engine:
        engine = create_engine(self._url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
        path = self.path

        def make_private(*_: Any) -> None:
            if path is not None:
                _make_private_file(path)

        event.listen(engine, "do_connect", make_private)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self) -> Engine:
        arguments: dict[str, Any] = {"application_name": "guichet", "connect_timeout": CONNECT_SECONDS}
        for name in tuple(arguments):
            if name in self._url.query:
                del arguments[name]
        engine = create_engine(self._url, pool_pre_ping=True, connect_args=arguments)
        event.listen(engine, "connect", _set_session)
        return engine


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("database_url is not a database URL; write postgresql+psycopg://USER@HOST/NAME") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == SQLITE and parsed.database in {None, "", ":memory:"}:
        raise SettingsError("database_url names no SQLite file; write sqlite:///PATH")
    if parsed.drivername not in {SQLITE, "sqlite+pysqlite", "postgresql+psycopg"}:
        raise SettingsError(
            f"database_url begins with {parsed.drivername!r}; only sqlite:/// and postgresql+psycopg:// are known",
        )
    return parsed


def _make_private_file(path: Path) -> None:
    """Personal data and depositors' figures: nobody else reads them (the WAL takes the mode of the file)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own begins late, or not at all
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "trusted_schema = OFF",
        f"journal_size_limit = {WAL_KEPT_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _set_session(connection: psycopg.Connection[Any], _record: Any) -> None:
    """Instants are UTC whatever the server's zone; a lock that is never released must not hang the service."""
    before = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.autocommit = before


@contextmanager
def _faults_as_retry() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Retry("the database is busy: no connection is free") from error
    except DBAPIError as error:
        if error.connection_invalidated or (error.orig is not None and is_temporary(error.orig)):
            raise Retry(f"the database does not answer: {_first_line(error.orig)}") from error
        if _is_damaged(error.orig):
            raise Damaged(f"the database is damaged ({_first_line(error.orig)}): restore it from a backup") from error
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise Retry(f"the database refuses ({_first_line(error.orig)}): {_ROLES}") from error
        raise
    except (sqlite3.Error, psycopg.Error) as error:
        if is_temporary(error):
            raise Retry(f"the database does not answer: {_first_line(error)}") from error
        raise


_ROLES = "run deploy/postgresql-roles.sql, and `guichet db upgrade` with the role that owns the tables"
"""A grant that is missing is for the administrator: what waits goes on once it is there."""


class Damaged(CannotDo):
    """The file is no database, or no longer a sound one."""


def _is_damaged(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, sqlite3.DatabaseError) and code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


_LASTING_SQLITE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE})
"""Codes of an OperationalError that no waiting cures: a wrong statement, a missing table."""


def is_temporary(error: BaseException) -> bool:
    """Whether trying again later can succeed: locked, full, away, restarting, read-only for now, deadlock."""
    if isinstance(error, sqlite3.OperationalError):
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) not in _LASTING_SQLITE
    if isinstance(error, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction):
        return True
    return isinstance(error, psycopg.InterfaceError)


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
