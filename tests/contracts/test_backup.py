"""Backup and restore of every table, from either database into either: nothing lost, nothing changed (contract §3)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import null, select, text

from domain.clock import FixedClock
from domain.errors import CannotDo
from domain.verdicts import Verdict
from ingest.backing_up.format import table_path
from ingest.backing_up.making import Backup, Made
from ingest.backing_up.restoring import Order, Restore
from ingest.database import tables
from ingest.database.recorded import make_schema
from ingest.database.schema import status
from ingest.ledger.journal import EventKind, record
from ingest.ledger.safekeeping import last_backup, on_hold_since, resume_mail
from ingest.mail_queue import MessageState, list_messages
from ingest.settings import Settings
from ingest.wiring import Wiring

NOW = datetime(2005, 5, 2, 9, tzinfo=UTC)
CHANGED_BY_A_RESTORE = {"home_setting", "event", "message"}
NASTY = "é\u202e'; DROP TABLE event; --\t\\N\\\r\n\"\\u0000 𝄞 =1+1"


def wiring_of(url: str, folder: Path) -> Wiring:
    return Wiring(Settings(home=folder / "home", inbox=folder / "inbox", database_url=url), FixedClock(NOW))


@pytest.fixture
def source(database_url: str, driver: Any, tmp_path: Path) -> Iterator[Wiring]:
    """A desk with deposits, one of each kind, and values that are hard to carry."""
    driver.deposit("2005-04-10T10:00")
    driver.deposit("2005-04-11T10:00", Verdict.PARTIALLY_ACCEPTED, collection="N1M")
    driver.deposit("2005-04-12T10:00", Verdict.REJECTED)
    driver.ledger.open_obligations(driver.directory, NOW, rules_version="test")
    with driver.database.write() as connection:
        connection.execute(tables.submission.update().values(trouble=NASTY, detected=None, file_findings=null()))
        connection.execute(tables.obligation.update().values(waived_reason=NASTY, extended_until=NOW.date()))
        record(
            connection, EventKind.ODDITY, NOW, oddity=NASTY, number=2**52, nothing=None, deep={"b": [1, 2.5], "a": {}}
        )
    folder = tmp_path / "source"
    (folder / "home").mkdir(parents=True)
    (folder / "home" / "archive").mkdir()
    with wiring_of(database_url, folder) as wiring:
        yield wiring


@pytest.fixture
def made(source: Wiring, tmp_path: Path) -> Made:
    return Backup(source).make(tmp_path / "backup")


def rows(folder: Path, name: str, columns: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """The rows of a backup's table, JSON documents read: each database writes them in its own way."""
    lines = gzip.decompress(table_path(folder, name).read_bytes()).decode().splitlines()
    names = [name for name, _ in columns]
    found = [dict(zip(names, json.loads(line), strict=True)) for line in lines]
    for row in found:
        for column, kind in columns:
            if kind == "json" and row[column] is not None:
                row[column] = json.loads(row[column])
    return found


def test_a_restore_gives_every_table_back(made: Made, source: Wiring, empty_database_url: str, tmp_path: Path) -> None:
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        outcome = Restore(target).run(Order(path=made.path))
        assert outcome.manifest.rows == made.manifest.rows
        assert status(target.unchecked_database, target.catalogue).current
        again = Backup(target).make(tmp_path / "again")
        same_kind = source.unchecked_database.dialect == target.unchecked_database.dialect
    assert set(again.manifest.tables) == set(made.manifest.tables)
    assert sum(one.rows for one in made.manifest.tables.values()) > 50
    for name, saved in made.manifest.tables.items():
        if name in CHANGED_BY_A_RESTORE:
            continue
        other = again.manifest.tables[name]
        assert other.columns == saved.columns, name
        assert rows(again.path, name, other.columns) == rows(made.path, name, saved.columns), name
        assert not same_kind or other.sha256 == saved.sha256, name
    before = rows(made.path, "event", made.manifest.tables["event"].columns)
    after = rows(again.path, "event", again.manifest.tables["event"].columns)
    assert after[: len(before)] == before
    assert [one["kind"] for one in after[len(before) :]] == ["backed_up", "restored"][1:]


def test_an_absent_document_is_told_from_a_null_one(made: Made, empty_database_url: str, tmp_path: Path) -> None:
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        Restore(target).run(Order(path=made.path))
        with target.database.read() as connection:
            absent = connection.execute(
                text("SELECT COUNT(*) FROM submission WHERE file_findings IS NULL")
            ).scalar_one()
            empty = connection.execute(text("SELECT COUNT(*) FROM submission WHERE detected IS NOT NULL")).scalar_one()
            trouble = set(connection.execute(select(tables.submission.c.trouble)).scalars())
    assert (absent, empty) == (3, 3)
    assert trouble == {NASTY}


