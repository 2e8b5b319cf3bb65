"""What was made for the answer of a deposit, private to us: `home/answers/<submission id>/`.

Made before the verdict is recorded, so that the transaction knows what it announces; from here it is copied into the
depositor's `retours/` and attached to the mails. Kept a while for mails that wait, and for what a trial had accepted,
which no table holds (a correction kit may complete it).
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.errors import NotFound
from domain.submissions import SUBMISSION_ID
from ingest.faults import retried
from ingest.files import shred_tree, sync_folder

KEPT_DAYS: Final = 30
_SENT: Final = frozenset({".xlsx", ".csv"})
_ACCEPTED: Final = "accepted_{slug}_{period}.arrow"


class AnswerStore:
    """The answers of one home. `Retry` when the disk refuses."""

    def __init__(self, home: Path) -> None:
        self._root = home / "answers"

    def folder(self, submission_id: str) -> Path:
        """Where the files of this deposit's answer are; may not exist. NotFound when it is no deposit's number."""
        if SUBMISSION_ID.fullmatch(submission_id) is None:
            raise NotFound(f"{submission_id!r} is not the number of a deposit")
        return self._root / submission_id

    def files(self, submission_id: str) -> dict[str, Path]:
        """What goes to the depositor, by name."""
        folder = self.folder(submission_id)
        with retried(f"looking for the answer of {submission_id}"):
            if folder.is_symlink() or not folder.is_dir():
                return {}
            return {path.name: path for path in sorted(folder.iterdir()) if path.suffix in _SENT and _is_plain(path)}

    def accepted_rows(self, submission_id: str, slug: str, period: str) -> Path | None:
        """The records that a trial accepted, as an Arrow stream; None when there are none or no longer."""
        path = self.folder(submission_id) / accepted_name(slug, period)
        return path if _is_plain(path) else None

    @contextmanager
    def replacing(self, submission_id: str) -> Iterator[Path]:
        """A folder to make the files in; at the end it takes the place of the former one, whole and synced.

        Nothing made = nothing kept. When it fails, the former one stays.
        """
        final = self.folder(submission_id)
        draft = self._root / f".{submission_id}.{secrets.token_hex(4)}"
        with retried(f"making the answer of {submission_id}"):
            self._clear_drafts(submission_id)
            draft.mkdir(parents=True, mode=0o700)
            try:
                yield draft
                made = sorted(draft.iterdir())
                for path in made:
                    _sync(path)
                _remove(final)
                if made:
                    sync_folder(draft)
                    draft.rename(final)
                    sync_folder(self._root)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def forget(self, submission_id: str) -> None:
        """Remove what was made for a deposit, and what a crash left of it; harmless twice."""
        folder = self.folder(submission_id)
        with retried(f"forgetting the answer of {submission_id}"):
            _remove(folder)
            self._clear_drafts(submission_id)

    def destroy(self, submission_id: str) -> int:
        """Overwrite and remove what was made for a deposit, drafts too; how many files. Harmless twice."""
        folders = (self.folder(submission_id), *self._root.glob(f".{submission_id}.*"))
        with retried(f"destroying the answer of {submission_id}"):
            return sum(shred_tree(folder) for folder in folders)

    def clear_drafts(self) -> None:
        """Remove the drafts that a crash left; for the start, when nothing is being made."""
        with retried("clearing the drafts of answers"):
            self._clear_drafts()

    def _clear_drafts(self, submission_id: str = "") -> None:
        for draft in self._root.glob(f".{submission_id}*"):
            _remove(draft)

    def expire(self, now: datetime, days: int = KEPT_DAYS) -> None:
        """Remove what was made more than `days` before `now` (the real time), and drafts that a crash left."""
        if not self._root.is_dir():
            return
        for folder in self._root.iterdir():
            made_at = datetime.fromtimestamp(folder.lstat().st_mtime, tz=UTC)
            kept = timedelta(days=1) if folder.name.startswith(".") else timedelta(days=days)
            if made_at < now - kept:
                shutil.rmtree(folder, ignore_errors=True)


def accepted_name(slug: str, period: str) -> str:
    """Name of the file that keeps what a trial accepted."""
    return _ACCEPTED.format(slug=slug, period=period.lower())


def _is_plain(path: Path) -> bool:
    """A file, and no link to one elsewhere."""
    return path.is_file() and not path.is_symlink()


def _remove(path: Path) -> None:
    """Take away a folder of ours, or whatever stands in its place; no link is followed."""
    with suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
