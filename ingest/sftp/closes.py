"""The server's own record of each finished upload: the earliest proof of receipt (contract §6).

A record is written before the file becomes visible and is found again by device and inode,
which a rename keeps. An inode can be used again for another file, so size and modification time
must agree too: with this server clients cannot set the modification time.

With OpenSSH the records are made from its log (`openssh_log`): there clients can set the modification time, so the
change time takes its place; and what a client left in the middle has a record too, which says so (`complete`).
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
_LOGGED: Final = -1
"""In the place of a modification time that means nothing."""
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
    complete: bool = True


def closes_folder(inbox: Path) -> Path:
    """Return where the records are kept."""
    return inbox / ".guichet" / "closes"


def record_close(  # noqa: PLR0913  a record is these facts
    inbox: Path,
    found: os.stat_result,
    *,
    account: str,
    folder: str,
    name: str,
    at: datetime,
    logged: bool = False,
    complete: bool = True,
) -> CloseRecord:
    """Record, durably, that the upload with this `stat` was closed by its client at `at`, or cut (not `complete`).

    `logged`: it was read in the log of a server that lets clients set the modification time.
    """
    record = CloseRecord(
        account=account,
        folder=folder,
        name=name,
        size=found.st_size,
        device=found.st_dev,
        inode=found.st_ino,
        modified_ns=_LOGGED if logged else found.st_mtime_ns,
        closed_at=at.astimezone(UTC),
        complete=complete,
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
    then the earlier proof). One that was read in a log stands for what was not touched since.
    """
    record = _read(_path(inbox, found))
    if record is None or not record.complete or not _same_file(record, found):
        return None
    changed_at = datetime.fromtimestamp(found.st_ctime, tz=UTC)
    if record.modified_ns == _LOGGED:
        return record if changed_at <= record.closed_at + _TOLERANCE else None
    same = record.modified_ns == found.st_mtime_ns
    return record if same and record.closed_at <= changed_at + _TOLERANCE else None


def is_cut(inbox: Path, found: os.stat_result) -> bool:
    """Whether the file with this `stat` is what a client left when it vanished in the middle of its upload."""
    record = _read(_path(inbox, found))
    return record is not None and not record.complete and _same_file(record, found)


def _same_file(record: CloseRecord, found: os.stat_result) -> bool:
    return (record.device, record.inode, record.size) == (found.st_dev, found.st_ino, found.st_size)


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