def test_a_restored_desk_goes_on(made: Made, empty_database_url: str, tmp_path: Path) -> None:
    """Numbers follow those that came back, and the journal is still append-only."""
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        Restore(target).run(Order(path=made.path))
        with target.database.write() as connection:
            last = connection.execute(text("SELECT MAX(id) FROM event")).scalar_one()
            record(connection, EventKind.ODDITY, NOW, oddity="x")
            assert connection.execute(text("SELECT MAX(id) FROM event")).scalar_one() == last + 1
        with pytest.raises(Exception, match=r"append|journal|event"), target.database.write() as connection:
            connection.execute(text("DELETE FROM event"))


def test_mail_waits_for_the_administrators_word(made: Made, empty_database_url: str, tmp_path: Path) -> None:
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        outcome = Restore(target).run(Order(path=made.path))
        messages = list_messages(target.database)
        assert outcome.held == len(messages) > 0
        assert {one["state"] for one in messages} == {MessageState.HELD.value}
        with target.database.write() as connection:
            assert on_hold_since(connection) == NOW
            connection.execute(
                tables.message.update().where(tables.message.c.id == messages[0]["id"]).values(state="queued")
            )
        assert target.outbox.flush().held == len(messages)
        assert resume_mail(target.database, NOW, "a", only_new=False) == 1
        assert target.outbox.flush().sent == 0, "its files are not written yet"
        with target.database.write() as connection:
            connection.execute(tables.effect.update().values(done_at=NOW))
        assert target.outbox.flush().sent == 1
        assert resume_mail(target.database, NOW, "a", only_new=False) == 0, "there is no hold any more"


def test_only_new_mail_may_leave_after_a_restore(made: Made, empty_database_url: str, tmp_path: Path) -> None:
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        Restore(target).run(Order(path=made.path))
        with target.database.write() as connection:
            connection.execute(tables.message.update().values(state="queued"))
        assert resume_mail(target.database, NOW, "a", only_new=True) > 0
        report = target.outbox.flush()
        assert (report.sent, report.held) == (0, 0)


def test_the_last_backup_is_remembered(made: Made, source: Wiring, empty_database_url: str, tmp_path: Path) -> None:
    known = last_backup(source.unchecked_database)
    assert known is not None
    assert (known.path, known.rows) == (str(made.path), made.manifest.rows)
    with wiring_of(empty_database_url, tmp_path / "target") as target:
        Restore(target).run(Order(path=made.path))
        known = last_backup(target.database)
    assert known is not None
    assert known.at == NOW


def test_a_backup_shows_one_moment(source: Wiring, tmp_path: Path) -> None:
    """What is written while the tables are being read is in none of them."""
    database = source.unchecked_database
    with database.read() as connection:
        before = connection.execute(text("SELECT COUNT(*) FROM event")).scalar_one()
    written = []

    def write_meanwhile(_line: str) -> None:
        if not written:
            with database.write() as connection:
                record(connection, EventKind.ODDITY, NOW, oddity="meanwhile")
                connection.execute(tables.once_key.insert().values(key="meanwhile", at=NOW))
            written.append(1)

    found = Backup(source, write_meanwhile).make(tmp_path / "backup")
    assert written
    assert found.manifest.tables["event"].rows == before
    assert found.manifest.tables["once_key"].rows == 0


def test_a_backup_of_an_older_schema_is_upgraded(empty_database_url: str, tmp_path: Path) -> None:
    """It can be made, before `db upgrade`, and comes back as this version wants it."""
    recorded = {
        "ancienne_collecte": (
            ("id", "biginteger"),
            ("submission_id", "text(40)"),
            ("section_id", "integer"),
            ("row", "integer"),
            ("period", "text(8)"),
            ("montant", "numeric(12,2)"),
            ("nombre", "biginteger"),
        )
    }
    with wiring_of(empty_database_url, tmp_path / "old") as old:
        old.make_home()
        with old.unchecked_database.write() as connection:
            make_schema(connection, "0003", recorded, old.catalogue)
            connection.execute(
                tables.collection_fingerprint.insert().values(
                    slug="ancienne_collecte",
                    fingerprint="x",
                    columns=list(recorded["ancienne_collecte"]),
                    applied_at=NOW,
                )
            )
            connection.execute(
                text(
                    'INSERT INTO ancienne_collecte (submission_id, section_id, "row", period, montant, nombre) '
                    "VALUES ('a', 1, 2, '2005T1', 12.10, 9007199254740993)"
                )
            )
        made = Backup(old).make(tmp_path / "backup")
        assert made.manifest.schema_revision == "0003"
    with wiring_of(f"sqlite:///{tmp_path / 'new.sqlite3'}", tmp_path / "new") as new:
        outcome = Restore(new).run(Order(path=made.path))
        assert any("0003" in line for line in outcome.upgraded)
        assert status(new.unchecked_database, new.catalogue).current
        with new.database.read() as connection:
            found = connection.execute(text("SELECT montant, nombre FROM ancienne_collecte")).one()
    assert tuple(found) == (12.1, 9007199254740993)


def test_a_database_that_holds_something_is_left_alone(
    made: Made, source: Wiring, database_url: str, tmp_path: Path
) -> None:
    with wiring_of(database_url, tmp_path / "target") as target, pytest.raises(CannotDo, match="not empty"):
        Restore(target).run(Order(path=made.path))
    with source.unchecked_database.read() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM submission")).scalar_one() == 3
