"""The schema: made when missing, the same by migration and by metadata, widened, refused when it is not ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from domain.errors import CannotDo
from domain.organisations import OrganisationType
from domain.periods import Period, Periodicity
from ingest.catalogue import load_catalogue
from ingest.database import tables
from ingest.database.collections import collection_table
from ingest.database.engine import Database
from ingest.database.schema import ensure, status, upgrade
from ingest.ledger.journal import EventKind, record
from ingest.ledger.loading import Loader
from ingest.stages.typed import typed_schema
from schemas.collection import Collection
from schemas.columns import Compte, Montant, Texte, compte, membre, montant, texte

NOW = datetime(2005, 4, 1, 9, tzinfo=UTC)
ENGINE_TABLES = frozenset(tables.metadata.tables)


@dataclass(frozen=True)
class Catalogue:
    collections: tuple[Collection, ...]


class Before(pa.DataFrameModel):
    code_cil: Texte = membre("CIL/CCI")
    nombre: Compte = compte("Nb")


class Wider(Before):
    montant_ht: Montant = montant(12, 2, "Montant HT en €", required=False)


class Retyped(pa.DataFrameModel):
    code_cil: Texte = membre("CIL/CCI")
    nombre: Texte = texte("Nb")


class Narrower(pa.DataFrameModel):
    code_cil: Texte = membre("CIL/CCI")


def catalogue(model: type[pa.DataFrameModel], slug: str = "essai_de_table") -> Catalogue:
    collection = Collection(
        code="X1",
        slug=slug,
        label="Essai",
        model=model,
        periodicity=Periodicity.QUARTER,
        due_days=30,
        senders=frozenset({OrganisationType.PF}),
    )
    return Catalogue((collection,))


@pytest.fixture
def empty(empty_database_url: str) -> Database:
    return Database(empty_database_url)


def checks(connection: Connection) -> set[tuple[str, str]]:
    known = inspect(connection)
    return {(table, str(one["name"])) for table in tables.metadata.tables for one in known.get_check_constraints(table)}


def test_migrations_give_what_the_metadata_describe(database: Database, empty: Database) -> None:
    """On each database: no table, column, type, index or constraint differs, checks included."""
    with database.read() as connection:
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in ENGINE_TABLES}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
        migrated = checks(connection)
    with empty.write() as connection:
        tables.metadata.create_all(connection)
        assert checks(connection) == migrated
    empty.dispose()


def test_a_missing_database_is_made_and_made_once(empty: Database) -> None:
    assert status(empty, load_catalogue()).missing
    ensure(empty, load_catalogue(), NOW)
    found = status(empty, load_catalogue())
    assert (found.current, found.problems) == (True, ())
    assert upgrade(empty, load_catalogue(), NOW) == ()
    ensure(empty, load_catalogue(), NOW)
    empty.dispose()


def test_a_schema_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CannotDo, match="newer"):
        ensure(database, load_catalogue(), NOW)
    with pytest.raises(CannotDo, match="newer"):
        upgrade(database, load_catalogue(), NOW)


def test_a_catalogue_with_more_columns_needs_an_upgrade_which_keeps_the_rows(empty: Database) -> None:
    upgrade(empty, catalogue(Before), NOW)
    with pytest.raises(CannotDo, match=r"table essai_de_table lacks montant_ht.*guichet db upgrade"):
        ensure(empty, catalogue(Wider), NOW)
    assert upgrade(empty, catalogue(Wider), NOW) == ("table essai_de_table widened: montant_ht",)
    assert status(empty, catalogue(Wider)).current
    with empty.read() as connection:
        names = [one["name"] for one in inspect(connection).get_columns("essai_de_table_en_vigueur")]
    assert names == [
        "id",
        "submission_id",
        "section_id",
        "row",
        "period",
        "depot_origine",
        "ligne_origine",
        "code_plateforme",
        "annee",
        "trimestre",
        "code_cil",
        "nombre",
        "montant_ht",
    ]
    empty.dispose()


@pytest.mark.parametrize(
    ("model", "why"),
    [(Retyped, r"type of nombre \(biginteger → text\(200\)\)"), (Narrower, "column nombre is gone")],
)
def test_anything_but_widening_needs_a_written_migration(
    empty: Database,
    model: type[pa.DataFrameModel],
    why: str,
) -> None:
    upgrade(empty, catalogue(Before), NOW)
    with pytest.raises(CannotDo, match=f"{why}.*written migration"):
        upgrade(empty, catalogue(model), NOW)
    assert not status(empty, catalogue(model)).current
    empty.dispose()


@pytest.mark.parametrize("slug", ["submission", 'x"; DROP TABLE y; --', "Majuscules", "1x", "x" * 51, ""])
def test_a_slug_that_sql_could_not_hold_is_refused(slug: str) -> None:
    [collection] = catalogue(Before, slug).collections
    with pytest.raises(CannotDo):
        collection_table(collection)


def test_a_foreign_database_is_left_alone(empty: Database) -> None:
    with empty.write() as connection:
        connection.execute(text("CREATE TABLE submission (x integer)"))
    with pytest.raises(CannotDo, match="a database of its own"):
        ensure(empty, load_catalogue(), NOW)
    empty.dispose()


@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_the_journal_is_append_only(database: Database, statement: str) -> None:
    with database.write() as connection:
        record(connection, EventKind.CLAIMED, NOW, size=1)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
        connection.execute(text(statement))


def test_migrations_are_packaged() -> None:
    """The modules are found as resources of `ingest.migrations`, as they are in the wheel."""
    import ingest.migrations.versions as versions  # noqa: PLC0415, PLR0402 - only here

    assert list(Path(versions.__path__[0]).glob("0001_*.py"))


@pytest.mark.parametrize("slug", ["dossiers_assistance", "dossiers_mobilite"])
def test_one_table_holds_the_records_of_every_format(database: Database, tmp_path: Path, slug: str) -> None:
    collection = load_catalogue().by_slug(slug)
    assert collection is not None
    target = collection_table(collection)
    with database.write() as connection:
        for number, year in enumerate((2004, 2005), start=900_001):
            form = collection.at(Period(year))
            schema = typed_schema(form)
            spool = tmp_path / f"{year}.arrow"
            values: list[arrow.Array] = [arrow.nulls(1, field.type) for field in schema]
            values[schema.get_field_index("row")] = arrow.array([2], arrow.int32())
            values[schema.get_field_index("numero_ordre")] = arrow.array([number], arrow.int64())
            with arrow.OSFile(str(spool), "wb") as sink, arrow.ipc.new_stream(sink, schema) as writer:
                writer.write_batch(arrow.record_batch(values, schema=schema))
            loader = Loader(
                target, submission_id=f"{year}", section_id=number, organisation="PF01", period=Period(year)
            )
            assert loader.load(connection, spool) == 1
    with database.read() as connection:
        rows = connection.execute(select(target.table).order_by(target.table.c.period)).mappings().all()
    assert [(row["period"], row["exercice"], row["numero_ordre"]) for row in rows] == [
        ("2004", 2004, 900_001),
        ("2005", 2005, 900_002),
    ]
    assert {column.name for column in collection.stored_columns} <= set(rows[0])
