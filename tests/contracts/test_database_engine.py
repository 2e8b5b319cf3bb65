"""Transactions, over both databases: whole or not at all, one writer, faults that waiting cures are `Retry`."""

from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from domain.errors import Retry, SettingsError
from ingest.database.engine import Database
from ingest.database.tables import home_setting, once_key
from ingest.database.upsert import insert_once

if TYPE_CHECKING:
    from tests.conftest import PostgresServer

NOW = datetime(2005, 4, 18, 8, 15, 2, 123456, tzinfo=UTC)


def keys(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(once_key.c.key)).scalars())


def test_a_transaction_that_raises_writes_nothing(database: Database) -> None:
    def failing() -> None:
        with database.write() as connection:
            insert_once(connection, once_key, {"key": "x", "at": NOW})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert keys(database) == []


def test_a_rehearsal_writes_nothing(database: Database) -> None:
    with database.rehearse() as connection:
        assert insert_once(connection, once_key, {"key": "x", "at": NOW})
    assert keys(database) == []


def test_inserting_once_says_whether_it_was_new(database: Database) -> None:
    with database.write() as connection:
        assert insert_once(connection, once_key, {"key": "x", "at": NOW})
        assert not insert_once(connection, once_key, {"key": "x", "at": NOW})


def test_a_transaction_inside_a_transaction_is_a_mistake_of_ours(database: Database) -> None:
    with database.write(), pytest.raises(RuntimeError, match="pass its connection on"), database.write():
        pass


def test_instants_come_back_aware_and_exact(database: Database) -> None:
    with database.write() as connection:
        insert_once(connection, once_key, {"key": "x", "at": NOW.astimezone(timezone(timedelta(hours=2)))})
    with database.read() as connection:
        found = connection.execute(select(once_key.c.at)).scalar_one()
    assert (found, found.tzinfo) == (NOW, UTC)


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.write() as connection:
        insert_once(connection, once_key, {"key": "x", "at": datetime(2005, 1, 1)})  # noqa: DTZ001 - on purpose


def test_many_threads_write_without_losing_anything(database: Database) -> None:
    def write(thread: int) -> None:
        for number in range(10):
            with database.write() as connection:
                insert_once(connection, once_key, {"key": f"{thread}-{number}", "at": NOW})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys(database)) == 40


def test_a_statement_that_is_wrong_is_not_tried_again(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as connection:
        connection.execute(text("SELECT x FROM nowhere"))


def test_a_database_locked_by_another_program_is_retry(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "locked.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")  # the pooled connection keeps it
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Retry, match="locked"), database.write():
            pass
        other.execute("ROLLBACK")
        with database.write() as connection:
            insert_once(connection, home_setting, {"key": "x", "value": "y"})
    finally:
        other.close()
        database.dispose()


def test_a_server_that_is_away_is_retry() -> None:
    database = Database("postgresql+psycopg://guichet:secret@/none?host=/nonexistent")
    with pytest.raises(Retry, match="does not answer"), database.read():
        pass
    database.dispose()


def test_a_connection_cut_by_the_server_is_retry_and_the_next_one_works(
    postgres_server: PostgresServer,
    postgres_template: str,
) -> None:
    name = postgres_server.create(postgres_template)
    database = Database(postgres_server.url_of(name))

    def cut() -> None:
        with database.write() as connection:
            insert_once(connection, once_key, {"key": "x", "at": NOW})
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            postgres_server.run(f"SELECT pg_terminate_backend({pid})")
            connection.execute(text("SELECT 1"))

    with pytest.raises(Retry):
        cut()
    assert keys(database) == []
    database.dispose()
    postgres_server.drop(name)


def test_sqlite_is_private_durable_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "new" / "guichet.sqlite3"
    database = Database(f"sqlite:///{path}")
    assert not path.parent.exists()  # nothing is touched before the first transaction
    with database.write() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    database.dispose()


def test_secrets_are_not_shown() -> None:
    database = Database("postgresql://guichet:s3cret@db.example.org/guichet")
    assert "s3cret" not in repr(database)
    assert "postgresql+psycopg" in repr(database)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "not a url", "postgresql+psycopg2://x/y"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        Database(url)
