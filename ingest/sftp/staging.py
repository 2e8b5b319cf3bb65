"""Where uploads grow before they are deposits: `inbox/.guichet/staging/<account>/…/NAME.part`.

Same file system as the inbox (the last step is a rename), outside every account.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ingest.sftp.names import target_of

_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PART_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITING_MODE: Final = 0o640
_SETTLED_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_PLACES: Final = ("depot", "essai")


@dataclass(frozen=True, kw_only=True)
class UnfinishedUpload:
    """A transfer whose client never closed it; `changed_at` is the last byte's arrival."""

    account: str
    folder: str
    name: bytes
    """Below the folder; a name over some 200 bytes comes cut."""
    size: int
    changed_at: datetime
    path: Path


def staging_root(inbox: Path) -> Path:
    """Return the folder that holds every account's unfinished transfers."""
    return inbox / ".guichet" / "staging"


def staging_folder(inbox: Path, account: str, folder: str) -> Path:
    """Return where the transfers to `folder` (`depot`, `essai`) of the account grow."""
    return staging_root(inbox) / account / folder


def unfinished_uploads(inbox: Path) -> tuple[UnfinishedUpload, ...]:
    """List every transfer that is under way or was left: the watcher tells the two by age."""
    found: list[UnfinishedUpload] = []
    root = staging_root(inbox)
    if not root.is_dir():
        return ()
    for account in sorted(each for each in root.iterdir() if each.is_dir()):
        for folder in _PLACES:
            found.extend(_unfinished(account / folder, account.name, folder))
    return tuple(found)


def _unfinished(where: Path, account: str, folder: str) -> Iterator[UnfinishedUpload]:
    if not where.is_dir():
        return
    for path in sorted(where.iterdir()):
        name = target_of(path.name)
        if name is None:
            continue
        with suppress(FileNotFoundError):  # finished meanwhile
            result = path.lstat()
            yield UnfinishedUpload(
                account=account,
                folder=folder,
                name=name,
                size=result.st_size,
                changed_at=datetime.fromtimestamp(result.st_mtime, tz=UTC),
                path=path,
            )


def sweep_unfinished(inbox: Path, *, before: datetime) -> int:
    """Remove the transfers that have not grown since `before`; return how many."""
    swept = 0
    for upload in unfinished_uploads(inbox):
        if upload.changed_at < before:
            upload.path.unlink(missing_ok=True)
            swept += 1
    return swept


def is_settled(found: os.stat_result) -> bool:
    """Whether the part was left in good order; one that was being written is `0640`."""
    return stat.S_IMODE(found.st_mode) == _SETTLED_MODE


def mark_settled(descriptor: int) -> None:
    """Say that what the part holds can be resumed from."""
    os.fchmod(descriptor, _SETTLED_MODE)


def mark_writing(descriptor: int) -> None:
    """Say that the part is being written; also the mode that the finished deposit keeps."""
    os.fchmod(descriptor, _WRITING_MODE)


class StagingArea:
    """The parts of one account's folder, reached by descriptor."""

    def __init__(self, inbox: Path, account: str, folder: str) -> None:
        """Nothing is made before the first upload."""
        self._path = staging_folder(inbox, account, folder)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Open the staging folder, made when missing."""
        try:
            descriptor = os.open(self._path, _FOLDER_FLAGS)
        except FileNotFoundError:
            for folder in (*reversed(self._path.parents[:3]), self._path):
                folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            descriptor = os.open(self._path, _FOLDER_FLAGS)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def describe(self, part: str) -> os.stat_result | None:
        """Describe a part; None when there is none."""
        try:
            result = (self._path / part).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return result if stat.S_ISREG(result.st_mode) else None

    def open(self, part: str) -> int:
        """Open a part for writing, keeping what it holds; made when missing."""
        with self.opened() as folder:
            return os.open(part, _PART_FLAGS, _WRITING_MODE, dir_fd=folder)

    def discard(self, part: str) -> None:
        """Remove a part, if there."""
        with suppress(FileNotFoundError):
            (self._path / part).unlink()

    def keep_as(self, part: str, name: str) -> None:
        """Give a part another name, over any part that has it."""
        with self.opened() as folder:
            os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
