"""`Reader`: the service's end of reading. Safe to call from any thread; one file at a time per reader."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.errors import Retry
from ingest.limited.client import LimitedClient, ServerLostError, Usage, emptied
from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import META_BYTES, MetaError, decode_meta
from ingest.reading.raw import ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason

__all__ = ["Reader", "Usage"]

ATTEMPTS = 2
META_NAME = "meta.json"


class Reader(LimitedClient):
    """Reads untrusted files in a process of its own, which is started at the first file and again if it dies."""

    def __init__(self, limits: ReadingLimits, *, command: Sequence[str] | None = None) -> None:
        """A reader with its limits; `command` replaces the process in tests of its failures."""
        super().__init__("ingest.reading.server", limits.wall_seconds, command)
        self._limits = limits
        self._vocabulary: Vocabulary | None = None

    def read(self, path: Path, *, name: str, workdir: Path, vocabulary: Vocabulary) -> ReadOutcome:
        """Read the file at `path`, which its depositor called `name`, into `workdir` (emptied first).

        The sheets' streams live in `workdir`, which is the caller's to remove. A child that crashes is tried once
        more: another process of the machine may have been at fault.

        Raises:
            Retry: our disk failed (full, input or output error).
            Park: the reading process cannot be started.
        """
        with self._lock:
            outcome: ReadOutcome | None = None
            for _ in range(ATTEMPTS):
                emptied(workdir)
                try:
                    answer = self._ask(self._request(path, name, workdir, vocabulary))
                except ServerLostError:
                    outcome = _crashed("server")
                    continue
                outcome = self._outcome(answer, workdir)
                if not (isinstance(outcome, Unreadable) and outcome.reason is UnreadableReason.CRASHED):
                    return outcome
            return outcome or _crashed("server")

    def _request(self, path: Path, name: str, workdir: Path, vocabulary: Vocabulary) -> dict[str, Any]:
        self._ready()
        document: dict[str, Any] = {
            "path": str(path.absolute()),
            "name": name,
            "workdir": str(workdir.absolute()),
            "limits": self._limits.as_document(),
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
