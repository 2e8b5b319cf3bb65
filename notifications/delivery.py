"""What a way out for mail is, and what can become of a message on it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What became of one message; `detail` is for the log and the administrator."""

    detail: str = ""


class Sent(Delivery):
    """The other side took responsibility for it."""


class Refused(Delivery):
    """Refused for good: trying again would not help."""


class Deferred(Delivery):
    """Not now; certainly not accepted, so trying again repeats nothing."""


class Ambiguous(Delivery):
    """Cut after the data was handed over: accepted or not, nobody can tell (RFC 1047)."""


class Unreachable(Delivery):
    """The server cannot be used at all (away, no greeting, wrong password): not this message's fault."""


class Session(Protocol):
    """A way out held open for several messages."""

    def deliver(self, message: EmailMessage, *, sender: str, recipient: str) -> Delivery:
        """Hand one message over for one recipient."""
        ...


class Transport(Protocol):
    """A way out for mail."""

    def session(self) -> AbstractContextManager[Session]:
        """Open lazily, close at the end; one at a time."""
        ...

    def probe(self) -> str | None:
        """What is wrong with this way out, without sending anything; None when it answers."""
        ...
