"""What a mail attaches, read when it leaves: files of answers, of what is handed out, of editions, of mail."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from domain.errors import Park
from domain.submissions import SUBMISSION_ID
from ingest.diffusion import DIFFUSION
from notifications.attachments import HANDED_OUT, KEPT_MAIL, OF_EDITION
from notifications.embedding import as_it_is

Attachable = Callable[[str | None, str], bytes | None]
"""The bytes of a file that a message names, by deposit and name; None when it is gone or too large for a mail."""

MAIL_FOLDER: Final = "courrier"
"""In `home`: what people answered, as it arrived."""

_ANSWER: Final = re.compile(r"[a-z0-9][a-z0-9_]*\.(?:xlsx|csv)")
_HANDED_OUT: Final = re.compile(
    r"(?P<account>[a-z0-9][a-z0-9._-]{0,31})"
    r"(?P<folders>(?:/[A-Za-z0-9][A-Za-z0-9_-]{0,60}){1,3})"
    r"/(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\.(?:json|html|xlsx|csv|pdf|css))",
)
_KEPT_MAIL: Final = re.compile(r"(?P<year>[0-9]{4})/(?P<name>[A-Za-z0-9][A-Za-z0-9_-]{0,100}\.eml)")
_OF_EDITION: Final = re.compile(
    r"(?P<period>[0-9]{4}(?:T[1-4])?)/(?P<edition>[a-z]{1,20}-v[0-9]{2,6})"
    r"/(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,100}\.(?:html|xlsx|csv|pdf))"
)
RELEASES: Final = "releases"
"""In `home`: the editions of the tables."""
_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
"""An administrator may put `home/answers` on another disk by a link; below it, a link is nobody's right."""
_FOLDER: Final = _ROOT | os.O_NOFOLLOW
_FILE: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def nothing_to_attach(submission_id: str | None, name: str) -> None:
    """No file at all."""


class MailFiles:
    """Reads the files that messages name: regular files of ours, no link followed, none larger than a mail carries."""

    def __init__(
        self, home: Path, inbox: Path, *, most_bytes: int, fit: Callable[[Path], bytes | None] = lambda _mail: None
    ) -> None:
        """`fit` makes a mail that somebody else wrote travel within one of ours, in a limited process."""
        self._fit = fit
        self._home = home
        self._inbox = inbox
        self._most_bytes = most_bytes

    def __call__(self, submission_id: str | None, name: str) -> bytes | None:
        """The file's bytes; None when there is no such file, it is too large, or the disk refuses."""
        place = self._place(submission_id, name)
        if place is None:
            return None
        root, below = place
        try:
            with _opened(root, *below) as descriptor:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_size > self._most_bytes:
                    return None
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    content = stream.read(self._most_bytes + 1)
        except OSError:
            return None
        if len(content) > self._most_bytes:
            return None
        if name.startswith(KEPT_MAIL) and as_it_is(content) is None:
            return self._fitted(root.joinpath(*below)) or content
        return content

    def _fitted(self, mail: Path) -> bytes | None:
        try:
            return self._fit(mail)
        except (OSError, Park):  # it goes as plain bytes
            return None

    def _place(self, submission_id: str | None, name: str) -> tuple[Path, tuple[str, ...]] | None:
        """A folder that is trusted, and the way from there; None for what is no name of ours."""
        if name.startswith(HANDED_OUT):
            named = _HANDED_OUT.fullmatch(name.removeprefix(HANDED_OUT))
            if named is None:
                return None
            folders = named["folders"].strip("/").split("/")
            return self._inbox, (named["account"], DIFFUSION, *folders, named["name"])
        if name.startswith(KEPT_MAIL):
            named = _KEPT_MAIL.fullmatch(name.removeprefix(KEPT_MAIL))
            return None if named is None else (self._home / MAIL_FOLDER, (named["year"], named["name"]))
        if name.startswith(OF_EDITION):
            named = _OF_EDITION.fullmatch(name.removeprefix(OF_EDITION))
            return None if named is None else (self._home / RELEASES, named.group("period", "edition", "name"))
        if submission_id is None or SUBMISSION_ID.fullmatch(submission_id) is None or not _ANSWER.fullmatch(name):
            return None
        return self._home / "answers", (submission_id, name)


@contextmanager
def _opened(root: Path, *below: str) -> Iterator[int]:
    """A descriptor of root/…/name, each step below the root without following a link."""
    steps: list[int] = []
    try:
        steps.append(os.open(root, _ROOT))
        for folder in below[:-1]:
            steps.append(os.open(folder, _FOLDER, dir_fd=steps[-1]))
        steps.append(os.open(below[-1], _FILE, dir_fd=steps[-1]))
        yield steps[-1]
    finally:
        for descriptor in steps:
            os.close(descriptor)
