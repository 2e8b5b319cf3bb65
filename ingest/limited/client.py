"""`LimitedClient`: the service's end of a limited process, started at the first request and again if it dies."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ingest
from domain.errors import Park
from ingest.limited.confinement import Fences

__all__ = ["LimitedClient", "ServerLostError", "Turn", "Usage", "emptied"]

GRACE_SECONDS = 10.0
BUSY_SECONDS = 0.2
"""The service has little time to stop, and a request may take minutes."""
ANSWER_BYTES = 1 << 16


class Turn(Enum):
    """Which try of a file this is, for those who come back to it."""

    ALONE = "alone"
    """Nobody comes back to it: a child that crashes is tried again at once."""
    QUICK = "quick"
    """The first, among small files: little time. What kills the child, or takes longer, raises `TryApart`."""
    FIRST = "first"
    """The first, with all the time there is. What kills the child raises `TryApart`."""
    LAST = "last"
    """The second and last: what happens now is what the depositor is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the last child used."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    fences: Fences
    """Which protections of the kernel it was under."""
    last_words: str = ""
    """Where it failed, for the log: names of our functions, or what a library said before it aborted."""


class ServerLostError(Exception):
    """The limited process died or does not answer."""


class LimitedClient:
    """Safe to call from any thread, one request at a time: hold `_lock` around `_ask`.

    `turn` is for the one thread that has a client of its own.
    """

    def __init__(self, module: str, command: Sequence[str] | None = None) -> None:
        """`module` is what the process runs; `command` replaces it in tests of its failures."""
        self._command = tuple(command or (sys.executable, "-P", "-m", module))
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._turn = Turn.ALONE
        self.last_usage: Usage | None = None

    @contextlib.contextmanager
    def turn(self, turn: Turn) -> Iterator[None]:
        """Say which try of a file the requests within are."""
        self._turn = turn
        try:
            yield
        finally:
            self._turn = Turn.ALONE

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; it starts again if another request comes.

        One that is at work for another thread is left to it: the process ends when its request does, or with us.
        """
        if self._lock.acquire(timeout=BUSY_SECONDS):
            try:
                self._stop()
            finally:
                self._lock.release()

    def _ready(self) -> None:
        """Start the process unless it runs.

        Raises:
            Park: it cannot be started.
        """
        if self._connection is None or self._process is None or self._process.poll() is not None:
            self._stop()
            self._start()

    def _ask(self, document: dict[str, Any]) -> dict[str, Any]:
        """Send a request, wait for its end, keep what it used.

        Raises:
            ServerLostError: the process died; it is stopped.
        """
        try:
            answer = self._exchange(document)
        except ServerLostError:
            self._stop()
            raise
        self.last_usage = Usage(
            wall_seconds=answer["wall_seconds"],
            cpu_seconds=answer["cpu_seconds"],
            peak_bytes=answer["peak_bytes"],
            fences=Fences(**answer["fences"]),
            last_words=answer["words"],
        )
        return answer

    def _exchange(self, document: dict[str, Any]) -> dict[str, Any]:
        connection = self._connection
        if connection is None:
            raise ServerLostError
        connection.settimeout(document["limits"]["wall_seconds"] + GRACE_SECONDS)
        answer = bytearray()
        try:
            connection.sendall(json.dumps(document).encode("ascii") + b"\n")
            while not answer.endswith(b"\n"):
                received = connection.recv(ANSWER_BYTES)
                answer += received
                if not received or len(answer) > ANSWER_BYTES:
                    raise ServerLostError
            known: dict[str, Any] = json.loads(answer)
        except (OSError, ValueError) as error:
            raise ServerLostError from error
        return known

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
            message = f"the limited process cannot be started: {error.strerror}"
            raise Park(message) from error
        self._connection = ours

    def _stop(self) -> None:
        connection, process = self._connection, self._process
        self._connection = self._process = None
        if connection is not None:
            connection.close()
        if process is not None:
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _environment() -> dict[str, str]:
    """What a limited process needs, and nothing of ours: no secret, no proxy, no path of a configuration."""
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


def emptied(workdir: Path) -> None:
    """Remove what an earlier attempt left."""
    for entry in workdir.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
