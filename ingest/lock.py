"""Who is at work on a home: on SQLite one service at a time, on PostgreSQL several, each on a seat (contract §3)."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import CannotDo

_LOCK: Final = "service.lock"
_DESK: Final = "desk.lock"
"""Held by all that share the home, or by the one that wants it for itself."""
MOST_SEATS: Final = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A place at the desk: the first one is that of a service alone. `pid` of who sits there."""

    number: int
    pid: int

    def path(self, home: Path, name: str) -> Path:
        """Where this seat keeps the file of that name: `run.json`, the second one `run-2.json`."""
        stem, dot, ending = name.partition(".")
        return home / (name if self.number == 1 else f"{stem}-{self.number}{dot}{ending}")


@contextmanager
def exclusive(home: Path) -> Iterator[Seat]:
    """Have the home alone; CannotDo when somebody is at work on it. The kernel lets it go if we die."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    seat = Seat(number=1, pid=os.getpid())
    with _locked(home / _DESK, fcntl.LOCK_EX) as desk:
        if desk is None:
            raise _busy(home)
        with _locked(seat.path(home, _LOCK), fcntl.LOCK_EX) as own:
            if own is None:
                raise _busy(home)
            _sign(own)
            yield seat


@contextmanager
def sole(database: Path) -> Iterator[None]:
    """Have a SQLite file alone, whatever home it is worked on from; CannotDo when somebody has it."""
    path = database.with_name(f"{database.name}.lock")
    with _locked(path, fcntl.LOCK_EX) as own:
        if own is None:
            pid = path.read_text("ascii", "replace").strip()
            raise CannotDo(
                f"another guichet (process {pid or '?'}) is at work on the database {database}, from another home: "
                "stop it first. Several share one database on PostgreSQL only (docs/how-to/several-machines.md)"
            )
        _sign(own)
        yield


@contextmanager
def seated(home: Path) -> Iterator[Seat]:
    """Be one of several at work on the home; CannotDo while somebody wants it alone (a restore)."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(home / _DESK, fcntl.LOCK_SH) as desk:
        if desk is None:
            raise CannotDo(f"{home} is being restored (process {holder(home) or '?'}); wait until that is done")
        for number in range(1, MOST_SEATS + 1):
            seat = Seat(number=number, pid=os.getpid())
            with _locked(seat.path(home, _LOCK), fcntl.LOCK_EX) as own:
                if own is not None:
                    _sign(own)
                    yield seat
                    return
        raise CannotDo(f"{MOST_SEATS} processes are at work on {home}: that is the most")


def _busy(home: Path) -> CannotDo:
    return CannotDo(
        f"another guichet is at work on {home} (process {holder(home) or '?'}); stop it first, or let it do the work. "
        "Several share the work on PostgreSQL only (docs/how-to/several-machines.md)",
    )


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int | None]:
    """The locked file's descriptor; None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield descriptor
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)


BACKUP: Final = "backup"
PURGE: Final = "purge"
PATIENCE_SECONDS: Final = 600.0
"""A purge rewrites the database's files; what waits for one gives up after that."""
_LOOK_SECONDS: Final = 0.2


@contextmanager
def keeping(home: Path, work: str = BACKUP, *, pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Let nothing be destroyed in the home while a backup is being made, and no other backup begin.

    A backup waits for a purge, which is short and which the service begins by itself. CannotDo when it lasts, when
    another backup is at work, and for a purge while anything else is.
    """
    descriptor = os.open(home / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                other = os.pread(descriptor, 16, 0).decode("ascii", "replace").strip()
                if work != BACKUP or other == BACKUP or time.monotonic() > ends:
                    raise CannotDo(f"a {other or PURGE} is at work on {home}; try again when it is done") from None
            pause(_LOOK_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, work.encode("ascii"), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def seats(home: Path) -> tuple[Seat, ...]:
    """Who is at work on the home now, by seat."""
    found = (_sitting(home, number) for number in range(1, MOST_SEATS + 1))
    return tuple(one for one in found if one is not None)


def holder(home: Path) -> int | None:
    """A process that is at work on the home now, the one of the first seat if there is; or None."""
    return next((one.pid for one in seats(home)), None)


def _sitting(home: Path, number: int) -> Seat | None:
    try:
        descriptor = os.open(Seat(number=number, pid=0).path(home, _LOCK), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        signed = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return Seat(number=number, pid=int(signed)) if signed.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)
