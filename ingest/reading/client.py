"""`Reader`: the service's end of reading. Safe to call from any thread; one file at a time per reader."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ingest
from domain.errors import Park, Retry
from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import META_BYTES, MetaError, decode_meta
from ingest.reading.raw import ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason

__all__ = ["Reader", "Usage"]

GRACE_SECONDS = 10.0
ATTEMPTS = 2
ANSWER_BYTES = 1 << 16
META_NAME = "meta.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the last child used."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    last_words: str = ""
    """Where it failed, for the log: names of our functions, or what a library said before it aborted."""


class _ServerLostError(Exception):
    """The reading process died or does not answer."""


class Reader:
    """Reads untrusted files in a process of its own, which is started at the first file and again if it dies."""

    def __init__(self, limits: ReadingLimits, *, command: Sequence[str] | None = None) -> None:
        """A reader with its limits; `command` replaces the process in tests of its failures."""
        self._limits = limits
        self._command = tuple(command or (sys.executable, "-P", "-m", "ingest.reading.server"))
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._vocabulary: Vocabulary | None = None
        self.last_usage: Usage | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
                _empty(workdir)
                try:
                    answer = self._ask(self._request(path, name, workdir, vocabulary))
                except _ServerLostError:
                    self._stop()
                    outcome = _crashed("server")
                    continue
                outcome = self._outcome(answer, workdir)
                if not (isinstance(outcome, Unreadable) and outcome.reason is UnreadableReason.CRASHED):
                    return outcome
            return outcome or _crashed("server")

    def close(self) -> None:
        """End the reading process; it starts again if another file comes."""
        with self._lock:
            self._stop()

    def _request(self, path: Path, name: str, workdir: Path, vocabulary: Vocabulary) -> dict[str, Any]:
        if self._connection is None or self._process is None or self._process.poll() is not None:
            self._stop()
            self._start()
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

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [*self._command, "--fd", str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=_environment(),
                )
        except OSError as error:
            ours.close()
            message = f"the reading process cannot be started: {error.strerror}"
            raise Park(message) from error
        self._connection = ours

    def _ask(self, document: dict[str, Any]) -> dict[str, Any]:
        connection = self._connection
        if connection is None:
            raise _ServerLostError
        connection.settimeout(self._limits.wall_seconds + GRACE_SECONDS)
        answer = bytearray()
        try:
            connection.sendall(json.dumps(document).encode("ascii") + b"\n")
            while not answer.endswith(b"\n"):
                received = connection.recv(ANSWER_BYTES)
                answer += received
                if not received or len(answer) > ANSWER_BYTES:
                    raise _ServerLostError
            known: dict[str, Any] = json.loads(answer)
        except (OSError, ValueError) as error:
            raise _ServerLostError from error
        return known

    def _outcome(self, answer: dict[str, Any], workdir: Path) -> ReadOutcome:
        self.last_usage = Usage(
            wall_seconds=answer["wall_seconds"],
            cpu_seconds=answer["cpu_seconds"],
            peak_bytes=answer["peak_bytes"],
            last_words=answer["words"],
        )
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

    def _stop(self) -> None:
        connection, process = self._connection, self._process
        self._connection = self._process = self._vocabulary = None
        if connection is not None:
            connection.close()
        if process is not None:
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _crashed(where: str, **detail: str | int) -> Unreadable:
    return Unreadable(reason=UnreadableReason.CRASHED, detail={"where": where, **detail})


def _environment() -> dict[str, str]:
    """What the reading process needs, and nothing of ours: no secret, no proxy, no path of a configuration."""
    root = str(Path(ingest.__path__[0]).parent)
    return {
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "RUST_BACKTRACE": "0",
        # One allocator without reserved arenas nor threads: address space is what the child is limited in.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _empty(workdir: Path) -> None:
    """Remove what an earlier attempt left."""
    for entry in workdir.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
