"""What is remembered of backups and restores, and whether mail waits for a person's word after one (contract §3)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from ingest.database.engine import Database
from ingest.database.tables import home_setting, message
from ingest.ledger.facts import recall, remember
from ingest.ledger.journal import EventKind, record
from ingest.mail_queue import MessageState

LAST_BACKUP: Final = "last_backup"
RESTORED: Final = "restored"
MAIL_HOLD: Final = "mail_hold"
"""Key of the hold that a restore puts on mail. It is not the setting `mail_mode`: the two add up."""
_UNSENT: Final = (MessageState.QUEUED.value, MessageState.SENDING.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class LastBackup:
    """The last backup that was made of this desk, or the one it was restored from."""

    at: datetime
    path: str
    rows: int
    files: int
    files_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """The restore that made this desk. `backup`: hash of the manifest; `taken_at`: the moment that it shows."""

    at: datetime
    backup: str
    taken_at: datetime


def note_backup(connection: Connection, made: LastBackup, author: str) -> None:
    """Remember a backup, in the journal too."""
    remember(connection, LAST_BACKUP, _text(made))
    record(
        connection,
        EventKind.BACKED_UP,
        made.at,
        author=author,
        rows=made.rows,
        files=made.files,
        bytes=made.files_bytes,
    )


def last_backup(database: Database) -> LastBackup | None:
    """The last backup of this desk; None when there never was one."""
    with database.read() as connection:
        known = recall(connection, LAST_BACKUP)
    return None if known is None else LastBackup(**_document(known))


def restored(connection: Connection) -> Restored | None:
    """The last restore; None when this desk never was restored."""
    known = recall(connection, RESTORED)
    return None if known is None else Restored(**_document(known))


def note_restored(connection: Connection, made: Restored, backup: LastBackup, author: str) -> int:
    """Remember a restore and put mail on hold; how many messages the backup had not sent yet.

    Those may have been sent after the backup was made: they are held one by one, and stay so when the hold ends.
    """
    held = connection.execute(
        update(message)
        .where(message.c.state.in_(_UNSENT))
        .values(
            state=MessageState.HELD.value,
            next_attempt_at=None,
            last_error=f"restored from a backup of {made.taken_at:%Y-%m-%d %H:%M:%S} UTC: it may have been sent since",
        ),
    ).rowcount
    remember(connection, RESTORED, _text(made))
    remember(connection, LAST_BACKUP, _text(backup))
    remember(connection, MAIL_HOLD, json.dumps({"since": made.at.isoformat()}))
    record(
        connection,
        EventKind.RESTORED,
        made.at,
        author=author,
        backup=made.backup,
        taken_at=made.taken_at.isoformat(),
        held=held,
    )
    return held


def on_hold_since(connection: Connection) -> datetime | None:
    """Since when mail waits for the administrator's word; None when it does not."""
    known = recall(connection, MAIL_HOLD)
    return None if known is None else datetime.fromisoformat(json.loads(known)["since"])


def resume_mail(database: Database, now: datetime, author: str, *, only_new: bool) -> int:
    """End the hold of a restore; how many messages leave now (`only_new`: stay, put on hold one by one).

    0 also when nothing was on hold.
    """
    with database.write() as connection:
        if on_hold_since(connection) is None:
            return 0
        waiting = message.c.state.in_(_UNSENT)
        if only_new:
            kept = {"state": MessageState.HELD.value, "next_attempt_at": None, "last_error": "left on hold"}
            number = connection.execute(update(message).where(waiting).values(**kept)).rowcount
        else:
            number = connection.execute(select(func.count()).select_from(message).where(waiting)).scalar_one()
        connection.execute(delete(home_setting).where(home_setting.c.key == MAIL_HOLD))
        record(connection, EventKind.MAIL_RESUMED, now, author=author, messages=number, only_new=only_new)
    return number


def _text(made: LastBackup | Restored) -> str:
    return json.dumps({key: _plain(value) for key, value in asdict(made).items()})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _document(text: str) -> dict[str, Any]:
    return {
        key: datetime.fromisoformat(value) if key == "at" or key.endswith("_at") else value
        for key, value in json.loads(text).items()
    }
