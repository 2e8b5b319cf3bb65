"""Ways out for mail: a Maildir, or an SMTP server. A transport never raises for what happens on the way: it tells.

The only door to smtplib.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from domain.errors import SettingsError


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


class MaildirTransport:
    """Delivers into a Maildir. Delivering the same Message-ID again changes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Make the folders; what was already read (`cur`) is listed once for the whole session."""
        for name in ("tmp", "new", "cur"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        yield _MaildirSession(self.folder)

    def probe(self) -> str | None:
        """Whether the Maildir, or the nearest folder above it, can be written."""
        nearest = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            return f"{nearest} is not a folder"
        return None if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} cannot be written"


class _MaildirSession:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = {path.name.partition(":")[0] for path in (folder / "cur").iterdir()}

    def deliver(self, message: EmailMessage, *, sender: str, recipient: str) -> Delivery:
        """Write to `tmp`, sync, rename to `new`: a reader sees a whole message or none."""
        del sender, recipient  # a Maildir has no envelope
        name = _maildir_name(message)
        new = self._folder / "new" / name
        if name in self._read or new.exists():
            return Sent(detail="already there")
        draft = self._folder / "tmp" / f"{name}.{os.getpid()}"
        try:
            with draft.open("wb") as stream:
                stream.write(message.as_bytes(policy=SMTP.clone(linesep="\n")))
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(new)
            _sync_folder(new.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            return Unreachable(detail=f"Maildir {self._folder}: {error.strerror}")
        return Sent()


def _maildir_name(message: EmailMessage) -> str:
    """A unique name that depends on the message alone; it starts with the time, as Maildir readers like it."""
    written_at = datetime.strptime(message["Date"], "%a, %d %b %Y %H:%M:%S %z")
    digest = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:32]
    return f"{max(0, int(written_at.timestamp()))}.{digest}.guichet"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def transport_for(url: str, *, timeout_seconds: float = 60, local_hostname: str | None = None) -> Transport:
    """The transport of a `mail_url`: `maildir:PATH`, `smtp://`, `smtps://` or `smtp+starttls://[user:password@]host[:port]`.

    Raises SettingsError, which never quotes the URL since it may hold a password.
    """
    if url.startswith("maildir:") and url != "maildir:":
        return MaildirTransport(Path(url.removeprefix("maildir:")))
    from notifications.smtp import Security, SmtpServer, SmtpTransport  # noqa: PLC0415 - a Maildir needs no ssl

    try:
        parts = urlsplit(url)
        security = Security(parts.scheme)
        port = parts.port or security.default_port
    except ValueError:
        parts, security, port = None, None, 0
    if parts is None or security is None or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError(
            "mail_url: expected maildir:PATH, or smtp://, smtps:// or smtp+starttls:// followed by "
            "[USER:PASSWORD@]HOST[:PORT], special characters of the password percent-encoded",
        )
    server = SmtpServer(
        host=parts.hostname,
        port=port,
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else "",
    )
    hostname = local_hostname if local_hostname and re.fullmatch(r"[A-Za-z0-9.-]+", local_hostname) else None
    return SmtpTransport(server, timeout_seconds=timeout_seconds, local_hostname=hostname or socket.gethostname())
