"""Files of the home, into a backup and out of it: hashed while they are copied, private, never through a link."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from ingest.backing_up.format import CHUNK_BYTES, FOLDERS, LOOSE, FileLine

_READING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_LINKS: Final = "releases"
"""The only folder with links of ours in it (`current`)."""


def files_of(home: Path) -> Iterator[Path]:
    """What a backup holds of the home, in order; drafts and locks are not part of it."""
    for name in FOLDERS:
        yield from _walk(home / name)
    for name in LOOSE:
        if (home / name).is_file():
            yield home / name


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except (FileNotFoundError, NotADirectoryError):
        return  # nothing was ever there, or it was destroyed while we looked
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith(".lock"):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            yield Path(entry.path)


def size_of(home: Path) -> int:
    """Bytes of all of it."""
    total = 0
    for path in files_of(home):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size
    return total


def copy_out(home: Path, path: Path, into: Path) -> FileLine | None:
    """Copy one file of the home below `into`; None when it has gone meanwhile, or is nothing of ours."""
    name = str(path.relative_to(home))
    try:
        if path.is_symlink():
            target = str(path.readlink())
            return FileLine(path=name, target=target) if name.startswith(f"{_LINKS}/") and "/" not in target else None
        source = os.open(path, _READING)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode):
            return None
        target_path = into / name
        _make_private(target_path.parent)
        size, digest = copy_open(source, target_path, 0o600)
    finally:
        os.close(source)
    return FileLine(path=name, size=size, sha256=digest, mode=found.st_mode & 0o700)


def copy_in(backup_home: Path, line: FileLine, home: Path) -> str:
    """Copy one file of a backup into the home; the hash of what was written. What lay there is replaced."""
    target = home / line.path
    _make_private(target.parent)
    if line.target is not None:
        target.unlink(missing_ok=True)
        target.symlink_to(line.target, target_is_directory=True)
        return line.sha256
    source = os.open(backup_home / line.path, _READING)
    try:
        target.unlink(missing_ok=True)
        return copy_open(source, target, line.mode & 0o700)[1]
    finally:
        os.close(source)


def _make_private(folder: Path) -> None:
    """Make a folder and those above it, each ours alone: `parents=True` would leave them to the umask."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def copy_open(source: int, target: Path, mode: int) -> tuple[int, str]:
    """Copy what is open into a new file of that mode; (size, SHA-256)."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, _WRITING, mode | 0o200)
    try:
        while chunk := os.read(source, CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
    return size, digest.hexdigest()


def destroy_copy(path: Path) -> None:
    """Overwrite, then remove, the copy of what was destroyed while the backup was being made."""
    with suppress(FileNotFoundError), path.open("r+b", buffering=0) as stream:
        left = os.fstat(stream.fileno()).st_size
        while left > 0:
            left -= stream.write(bytes(min(left, CHUNK_BYTES)))
        os.fsync(stream.fileno())
    path.unlink(missing_ok=True)


def remove(folder: Path, say: Callable[[str], None] = lambda _line: None) -> None:
    """Remove a draft, or what a restore that was cut short has left."""
    if folder.is_dir() and not folder.is_symlink():
        say(f"removing {folder}, left by one that was cut short")
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
