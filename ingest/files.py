"""Writing files whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content` in one step, synced: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path: Path, value: Any, *, mode: int = 0o600) -> None:
    """Write a JSON document whole."""
    write_whole(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode(), mode=mode)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_CHUNK_BYTES = 1 << 20


def shred(path: Path) -> None:
    """Overwrite a file, sync it, remove it. What the disk itself keeps (snapshots, worn-out blocks) is beyond us."""
    path.chmod(0o600)
    left = path.stat().st_size
    zeros = bytes(min(_CHUNK_BYTES, left))
    with path.open("r+b", buffering=0) as stream:
        while left > 0:
            left -= stream.write(zeros[:left])
        os.fsync(stream.fileno())
    path.unlink()


def shred_tree(folder: Path) -> int:
    """Shred every file below, then remove the folder; how many files. A link goes, what it points at stays."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    shredded = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        shred(path)
        shredded += 1
    shutil.rmtree(folder)
    sync_folder(folder.parent)
    return shredded
