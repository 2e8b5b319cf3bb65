"""The files by which the service shows that it is there."""

from __future__ import annotations

from pathlib import Path

from ingest.lock import holder

RUN = "run.json"
"""Written when everything listens: `{"pid", "started_at", "sftp": {"host", "port", "fingerprint"}}` (contract §3)."""
HEARTBEAT = "heartbeat.json"
RESTORING = "restoring.json"
"""The mark of a restore that is not finished: nothing else may use the home."""


def forget_the_dead(home: Path) -> None:
    """Remove the `run.json` of a service that was killed: it names a process and a port that are no more."""
    if holder(home) is None:
        (home / RUN).unlink(missing_ok=True)
