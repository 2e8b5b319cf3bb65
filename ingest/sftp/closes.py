"""The server's own record of each finished upload: the earliest proof of receipt (contract §6).

A record is written before the file becomes visible and is found again by device and inode,
which a rename keeps. An inode can be used again for another file, so size and modification time
must agree too: with this server clients cannot set the modification time.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.files import write_whole

_TOLERANCE: Final = timedelta(seconds=2)
_NAME: Final = re.compile(r"[0-9]+-[0-9]+\.json")


@dataclass(frozen=True, kw_only=True)
class CloseRecord:
    """One finished upload. `name` is decoded with surrogateescape, `folder` may hold a `/`."""

    account: str
    folder: str
    name: str
    size: int
    device: int
    inode: int
    modified_ns: int
    closed_at: datetime


def closes_folder(inbox: Path) -> Path:
    """Return where the records are kept."""
    return inbox / ".guichet" / "closes"


def record_close(  # noqa: PLR0913  a record is these facts
    inbox: Path, found: os.stat_result, *, account: str, folder: str, name: str, at: datetime
) -> CloseRecord:
    """Record, durably, that the upload with this `stat` was closed by its client at `at`."""
    record = CloseRecord(
        account=account,
        folder=folder,
        name=name,
        size=found.st_size,
        device=found.st_dev,
        inode=found.st_ino,
        modified_ns=found.st_mtime_ns,
        closed_at=at.astimezone(UTC),
    )
    path = _path(inbox, found)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    row = {**record.__dict__, "closed_at": record.closed_at.isoformat(timespec="microseconds")}
    write_whole(path, json.dumps(row).encode())
    return record


def find_close(inbox: Path, found: os.stat_result) -> CloseRecord | None:
    """Return the record of the file with this `stat`, read before anything touched the file.

    None when there is no record, or when it tells of a former file that had the same inode, or
    when it is later than the file's own change time (a clock that jumped: the kernel's time is
    then the earlier proof).
    """
    record = _read(_path(inbox, found))
    if record is None:
        return None
    same = (record.device, record.inode, record.size, record.modified_ns) == (
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
    )
    changed_at = datetime.fromtimestamp(found.st_ctime, tz=UTC)
    return record if same and record.closed_at <= changed_at + _TOLERANCE else None


def drop_close(inbox: Path, found: os.stat_result) -> None:
    """Forget the record of the file with this `stat`: claimed, removed or overwritten."""
    _path(inbox, found).unlink(missing_ok=True)


def sweep_closes(inbox: Path, *, before: datetime) -> int:
    """Remove the records closed before that instant, and damaged ones; return how many."""
    swept = 0
    folder = closes_folder(inbox)
    if not folder.is_dir():
        return 0
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name) is None:
            continue
        record = _read(path)
        if record is None or record.closed_at < before:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _path(inbox: Path, found: os.stat_result) -> Path:
    return closes_folder(inbox) / f"{found.st_dev}-{found.st_ino}.json"


def _read(path: Path) -> CloseRecord | None:
    try:
        row = json.loads(path.read_bytes())
        closed_at = datetime.fromisoformat(row.pop("closed_at"))
        record = CloseRecord(**row, closed_at=closed_at)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return record if closed_at.tzinfo is not None else None
