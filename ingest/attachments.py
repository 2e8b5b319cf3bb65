"""What a mail attaches, read when it leaves: files of the answers made for deposits (`ingest.answering`)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from domain.submissions import SUBMISSION_ID

Attachable = Callable[[str, str], bytes | None]
"""The bytes of a file of a deposit's answer, by number and name; None when it is gone or too large for a mail."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]*\.(?:xlsx|csv)")
_ROOT: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
"""An administrator may put `home/answers` on another disk by a link; below it, a link is nobody's right."""
_FOLDER: Final = _ROOT | os.O_NOFOLLOW
_FILE: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def nothing_to_attach(submission_id: str, name: str) -> None:
    """No file at all."""


class AnswerFiles:
    """Reads the files of answers: regular files of ours, no link followed, none larger than a mail carries."""

    def __init__(self, home: Path, *, most_bytes: int) -> None:
        self._home = home
        self._most_bytes = most_bytes

    def __call__(self, submission_id: str, name: str) -> bytes | None:
        """The file's bytes; None when there is no such file, it is too large, or the disk refuses."""
        if SUBMISSION_ID.fullmatch(submission_id) is None or _NAME.fullmatch(name) is None:
            return None
        try:
            with _opened(self._home / "answers", submission_id, name) as descriptor:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_size > self._most_bytes:
                    return None
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    content = stream.read(self._most_bytes + 1)
        except OSError:
            return None
        return content if len(content) <= self._most_bytes else None


@contextmanager
def _opened(root: Path, folder: str, name: str) -> Iterator[int]:
    """A descriptor of root/folder/name, each step below the root without following a link."""
    steps: list[int] = []
    try:
        steps.append(os.open(root, _ROOT))
        steps.append(os.open(folder, _FOLDER, dir_fd=steps[-1]))
        steps.append(os.open(name, _FILE, dir_fd=steps[-1]))
        yield steps[-1]
    finally:
        for descriptor in steps:
            os.close(descriptor)
