"""The schema of the database: made when missing, refused when older or newer, brought up to date on order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from ingest.database.collections import Change, CollectionList, apply, plan
from ingest.database.engine import Database

UPGRADE = "stop the service, make a backup, then run: guichet db upgrade"
USE_NEWER = "use the newer version, or restore a backup that this one made"


@dataclass(frozen=True, kw_only=True)
class SchemaStatus:
    """Where the schema stands. `revision` None: the database is empty. `changes`: what the collections ask for."""

    revision: str | None
    latest: str
    newer: bool = False
    changes: tuple[Change, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether nothing was ever created."""
        return self.revision is None

    @property
    def current(self) -> bool:
        """Whether it is exactly what this version needs, so that the service may run."""
        return self.revision == self.latest and not self.changes

    @property
    def problems(self) -> tuple[str, ...]:
        """What differs, one line each; none when current."""
        if self.missing:
            return ("the database is empty",)
        if self.newer:
            return (f"the schema ({self.revision}) is newer than this version of guichet ({self.latest})",)
        if self.revision != self.latest:
            return (f"the schema ({self.revision}) is older than this version of guichet ({self.latest})",)
        return tuple(_difference(change) for change in self.changes)

    @property
    def sentence(self) -> str:
        """The state in one line, with what to do."""
        if self.current:
            return f"schema {self.revision}, up to date"
        if self.missing:
            return "the database is empty: its tables are made at first use, or by: guichet db upgrade"
        if self.newer:
            return f"{self.problems[0]}: {USE_NEWER}"
        return f"{'; '.join(self.problems)}: {UPGRADE}"

    def as_document(self) -> dict[str, object]:
        """For `db status --format json`."""
        return {
            "revision": self.revision,
            "latest": self.latest,
            "current": self.current,
            "newer": self.newer,
            "problems": list(self.problems),
        }


def _difference(change: Change) -> str:
    if change.refused is not None:
        return change.refused
    what = "is missing" if change.create else f"lacks {', '.join(change.added)}"
    return f"table {change.wanted.slug} {what}"


def status(database: Database, catalogue: CollectionList) -> SchemaStatus:
    """Compare the database with this version of the program and its catalogue; changes nothing."""
    with database.read() as connection:
        return _status(connection, catalogue)


def ensure(database: Database, catalogue: CollectionList, now: datetime) -> None:
    """Create a missing schema; raise CannotDo when it is not exactly what this version needs."""
    found = status(database, catalogue)
    if found.missing:
        upgrade(database, catalogue, now)
    elif not found.current:
        raise CannotDo(found.sentence)


def upgrade(database: Database, catalogue: CollectionList, now: datetime) -> tuple[str, ...]:
    """Bring the schema up to date in one transaction: all of it or none. Says what was done, nothing when nothing.

    Raises CannotDo when the schema is newer, or when a collection changed in a way that needs a written migration.
    """
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4871543)")
        found = _status(connection, catalogue)
        if found.newer:
            raise CannotDo(found.sentence)
        refused = [change.refused for change in found.changes if change.refused is not None]
        if refused:
            raise CannotDo("; ".join(refused))
        done = []
        if found.revision != found.latest:
            command.upgrade(alembic_config(connection), "head")
            done.append(f"schema {found.revision or 'empty'} → {found.latest}")
        changes = [change for change in plan(connection, catalogue.collections) if change.needed]
        done.extend(apply(connection, change, now) for change in changes)
    return tuple(done)


def _status(connection: Connection, catalogue: CollectionList) -> SchemaStatus:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        if inspect(connection).has_table("submission"):
            raise CannotDo("the database holds tables that guichet did not make; give it a database of its own")
        return SchemaStatus(revision=None, latest=latest_revision())
    if current not in known_revisions():
        return SchemaStatus(revision=current, latest=latest_revision(), newer=True)
    if current != latest_revision():
        return SchemaStatus(revision=current, latest=latest_revision())
    changes = tuple(change for change in plan(connection, catalogue.collections) if change.needed)
    return SchemaStatus(revision=current, latest=latest_revision(), changes=changes)


def alembic_config(connection: Connection | None = None) -> Config:
    """Where the migrations are, and the connection on which they run."""
    config = Config()
    config.set_main_option("script_location", "ingest:migrations")
    config.attributes["connection"] = connection
    return config


@cache
def known_revisions() -> frozenset[str]:
    """The revisions that this version of the program can read."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions())


@cache
def latest_revision() -> str:
    """The revision that this version of the program works with."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise CannotDo("this installation of guichet has no migrations; install it again")
    return head
