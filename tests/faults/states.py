"""Where a file is in its life, told from outside: what is on disk, in the database, in the outbox."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.faults.desk import FaultDesk


@dataclass(frozen=True, kw_only=True, order=True)
class Facts:
    """What there is of the one file of a desk. The words are those of `docs/explanation/life-of-a-file.md`."""

    disk: tuple[str, ...]
    database: str
    outbox: tuple[str, ...]


class Observer:
    """Looks at a desk without touching it: at a copy of its database, as a SIGKILL would leave that."""

    def __init__(self, desk: FaultDesk, folder: Path) -> None:
        """`folder`: a place for the copy."""
        self._desk, self._folder = desk, folder
        self._path = desk.home / "guichet.sqlite3"
        self._stamp: tuple[tuple[int, int], ...] = ()
        self._ledger: tuple[str, tuple[str, ...], tuple[str, ...]] = ("–", (), ())

    def facts(self) -> Facts:
        """What there is now."""
        database, outbox, _ = self._look()
        return Facts(disk=_disk(self._desk), database=database, outbox=outbox)

    def journal(self) -> tuple[str, ...]:
        """Kinds of the lines about a deposit, in their order."""
        return self._look()[2]

    def _look(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        files = [path for ending in ("", "-wal") if (path := Path(f"{self._path}{ending}")).exists()]
        stamp = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in files)
        if stamp != self._stamp:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            for path in files:
                shutil.copyfile(path, self._folder / path.name)
            self._stamp, self._ledger = stamp, _ledger(self._folder / self._path.name)
        return self._ledger


def _ledger(path: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as base:
        row = base.execute("SELECT state, verdict FROM submission").fetchone()
        events = base.execute(
            "SELECT DISTINCT event FROM message WHERE submission_id IS NOT NULL OR event = 'system' ORDER BY event"
        ).fetchall()
        lines = base.execute("SELECT kind FROM event WHERE submission_id IS NOT NULL ORDER BY id").fetchall()
    state = "–" if row is None else "destroyed" if row[1] == "destroyed" else row[0]
    # The alert about a parked file stays in the outbox when it is parked no more.
    outbox = tuple(event for (event,) in events if event != "system" or state == "parked")
    return state, outbox, tuple(kind for (kind,) in lines)


def _disk(desk: FaultDesk) -> tuple[str, ...]:
    claims = [path.name for path in (desk.inbox / ".guichet" / "claims").glob("[0-9]*")]
    boxes = [path for path in desk.inbox.glob("*/depot/*") if path.is_file()]
    found = {
        "box": bool(boxes),
        "record": any(name.endswith(".json") and "__" not in name for name in claims),
        "claim": any("__" in name for name in claims),
        "number": any((desk.home / "spool").glob("[0-9]*")),
        "copy": any((desk.home / "spool").glob("*/original")),
        "made": any((desk.home / "answers").glob("[0-9]*")),
        "receipt": any(desk.inbox.glob("*/retours/*/recu.json")),
        "answer": any(desk.inbox.glob("*/retours/*/verdict.json")),
        "archive": any((desk.home / "archive").glob("*/*/*/original*")),
    }
    return tuple(word for word, there in found.items() if there)
