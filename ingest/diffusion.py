"""Writes what is handed out into `inbox/<account>/diffusion/`: templates, guide, follow-up, tables (contract §6).

A file appears whole or not at all, never through a link, and is not touched while its bytes are the same, so that
nobody is told of a change that is none. What is no longer wanted goes in one step. Like the answers, what was written
is not made again when someone deletes it: the effect was done.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Park
from ingest.faults import retried
from ingest.inbox.folders import FILE_FLAGS, names_in
from ingest.outgoing import Outgoing, is_folder, write

DIFFUSION: Final = "diffusion"
TEMPLATES: Final = ("modeles",)
GUIDE: Final = ("guide",)
SUIVI: Final = ("suivi",)
_FOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\.(json|html|xlsx|csv|pdf|css)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What one writing changed, by file name."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Diffusion:
    """The accounts' `diffusion/` of one inbox. `Retry` when the disk refuses, `Park` when a folder is not ours."""

    def __init__(self, inbox: Path) -> None:
        self._outgoing = Outgoing(inbox)

    def write(
        self, account: str, folder: tuple[str, ...], files: Mapping[str, bytes], *, exactly: bool = False
    ) -> Placed:
        """Make `diffusion/<folder>` of the account hold these files; with `exactly`, no other file of ours.

        Doing it twice changes nothing the second time.
        """
        for name in (*folder, *files):
            if (_NAME if name in files else _FOLDER).fullmatch(name) is None:
                raise Park(f"{name!r} is not a name for what is handed out")
        with (
            retried(f"writing {'/'.join(folder)} of {account}"),
            self._outgoing.folder(account, DIFFUSION, *folder) as target,
        ):
            changed = [name for name, content in files.items() if not _holds(target, name, content)]
            if changed:
                self._replace(target, {name: files[name] for name in changed})
            removed = [
                name for name in sorted(names_in(target)) if exactly and name not in files and _NAME.fullmatch(name)
            ]
            for name in removed:
                self._outgoing.remove(target, name)
            if changed or removed:
                os.fsync(target)
        return Placed(written=tuple(changed), removed=tuple(removed))

    def _replace(self, target: int, files: Mapping[str, bytes]) -> None:
        """All are drafted before the first one shows."""
        with self._outgoing.draft("diffusion", target) as (_, _, draft):
            for name, content in files.items():
                write(draft, name, content)
            for name in files:
                if is_folder(target, name):
                    self._outgoing.remove(target, name)
                os.rename(name, name, src_dir_fd=draft, dst_dir_fd=target)


def _holds(folder: int, name: str, content: bytes) -> bool:
    """Whether the folder has a plain file of that name with those bytes."""
    with suppress(OSError):
        descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as stream:
            about = os.fstat(descriptor)
            if stat.S_ISREG(about.st_mode) and about.st_size == len(content):
                return hashlib.file_digest(stream, "sha256").digest() == hashlib.sha256(content).digest()
    return False
