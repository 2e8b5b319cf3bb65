"""The folder where mail arrives (a Maildir, or plain `.eml` files), and the one where it is kept.

A mail is copied into `home/courrier/<year>/`, synced, before anything is written about it, and leaves the folder only
after: a crash in between does nothing twice and loses nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.attachments import MAIL_FOLDER
from ingest.files import sync_folder
from ingest.inbox.folders import FILE_FLAGS, names_in, opened

MOST_BYTES: Final = 100_000_000
"""A larger mail is left where it is, and told: no mail server lets one through."""
FOREIGN: Final = "foreign_mail"
UNREADABLE: Final = "unreadable_mail"
_CHUNK: Final = 1 << 20
_MAILDIR: Final = ("new", "cur")
DRAFTS: Final = "tmp"
_EXTENSION: Final = ".eml"
_NOT_OURS: Final = frozenset({errno.ELOOP, errno.ENXIO, errno.ENODEV})
_CLOSED: Final = frozenset({errno.EACCES, errno.EPERM})
_NAME_CHARS: Final = 24


class Unsettled(Exception):  # noqa: N818 - a state: it is looked at again
    """It is still being written, or was changed or taken while it was read."""


class Foreign(Exception):  # noqa: N818 - a state: it is left and told
    """It is no mail that can be taken; the text is a code of the runbook."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A mail in the folder: its sub-folder (empty: the folder itself) and its name."""

    below: tuple[str, ...]
    name: str

    @property
    def key(self) -> str:
        """The same at every look, whatever the name holds."""
        path = "/".join((*self.below, self.name))
        return hashlib.sha256(os.fsencode(path)).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A mail that was copied: its fingerprint; `stamp` tells whether the file is still the same."""

    sha256: str
    draft: Path
    stamp: tuple[int, ...]


class MailFolder:
    """Where mail arrives. No link is followed below it; whatever is no mail stays."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._kept = home / MAIL_FOLDER
        self._home = home

    def trouble(self) -> str | None:
        """Why nothing can be read from it; None when it can."""
        try:
            with opened(self._folder) as root:
                names_in(root)
        except FileNotFoundError:
            return "it does not exist"
        except OSError as error:
            return f"it cannot be read ({error.strerror})"
        places = [self._folder / below for below in _MAILDIR if (self._folder / _MAILDIR[0]).is_dir()] or [self._folder]
        closed = [place for place in places if place.is_dir() and not os.access(place, os.R_OK | os.W_OK | os.X_OK)]
        return f"mail cannot be taken out of {closed[0]}" if closed else None

    def waiting(self) -> list[Place]:
        """The mail that lies there, by name, which in a Maildir is the order of arrival."""
        mail = [place for place in self._all() if place.below or _is_mail(place.name)]
        return sorted(mail, key=lambda place: (place.name, place.below))

    def strangers(self, limit: int) -> list[Place]:
        """Names of plain files that are no mail, in a folder that is no Maildir; the first ones, always the same."""
        others = [place for place in self._all() if not place.below and not _is_mail(place.name)]
        return sorted(others, key=lambda place: place.name)[:limit]

    def sweep(self, before: datetime) -> None:
        """Copies that a crash left half way go."""
        drafts = self._kept / DRAFTS
        with suppress(FileNotFoundError):
            for path in drafts.iterdir():
                if path.stat().st_mtime >= before.timestamp():
                    continue
                if path.is_dir():  # of a mail that was being read
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def _all(self) -> list[Place]:
        found: list[Place] = []
        with suppress(FileNotFoundError, NotADirectoryError), opened(self._folder) as root:
            names = set(names_in(root))
            if _MAILDIR[0] in names:
                for below in _MAILDIR:
                    with suppress(FileNotFoundError, NotADirectoryError), opened(root, below) as folder:
                        found += [Place(below=(below,), name=name) for name in names_in(folder)]
            else:
                found = [Place(below=(), name=name) for name in names if not _is_folder(root, name)]
        return [place for place in found if not place.name.startswith(".")]

    @contextmanager
    def taken(self, place: Place, settled_before: datetime) -> Iterator[Taken]:
        """A synced copy beside those that are kept, gone at the end unless it was kept.

        Unsettled when the file moves; Foreign when it is none of ours to take; OSError when our disk refuses.
        """
        drafts = self._kept / DRAFTS
        drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = drafts / secrets.token_hex(16)
        try:
            with self._opened(place) as source:
                before = os.fstat(source)
                _refuse(before, settled_before if not place.below else None)
                digest = _copied(source, draft)
                if _stamp(os.fstat(source)) != _stamp(before):
                    raise Unsettled
            yield Taken(sha256=digest, draft=draft, stamp=_stamp(before))
        finally:
            draft.unlink(missing_ok=True)

    def place_for(self, sha256: str, now: datetime) -> str:
        """Where a mail that arrived now is kept, in `home`."""
        return f"{MAIL_FOLDER}/{now:%Y}/{now:%Y%m%d}-{sha256[:_NAME_CHARS]}{_EXTENSION}"

    def keep(self, taken: Taken, kept: str) -> None:
        """Put the copy where it is kept; there already: the same bytes, nothing to do."""
        target = self._home / kept
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not target.exists():
            taken.draft.rename(target)
            sync_folder(target.parent)
            sync_folder(target.parent.parent)

    def remove(self, place: Place, taken: Taken) -> None:
        """Take it out of the folder, unless another file came in its place."""
        with suppress(FileNotFoundError), opened(self._folder, *place.below) as folder:
            if _stamp(os.stat(place.name, dir_fd=folder, follow_symlinks=False)) == taken.stamp:
                os.unlink(place.name, dir_fd=folder)
                os.fsync(folder)

    def path_of(self, kept: str) -> Path | None:
        """A mail that is kept; None when it is gone."""
        path = self._home / kept
        return path if path.is_file() else None

    @contextmanager
    def _opened(self, place: Place) -> Iterator[int]:
        try:
            with opened(self._folder, *place.below) as folder:
                descriptor = os.open(place.name, FILE_FLAGS, dir_fd=folder)
        except FileNotFoundError:
            raise Unsettled from None
        except OSError as error:
            if error.errno in _CLOSED:
                raise Foreign(UNREADABLE) from error
            if error.errno in _NOT_OURS:
                raise Foreign(FOREIGN) from error
            raise
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _refuse(about: os.stat_result, settled_before: datetime | None) -> None:
    if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
        raise Foreign(FOREIGN)
    if settled_before is not None:
        changed_at = datetime.fromtimestamp(max(about.st_mtime, about.st_ctime), tz=UTC)
        # One that lies a day ahead was written before the clock jumped back.
        if settled_before < changed_at < settled_before + timedelta(days=1):
            raise Unsettled


def _copied(source: int, draft: Path) -> str:
    """The fingerprint of what was copied."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(source, "rb", closefd=False) as reading, draft.open("xb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        while chunk := reading.read(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise Foreign(FOREIGN)
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _stamp(about: os.stat_result) -> tuple[int, ...]:
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def _is_mail(name: str) -> bool:
    return name.lower().endswith(_EXTENSION)


def _is_folder(folder: int, name: str) -> bool:
    with suppress(OSError):
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False
