"""Every place outside the database where something made of a deposit may lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ingest.attachments import MAIL_FOLDER
from ingest.faults import retried
from ingest.files import shred
from ingest.ledger.rows_destroyed import Mails
from ingest.wiring import Wiring
from notifications.maildir import maildir_stamp

_READ = ("new", "cur", "tmp")


def files_of(wiring: Wiring, submission_id: str, account: str, *, whole: bool) -> list[Path]:
    """What `destroy_files` would destroy, or the original alone; nothing is touched."""
    original = wiring.archive.find(submission_id)
    folders = [wiring.settings.home / "spool" / submission_id]
    folders += [original.parent] if original is not None else []
    if whole:
        folders.append(wiring.settings.home / "answers" / submission_id)
        folders.append(wiring.settings.inbox / account / "retours" / submission_id)
    return [path for folder in folders for path in sorted(folder.rglob("*")) if _is_plain(path)]


def destroy_files(wiring: Wiring, submission_id: str, account: str, *, answer: bool = True) -> int:
    """The original (spool, archive), what was made for the answer, the `answer` in `retours/`; how many files."""
    ours = wiring.archive.destroy(submission_id) + wiring.answers.destroy(submission_id)
    return ours + (wiring.retours.destroy(account, submission_id) if answer else 0)


def destroy_mail_files(wiring: Wiring, mails: Mails) -> int:
    """Copies of messages where mail goes to a Maildir of ours, and what people answered; how many files."""
    with retried("destroying mail that is too old"):
        gone = mail_files(wiring, mails)
        for path in gone:
            shred(path)
    return len(gone)


def mail_files(wiring: Wiring, mails: Mails) -> list[Path]:
    """Where they are."""
    return [path for path in (*_sent(wiring, mails.message_ids), *_arrived(wiring, mails.kept)) if _is_plain(path)]


def _sent(wiring: Wiring, message_ids: Iterable[str]) -> list[Path]:
    """A mail server's copies are beyond us."""
    stamps = {maildir_stamp(one) for one in message_ids}
    kind, _, place = wiring.settings.mail.partition(":")
    if kind != "maildir" or not stamps:
        return []
    folders = [Path(place) / name for name in _READ]
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return [path for path in found if not stamps.isdisjoint(path.name.split("."))]


def _arrived(wiring: Wiring, kept: Iterable[str]) -> list[Path]:
    """`kept` is ours: `courrier/<year>/<name>` below the home; nothing else is believed."""
    root = wiring.settings.home / MAIL_FOLDER
    named = [(wiring.settings.home / one) for one in kept]
    return [path for path in named if path.parent.parent == root and ".." not in path.parts]


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
