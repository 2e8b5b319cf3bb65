"""The proof: after a purge no byte of a case is found anywhere that is ours, on either database (issue of the year)."""

# ruff: noqa: S608 - names of tables and values are this test's own

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import BigInteger, String, Text, inspect, text
from sqlalchemy.engine import Connection

from ingest.once import one_pass
from ingest.wiring import Wiring

CANARY = b"CANARI"
NUMBER = int.from_bytes(b"CANARI42", "big")
"""SQLite stores it as these eight bytes; PostgreSQL the other way round."""
SPELLINGS = (CANARY, CANARY[::-1], CANARY.decode().encode("utf-16-le"))
QUOTING = {
    "finding": ("column", "label", "value", "expected", "message", "hint", "cause", "justification"),
    "section": ("sheet",),
    "submission": ("trouble",),
    "message": ("subject", "text", "html", "recipient_name", "last_error"),
    "effect": ("last_error",),
}


def plant(connection: Connection, table: str) -> int:
    """A canary in every text and every large number of the rows; how many columns."""
    planted = 0
    keys = {"id", "submission_id", "section_id", "row", "period", "code_plateforme", "code_cil"}  # counted, and kept
    for column in inspect(connection).get_columns(table):
        name, kind = column["name"], column["type"]
        if name in keys:
            continue
        if isinstance(kind, (String, Text)):
            value: object = f"CANARI {table} {name}"
        elif isinstance(kind, BigInteger):
            value = NUMBER
        else:
            continue
        connection.execute(text(f'UPDATE {table} SET "{name}" = :value'), {"value": value})
        planted += 1
    return planted


def plant_quotes(connection: Connection) -> None:
    """As if a finding, a mail, an answer quoted a case."""
    section = connection.execute(text("SELECT MIN(id) FROM section")).scalar_one()
    connection.execute(
        text(
            "INSERT INTO finding (section_id, position, code, severity, message, cause) "
            "VALUES (:section, 99, 'G-10', 'error', 'CANARI', '')"
        ),
        {"section": section},
    )
    for table, columns in QUOTING.items():
        whose = " WHERE submission_id IS NOT NULL" if table in {"message", "effect"} else ""
        for column in columns:
            connection.execute(text(f"UPDATE {table} SET \"{column}\" = 'CANARI {table} {column}'{whose}"))
    cast = "::jsonb" if connection.dialect.name == "postgresql" else ""
    quote = '[{"code": "G-10", "severity": "error", "message": "CANARI", "value": "CANARI"}]'
    for table, column in (("section", "causes"), ("section", "missing_lines"), ("submission", "file_findings")):
        connection.execute(text(f"UPDATE {table} SET {column} = '{quote}'{cast}".replace(":", r"\:")))
    answer = '{"sections": [{"slug": "dossiers_assistance", "sheet": "CANARI", "findings": [{"value": "CANARI"}]}]}'
    connection.execute(text(f"UPDATE submission SET answer = '{answer}'{cast}".replace(":", r"\:")))
    payload = '{"x": "CANARI"}'
    effects = f"UPDATE effect SET payload = '{payload}'{cast} WHERE submission_id IS NOT NULL"
    connection.execute(text(effects.replace(":", r"\:")))
    connection.execute(
        text(
            "INSERT INTO incoming (sha256, received_at, kind, message_id, detail, sender, kept) "
            "SELECT 'x', created_at, 'reply', message_id, 'CANARI', 'CANARI', 'courrier/2006/reponse.eml' FROM message "
            "WHERE submission_id IS NOT NULL LIMIT 1"
        )
    )


def plant_files(wiring: Wiring, submission: str) -> None:
    """In every place outside the database."""
    home, inbox = wiring.settings.home, wiring.settings.inbox
    original = wiring.archive.original(submission)
    places = [
        home / "spool" / submission / "original",
        home / "spool" / submission / "work" / "rows.arrow",
        home / "answers" / submission / "a_corriger.csv",
        home / "answers" / f".{submission}.0011aabb" / "annote.xlsx",
        home / "courrier" / "2006" / "reponse.eml",
        inbox / "pf03" / "retours" / submission / "annote.xlsx",
        inbox / ".guichet" / "outgoing" / f"{submission}.0011aabb" / "annote.xlsx",
        original.parent / "verdict.json",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o700)
        place.unlink(missing_ok=True)
        place.write_bytes(b"avant CANARI apres" * 50)
    mails = [path for path in (home / "mail").rglob("*.guichet") if submission in path.read_text()]
    assert mails
    for path in mails:
        path.write_bytes(path.read_bytes() + b"\nCANARI\n")


def holding(*roots: Path) -> list[str]:
    """Every file below in which a canary sings."""
    found = []
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                if any(one in content for one in SPELLINGS):
                    found.append(path.relative_to(root).as_posix())
    return found


def checkpoint(wiring: Wiring) -> Path | None:
    """Make the server write all that it holds; where its data lies, None for SQLite."""
    if wiring.database.dialect == "sqlite":
        return None
    with wiring.database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        return Path(str(connection.exec_driver_sql("SHOW data_directory").scalar_one()))


@pytest.mark.slow
def test_no_byte_of_a_case_is_left(desk, cases):
    submission = desk.deposit(cases, "2006-02-01T10:00", run=one_pass)
    trial = desk.deposit(cases.replace(b";1;", b";2;"), "2006-02-01T11:00", box="essai", run=one_pass)
    strange = desk.deposit(b"CANARI;b\r\n1;CANARI\r\n", "2006-02-01T12:00", name="mystere.csv", run=one_pass)
    with desk.at("2006-02-02T10:00") as wiring:
        with wiring.database.write() as connection:
            assert plant(connection, "dossiers_assistance") >= 5
            plant_quotes(connection)
        for one in (submission, trial, strange):
            plant_files(wiring, one)
        data = checkpoint(wiring)
        if data is not None:
            with wiring.database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE")
    before = holding(desk.home, desk.inbox, *([data / "base"] if data else [desk.folder.parent]))
    assert len(before) >= 25

    report = desk.purge("2007-01-01T00:00")

    assert report.wiped
    with desk.at("2007-01-01T10:00") as wiring:
        checkpoint(wiring)
        left = holding(desk.home, desk.inbox, *([data / "base", data / "global"] if data else [desk.folder.parent]))
        assert left == []
    assert desk.rows() == 0
    for one in (submission, trial, strange):
        told = desk.show(one)
        assert told["destroyed"]
        assert told["file"]["sha256"]
        assert told["received_at"].startswith("2006-02-01")
        assert told["verdict"]
