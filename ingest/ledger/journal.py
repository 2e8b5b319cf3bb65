"""The journal: append-only, one line a fact, ids and figures only, never a person nor a value of a file."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection

from ingest.database.tables import event
from ingest.database.types import storable_json


class EventKind(StrEnum):
    """Every kind of line in the journal; constant names, documented here."""

    CLAIMED = "claimed"
    """A deposit was taken from the inbox. data: size, proof."""
    IMPORTED = "imported"
    """It is of before go-live, and an administrator brought it. data: reason, received_at."""
    JUDGED = "judged"
    """Its verdict was committed. data: verdict, sections, rules_version, directory_version."""
    JUDGED_AGAIN = "judged_again"
    """A mended register gave it another verdict. data: former (verdict, judged_at, sections), verdict, sections."""
    JUSTIFIED = "justified"
    """The depositor confirmed warnings in it. data: collection, period, confirmed (how many)."""
    IN_FORCE = "in_force"
    """What is in force changed. data: collection, period, before, after (submission ids or null)."""
    WITHDRAWN = "withdrawn"
    """An administrator took it out of force. data: reason."""
    DELAYED = "delayed"
    """Something of ours failed, or the file was too much for its reader; tried again later.

    data: trouble, not_before_at, attempts."""
    PARKED = "parked"
    """Something of ours keeps failing; the bytes are kept. data: trouble."""
    RESUMED = "resumed"
    """A parked deposit was put back in the queue."""
    REOPENED = "reopened"
    """A mended register puts it back on the desk. data: directory_version."""
    ODDITY = "oddity"
    """Something lay in the inbox that is no deposit; told once. data: oddity."""
    DESTROYED = "destroyed"
    """Its bytes were not kept, because they broke anonymity (G-12). data: sha256, rules."""
    OBLIGATION_OPENED = "obligation_opened"
    """Something is owed. data: organisation, collection, period, due_at, opens_at, waived_reason."""
    OBLIGATION_CHANGED = "obligation_changed"
    """The register moved a due date, a dispense or an account. data: organisation, collection, period, changed."""
    OBLIGATION_REMOVED = "obligation_removed"
    """The register says that it was never owed and nothing was deposited. data: organisation, collection, period."""
    OBLIGATION_DATES = "obligation_dates"
    """A deposit moved the dates of an obligation. data: organisation, collection, period, dates."""
    DEADLINE_EXTENDED = "deadline_extended"
    """UESL gave more time. data: organisation, collection, period, reason, until."""
    DEADLINE_EXCUSED = "deadline_excused"
    """Our outage, or our late verdict, moved it. data: organisation, collection, period, reason, former, until.

    `until` null: taken back, the outage was of a clock far ahead.
    """
    CLOSED = "closed"
    """The desk is open again; it was closed meanwhile. data: since, until."""
    OBLIGATION_WAIVED = "obligation_waived"
    """UESL asks for nothing any more. data: organisation, collection, period, reason."""
    ANOMALIES_RAISED = "anomalies_raised"
    """Figures in force raise questions, or raise them again. data: collection, period, anomalies (numbers)."""
    ANOMALIES_CONFIRMED = "anomalies_confirmed"
    """A deposit says that they are right. data: collection, period, anomalies."""
    ANOMALIES_CORRECTED = "anomalies_corrected"
    """What is in force raises them no more. data: collection, period, anomalies."""
    ANOMALIES_RESTORED = "anomalies_restored"
    """The version that raised them is back in force: they stand as they stood. data: collection, period, anomalies."""
    ANOMALIES_REMINDED = "anomalies_reminded"
    """They had no answer; the account was reminded. data: anomalies."""
    ANOMALY_ANSWERED = "anomaly_answered"
    """UESL answered. data: anomaly, state, former."""
    STEPS_SAID = "steps_said"
    """An organisation was told of what it owes. data: organisation, event, said (collection, period, step, passed)."""
    RELEASE_MADE = "release_made"
    """An edition of the tables. data: period, number, release (its kind), content_hash, changed_cells."""
    RELEASE_DROPPED = "release_dropped"
    """An edition that a crash left unwritten, and that cannot be made any more. data: period, number."""
    RELEASE_HELD = "release_held"
    """It is not to be distributed. data: period, number, reason."""
    RELEASE_LET_GO = "release_let_go"
    """It is held no longer. data: period, number."""
    RELEASE_WITHDRAWN = "release_withdrawn"
    """It was taken back. data: period, number, reason."""
    RELEASE_DISTRIBUTED = "release_distributed"
    """Its messages were queued. data: period, number."""
    DELIVERY_RETRIED = "delivery_retried"
    """Copies that did not arrive leave again. data: period, number, messages (how many)."""
    DELIVERY_SENT = "delivery_sent"
    """Somebody else gets it too. data: period, number, messages."""
    PURGED = "purged"
    """It, or one of its tables, had come to its end. data: rule, collection, exercice, rows, files."""
    EXPIRED = "expired"
    """What else had come to its end is gone. data: messages, arrived, contacts (how many)."""
    DIRECTORY_IMPORTED = "directory_imported"
    """A version of the register came into use. data: version, changes."""
    BACKED_UP = "backed_up"
    """A backup was made. data: rows, files, bytes."""
    RESTORED = "restored"
    """The desk is that of a backup; mail waits. data: backup (hash), taken_at, held (messages)."""
    MAIL_RESUMED = "mail_resumed"
    """Mail leaves again after a restore. data: messages, only_new (they stay on hold)."""


_INSERT = event.insert()


def record(  # noqa: PLR0913 - all of it is the line
    connection: Connection,
    kind: EventKind,
    at: datetime,
    *,
    submission_id: str | None = None,
    account: str | None = None,
    author: str | None = None,
    **data: Any,
) -> None:
    """Write one line in the caller's transaction."""
    connection.execute(
        _INSERT,
        {
            "at": at,
            "kind": kind.value,
            "submission_id": submission_id,
            "account": account,
            "author": author,
            "data": storable_json(data),
        },
    )
