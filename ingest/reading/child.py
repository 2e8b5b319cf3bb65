"""The forked child: gives up every power it does not need, reads one file, says what it found, and ends."""

import contextlib
import ctypes
import gc
import io
import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.reading.delimited import read_delimited
from ingest.reading.files import read_file
from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import encode_meta
from ingest.reading.raw import RawFile, ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["META_NAME", "Exit", "Request", "run", "wait_and_run", "warm_up"]

META_NAME = "meta.json"
OPEN_FILES = 32
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 38, 4


class Exit:
    """Exit statuses of the child; in all but the first, `meta.json` does not count."""

    DONE = 0
    BUG = 1
    OUR_DISK = 74
    MEMORY = 77


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One file to read: `name` is the depositor's, `workdir` an empty folder of ours."""

    path: Path
    name: str
    workdir: Path
    limits: ReadingLimits
    vocabulary: Vocabulary

    @classmethod
    def from_document(cls, document: dict[str, Any], vocabulary: Vocabulary) -> "Request":
        """The request that the service sent."""
        return cls(
            path=Path(document["path"]),
            name=document["name"],
            workdir=Path(document["workdir"]),
            limits=ReadingLimits.from_document(document["limits"]),
            vocabulary=vocabulary,
        )


def warm_up() -> None:
    """Do once, before any fork, what every child would do first: tables of functions, lazy imports."""
    text = 'a;"b"\n1;é\n \n'.encode()
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    read_delimited(io.BytesIO(text), Path(os.devnull), Vocabulary.of(["a"]), ReadingLimits())
    encode_meta(Unreadable(reason=UnreadableReason.EMPTY))


def wait_and_run(server_pid: int, vocabulary: Vocabulary, read: Callable[..., RawFile] = read_file) -> int:
    """Wait for the one request of this process on standard input, and carry it out; the exit status."""
    with contextlib.suppress(OSError):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    gc.disable()  # the heap is bounded by the limit, and tables of text make no cycles
    warm_up()  # memory that this process will write to becomes its own now, while nobody waits
    line = b""
    while not line.endswith(b"\n"):
        received = os.read(0, 1 << 16)
        if not received:
            return Exit.BUG
        line += received
    os.close(0)
    return run(Request.from_document(json.loads(line), vocabulary), server_pid, read)


def run(request: Request, server_pid: int, read: Callable[..., RawFile] = read_file) -> int:
    """Read one file under its limits and write `meta.json`; the exit status."""
    try:
        _confine(request.limits, server_pid)
        outcome = _outcome(request, read)
        # Whole or not at all: it counts only when this process ends with status 0.
        (request.workdir / META_NAME).write_bytes(encode_meta(outcome))
    except MemoryError:
        return Exit.MEMORY
    except OSError as error:
        _last_words(f"OSError {error.errno}")
        return Exit.OUR_DISK
    except BaseException as error:  # noqa: BLE001 - nothing may escape into the server's code
        frames = traceback.extract_tb(error.__traceback__)
        _last_words(type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames))
        return Exit.BUG
    return Exit.DONE


def _last_words(*words: str) -> None:
    """Say on standard error how it ended; never the message of an exception, which may quote the file."""
    with contextlib.suppress(OSError):
        os.write(2, " ".join(words).encode("ascii", "replace"))


def _outcome(request: Request, read: Callable[..., RawFile]) -> ReadOutcome:
    try:
        return read(request.path, request.name, request.workdir, request.vocabulary, request.limits)
    except RefusedError as refusal:
        return Unreadable(reason=refusal.reason, detail=refusal.detail)
    except MemoryError:
        return Unreadable(reason=UnreadableReason.MEMORY_LIMIT, detail={"limit": request.limits.memory_bytes})
    except OSError as error:
        # RLIMIT_FSIZE: the sheet grew past what a stream may weigh. Other errors of the disk are not the file's.
        if error.errno == _EFBIG or isinstance(error.__context__, MemoryError):
            return Unreadable(reason=UnreadableReason.OUTPUT_LIMIT, detail={"limit": request.limits.output_bytes})
        raise


_EFBIG = 27


def _confine(limits: ReadingLimits, server_pid: int) -> None:
    """Limits and rights of this process, for good.

    A system call filter and an empty network namespace belong here too, once they are built.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for kind, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_FSIZE, limits.output_bytes, limits.output_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
    ):
        _, allowed = resource.getrlimit(kind)
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)  # noqa: PLW2901 - clipped to what we may ask
        resource.setrlimit(kind, (soft, hard))
    with contextlib.suppress(OSError, AttributeError):
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _LIBC.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != server_pid:  # the server died before the line above
        os._exit(Exit.BUG)
