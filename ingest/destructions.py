"""`home/destructions.jsonl`: every destruction, outside the database, so that a restore can apply the later ones.

One line a destruction, appended and synced before anything is destroyed. Names, hashes and instants only.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from domain.retention import Rule
from domain.submissions import SUBMISSION_ID
from ingest.faults import retried
from ingest.files import sync_folder

FILE: Final = "destructions.jsonl"
_MODE: Final = 0o600


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One destruction: of the file and what was made of it, or of the table at `place` in the deposit."""

    submission: str
    sha256: str
    account: str
    rule: Rule
    at: datetime
    place: int | None = None
    collection: str | None = None
    period: str | None = None
    exercice: int | None = None

    def as_bytes(self) -> bytes:
        """One line of JSON."""
        row = {**asdict(self), "rule": self.rule.value, "at": self.at.isoformat()}
        return (json.dumps(row, ensure_ascii=False) + "\n").encode()

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read back; None for what is no such line (a crash may leave half of one)."""
        try:
            row: dict[str, Any] = json.loads(text)
            values = {**row, "rule": Rule(row["rule"]), "at": datetime.fromisoformat(row["at"])}
            line = cls(**values)
        except (ValueError, TypeError, KeyError):
            return None
        return line if SUBMISSION_ID.fullmatch(line.submission) and line.at.tzinfo is not None else None


class Destructions:
    """The file of one home. `Retry` when the disk refuses."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def add(self, lines: Sequence[Line]) -> None:
        """Append and sync those that are not there: what a crash cut short is said again by who takes it up."""
        if not lines:
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        with retried(f"writing {self.path}"):
            fresh = not self.path.exists()
            descriptor = os.open(self.path, flags, _MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                known = set(_content(descriptor).splitlines(keepends=True))
                block = b"".join(one for one in dict.fromkeys(line.as_bytes() for line in lines) if one not in known)
                os.write(descriptor, (b"\n" if block and _cut(descriptor) else b"") + block)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if fresh:
                sync_folder(self.path.parent)

    def read(self, since: datetime | None = None) -> tuple[Line, ...]:
        """Those of `since` and later, in their order; none when there is no file."""
        try:
            with retried(f"reading {self.path}"):
                found = self.path.read_text("utf-8", "replace").splitlines() if self.path.exists() else []
        except FileNotFoundError:
            found = []
        lines = (Line.read(text) for text in found)
        return tuple(line for line in lines if line is not None and (since is None or line.at >= since))


def merge(home: Path, lines: Iterable[Line]) -> int:
    """Add those that the home does not know; how many. For a restore, which brings the older file of its backup."""
    kept = Destructions(home)
    known = set(kept.read())
    new = [line for line in dict.fromkeys(lines) if line not in known]
    kept.add(new)
    return len(new)


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _cut(descriptor: int) -> bool:
    """Whether a crash left half a line at the end."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
