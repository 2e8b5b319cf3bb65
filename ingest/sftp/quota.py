"""How much an account holds in the places where it writes: bytes and files (contract §12)."""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.sftp import texts
from ingest.sftp.config import SftpLimits
from ingest.sftp.staging import staging_folder

_COUNTED: Final = ("depot", "essai")
_FRESH_SECONDS: Final = 1.0


class OverLimitError(Exception):
    """A bound of the account is reached; the message is for the depositor."""


@dataclass
class _Measure:
    size: int = 0
    files: int = 0


class Usage:
    """The running account of one depositor; measured from the disk, then kept up by growth."""

    def __init__(self, inbox: Path, account: str, limits: SftpLimits) -> None:
        """Measure nothing yet: the first `refresh` does."""
        self._folders = [inbox / account / name for name in _COUNTED]
        self._folders += [staging_folder(inbox, account, name) for name in _COUNTED]
        self._limits = limits
        self._measure = _Measure()
        self._measured = float("-inf")

    @property
    def size(self) -> int:
        """Bytes held, as last known."""
        return self._measure.size

    def refresh(self, *, now: bool = False) -> None:
        """Measure again, unless that was done within the last second (`now`: in any case)."""
        if not now and time.monotonic() - self._measured < _FRESH_SECONDS:
            return
        measure = _Measure()
        for folder in self._folders:
            _add(measure, os.fsencode(folder), depth=1)
        self._measure = measure
        self._measured = time.monotonic()

    def admit_file(self) -> None:
        """Count one more file; `OverLimitError` when there are too many."""
        self.refresh()
        if self._measure.files >= self._limits.max_files:
            self.refresh(now=True)
        if self._measure.files >= self._limits.max_files:
            raise OverLimitError(texts.too_many_files(self._limits.max_files))
        self._measure.files += 1

    def grow(self, growth: int) -> None:
        """Count `growth` more bytes (negative: fewer); `OverLimitError` past the quota."""
        if growth > 0 and self._measure.size + growth > self._limits.quota_bytes:
            self.refresh(now=True)
            if self._measure.size + growth > self._limits.quota_bytes:
                raise OverLimitError(texts.quota_full(self._limits.quota_bytes))
        self._measure.size += growth


def _add(measure: _Measure, folder: bytes, *, depth: int) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                found = entry.stat(follow_symlinks=False)
                measure.files += 1
                if stat.S_ISREG(found.st_mode):
                    measure.size += found.st_size
                elif stat.S_ISDIR(found.st_mode) and depth:
                    _add(measure, os.fsencode(entry.path), depth=depth - 1)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
