"""A message to one address, ready to be put in the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Event(StrEnum):
    """Value of the `X-Guichet-Event` header (contract §11)."""

    RECEIPT = "receipt"
    VERDICT = "verdict"
    PERIOD_OPEN = "period-open"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    PUNCTUALITY = "punctuality"
    DEADLINE = "deadline"
    DIGEST = "digest"
    WEEKLY = "weekly"
    ANOMALY = "anomaly"
    ANONYMITY = "anonymity"
    RELEASE = "release"
    PURGE = "purge"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One message to one address. `cause_key` names what caused it and for whom: it is never queued twice.

    The messages about one submission to one address make a thread: the later ones reply to the first.
    `attachments`: files read when the message is sent: a name (`annote.xlsx`) of the submission's answer,
    `diffusion:ACCOUNT/modeles/NAME` of what is handed out to an account, `edition:PERIOD/EDITION/NAME` of the tables,
    `courrier:YEAR/NAME` of mail kept.
    """

    cause_key: str
    event: Event
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    organisation: str | None = None
    submission_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()
