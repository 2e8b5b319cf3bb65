"""Mail into a Maildir: the default, for demonstrations, rehearsals and tests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

from notifications.delivery import Delivery, Sent, Session, Unreachable
from notifications.wire import wire_bytes

_POLICY: Final = SMTP.clone(linesep="\n")


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
                stream.write(wire_bytes(message, _POLICY))
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
    return f"{max(0, int(written_at.timestamp()))}.{maildir_stamp(str(message['Message-ID']))}.guichet"


def maildir_stamp(message_id: str) -> str:
    """The part of a file's name that tells whose message it is."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
