"""The installed command in a process of its own, without importing the libraries again each time.

Three quarters of what a verb costs is its imports. One process a worker makes them once, does nothing else, and forks:
each verb runs in a fresh child, with its own environment, folder, standard streams, exit status and signals. What the
interpreter reads at its start (`PYTHONPATH`, `TMPDIR`…) is not the child's to change: `fits` says when it would be,
and `LONG=1` starts every verb from nothing.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
OWN: Final = ("GUICHET_", "PYTEST_")
"""Begin the names of the variables that the interpreter does not read."""
_STREAMS: Final = (0, 1, 2)
_LARGEST: Final = 1 << 20
_APART: Final = ("ingest.migrations", "ingest.reading.", "ingest.annotating.", "ingest.sftp", "ingest.limited.")
"""Run in processes of their own (or by alembic); the service imports of them what it needs."""
_BESIDE: Final = ("alembic.command", "alembic.context", "typst", "openpyxl", "ingest.reading.client")


def fits(environment: Mapping[str, str]) -> bool:
    """Whether a fork is what a start from nothing would be: no variable differs that Python reads at its start."""
    return _others(environment) == _AT_FIRST and not os.environ.get("LONG")


def _others(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if not key.startswith(OWN)}


_AT_FIRST: Final = _others(os.environ)


class Command:
    """A verb under way, as `subprocess.Popen` shows it."""

    def __init__(self, words: Sequence[str], folder: Path, environment: Mapping[str, str], streams: tuple[int, ...]):
        order = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        self.args = list(words)
        self.returncode: int | None = None
        self._told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(_imported(), [json.dumps(order).encode()], [*streams, theirs.fileno()])
        self.pid = int(self._hear())

    def _hear(self) -> str:
        told = self._told.recv(64).decode()
        if not told:
            raise RuntimeError("the process that starts commands is gone")
        return told

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._hear())
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], *, stdin: str | None, seconds: float
) -> subprocess.CompletedProcess[str]:
    """One verb to its end, and what it said."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        given.write((stdin or "").encode())
        given.seek(0)
        command = Command(words, folder, environment, (given.fileno(), said.fileno(), complained.fileno()))
        try:
            status = command.wait(seconds)
        except subprocess.TimeoutExpired:
            command.kill()
            command.wait()
            raise
        for one in (said, complained):
            one.seek(0)
        return subprocess.CompletedProcess(list(words), status, said.read().decode(), complained.read().decode())


@cache
def _imported() -> socket.socket:
    """The line to this worker's process that has imported everything; it ends with us."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    null = subprocess.DEVNULL
    with theirs:
        process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            stdin=null, stdout=null, cwd=ROOT, env=_AT_FIRST, pass_fds=[theirs.fileno()],
        )  # fmt: skip

    def end() -> None:
        ours.close()
        process.wait(60)

    atexit.register(end)
    return ours


# ── the process that forks ───────────────────────────────────────────────────────────────────────────────────────────


def _import_everything() -> None:
    for package in ("ingest", "notifications", "publication", "rendering"):
        for found in walk_packages(import_module(package).__path__, f"{package}."):
            if not found.name.startswith(_APART) and not found.name.endswith("__main__"):
                import_module(found.name)
    for name in _BESIDE:
        import_module(name)


def _serve(line: socket.socket) -> list[str] | None:
    """Fork for each order; None at the end of orders, the words of the verb in each child."""
    running: dict[int, tuple[int, socket.socket]] = {}  # of each child, the descriptor that says its end
    while True:
        for ready in select.select([line, *running], [], [])[0]:
            if ready is not line:
                pid, told = running.pop(ready)
                told.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
                told.close()
                os.close(ready)
                continue
            message, descriptors, _flags, _from = socket.recv_fds(line, _LARGEST, 4)
            if not message:
                return None
            pid = os.fork()
            told = socket.socket(fileno=descriptors.pop())
            if pid == 0:
                for one in (line, told, *(other for _, other in running.values())):
                    one.close()
                for one in running:
                    os.close(one)
                return _become(json.loads(message), descriptors)
            for one in descriptors:
                os.close(one)
            running[os.pidfd_open(pid)] = pid, told
            told.send(str(pid).encode())


def _become(order: Any, streams: list[int]) -> list[str]:
    for given, stream in zip(streams, _STREAMS, strict=True):
        os.dup2(given, stream)
        os.close(given)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.path[0] = order["folder"]  # as `python -m` has it
    words: list[str] = order["words"]
    sys.argv[1:] = words
    return words


if __name__ == "__main__":
    gc.disable()
    _import_everything()
    gc.enable()
    gc.freeze()
    from ingest.cli import main

    with socket.socket(fileno=int(sys.argv[1])) as orders:
        verb = _serve(orders)
    sys.exit(0 if verb is None else main(verb))
