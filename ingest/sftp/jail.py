"""Paths of one account: resolved below its folder, one component at a time, never by a link.

A lexical chroot is not enough: a link planted inside, or moved, leads outside (design notes,
asyncssh trap 1). Here every component is opened under its parent's descriptor with O_NOFOLLOW,
so that no link is followed, whenever it was made.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WRITABLE: Final = (b"depot", b"essai")
READABLE: Final = (b"depot", b"essai", b"retours", b"diffusion")
_DEEPEST: Final = 12
_FOLDER_FLAGS: Final = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Place:
    """A path as the client sees it, `/` being the account's folder."""

    parts: tuple[bytes, ...]

    @property
    def shown(self) -> bytes:
        """The absolute path that the client is told."""
        return b"/" + b"/".join(self.parts)

    @property
    def name(self) -> bytes:
        """The last component; empty for `/`."""
        return self.parts[-1] if self.parts else b""

    @property
    def folder(self) -> bytes:
        """The first component: `depot`, `essai`, `retours` or `diffusion`."""
        return self.parts[0] if self.parts else b""

    @property
    def below_folder(self) -> bytes:
        """The path below the first component."""
        return b"/".join(self.parts[1:])

    @property
    def writable(self) -> bool:
        """Whether it is, or lies in, `depot/` or `essai/`."""
        return self.folder in WRITABLE


def place_of(path: bytes) -> Place:
    """Read a client's path; `..` stops at the account's folder. OSError for impossible ones."""
    if b"\0" in path:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    parts = tuple(part for part in posixpath.normpath(b"/" + path).split(b"/") if part)
    if len(parts) > _DEEPEST:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return Place(parts=parts)


def _check_known(parts: tuple[bytes, ...]) -> None:
    if parts and parts[0] not in READABLE:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))


class Jail:
    """The account's folder; nothing outside it can be named."""

    def __init__(self, inbox: Path, account: str) -> None:
        """`inbox` is ours and trusted; everything below it is not."""
        self._root = os.fsencode(inbox / account)

    @contextmanager
    def folder(self, parts: tuple[bytes, ...]) -> Iterator[int]:
        """Open the folder named by `parts`; OSError when a component is missing or a link."""
        _check_known(parts)
        descriptor = os.open(self._root, os.O_RDONLY | _FOLDER_FLAGS)
        try:
            for part in parts:
                below = os.open(part, os.O_RDONLY | _FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def stat(self, place: Place) -> os.stat_result:
        """Describe a regular file or a folder; links and devices do not exist for clients."""
        if not place.parts:
            with self.folder(()) as descriptor:
                return os.fstat(descriptor)
        _check_known(place.parts)
        with self.folder(place.parts[:-1]) as parent:
            result = os.stat(place.name, dir_fd=parent, follow_symlinks=False)
        if not (stat.S_ISREG(result.st_mode) or stat.S_ISDIR(result.st_mode)):
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return result

    def visible(self, place: Place) -> os.stat_result | None:
        """Describe the regular file at `place`; None when there is none."""
        try:
            result = self.stat(place)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return None
            raise
        return result if stat.S_ISREG(result.st_mode) else None

    def open_for_reading(self, place: Place) -> int:
        """Open a regular file; in the writable folders one that nobody else holds by a link."""
        _check_known(place.parts)
        with self.folder(place.parts[:-1]) as parent:
            descriptor = os.open(place.name, _FILE_FLAGS, dir_fd=parent)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or (place.writable and found.st_nlink != 1):
            os.close(descriptor)
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return descriptor

    def entries(self, place: Place) -> list[tuple[bytes, os.stat_result]]:
        """List a folder: its regular files and folders, in the order of their names."""
        found: list[tuple[bytes, os.stat_result]] = []
        with self.folder(place.parts) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                if not place.parts and name not in READABLE:
                    continue
                try:
                    result = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # taken by the watcher between the listing and the look
                if stat.S_ISREG(result.st_mode) or stat.S_ISDIR(result.st_mode):
                    found.append((name, result))
        return sorted(found, key=lambda each: each[0])
