"""Is anyone still writing this file? The kernel knows: it refuses a read lease while a writer holds the inode.

It needs the file's owner or CAP_LEASE and a local file system; elsewhere the answer is UNKNOWN and the
quiet time alone decides (design notes: reliability, finding 4).
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from contextlib import suppress
from enum import Enum, auto
from typing import Final

from ingest.inbox.folders import FILE_FLAGS

_HARMLESS_SIGNAL: Final = signal.SIGURG
"""Ignored by default. A lease broken before we drop it would otherwise send SIGIO, which kills."""

_PROBE: Final = ".lease"


class Writing(Enum):
    """What could be found out."""

    NO = auto()
    YES = auto()
    UNKNOWN = auto()
    UNREADABLE = auto()
    GONE = auto()


def leases_work(folder: int) -> bool:
    """Whether the test can be trusted here, tried on a file that nobody writes (NFS always says "busy")."""
    try:  # made without ever being open for writing, and left there: nothing to clean after a crash
        os.close(os.open(_PROBE, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder))
    except OSError:
        return False
    return being_written(folder, _PROBE) is Writing.NO


def being_written(folder: int, name: str | bytes, *, leases: bool = True) -> Writing:
    """Ask whether a writer holds `name` in the folder of that descriptor; never blocks, changes no time.

    Without `leases` only whether it can be read: UNKNOWN when it can.
    """
    try:
        descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    except PermissionError:
        return Writing.UNREADABLE
    except OSError:
        return Writing.GONE
    if not leases:
        os.close(descriptor)
        return Writing.UNKNOWN
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, _HARMLESS_SIGNAL)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return Writing.YES if error.errno == errno.EAGAIN else Writing.UNKNOWN
    else:
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return Writing.NO
    finally:
        os.close(descriptor)
