"""A PostgreSQL of one test alone, which it may stop."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.conftest import PostgresServer, _embedded


def _runs(pid: int) -> bool:
    """Whether it does; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


class OwnServer:
    """A PostgreSQL of this test alone, which it may stop as a power cut does."""

    def __init__(self, folder: str) -> None:
        self._server = _embedded().get_server(folder, cleanup_mode="stop")
        self.made = PostgresServer(make_url(self._server.get_uri()))

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: every backend is gone, nothing is written any more."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while _runs(pid):
            time.sleep(0.01)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


@contextmanager
def own_postgres() -> Iterator[OwnServer]:
    """One for the block; the test is skipped where there can be none."""
    if os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("the server of TEST_DATABASE_URL is not ours to stop")
    folder = tempfile.mkdtemp(prefix="guichet-pg-")
    try:
        server = OwnServer(folder)
    except Exception as error:  # noqa: BLE001 - whatever the machine lacks
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"the embedded PostgreSQL does not start here: {type(error).__name__}: {error}")
    try:
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)
