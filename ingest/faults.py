"""What the machine refuses us while a file is in hand becomes `Retry`, said so that someone can act on it."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from domain.errors import Retry

RESERVE_BYTES: Final = 10_000_000
"""Left free for the ledger: a full disk must not stop it from telling so."""
_MOST_PLACES: Final = 6
_ADVICE: Final = {
    errno.ENOSPC: "the disk is full: make room and it goes on by itself",
    errno.EDQUOT: "the disk quota is used up: make room and it goes on by itself",
    errno.EROFS: "the file system is read-only: mount it for writing",
    errno.EIO: "the disk failed: check it; nothing that was not confirmed is believed",
    errno.EACCES: "permission denied: the service's user must be able to read, write and rename there",
    errno.EPERM: "permission denied: the service's user must be able to read, write and rename there",
    errno.EXDEV: "it is on another file system than inbox/.guichet: keep both on the same one",
    errno.EMFILE: "too many open files: raise the limit of the service",
    errno.ENFILE: "too many open files: raise the limit of the machine",
    errno.ESTALE: "the network file system lost it: check the mount",
}


@contextmanager
def retried(doing: str) -> Iterator[None]:
    """Turn an OSError met while `doing` (an English gerund with its object) into Retry."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, error.strerror or str(error))
        raise Retry(f"{doing}: {advice}") from error


def need_room(folder: Path, size_bytes: int) -> None:
    """Raise Retry, before anything is touched, unless `folder` has room for the bytes and the reserve."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if free < size_bytes + RESERVE_BYTES:
        raise Retry(
            f"the disk of {folder} has {free:,} bytes free and {size_bytes + RESERVE_BYTES:,} are needed: "
            "make room and it goes on by itself",
        )
    if found.f_files and not found.f_favail:
        raise Retry(f"the disk of {folder} has no inode left: remove files and it goes on by itself")


def places_of(error: BaseException) -> str:
    """Where an accident came from, for a log that must quote nothing of a file: functions and lines, no words."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)[-_MOST_PLACES:]
        chain.append(" > ".join((*(f"{frame.name}:{frame.lineno}" for frame in frames), type(current).__name__)))
        current = current.__cause__ or current.__context__
    return " < ".join(chain)
