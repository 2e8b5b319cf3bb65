"""Writes the answers into `inbox/<account>/retours/`: whole or not at all, never through a link (contract §6).

Everything is drafted in `inbox/.guichet/outgoing/`, on the same file system and outside every account, then moved in
one step. Names are ours; a depositor's never becomes a path. What is written is an effect of the ledger, done once:
nothing here makes again what someone deleted.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from domain.errors import Park
from domain.submissions import SUBMISSION_ID
from ingest.faults import retried
from ingest.inbox.folders import FOLDER_FLAGS, move_without_replacing, names_in, opened

RECEIPT: Final = "recu.json"
VERDICT: Final = "verdict.json"
SITUATION: Final = "situation.html"
_RETOURS: Final = "retours"
_OURS: Final = ".guichet"
_OUTGOING: Final = "outgoing"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,80}\.(json|html|xlsx|csv|pdf)")
_FILE_MODE: Final = 0o440
_FOLDER_MODE: Final = 0o750
_DRAFT_DAYS: Final = 1
_NOT_A_FOLDER: Final = frozenset({errno.ELOOP, errno.ENOTDIR})

Content = bytes | str | Path | Mapping[str, Any]


class Retours:
    """The accounts' `retours/` of one inbox. `Retry` when the disk refuses, `Park` when a folder is not ours."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox

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
            self._draft(submission_id, retours) as (outgoing, draft_name, draft),
        ):
            for name, content in files.items():
                _write(draft, name, content)
            os.fsync(draft)
            if not self._move_whole(outgoing, draft_name, retours, submission_id):
                self._move_each(draft, sorted(files, key=lambda name: (name == VERDICT, name)), retours, submission_id)
            os.fsync(retours)

    def write_situation(self, account: str, html: str) -> None:
        """Replace `situation.html`: a reader sees the old page or the new one (effect `situation`)."""
        with (
            retried(f"writing the situation of {account}"),
            self._retours(account) as retours,
            self._draft("situation", retours) as (_, _, draft),
        ):
            _write(draft, SITUATION, html)
            os.rename(SITUATION, SITUATION, src_dir_fd=draft, dst_dir_fd=retours)
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
        self._sweep_drafts(now)
        expired: list[str] = []
        for account in sorted(each.name for each in self._inbox.iterdir() if not each.name.startswith(".")):
            with suppress(OSError), opened(self._inbox, account, _RETOURS) as retours:
                for name in sorted(names_in(retours)):
                    if SUBMISSION_ID.fullmatch(name) is None:
                        continue
                    if _written_at(retours, name) < now - timedelta(days=days_of(name) or days):
                        self._remove(retours, name)
                        expired.append(name)
        return tuple(expired)

    def _remove(self, retours: int, name: str) -> None:
        """Out of sight in one step, then file by file."""
        with opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            gone = f"expired.{name}.{secrets.token_hex(4)}"
            os.rename(name, gone, src_dir_fd=retours, dst_dir_fd=outgoing)
            shutil.rmtree(gone, dir_fd=outgoing)

    def _sweep_drafts(self, now: datetime) -> None:
        with suppress(OSError), opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            for name in names_in(outgoing):
                if _written_at(outgoing, name) < now - timedelta(days=_DRAFT_DAYS):
                    with suppress(OSError):
                        shutil.rmtree(name, dir_fd=outgoing)

    @contextmanager
    def _retours(self, account: str) -> Iterator[int]:
        """The account's `retours/`, made when missing; Park when it, or the account's folder, is not a folder."""
        with ExitStack() as stack:
            inbox = stack.enter_context(opened(self._inbox))
            folder = _own_folder(inbox, account, account, stack)
            with suppress(FileExistsError):
                os.mkdir(_RETOURS, _FOLDER_MODE, dir_fd=folder)
            yield _own_folder(folder, _RETOURS, f"{account}/{_RETOURS}", stack)

    @contextmanager
    def _draft(self, what: str, retours: int) -> Iterator[tuple[int, str, int]]:
        """A folder to draft in, gone at the end if it was not moved: (`outgoing`, its name, itself)."""
        (self._inbox / _OURS / _OUTGOING).mkdir(mode=0o700, parents=True, exist_ok=True)
        with opened(self._inbox, _OURS, _OUTGOING) as outgoing:
            name = f"{what}.{secrets.token_hex(6)}"
            os.mkdir(name, _FOLDER_MODE, dir_fd=outgoing)
            draft = os.open(name, FOLDER_FLAGS, dir_fd=outgoing)
            try:
                _same_group(draft, os.fstat(retours).st_gid)
                yield outgoing, name, draft
            finally:
                os.close(draft)
                with suppress(FileNotFoundError):
                    shutil.rmtree(name, dir_fd=outgoing)

    def _move_whole(self, outgoing: int, draft: str, retours: int, submission_id: str) -> bool:
        """The whole folder at once; False when there is one already."""
        return move_without_replacing(draft, outgoing, submission_id, retours)

    def _move_each(self, draft: int, names: list[str], retours: int, submission_id: str) -> None:
        """File by file into the folder that is there."""
        with ExitStack() as stack:
            folder = _own_folder(retours, submission_id, f"{_RETOURS}/{submission_id}", stack)
            for name in names:
                os.rename(name, name, src_dir_fd=draft, dst_dir_fd=folder)
            os.fsync(folder)


def _own_folder(parent: int, name: str, shown: str, stack: ExitStack) -> int:
    """Open a folder that may have been replaced by something else, for as long as the stack lives."""
    try:
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        raise Park(f"the folder {shown} is missing from the inbox: make it again with guichet account add") from None
    except OSError as error:
        if error.errno in _NOT_A_FOLDER:
            raise Park(
                f"{shown} in the inbox is a link or a file: nothing is written through it; remove it and try again",
            ) from error
        raise
    stack.callback(os.close, descriptor)
    return descriptor


def _write(folder: int, name: str, content: Content) -> None:
    """Write one file, synced, readable by the account's group and written by nobody."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, _FILE_MODE, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as stream:
        _same_group(descriptor, os.fstat(folder).st_gid)
        os.fchmod(descriptor, _FILE_MODE)
        if isinstance(content, Path):
            with content.open("rb") as source:
                shutil.copyfileobj(source, stream)
        elif isinstance(content, bytes):
            stream.write(content)
        elif isinstance(content, str):
            stream.write(content.encode())
        else:
            stream.write((json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())
        stream.flush()
        os.fsync(descriptor)


def _written_at(folder: int, name: str) -> datetime:
    return datetime.fromtimestamp(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime, tz=UTC)


def _same_group(descriptor: int, group: int) -> None:
    """With sshd the account reads by its group: that of its `retours/`, when we are allowed to give it."""
    if os.fstat(descriptor).st_gid != group:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, group)
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, _FOLDER_MODE)
