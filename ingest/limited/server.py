"""The process between the service and its children: small, single-threaded, it forks one per request, under the clock.

Started by `client.LimitedClient` with one end of a socket pair. One JSON line per request, one per answer. It opens no
file of a depositor itself, and ends when the service closes its end.
"""

import argparse
import contextlib
import gc
import json
import os
import select
import signal
import socket
import time
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ingest.limited import child
from ingest.limited.child import Job, confine_files
from ingest.limited.confinement import Fences, forbid_calls, leave_network, no_new_privileges

__all__ = ["main", "serve"]

STDERR_BYTES = 1 << 16
LOOK_SECONDS = 0.25
"""How often what a child has written is weighed."""
MOST_FILES = 10_000
OUT_OF_MEMORY = (b"memory allocation of", b"MemoryError", b"bad_alloc", b"malloc of size", b"realloc of size")


def main(job: Job, arguments: list[str] | None = None) -> int:
    """Serve requests on the descriptor given until the other end closes."""
    parser = argparse.ArgumentParser(prog="guichet-limited")
    parser.add_argument("--fd", type=int, required=True)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fences = Fences(network=leave_network(), **_trial())
    job.warm_up()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=options.fd) as connection:
        serve(connection, job, fences)
    return 0


def _trial() -> dict[str, bool]:
    """Which of the fences that a child puts up itself stand on this machine: one tries, and says so as it ends."""
    pid = os.fork()
    if pid == 0:
        no_new_privileges()
        os._exit(confine_files((), Path(os.devnull)) | forbid_calls() << 1)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"files": status > 0 and bool(status & 1), "calls": status > 0 and bool(status & 2)}


def serve(connection: socket.socket, job: Job, fences: Fences) -> None:
    """Answer requests one after the other, with the next child always waiting: forking takes no one's time."""
    spare = _spawn(connection, job)
    try:
        with connection.makefile("r", encoding="ascii", newline="\n") as lines:
            for line in lines:
                document = json.loads(line)
                if job.take(document) or not spare.is_alive():
                    spare.discard()
                    spare = _spawn(connection, job)
                answer = _supervise(spare, document, connection)
                if answer is None:
                    return
                answer["fences"] = asdict(fences)
                connection.sendall(json.dumps(answer).encode("ascii") + b"\n")
                spare = _spawn(connection, job)
    finally:
        spare.discard()


@dataclass(slots=True)
class _Child:
    """A forked child, which waits for its one request; `requests` and `stderr` are our ends of its pipes."""

    pid: int
    pidfd: int
    requests: int
    stderr: int
    reaped: bool = False

    def is_alive(self) -> bool:
        return not self.reaped and not select.select([self.pidfd], [], [], 0)[0]

    def reap(self) -> tuple[int, Any]:
        """Wait for its end and close our ends: status and resource usage."""
        _, status, usage = os.wait4(self.pid, 0)
        self.reaped = True
        for descriptor in (self.pidfd, self.requests, self.stderr):
            os.close(descriptor)
        return status, usage

    def discard(self) -> None:
        if not self.reaped:
            os.kill(self.pid, signal.SIGKILL)
            self.reap()


def _spawn(connection: socket.socket, job: Job) -> _Child:
    server_pid = os.getpid()
    stderr, its_stderr = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    its_requests, requests = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        status = child.Exit.BUG
        try:
            os.dup2(its_stderr, 2)
            os.dup2(its_requests, 0)
            connection.detach()
            os.closerange(3, _beyond_any_descriptor())  # ours may have a high number in a service that has many
            status = child.wait_and_run(server_pid, job)
        finally:
            os._exit(status)
    os.close(its_stderr)
    os.close(its_requests)
    return _Child(pid=pid, pidfd=os.pidfd_open(pid), requests=requests, stderr=stderr)


def _beyond_any_descriptor() -> int:
    return max(1024, os.sysconf("SC_OPEN_MAX"))


def _supervise(running: _Child, document: dict[str, Any], connection: socket.socket) -> dict[str, Any] | None:
    """Hand a request to the waiting child, wait within the limit, and say how it ended; None: the service is gone."""
    started = time.monotonic()
    with contextlib.suppress(BrokenPipeError):
        os.write(running.requests, json.dumps(document).encode("ascii") + b"\n")
    why = _wait(running, connection, document, started + document["limits"]["wall_seconds"])
    if why is _Why.GONE:
        return None
    if why is not _Why.ENDED:
        os.kill(running.pid, signal.SIGKILL)
        select.select([running.pidfd], [], [])
    words = _last_words(running.stderr)
    status, usage = running.reap()
    return {
        "ended": _ending(status, words, why),
        "status": os.waitstatus_to_exitcode(status),
        "words": words.decode("utf-8", "replace")[-2000:],
        "wall_seconds": time.monotonic() - started,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }


class _Why(Enum):
    """Why the wait for a child is over."""

    ENDED = "ended"
    GONE = "gone"
    LATE = "late"
    TOO_MUCH = "too much"


def _wait(running: _Child, connection: socket.socket, document: dict[str, Any], deadline: float) -> _Why:
    """Wait for the child, or for what ends the wait: the service went away, the clock ran out, the room is full."""
    poll = select.poll()
    poll.register(running.pidfd, select.POLLIN)
    poll.register(connection, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return _Why.LATE
        ready = {descriptor for descriptor, _ in poll.poll(min(left, LOOK_SECONDS) * 1000)}
        if running.pidfd in ready:
            return _Why.ENDED
        if ready:
            # The service never sends ahead: anything here is its end, or a fault that ends us too.
            return _Why.GONE
        if _is_full(document["workdir"], document["limits"]["output_bytes"]):
            return _Why.TOO_MUCH


def _is_full(workdir: str, limit: int) -> bool:
    """Whether a child has written more than it may, in all: the kernel bounds each file only."""
    total = files = 0
    for folder, _, names in os.walk(workdir):
        for name in names:
            files += 1
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many of them
            if total > limit or files > MOST_FILES:
                return True
    return False


def _last_words(stderr: int) -> bytes:
    try:
        return os.read(stderr, STDERR_BYTES)
    except BlockingIOError:
        return b""


def _ending(status: int, words: bytes, why: _Why) -> str:
    code = os.waitstatus_to_exitcode(status)
    if why is _Why.TOO_MUCH:
        return "output_limit"
    if why is _Why.LATE or code == -signal.SIGXCPU:
        return "time_limit"
    if code == child.Exit.DONE:
        return "done"
    if code == child.Exit.OUR_DISK:
        return "our_disk"
    if code == child.Exit.MEMORY or any(sign in words for sign in OUT_OF_MEMORY):
        return "memory_limit"
    return "crashed"
