"""The forked child: gives up every power it does not need, does one job, and ends. It says how by its exit status."""

import contextlib
import ctypes
import errno
import gc
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import ingest
from ingest.limited.confinement import forbid_calls, forbid_files, no_new_privileges

__all__ = ["OF_THE_SYSTEM", "Exit", "Job", "Powers", "confine_files", "run", "wait_and_run"]

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


class Exit:
    """Exit statuses of the child; in all but the first, what it wrote does not count."""

    DONE = 0
    BUG = 1
    OUR_DISK = 74
    MEMORY = 77


@dataclass(frozen=True, kw_only=True, slots=True)
class Powers:
    """What one child may use: address space, processor time, largest file written, open files."""

    memory_bytes: int
    cpu_seconds: int
    output_bytes: int
    open_files: int

    @classmethod
    def from_document(cls, limits: dict[str, Any], open_files: int) -> Self:
        """The part of a request's limits that the kernel enforces."""
        return cls(
            memory_bytes=limits["memory_bytes"],
            cpu_seconds=limits["cpu_seconds"],
            output_bytes=limits["output_bytes"],
            open_files=open_files,
        )


class Job(Protocol):
    """What a kind of child does with its one request."""

    open_files: int
    needed_calls: frozenset[str]
    """System calls that the filter forbids to other jobs."""

    def take(self, document: dict[str, Any]) -> bool:
        """In the server: take from a request what later children share; whether the waiting child must be replaced."""
        ...

    def warm_up(self) -> None:
        """Do once, before any fork, what every child would do first: tables of functions, lazy imports."""
        ...

    def reads(self, document: dict[str, Any]) -> Iterable[Path]:
        """The files that a request gives to read, besides its `workdir`; no other can be opened."""
        ...

    def run(self, document: dict[str, Any]) -> None:
        """In the child, confined: do the work and write its outcome, whole or not at all.

        An `OSError` that comes out is our disk's, a `MemoryError` the limit's, anything else our bug.
        """
        ...


def wait_and_run(server_pid: int, job: Job) -> int:
    """Wait for the one request of this process on standard input, and carry it out; the exit status."""
    with contextlib.suppress(OSError):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    gc.disable()  # the heap is bounded by the limit, and tables of text make no cycles
    job.warm_up()  # memory that this process will write to becomes its own now, while nobody waits
    line = b""
    while not line.endswith(b"\n"):
        received = os.read(0, 1 << 16)
        if not received:
            return Exit.BUG
        line += received
    os.close(0)
    return run(json.loads(line), server_pid, job)


def run(document: dict[str, Any], server_pid: int, job: Job) -> int:
    """Do the job under the limits of its request; the exit status."""
    try:
        _limit(Powers.from_document(document["limits"], job.open_files), server_pid)
        confine_files(job.reads(document), Path(document["workdir"]))
        forbid_calls(but=job.needed_calls)
        job.run(document)
    except MemoryError:
        return Exit.MEMORY
    except OSError as error:
        _last_words(f"OSError {error.errno}")
        # A fence in its way is no fault of the disk, which would be tried for ever.
        return Exit.BUG if error.errno in {errno.EACCES, errno.EPERM} else Exit.OUR_DISK
    except BaseException as error:  # noqa: BLE001 - nothing may escape into the server's code
        frames = traceback.extract_tb(error.__traceback__)
        _last_words(type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames))
        return Exit.BUG
    return Exit.DONE


def _last_words(*words: str) -> None:
    """Say on standard error how it ended; never the message of an exception, which may quote the file."""
    with contextlib.suppress(OSError):
        os.write(2, " ".join(words).encode("ascii", "replace"))


OF_THE_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
    "/proc/self",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)


def confine_files(read: Iterable[Path], workdir: Path) -> bool:
    """Leave this process the interpreter, the files given, and a folder to write in; whether the kernel sees to it."""
    programs = (Path(sys.prefix), Path(sys.base_prefix), *map(Path, OF_THE_SYSTEM), *_our_packages())
    return forbid_files(read=(*programs, *read), write=(workdir, Path(os.devnull)))


def _our_packages() -> Iterator[Path]:
    """Our own code, package by package: the folder beside may hold the service's home."""
    root = Path(ingest.__path__[0]).parent
    for entry in os.scandir(root):
        if entry.is_dir() and (Path(entry.path) / "__init__.py").exists():
            yield Path(entry.path)


def _limit(powers: Powers, server_pid: int) -> None:
    """Limits of this process, for good."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for kind, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, powers.open_files, powers.open_files),
        (resource.RLIMIT_FSIZE, powers.output_bytes, powers.output_bytes),
        (resource.RLIMIT_CPU, powers.cpu_seconds, powers.cpu_seconds + 1),
        (resource.RLIMIT_AS, powers.memory_bytes, powers.memory_bytes),
    ):
        _, allowed = resource.getrlimit(kind)
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)  # noqa: PLW2901 - clipped to what we may ask
        resource.setrlimit(kind, (soft, hard))
    no_new_privileges()
    with contextlib.suppress(OSError, AttributeError):
        _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != server_pid:  # the server died before the line above
        os._exit(Exit.BUG)
