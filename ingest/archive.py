"""The originals as received, one folder a submission, the verdict beside it (house: evidence is immutable).

`home/archive/<yyyy>/<mm>/<submission id>/original.<ext>`, `verdict.json`, `deposit.json` (the depositor's name for
the file, as bytes). Year and month are those of the number, so that a deposit is found without the ledger.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from domain.errors import NotFound
from domain.submissions import SUBMISSION_ID
from ingest.faults import retried
from ingest.files import shred_tree, sync_folder, write_json

_ENDINGS: Final = frozenset({"csv", "txt", "tsv", "xlsx", "xlsm", "xls", "xlsb", "ods", "pdf", "doc", "docx", "zip"})
_UNKNOWN_ENDING: Final = "bin"
_ORIGINAL: Final = "original"
_DEPOSIT: Final = "deposit.json"
_VERDICT: Final = "verdict.json"
_ENDING: Final = re.compile(r"\.([A-Za-z0-9]{1,5})\Z")
_READ_ONLY: Final = 0o400


class Archive:
    """The archive and the spool of one home. Raises `Retry` when the disk refuses."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._spool = home / "spool"

    def store(self, submission_id: str, name: str, verdict: Mapping[str, Any]) -> Path:
        """Move the original from the spool into the archive with its verdict; return its path below `home`.

        Idempotent: a second call, after a crash at any step, ends in the same state. `name` is the depositor's,
        only its ending is used, from a known list. NotFound when the bytes are neither here nor there.
        """
        folder = self._folder(submission_id)
        spooled = self._spool / submission_id / _ORIGINAL
        with retried(f"archiving {submission_id}"):
            self._make(folder)
            if spooled.exists():
                spooled.chmod(_READ_ONLY)
                with suppress(FileNotFoundError):
                    (spooled.parent / _DEPOSIT).replace(folder / _DEPOSIT)
                spooled.replace(folder / f"{_ORIGINAL}.{ending_of(name)}")
                sync_folder(folder)  # the spool's own folder goes below: only where the bytes are now must last
            original = self.find(submission_id)
            if original is None:
                raise NotFound(f"the original of {submission_id} is neither in the spool nor in the archive")
            write_json(folder / _VERDICT, dict(verdict), mode=_READ_ONLY)
            self.clear_spool(submission_id)
        return original.relative_to(self._home)

    def original(self, submission_id: str) -> Path:
        """Where the bytes are now: in the spool until they are archived, then in the archive. NotFound when neither."""
        spooled = self._spool / _checked(submission_id) / _ORIGINAL
        found = spooled if spooled.exists() else self.find(submission_id)
        if found is None:
            raise NotFound(f"the bytes of {submission_id} are no longer kept (destroyed, or past their retention)")
        return found

    def find(self, submission_id: str) -> Path | None:
        """The archived original, for `replay`; None when there is none (never archived, or destroyed)."""
        if SUBMISSION_ID.fullmatch(submission_id) is None:
            return None
        return next(iter(sorted(self._folder(submission_id).glob(f"{_ORIGINAL}.*"))), None)

    def holds(self, submission_id: str) -> bool:
        """Whether that number is used already."""
        return self._folder(submission_id).exists()

    def clear_spool(self, submission_id: str) -> None:
        """Remove what judging left in the spool; harmless twice."""
        with retried(f"clearing the spool of {submission_id}"), suppress(FileNotFoundError):
            shutil.rmtree(self._spool / _checked(submission_id))

    def destroy(self, submission_id: str) -> int:
        """Destroy the bytes wherever we have them (spool, archive); return how many files.

        For what breaks anonymity (G-12) and for retention. Every file is overwritten, synced, then removed: what
        the disk itself keeps (snapshots, worn-out blocks, the inbox's own freed blocks) is beyond us and is said in
        the runbook. Idempotent.
        """
        with retried(f"destroying {submission_id}"):
            folders = (self._spool / _checked(submission_id), self._folder(submission_id))
            return sum(shred_tree(folder) for folder in folders)

    def sweep_spool(self, in_work: Callable[[str], bool]) -> tuple[str, ...]:
        """Remove the spool folders of archived deposits that a crash left; `in_work`: not done with yet."""
        swept: list[str] = []
        for folder in sorted(self._spool.iterdir()) if self._spool.exists() else ():
            name = folder.name
            if SUBMISSION_ID.fullmatch(name) and self.find(name) is not None and not in_work(name):
                self.clear_spool(name)
                swept.append(name)
        return tuple(swept)

    def _folder(self, submission_id: str) -> Path:
        checked = _checked(submission_id)
        return self._home / "archive" / checked[:4] / checked[4:6] / checked

    def _make(self, folder: Path) -> None:
        for each in (folder.parents[2], folder.parents[1], folder.parents[0], folder):
            if not each.exists():
                each.mkdir(mode=0o700, exist_ok=True)
                sync_folder(each.parent)


def ending_of(name: str) -> str:
    """A file ending from a known list, never the depositor's own words."""
    match = _ENDING.search(name)
    ending = match[1].lower() if match else ""
    return ending if ending in _ENDINGS else _UNKNOWN_ENDING


def _checked(submission_id: str) -> str:
    """The number itself when it is one: it names a folder; NotFound otherwise."""
    if SUBMISSION_ID.fullmatch(submission_id) is None:
        raise NotFound(f"{submission_id!r} is not the number of a deposit (such as 20050418-101502-7f3a9c)")
    return submission_id
