"""`Reader`: the service's end of reading. Safe to call from any thread; one file at a time per reader."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.errors import Retry, TryApart
from ingest.limited.client import LimitedClient, ServerLostError, Turn, Usage, emptied
from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import META_BYTES, MetaError, decode_meta
from ingest.reading.raw import ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason

__all__ = ["Reader", "Usage"]

ATTEMPTS = 2
META_NAME = "meta.json"
_DEADLY = frozenset({UnreadableReason.CRASHED, UnreadableReason.TIME_LIMIT, UnreadableReason.MEMORY_LIMIT})
_TRIED_APART = {
    Turn.QUICK: _DEADLY | {UnreadableReason.OUTPUT_LIMIT},
    Turn.FIRST: _DEADLY,
}
"""After which a file is not answered yet: another process of the machine may have been at fault."""


class Reader(LimitedClient):
    """Reads untrusted files in a process of its own, which is started at the first file and again if it dies."""

    def __init__(self, limits: ReadingLimits, *, command: Sequence[str] | None = None) -> None:
        """A reader with its limits; `command` replaces the process in tests of its failures."""
        super().__init__("ingest.reading.server", command)
        self._limits = limits
        self._vocabulary: Vocabulary | None = None

    def read(self, path: Path, *, name: str, workdir: Path, vocabulary: Vocabulary) -> ReadOutcome:
        """Read the file at `path`, which its depositor called `name`, into `workdir` (emptied first).

        The sheets' streams live in `workdir`, which is the caller's to remove.

        Raises:
            TryApart: on a first try (`turn`), the child died of it or took too long.
            Retry: our disk failed (full, input or output error).
            Park: the reading process cannot be started.
        """
        with self._lock:
            outcome: ReadOutcome = _crashed("server")
            for _ in range(ATTEMPTS if self._turn is Turn.ALONE else 1):
                outcome = self._try(path, name, workdir, vocabulary)
                if not (isinstance(outcome, Unreadable) and outcome.reason is UnreadableReason.CRASHED):
                    break
            if isinstance(outcome, Unreadable) and outcome.reason in _TRIED_APART.get(self._turn, ()):
                raise TryApart(outcome.reason.value)
            return outcome

    def _try(self, path: Path, name: str, workdir: Path, vocabulary: Vocabulary) -> ReadOutcome:
        emptied(workdir)
        try:
            return self._outcome(self._ask(self._request(path, name, workdir, vocabulary)), workdir)
        except ServerLostError:
            return _crashed("server")

    def _request(self, path: Path, name: str, workdir: Path, vocabulary: Vocabulary) -> dict[str, Any]:
        self._ready()
        document: dict[str, Any] = {
            "path": str(path.absolute()),
            "name": name,
            "workdir": str(workdir.absolute()),
            "limits": (self._limits.quick() if self._turn is Turn.QUICK else self._limits).as_document(),
        }
        if vocabulary is not self._vocabulary:
            document["vocabulary"] = sorted(vocabulary.words)
            self._vocabulary = vocabulary
        return document

    def _stop(self) -> None:
        self._vocabulary = None  # the next process knows no words
        super()._stop()

    def _outcome(self, answer: dict[str, Any], workdir: Path) -> ReadOutcome:
        match answer["ended"]:
            case "done":
                return self._decoded(workdir)
            case "time_limit":
                limit = round(self._limits.wall_seconds)
                return Unreadable(reason=UnreadableReason.TIME_LIMIT, detail={"limit": limit})
            case "memory_limit":
                limit = self._limits.memory_bytes
                return Unreadable(reason=UnreadableReason.MEMORY_LIMIT, detail={"limit": limit})
            case "output_limit":
                limit = self._limits.output_bytes
                return Unreadable(reason=UnreadableReason.OUTPUT_LIMIT, detail={"limit": limit})
            case "our_disk":
                message = "a file could not be read or its tables not be written: " + str(answer["words"])[-200:]
                raise Retry(message)
            case _:
                return _crashed("child", status=answer["status"])

    def _decoded(self, workdir: Path) -> ReadOutcome:
        path = workdir / META_NAME
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with open(descriptor, "rb") as source:  # noqa: PTH123 - a descriptor
                data = source.read(META_BYTES + 1)
            if len(data) > META_BYTES:
                return _crashed("meta")
            return decode_meta(data, workdir, self._limits)
        except (MetaError, OSError):
            return _crashed("meta")


def _crashed(where: str, **detail: str | int) -> Unreadable:
    return Unreadable(reason=UnreadableReason.CRASHED, detail={"where": where, **detail})
