"""The roles of `deploy/postgresql-roles.sql`, on a real server: who reports reads no case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ingest.catalogue import load_catalogue
from ingest.database.tables import metadata

FILE = Path(__file__).resolve().parents[2] / "deploy" / "postgresql-roles.sql"
ROLES = ("guichet_reporting", "guichet_cases")
OPEN = {"obligation", "in_force", "release", "organisation", "adhesion", "delegation", "destruction"}
CLOSED = {
    "finding",
    "message",
    "incoming",
    "effect",
    "event",
    "contact",
    "delivery",
    "anomaly",
    "justification",
    "tally",
    "closing_tally",
}
CASES = [one.slug for one in load_catalogue().collections if one.cases]
COLUMNS = {"submission": ("answer", "file_findings", "detected", "trouble"), "section": ("causes", "sheet", "oddities")}


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    made = request.getfixturevalue("postgres_server")
    name = made.create(request.getfixturevalue("postgres_template"))
    url = make_url(made.url_of(name)).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(2):  # after each upgrade
            connection.execute(FILE.read_bytes())
        yield connection
        connection.execute("RESET ROLE")
        for role in ROLES[::-1]:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())
    made.drop(name)


def reads(server: psycopg.Connection, role: str, what: str, columns: str = "*") -> bool:
    server.execute(f"SET ROLE {role}".encode())
    try:
        server.execute(f"SELECT {columns} FROM {what} LIMIT 1".encode())  # noqa: S608 - names are ours
    except psycopg.errors.InsufficientPrivilege:
        return False
    finally:
        server.execute("RESET ROLE")
    return True


def test_who_reports_reads_no_case_and_nothing_that_may_quote_one(server):
    assert {"dossiers_assistance", "dossiers_mobilite"} <= set(CASES)
    views = {f"{slug}_en_vigueur" for slug in CASES}
    read = {what for what in (*CASES, *views, *CLOSED) if reads(server, "guichet_reporting", what)}
    assert read == set()
    assert all(reads(server, "guichet_reporting", table) for table in OPEN)
    for table, columns in COLUMNS.items():
        assert reads(server, "guichet_reporting", table, "id, account, verdict")
        assert not any(reads(server, "guichet_reporting", table, column) for column in columns)


def test_who_works_on_cases_reads_them_and_writes_nothing(server):
    assert all(reads(server, "guichet_cases", what) for slug in CASES for what in (slug, f"{slug}_en_vigueur"))
    assert not reads(server, "guichet_cases", "contact")
    server.execute("SET ROLE guichet_cases")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.execute("DELETE FROM dossiers_assistance")


def test_every_collection_has_its_place_in_the_file():
    """A collection that is added is opened to somebody on purpose, or closed on purpose: its name must stand there."""
    said = FILE.read_text()
    for collection in load_catalogue().collections:
        to = "guichet_cases" if collection.cases else "guichet_reporting"
        grants = [part for part in said.split(";") if f"TO {to}" in part]
        assert any(f" {collection.slug}," in f"{part}," for part in grants), collection.slug
    assert {*OPEN, *CLOSED} <= set(metadata.tables)
