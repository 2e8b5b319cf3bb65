"""`home/releases/<period>/<edition>/`: each edition whole or not at all; `current` names the last one (contract §10).

Everything may be done again after a crash at any point: a folder is drafted under a hidden name, synced, then renamed;
the link is replaced in one step.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.errors import Retry
from ingest.files import sync_folder

MANIFEST: Final = "manifest.json"
CHANGES: Final = "changes.json"
CURRENT: Final = "current"
_DRAFT: Final = ".draft-"
_FORMER: Final = ".former-"
_AN_HOUR: Final = timedelta(hours=1)
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST})


class ReleaseStore:
    """The folders of editions. Nobody else writes there."""

    def __init__(self, home: Path) -> None:
        self.root = home / "releases"

    def folder(self, period: str, name: str) -> Path:
        """Where an edition lies, or will."""
        return self.root / period / name

    def names(self, period: str, name: str) -> tuple[str, ...]:
        """The files of an edition, in order; none when it is not there."""
        folder = self.folder(period, name)
        return tuple(sorted(one.name for one in folder.iterdir())) if folder.is_dir() else ()

    def read(self, period: str, name: str, file: str) -> bytes | None:
        """The bytes of a file; None when it is not there."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return (self.folder(period, name) / file).read_bytes()
        return None

    def manifest(self, period: str, name: str) -> Mapping[str, Any] | None:
        """The manifest of an edition; None when it is not there, or is not what we wrote."""
        content = self.read(period, name, MANIFEST)
        with suppress(ValueError):
            found = None if content is None else json.loads(content)
            return found if isinstance(found, dict) else None
        return None

    def same(self, period: str, name: str, files: Mapping[str, bytes]) -> bool:
        """Whether the edition is there with exactly these files."""
        names = self.names(period, name)
        return names == tuple(sorted(files)) and all(self.read(period, name, one) == files[one] for one in names)

    def write(self, period: str, name: str, files: Mapping[str, bytes]) -> None:
        """Put an edition there, whole; what lies there already and differs is replaced. Retry when the disk refuses."""
        if self.same(period, name, files):
            return
        folder = self.folder(period, name)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder.with_name(f"{_DRAFT}{name}-{secrets.token_hex(4)}")
        try:
            _draft(draft, files)
            self._place(draft, folder, files)
        except OSError as error:
            raise Retry(f"the edition {period}/{name} cannot be written: {error.strerror}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync_folder(folder.parent)
        sync_folder(self.root)

    def _place(self, draft: Path, folder: Path, files: Mapping[str, bytes]) -> None:
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            if self.same(folder.parent.name, folder.name, files):
                return  # another process made the same edition meanwhile
            former = folder.with_name(f"{_FORMER}{folder.name}-{secrets.token_hex(4)}")
            folder.rename(former)
            draft.rename(folder)
            shutil.rmtree(former, ignore_errors=True)

    def current(self, period: str) -> str | None:
        """The edition that `current` names."""
        with suppress(OSError):
            return str((self.root / period / CURRENT).readlink())
        return None

    def point(self, period: str, name: str | None) -> None:
        """Make `current` name that edition, in one step; None: there is none any more.

        An edition whose folder somebody took away is not named: `rebuild` makes it again.
        """
        link = self.root / period / CURRENT
        if self.current(period) == name or (name is not None and not self.folder(period, name).is_dir()):
            return
        if name is None:
            link.unlink(missing_ok=True)
            return
        draft = link.with_name(f"{_DRAFT}{CURRENT}-{secrets.token_hex(4)}")
        try:
            draft.symlink_to(name, target_is_directory=True)
            draft.replace(link)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise Retry(f"the link {period}/{CURRENT} cannot be written: {error.strerror}") from error
        sync_folder(link.parent)

    def clear_drafts(self, now: datetime) -> None:
        """Remove what a crash left half way; `now` is real time: what is young may be another process's work."""
        for pattern in (f"*/{_DRAFT}*", f"*/{_FORMER}*"):
            for left in self.root.glob(pattern):
                if left.lstat().st_mtime > (now - _AN_HOUR).timestamp():
                    continue
                if left.is_symlink():
                    left.unlink(missing_ok=True)
                else:
                    shutil.rmtree(left, ignore_errors=True)


def _draft(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    sync_folder(folder)
