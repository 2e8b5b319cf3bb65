"""What arrives for us by mail: reports about our messages, machines that answer, people who answer (contract §11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncomingKind(StrEnum):
    """What something that arrived is, as far as it says."""

    BOUNCE = "bounce"
    """A message came back for good."""
    DELAY = "delay"
    """A message is late; the server goes on trying."""
    AUTOMATIC = "automatic"
    """A machine answered (absence, receipt, list): kept, never forwarded, never answered."""
    REPLY = "reply"
    """A person wrote: forwarded, never dropped."""
    OTHER = "other"
    """One of our own messages came round: kept, never forwarded."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What one mail says. Every text is somebody else's: bounded, to be escaped wherever it is shown.

    `returned`: the Message-ID of the message that came back; `envelope_id`: the name that it had on its way;
    `referred`: other Message-IDs that it mentions; `recipients`: the addresses that a report is about;
    `status`: RFC 3463; `detail`: the server's words; `excerpt`: the first words that a person wrote.
    """

    kind: IncomingKind
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    envelope_id: str = ""
    returned: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    status: str = ""
    detail: str = ""
    excerpt: str = ""


@dataclass(frozen=True, kw_only=True)
class Correspondence:
    """A message of ours that an arrival is about."""

    message_id: str
    event: str
    recipient: str
    subject: str
    written_at: datetime
    organisation: str | None = None
    submission_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unforwarded:
    """A person's mail that nobody was handed yet; `kept` is where it lies in `home`."""

    number: int
    sha256: str
    kept: str
    received_at: datetime
