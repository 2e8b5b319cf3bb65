"""What lies in the inbox after a restore that the database of the backup does not know: told, never guessed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from domain.submissions import SUBMISSION_ID, SubmissionState
from ingest.database.tables import submission
from ingest.inbox.claim import CLAIMS
from ingest.inbox.folders import FILE_FLAGS, names_in, opened
from ingest.inbox.scan import OURS
from ingest.wiring import Wiring

_ANSWERS: Final = ("verdict.json", "recu.json")
_MOST_BYTES: Final = 10_000_000
"""A larger document in a depositor's folder is none of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deposit:
    """One deposit, as far as it is known."""

    submission: str
    account: str
    file: str
    received_at: str
    verdict: str | None = None

    def as_row(self) -> dict[str, Any]:
        """For the listing."""
        return {
            "submission": self.submission,
            "account": self.account,
            "file": self.file,
            "received_at": self.received_at,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What the administrator must know.

    `without_bytes`: received, no verdict, and the bytes are not in the backup. `unknown_answers`: answered since, in
    `retours/`, unknown to the database. `claims`: files that the service had begun to take; it takes them up by itself.
    `folders_without_account`: folders of the inbox whose account came after the backup.
    `editions_to_rebuild`: editions whose folder is not there.
    """

    without_bytes: tuple[Deposit, ...]
    unknown_answers: tuple[Deposit, ...]
    claims: int
    folders_without_account: tuple[str, ...]
    editions_to_rebuild: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """For scripts, and for `home/restored.json`."""
        return {
            "without_bytes": [one.as_row() for one in self.without_bytes],
            "unknown_answers": [one.as_row() for one in self.unknown_answers],
            "claims": self.claims,
            "folders_without_account": list(self.folders_without_account),
            "editions_to_rebuild": list(self.editions_to_rebuild),
        }


def reconcile(wiring: Wiring) -> Reconciled:
    """Compare the inbox and the home with the database. Changes nothing."""
    with wiring.unchecked_database.read() as connection:
        known = set(connection.execute(select(submission.c.id)).scalars())
        waiting = tuple(one for one in in_hand(connection) if not _has_bytes(wiring, one.submission))
    inbox = wiring.settings.inbox
    accounts = {one.name for one in wiring.accounts.list()}
    accounts |= {one.compte_sftp for one in wiring.register.current().organisations if one.compte_sftp}
    folders = _accounts_of(inbox)
    made = [one.release for one in wiring.press.recorded() if one.written_at is not None]
    gone = [one for one in made if wiring.releases.manifest(one.period, one.name) is None]
    return Reconciled(
        without_bytes=waiting,
        unknown_answers=tuple(_unknown_answers(inbox, folders, known)),
        claims=_claims(inbox),
        folders_without_account=tuple(name for name in folders if name not in accounts),
        editions_to_rebuild=tuple(f"{one.period}/{one.name}" for one in gone),
    )


def in_hand(connection: Connection) -> tuple[Deposit, ...]:
    """The deposits that wait for a verdict, oldest first."""
    one = submission.c
    states = (SubmissionState.CLAIMED.value, SubmissionState.PARKED.value)
    query = select(one.id, one.account, one.file_name, one.received_at).where(
        one.state.in_(states), one.archive.is_(None)
    )
    return tuple(
        Deposit(submission=row.id, account=row.account, file=row.file_name, received_at=row.received_at.isoformat())
        for row in connection.execute(query.order_by(one.received_at, one.id))
    )


def _has_bytes(wiring: Wiring, number: str) -> bool:
    return (wiring.settings.home / "spool" / number / "original").exists() or wiring.archive.find(number) is not None


def _accounts_of(inbox: Path) -> list[str]:
    with suppress(OSError):
        return sorted(one.name for one in inbox.iterdir() if not one.name.startswith(".") and one.is_dir())
    return []


def _claims(inbox: Path) -> int:
    with suppress(OSError), opened(inbox, OURS, CLAIMS) as claims:
        return sum("__" in name for name in names_in(claims))
    return 0


def _unknown_answers(inbox: Path, accounts: list[str], known: set[str]) -> Iterator[Deposit]:
    for account in accounts:
        with suppress(OSError), opened(inbox, account, "retours") as retours:
            for name in sorted(names_in(retours)):
                if SUBMISSION_ID.fullmatch(name) is None or name in known:
                    continue
                found = _answer(retours, name)
                file = found.get("file")
                yield Deposit(
                    submission=name,
                    account=account,
                    file=str(file.get("name", "?")) if isinstance(file, dict) else "?",
                    received_at=str(found.get("received_at", "?")),
                    verdict=None if found.get("verdict") is None else str(found["verdict"]),
                )


def _answer(retours: int, name: str) -> Mapping[str, Any]:
    """What we had answered; a depositor's folder is trusted with nothing else than to be read."""
    for document in _ANSWERS:
        with suppress(OSError, ValueError), opened(retours, name) as folder:
            descriptor = os.open(document, FILE_FLAGS, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as stream:
                found = json.loads(stream.read(_MOST_BYTES))
            if isinstance(found, dict):
                return found
    return {}
