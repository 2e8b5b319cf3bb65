"""The files by which the service shows that it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingest.lock import Seat, seats

RUN = "run.json"
"""Written when everything listens: `{"pid", "started_at", "sftp": {"host", "port", "fingerprint"}}` (contract §3)."""
HEARTBEAT = "heartbeat.json"
RESTORING = "restoring.json"
"""The mark of a restore that is not finished: nothing else may use the home."""


def forget_the_dead(home: Path) -> None:
    """Remove the `run.json` of services that were killed: they name processes and ports that are no more."""
    living = {one.path(home, RUN) for one in seats(home)}
    for path in files_of_seats(home, RUN):
        if path not in living:
            path.unlink(missing_ok=True)


def files_of_seats(home: Path, name: str) -> Iterator[Path]:
    """The files of that name, of whatever seat."""
    stem, dot, ending = name.partition(".")
    yield from (path for path in (Seat(number=1, pid=0).path(home, name),) if path.exists())
    yield from sorted(home.glob(f"{stem}-*{dot}{ending}"))
