"""One service at a time on a home: `run` and `once` exclude each other (contract §3)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import CannotDo


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the home's lock; CannotDo when another service holds it. The kernel releases it if we die."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(home / "service.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "?"
            raise CannotDo(
                f"another guichet is at work on {home} (process {holder}); stop it first, or let it do the work",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def keeping(home: Path) -> Iterator[None]:
    """Let nothing be destroyed in the home, and no other backup begin, while one is being made; CannotDo otherwise."""
    descriptor = os.open(home / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotDo(f"a backup of {home}, or a purge, is at work; try again when it is done") from None
        yield
    finally:
        os.close(descriptor)


def holder(home: Path) -> int | None:
    """The process that holds the lock now, or None."""
    try:
        descriptor = os.open(home / "service.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)
