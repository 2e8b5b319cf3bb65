"""The private copy: what is judged is these bytes, whatever happens to the file they came from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.files import sync_folder

_CHUNK_BYTES: Final = 1 << 20
_ATTEMPTS: Final = 2
ORIGINAL: Final = "original"
_DRAFT: Final = ".original.part"


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateCopy:
    """A synced copy. `state`: size and modification time of the source when the copy began.

    `truncated`: the source is larger than the limit; the copy holds its first limit + 1 bytes, `sha256` is
    theirs, and `size` is the source's.
    """

    path: Path
    size: int
    sha256: str
    truncated: bool
    state: tuple[int, int]


def copy_privately(source: int, folder: Path, limit_bytes: int) -> PrivateCopy:
    """Copy the open file `source` to `folder/original`, hashed, never more than limit + 1 bytes; OSError if we cannot.

    A file that moved while it was copied is copied once more; one that still moves is judged as it was read,
    and what came later is found again when the claim is finished.
    """
    draft, final = folder / _DRAFT, folder / ORIGINAL
    for attempt in range(_ATTEMPTS):
        before = state_of(os.fstat(source))
        copied, digest = _copy_once(source, draft, limit_bytes + 1)
        after = os.fstat(source)
        if before == state_of(after) or attempt + 1 == _ATTEMPTS:
            break
    draft.replace(final)
    sync_folder(folder)
    truncated = copied > limit_bytes
    return PrivateCopy(
        path=final,
        size=max(after.st_size, copied) if truncated else copied,
        sha256=digest,
        truncated=truncated,
        state=before,
    )


def state_of(found: os.stat_result) -> tuple[int, int]:
    """What changes when bytes are written, and not when the file is renamed."""
    return found.st_size, found.st_mtime_ns


def hash_of(source: int, limit_bytes: int) -> str:
    """The hash that `copy_privately` would give to the file as it is now."""
    digest = hashlib.sha256()
    os.lseek(source, 0, os.SEEK_SET)
    left = limit_bytes + 1
    while left and (chunk := os.read(source, min(_CHUNK_BYTES, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _copy_once(source: int, target: Path, most_bytes: int) -> tuple[int, str]:
    digest = hashlib.sha256()
    copied = 0
    os.lseek(source, 0, os.SEEK_SET)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags, 0o600), "wb", buffering=0) as stream:
        while copied < most_bytes and (chunk := os.read(source, min(_CHUNK_BYTES, most_bytes - copied))):
            digest.update(chunk)
            view = memoryview(chunk)
            while view:
                view = view[stream.write(view) :]
            copied += len(chunk)
        os.fsync(stream.fileno())
    return copied, digest.hexdigest()
