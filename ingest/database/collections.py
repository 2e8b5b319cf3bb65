"""One typed table per collection, derived from its columns, and the view of what is in force (contract §7).

A row can be read alone: whose it is (`code_plateforme`), for when (`annee`, `trimestre`, `period`), where it was in
the depositor's file (`row`). Tables are widened only; one table is the union of the columns of its versions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import IdentifierPreparer
from sqlalchemy.types import TypeEngine

from domain.errors import CannotDo
from domain.periods import Period
from ingest.database import tables
from ingest.database.types import Exact, Long
from schemas.collection import Collection
from schemas.columns import Column as CollectionColumn
from schemas.columns import Kind

IN_FORCE_SUFFIX = "_en_vigueur"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_PLACE = ("id", "submission_id", "section_id", "row", "period", "depot_origine", "ligne_origine")
_CONTEXT = ("code_plateforme", "annee", "trimestre", "exercice")
CODE_LENGTH = 60


class CollectionList(Protocol):
    """The part of the catalogue that the database needs."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Every collection."""
        ...


@dataclass(frozen=True, kw_only=True)
class CollectionTable:
    """The table of one collection. `filled`: the columns that the folder and the file name say, not the file.

    `upserts`: for events, the columns of which the latest version of a record is in force; empty otherwise.
    """

    slug: str
    table: Table
    filled: tuple[str, ...]
    cases: bool = False
    upserts: tuple[str, ...] = ()

    @property
    def view(self) -> str:
        """Name of the view of what is in force."""
        return self.slug + IN_FORCE_SUFFIX

    @property
    def described(self) -> dict[str, str]:
        """Column names and types, in order: recorded at each upgrade."""
        return {column.name: _type_name(column) for column in self.table.columns}

    @property
    def fingerprint(self) -> str:
        """Hash of the described columns, whatever their order."""
        return hashlib.sha256(json.dumps(self.described, sort_keys=True).encode()).hexdigest()

    def context_values(self, organisation: str | None, period: Period) -> dict[str, str | int | None]:
        """Values of the `filled` columns for a deposit of `organisation` about `period`."""
        known: dict[str, str | int | None] = {
            "code_plateforme": organisation,
            "annee": period.year,
            "trimestre": period.quarter or None,
            "exercice": period.year,
        }
        return {name: known[name] for name in self.filled}


def collection_table(collection: Collection) -> CollectionTable:
    """Derive the table of a collection. Raises CannotDo for a name that SQL could not hold safely."""
    _check_name(collection.slug, f"slug of {collection.code}")
    if collection.slug in tables.metadata.tables:
        raise CannotDo(f"collection {collection.code}: {collection.slug!r} is the name of a table of the engine")
    own: dict[str, Column[Any]] = {}
    for column in collection.stored_columns:
        _check_name(column.name, f"column of {collection.code}")
        if column.name in _PLACE:
            raise CannotDo(f"collection {collection.code}: {column.name!r} is a column that every table has already")
        own[column.name] = Column(column.name, _sql_type(column), nullable=True, comment=column.label)
    context: list[Column[Any]] = [Column("code_plateforme", String(CODE_LENGTH)), Column("annee", SmallInteger)]
    context.append(Column("trimestre", SmallInteger))
    filled = tuple(dict.fromkeys([*(one.name for one in context), *(name for name in own if name in _CONTEXT)]))
    metadata = MetaData(naming_convention=tables.metadata.naming_convention)
    table = Table(
        collection.slug,
        metadata,
        Column("id", Long, Identity(), primary_key=True),
        # No foreign key and one index: rows have one door (`ingest.ledger.loading`, in the transaction that wrote their
        # section), and checking each of a million rows would double the time that PostgreSQL takes to load them.
        Column("submission_id", String(40), nullable=False),
        Column("section_id", Integer, nullable=False),
        Column("row", Integer, nullable=False, comment="row number in the depositor's file; negative: taken over"),
        Column("period", String(8), nullable=False),
        Column("depot_origine", String(40), comment="the deposit where the record was first read; null: this one"),
        Column("ligne_origine", Integer, comment="its row number there; null: `row`"),
        *context,
        *(column for name, column in own.items() if name not in {one.name for one in context}),
        UniqueConstraint("section_id", "row"),
        comment=collection.label,
    )
    return CollectionTable(
        slug=collection.slug,
        table=table,
        filled=filled,
        cases=collection.a_year_only,
        upserts=collection.key if collection.accumulates else (),
    )


