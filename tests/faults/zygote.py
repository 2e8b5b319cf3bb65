"""The limited processes of forked services, themselves forked from one that has imported everything.

A service that is cut a thousand times would start a thousand interpreters. Here its readers and annotators come from a
process that a test session starts once, with the command, the surroundings and the limits of the real ones. They are
no children of what is cut: like those of a real service they end when it does, on their own.
"""

from __future__ import annotations

import argparse
import array
import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from ingest.limited.client import LimitedClient, _environment

MODULES = ("ingest.reading.server", "ingest.annotating.server")
_INT = array.array("i").itemsize


class Zygotes:
    """One process for each kind of limited process; `take_over` in the fork that is to use them."""

    def __init__(self) -> None:
        self._orders: dict[str, socket.socket] = {}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for module in MODULES:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                words = (sys.executable, "-P", "-m", __name__, module, "--fd", str(theirs.fileno()))
                self._processes.append(
                    subprocess.Popen(words, pass_fds=(theirs.fileno(),), cwd="/", env=_environment())
                )
            assert ours.recv(16) == b"ready"
            self._orders[module] = ours
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._orders.values():
            one.close()
        for process in self._processes:
            process.wait(30)

    def take_over(self) -> None:
        """From here on this process starts no interpreter for its readers and annotators."""
        orders = self._orders

        def start(client: LimitedClient) -> None:
            ours, theirs = socket.socketpair()
            answer, its_answer = socket.socketpair()
            with theirs, its_answer, answer:
                rights = array.array("i", [theirs.fileno(), its_answer.fileno()])
                order = orders[client._command[-1]]
                order.sendmsg([b"start"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights.tobytes())])
                its_answer.close()
                client._process = _Forked(int.from_bytes(answer.recv(8), "big"))  # type: ignore[assignment]
            client._connection = ours

        LimitedClient._start = start  # type: ignore[method-assign]


class _Forked:
    """What a `LimitedClient` asks of its process, of one that is not our child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return 0 if select.select([self._handle], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a limited process", timeout or 0.0)
        return 0

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._handle)


def _serve(module: str, orders: socket.socket) -> None:
    """Fork one process for each order; its end of the line came with it."""
    server = importlib.import_module(module)
    (server.ReadingJob(server.read_file) if module == MODULES[0] else server.AnnotatingJob()).warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    orders.send(b"ready")
    while True:
        _, rights, _, _ = orders.recvmsg(16, socket.CMSG_SPACE(2 * _INT))
        if not rights:
            return
        line, answer = array.array("i", rights[0][2])
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            orders.close()
            os.close(answer)
            os._exit(server.main(["--fd", str(line)]))
        with socket.socket(fileno=answer) as told, suppress(OSError):
            told.sendall(pid.to_bytes(8, "big"))
        os.close(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--fd", type=int, required=True)
    given = parser.parse_args()
    with socket.socket(fileno=given.fd) as orders_:
        _serve(given.module, orders_)
