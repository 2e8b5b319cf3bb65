"""An older version's database: brought up to date with its rows, and as it was when the upgrade fails on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command, op
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select

from domain.errors import CannotDo
from ingest.catalogue import load_catalogue
from ingest.database import schema
from ingest.database.engine import Database
from ingest.database.schema import alembic_config, ensure, status, upgrade
from ingest.database.tables import event, once_key
from ingest.ledger.journal import EventKind, record

NOW = datetime(2005, 4, 1, 9, tzinfo=UTC)
REVISIONS = sorted(one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions())


@pytest.fixture
def older(empty_database_url: str) -> Any:
    """Makes the database of the version that had this revision, with a line in its journal."""
    database = Database(empty_database_url)

    def made(revision: str) -> Database:
        with database.write() as connection:
            command.upgrade(alembic_config(connection), revision)
            record(connection, EventKind.CLAIMED, NOW)
            connection.execute(once_key.insert(), {"key": "k", "at": NOW})
        return database

    yield made
    database.dispose()


def shape(database: Database) -> dict[str, set[str]]:
    """Every table and view with its columns and constraints."""
    with database.read() as connection:
        known = inspect(connection)
        return {
            name: {f"{one['name']} {one['type']} {one['nullable']}" for one in known.get_columns(name)}
            | {str(one["name"]) for one in known.get_indexes(name)}
            for name in (*known.get_table_names(), *known.get_view_names())
        }


def kept(database: Database) -> tuple[int, list[str]]:
    with database.read() as connection:
        kinds = connection.execute(select(event.c.kind)).scalars().all()
        return len(kinds), list(connection.execute(select(once_key.c.key)).scalars())


@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[-2]])
def test_an_older_database_is_refused_by_the_service_and_upgraded_on_order(older, revision):
    database, catalogue = older(revision), load_catalogue()
    with pytest.raises(CannotDo, match="guichet db upgrade"):
        ensure(database, catalogue, NOW)
    before = kept(database)
    assert upgrade(database, catalogue, NOW)[0].endswith(f"{revision} → {REVISIONS[-1]}")
    assert status(database, catalogue).current
    assert kept(database) == before == (1, ["k"])


@pytest.mark.parametrize("where", ["a migration", "the collections"])
def test_an_upgrade_that_fails_leaves_the_database_to_the_version_before(older, monkeypatch, where):
    """The program before works on with it: `guichet` linked back is all (docs/how-to/upgrade.md)."""
    database, catalogue = older(REVISIONS[0]), load_catalogue()
    before = shape(database), kept(database)
    broken, calls = (schema, "apply") if where == "the collections" else (op, "create_table"), 0
    works = getattr(*broken)

    def fails(*words: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OSError("no space left on device")
        return works(*words, **options)

    with monkeypatch.context() as patched:
        patched.setattr(*broken, fails)
        with pytest.raises(OSError, match="no space"):
            upgrade(database, catalogue, NOW)
    assert (shape(database), kept(database)) == before
    assert status(database, catalogue).revision == REVISIONS[0]
    upgrade(database, catalogue, NOW)  # the cause being gone
    assert status(database, catalogue).current
    assert kept(database) == before[1]