def _check_name(name: str, what: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise CannotDo(f"{what}: {name!r} cannot name a table or a column; use a-z, 0-9 and _, 50 characters at most")


def _sql_type(column: CollectionColumn) -> TypeEngine[Any]:
    kinds: dict[Kind, TypeEngine[Any]] = {
        Kind.COUNT: BigInteger(),
        Kind.AMOUNT: Exact(column.digits, column.decimals),
        Kind.CODE: String(max(CODE_LENGTH, column.code_width or 0)),
        Kind.MEMBER: String(CODE_LENGTH),
        Kind.TEXT: String(column.max_length),
        Kind.DATE: Date(),
        Kind.YES_NO: Boolean(),
        Kind.YEAR: SmallInteger(),
        Kind.QUARTER: SmallInteger(),
        Kind.POSTAL: String(CODE_LENGTH),
    }
    return kinds[column.kind]


def _type_name(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, Exact):
        return f"numeric({kind.digits},{kind.decimals})"
    if isinstance(kind, String) and kind.length:
        return f"text({kind.length})"
    return type(kind).__name__.lower()


@dataclass(frozen=True, kw_only=True)
class Change:
    """What `db upgrade` has to do for one collection; nothing when `refused` says why it cannot."""

    wanted: CollectionTable
    create: bool = False
    added: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def needed(self) -> bool:
        """Whether the database is not what the catalogue asks for."""
        return self.create or bool(self.added) or self.refused is not None


def plan(connection: Connection, collections: Iterable[Collection]) -> list[Change]:
    """Compare the recorded columns with the catalogue's."""
    known = tables.collection_fingerprint
    recorded = {row.slug: row.columns for row in connection.execute(select(known.c.slug, known.c.columns))}
    return [_compare(collection, recorded.get(collection.slug)) for collection in collections]


def _compare(collection: Collection, recorded: Sequence[tuple[str, str]] | None) -> Change:
    wanted = collection_table(collection)
    if recorded is None:
        return Change(wanted=wanted, create=True)
    before: dict[str, str] = dict(recorded)
    after = wanted.described
    changed = [f"{name} ({kind} → {after[name]})" for name, kind in before.items() if after.get(name, kind) != kind]
    gone = [name for name in before if name not in after and name not in collection.retired_columns]
    if changed or gone:
        what = "; ".join([*(f"type of {one} changed" for one in changed), *(f"column {name} is gone" for name in gone)])
        return Change(wanted=wanted, refused=f"table {collection.slug}: {what}: this needs a written migration")
    return Change(wanted=wanted, added=tuple(name for name in after if name not in before))


def apply(connection: Connection, change: Change, now: datetime) -> str:
    """Create or widen one table and its view, and record its fingerprint; says what was done."""
    wanted = change.wanted
    known = tables.collection_fingerprint
    if change.refused is not None:
        raise CannotDo(change.refused)
    columns: list[list[str]] = [[name, kind] for name, kind in wanted.described.items()]
    if change.create:
        connection.execute(CreateTable(wanted.table))
        done = f"table {wanted.slug} created"
    else:
        before = connection.execute(select(known.c.columns).where(known.c.slug == wanted.slug)).scalar_one()
        columns = [*before, *([name, wanted.described[name]] for name in change.added)]
        for name in change.added:
            _add_column(connection, wanted.table, name)
        done = f"table {wanted.slug} widened: {', '.join(change.added)}"
        connection.execute(known.delete().where(known.c.slug == wanted.slug))
    make_view(connection, wanted, [name for name, _ in columns])
    if wanted.cases and connection.dialect.name == "postgresql":
        _sample_nothing(connection, wanted.table)
    connection.execute(
        known.insert().values(slug=wanted.slug, fingerprint=wanted.fingerprint, columns=columns, applied_at=now),
    )
    return done


def _add_column(connection: Connection, table: Table, name: str) -> None:
    prepare = connection.dialect.identifier_preparer
    kind = table.columns[name].type.compile(dialect=connection.dialect)
    connection.execute(text(f"ALTER TABLE {prepare.format_table(table)} ADD COLUMN {prepare.quote(name)} {kind}"))


def _sample_nothing(connection: Connection, table: Table) -> None:
    """The planner's statistics keep samples of values in the catalogue, where no DELETE reaches them (ADR 13)."""
    prepare = connection.dialect.identifier_preparer
    changes = ", ".join(
        f"ALTER COLUMN {prepare.quote(name)} SET STATISTICS 0" for name in (one.name for one in table.columns)
    )
    connection.execute(text(f"ALTER TABLE {prepare.format_table(table)} {changes}"))


def make_view(connection: Connection, wanted: CollectionTable, columns: Sequence[str]) -> None:
    """Columns stand in the table's order, so that PostgreSQL can replace the view and its grants survive."""
    prepare = connection.dialect.identifier_preparer
    listed = ", ".join(f"r.{prepare.quote(name)}" for name in columns)
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP VIEW IF EXISTS {prepare.quote(wanted.view)}"))
    verb = "CREATE VIEW" if connection.dialect.name == "sqlite" else "CREATE OR REPLACE VIEW"
    connection.execute(
        text(
            f"{verb} {prepare.quote(wanted.view)} AS SELECT {listed} FROM {prepare.quote(wanted.slug)} AS r "  # noqa: S608 - names are ours, checked and quoted
            f"JOIN section AS s ON s.id = r.section_id WHERE s.in_force{_latest(wanted, prepare)}",
        ),
    )


def _latest(wanted: CollectionTable, prepare: IdentifierPreparer) -> str:
    """For events: and no later deposit in force has a record of the same key (as `ingest.database.latest`)."""
    if not wanted.upserts:
        return ""
    same = " AND ".join(f"r2.{prepare.quote(name)} = r.{prepare.quote(name)}" for name in wanted.upserts)
    return (
        f" AND NOT EXISTS (SELECT 1 FROM {prepare.quote(wanted.slug)} AS r2 "  # noqa: S608 - same
        "JOIN section AS s2 ON s2.id = r2.section_id JOIN submission AS d2 ON d2.id = s2.submission_id "
        "JOIN submission AS d ON d.id = s.submission_id "
        f"WHERE {same} AND s2.in_force AND s2.account = s.account AND s2.period = s.period "
        "AND (d2.received_at > d.received_at OR (d2.received_at = d.received_at AND d2.id > d.id)))"
    )


def tables_of(collections: Iterable[Collection]) -> Mapping[str, CollectionTable]:
    """Tables by slug."""
    return {collection.slug: collection_table(collection) for collection in collections}
