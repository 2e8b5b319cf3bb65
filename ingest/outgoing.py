"""What is written into an account's folders: whole or not at all, never through a link.

Everything is drafted in `inbox/.guichet/outgoing/`, on the same file system and outside every account, then moved in
one step. Files are readable by the account's group and written by nobody.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.errors import Park
from ingest.files import shred_tree
from ingest.inbox.folders import FILE_FLAGS, FOLDER_FLAGS, names_in, opened

_OURS: Final = ".guichet"
_OUTGOING: Final = "outgoing"
_FILE_MODE: Final = 0o440
_FOLDER_MODE: Final = 0o750
_DRAFT_DAYS: Final = 1
_DESTROYED: Final = "destroyed."
"""Begins the name of what was being overwritten when a crash came."""
_NOT_A_FOLDER: Final = frozenset({errno.ELOOP, errno.ENOTDIR})

Content = bytes | str | Path | Mapping[str, Any]
"""A mapping becomes a JSON document, a Path is copied."""


class Outgoing:
    """The drafting place and the accounts' folders of one inbox."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox

    @contextmanager
    def folder(self, account: str, *below: str) -> Iterator[int]:
        """The account's folder `below`, made when missing; Park when a part of it, or the account, is no folder."""
        with ExitStack() as stack:
            folder = own_folder(stack.enter_context(opened(self._inbox)), account, account, stack)
            shown = account
            for depth, name in enumerate(below):
                shown, parent = f"{shown}/{name}", folder
                made = _made(parent, name)
                folder = own_folder(parent, name, shown, stack)
                if made and depth:  # the first one has the group that the administrator gave it
                    same_group(folder, os.fstat(parent).st_gid)
                    os.fchmod(folder, _FOLDER_MODE)
            yield folder

    @contextmanager
    def draft(self, what: str, beside: int) -> Iterator[tuple[int, str, int]]:
        """A folder to draft in, gone at the end if it was not moved: (where drafts lie, its name, itself).

        It gets the group of the folder `beside`, where its content is to go.
        """
        (self._inbox / _OURS / _OUTGOING).mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            name = f"{what}.{secrets.token_hex(6)}"
            os.mkdir(name, _FOLDER_MODE, dir_fd=outgoing)
            draft = os.open(name, FOLDER_FLAGS, dir_fd=outgoing)
            try:
                same_group(draft, os.fstat(beside).st_gid)
                os.fchmod(draft, _FOLDER_MODE)
                yield outgoing, name, draft
            finally:
                os.close(draft)
                with suppress(FileNotFoundError):
                    shutil.rmtree(name, dir_fd=outgoing)

    def remove(self, folder: int, name: str) -> None:
        """Take a file or a folder away: out of sight in one step, then file by file."""
        (self._inbox / _OURS / _OUTGOING).mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            gone = f"expired.{name}.{secrets.token_hex(4)}"
            os.rename(name, gone, src_dir_fd=folder, dst_dir_fd=outgoing)
            _delete(outgoing, gone)

    def destroy(self, folder: int, name: str) -> int:
        """Take a folder of ours away and overwrite its files, and those of its drafts; how many files."""
        drafts = self._inbox / _OURS / _OUTGOING
        drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(self._inbox, _OURS, _OUTGOING) as outgoing, suppress(FileNotFoundError):
            os.rename(name, f"{_DESTROYED}{name}.{secrets.token_hex(4)}", src_dir_fd=folder, dst_dir_fd=outgoing)
        return sum(shred_tree(one) for one in (*drafts.glob(f"*.{name}.*"), *drafts.glob(f"{name}.*")))

    def sweep(self, now: datetime | None = None) -> None:
        """Drafts that a crash left go: those of a day before `now`, all of them without it (nothing is at work)."""
        with suppress(OSError), opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            for name in names_in(outgoing):
                if now is None or written_at(outgoing, name) < now - timedelta(days=_DRAFT_DAYS):
                    with suppress(OSError):
                        if name.startswith(_DESTROYED):
                            shred_tree(self._inbox / _OURS / _OUTGOING / name)
                        else:
                            _delete(outgoing, name)


def _made(parent: int, name: str) -> bool:
    try:
        os.mkdir(name, _FOLDER_MODE, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def _delete(folder: int, name: str) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def own_folder(parent: int, name: str, shown: str, stack: ExitStack) -> int:
    """Open a folder that may have been replaced by something else, for as long as the stack lives."""
    try:
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        raise Park(f"the folder {shown} is missing from the inbox: make it again with guichet account add") from None
    except OSError as error:
        if error.errno in _NOT_A_FOLDER:
            raise Park(
                f"{shown} in the inbox is a link or a file: nothing is written through it; remove it and try again",
            ) from error
        raise
    stack.callback(os.close, descriptor)
    return descriptor


def write(folder: int, name: str, content: Content) -> None:
    """Write one file, synced, readable by the account's group and written by nobody."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, _FILE_MODE, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as stream:
        same_group(descriptor, os.fstat(folder).st_gid)
        os.fchmod(descriptor, _FILE_MODE)
        if isinstance(content, Path):
            with os.fdopen(os.open(content, FILE_FLAGS), "rb") as source:
                shutil.copyfileobj(source, stream)
        elif isinstance(content, bytes):
            stream.write(content)
        elif isinstance(content, str):
            stream.write(content.encode())
        else:
            stream.write((json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())
        stream.flush()
        os.fsync(descriptor)


def written_at(folder: int, name: str) -> datetime:
    """When a file or folder last changed, in real time."""
    return datetime.fromtimestamp(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime, tz=UTC)


def is_folder(folder: int, name: str) -> bool:
    """Whether a folder stands where a file is to go."""
    with suppress(OSError):
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False


def same_group(descriptor: int, group: int) -> None:
    """With sshd the account reads by its group: that of its folder, when we are allowed to give it."""
    if os.fstat(descriptor).st_gid != group:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, group)
