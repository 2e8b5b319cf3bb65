"""One file through the first transaction, as a process that may be killed at any system call.

`crashing.py FOLDER` recovers what was left, takes what is ready, and commits each deposit to a toy ledger
(one file a submission, written whole and synced), as the pipeline does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from domain.clock import SystemClock
from ingest.files import write_json
from ingest.inbox import Claimed, Inbox
from ingest.settings import Settings


def work(folder: Path) -> None:
    """A service's start and first pass."""
    settings = Settings(home=folder / "home", inbox=folder / "inbox", settle_seconds=0)
    inbox = Inbox(settings=settings, clock=SystemClock())
    inbox.prepare()
    ledger = folder / "ledger"
    found = inbox.recover(lambda submission_id: (ledger / submission_id).exists())
    if found.troubles:
        sys.exit(f"troubles: {found.troubles}")
    for claimed in found:
        register(inbox, ledger, claimed)
    for candidate in inbox.scan(lambda _: True, 0).ready:
        taken = inbox.claim(candidate)
        if isinstance(taken, Claimed):
            register(inbox, ledger, taken)


def register(inbox: Inbox, ledger: Path, claimed: Claimed) -> None:
    """Transaction 1, then the claim may go."""
    dropped = claimed.dropped
    row = {
        "sha256": dropped.sha256,
        "name": dropped.name,
        "account": dropped.account,
        "box": dropped.box,
        "received_at": dropped.received_at.isoformat(),
        "proof": dropped.proof,
    }
    write_json(ledger / dropped.submission_id, json.loads(json.dumps(row)))
    inbox.finish(claimed)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
