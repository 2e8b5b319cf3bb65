"""Writes the answers into `inbox/<account>/retours/`: whole or not at all, never through a link (contract §6).

Names are ours; a depositor's never becomes a path. What is written is an effect of the ledger, done once: nothing
here makes again what someone deleted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.errors import Park
from domain.submissions import SUBMISSION_ID
from ingest.faults import retried
from ingest.inbox.folders import FILE_FLAGS, move_without_replacing, names_in, opened
from ingest.outgoing import Content, Outgoing, is_folder, own_folder, write, written_at

RECEIPT: Final = "recu.json"
VERDICT: Final = "verdict.json"
REPORT: Final = "rapport.html"
SITUATION: Final = "situation.html"
_RETOURS: Final = "retours"
_OF_ONE_VERDICT: Final = ("annote.", "a_corriger_")
"""What begins so goes when another verdict on the same deposit comes without it."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,80}\.(json|html|xlsx|csv|pdf)")


class Retours:
    """The accounts' `retours/` of one inbox. `Retry` when the disk refuses, `Park` when a folder is not ours."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._outgoing = Outgoing(inbox)

    def write_receipt(self, account: str, submission_id: str, document: Mapping[str, Any]) -> None:
        """Put `recu.json` in the submission's folder (effect `recu`)."""
        self.write_answer(account, submission_id, {RECEIPT: document})

    def write_answer(self, account: str, submission_id: str, files: Mapping[str, Content]) -> None:
        """Put the files in the submission's folder, `verdict.json` last (effect `answer`).

        A script that sees `verdict.json` finds everything else there. A mapping becomes a JSON document, a Path is
        copied. Doing it twice ends in the same state.
        """
        if SUBMISSION_ID.fullmatch(submission_id) is None:
            raise Park(f"{submission_id!r} is not the number of a deposit")
        bad = [name for name in files if _NAME.fullmatch(name) is None]
        if bad:
            raise Park(f"{bad[0]!r} is not a name for an answer's file")
        with (
            retried(f"writing the answer {submission_id} of {account}"),
            self._retours(account) as retours,
            self._outgoing.draft(submission_id, retours) as (outgoing, draft_name, draft),
        ):
            for name, content in files.items():
                write(draft, name, content)
            os.fsync(draft)
            if not self._move_whole(outgoing, draft_name, retours, submission_id):
                self._move_each(draft, sorted(files, key=lambda name: (name == VERDICT, name)), retours, submission_id)
            os.fsync(retours)

    def write_situation(self, account: str, html: str) -> None:
        """Replace `situation.html`: a reader sees the old page or the new one (effect `situation`)."""
        with (
            retried(f"writing the situation of {account}"),
            self._retours(account) as retours,
            self._outgoing.draft("situation", retours) as (_, _, draft),
        ):
            write(draft, SITUATION, html)
            os.rename(SITUATION, SITUATION, src_dir_fd=draft, dst_dir_fd=retours)
            os.fsync(retours)

    def write_own_lines(self, account: str, period: str, tables: Mapping[str, bytes]) -> None:
        """Make `provisoire_<period>_<table>.csv` show the account's own lines of these tables, and of no others."""
        names = {f"provisoire_{period}_{code}.csv": content for code, content in tables.items()}
        mine = re.compile(rf"provisoire_{re.escape(period)}_[A-Za-z0-9]{{1,10}}\.csv")
        with (
            retried(f"writing the provisional lines of {account}"),
            self._retours(account) as retours,
            self._outgoing.draft("provisoire", retours) as (_, _, draft),
        ):
            for name, content in names.items():
                write(draft, name, content)
                os.rename(name, name, src_dir_fd=draft, dst_dir_fd=retours)
            for name in names_in(retours):
                if mine.fullmatch(name) and name not in names:
                    self._outgoing.remove(retours, name)
            os.fsync(retours)

    def expire(
        self,
        now: datetime,
        days: int,
        *,
        days_of: Callable[[str], int | None] = lambda _: None,
    ) -> tuple[str, ...]:
        """Remove the answers written more than `days` before `now`; return their numbers.

        `days_of` gives a submission its own duration (60 for cases), None for the usual one. `now` is the real
        time, never a rehearsed one: an answer's age counts from when it was last written. Drafts that a crash
        left go too. An account that cannot be looked at is left for the next time.
        """
        self._outgoing.sweep(now)
        expired: list[str] = []
        for account in sorted(each.name for each in self._inbox.iterdir() if not each.name.startswith(".")):
            with suppress(OSError), opened(self._inbox, account, _RETOURS) as retours:
                for name in sorted(names_in(retours)):
                    if SUBMISSION_ID.fullmatch(name) is None:
                        continue
                    if written_at(retours, name) < now - timedelta(days=days_of(name) or days):
                        self._outgoing.remove(retours, name)
                        expired.append(name)
        return tuple(expired)

    def destroy(self, account: str, submission_id: str) -> int:
        """Overwrite and remove the answer to a deposit, for retention; how many files. Harmless twice."""
        if SUBMISSION_ID.fullmatch(submission_id) is None:
            raise Park(f"{submission_id!r} is not the number of a deposit")
        with (
            retried(f"destroying the answer {submission_id} of {account}"),
            suppress(FileNotFoundError, NotADirectoryError),
            opened(self._inbox, account, _RETOURS) as retours,
        ):
            return self._outgoing.destroy(retours, submission_id)
        return 0

    def says(self, account: str, submission_id: str) -> str | None:
        """The verdict that the answer to a deposit tells; None when there is no answer to read."""
        with (
            suppress(OSError, ValueError),
            opened(self._inbox, account, _RETOURS, submission_id) as folder,
            os.fdopen(os.open(VERDICT, FILE_FLAGS, dir_fd=folder), "rb") as stream,
        ):
            found = json.load(stream)
            return str(found["verdict"]) if isinstance(found, dict) and "verdict" in found else None
        return None

    def clear_drafts(self) -> None:
        """Remove the drafts that a crash left; for the start, when nothing is being written."""
        self._outgoing.sweep()

    @contextmanager
    def _retours(self, account: str) -> Iterator[int]:
        """The account's `retours/`, made when missing; Park when it, or the account's folder, is not a folder."""
        with self._outgoing.folder(account, _RETOURS) as retours:
            yield retours

    def _move_whole(self, outgoing: int, draft: str, retours: int, submission_id: str) -> bool:
        """The whole folder at once; False when there is one already."""
        return move_without_replacing(draft, outgoing, submission_id, retours)

    def _move_each(self, draft: int, names: list[str], retours: int, submission_id: str) -> None:
        """File by file into the folder that is there; what belonged to the former verdict only is removed."""
        with ExitStack() as stack:
            folder = own_folder(retours, submission_id, f"{_RETOURS}/{submission_id}", stack)
            for name in names_in(folder) if VERDICT in names else ():
                if name.startswith(_OF_ONE_VERDICT) and name not in names:
                    self._outgoing.remove(folder, name)
            for name in names:
                if is_folder(folder, name):
                    self._outgoing.remove(folder, name)
                os.rename(name, name, src_dir_fd=draft, dst_dir_fd=folder)
            os.fsync(folder)
