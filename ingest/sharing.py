"""How several processes share the work of one desk: session advisory locks of PostgreSQL (ADR 17).

Each process keeps one connection for its whole life, and holds on it a lock for itself, and one for each thing that it
has in hand. The server frees them at the moment that the connection ends: what a dead process had in hand is free, what
a living one has in hand is not. Nothing has to be cleaned up, no clocks of machines are compared.

A process that hangs holds its connection all the same. So each says something on it every few seconds, and when the
server has heard nothing from one for a while, its colleagues have the server end that connection (`give_up_silent`).

On SQLite there is one process, and every lock is had for the asking (`Alone`).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Protocol, TypeVar

import psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from domain.errors import Retry
from ingest.advisory_locks import (
    MOST,
    Colleague,
    Part,
    Place,
    colleagues,
    count,
    end,
    heard,
    lock,
    lock_in_transaction,
    number_of,
    present,
    unlock,
    unlock_all,
)
from ingest.database.engine import POSTGRESQL, Database
from ingest.telemetry import logger

__all__ = ["PULSE_SECONDS", "SILENT_SECONDS", "Alone", "Part", "Shared", "Sharing", "in_hand", "sharing_of"]

_POLL_SECONDS: Final = 0.1
PULSE_SECONDS: Final = 10.0
"""How often a process says that it is there, and looks whether its connection is."""
SILENT_SECONDS: Final = 120.0
"""A process that the server has not heard for so long hangs, or its machine does: what it has in hand is set free."""
_LAST_SECONDS: Final = 2.0
T = TypeVar("T")


class Sharing(Protocol):
    """How work is shared. Every method but `leave` and `close` may raise Retry when the database is away."""

    @property
    def several(self) -> bool:
        """Whether others may be at work."""
        ...

    @property
    def mark(self) -> str:
        """Ours among those at work; empty when there is only one."""
        ...

    def begin(self) -> None:
        """Be one of those at work."""
        ...

    def take(self, part: Part, what: str | int = 0) -> bool:
        """Have it in hand until `leave`, or until we die; False when anybody has it, another thread of ours too."""
        ...

    def leave(self, part: Part, what: str | int = 0) -> None:
        """Have it in hand no longer."""
        ...

    def abandoned(self, connection: Connection, part: Part, what: Sequence[str | int]) -> list[str | int]:
        """Those that nobody has in hand; they stay so until the connection's transaction ends."""
        ...

    def leads(self) -> bool:
        """Whether we are the leader; become it when there is none."""
        ...

    def still(self, part: Part, what: str | int = 0) -> bool:
        """Whether we have it in hand even now: asked of the server, which may have cut our connection."""
        ...

    def others(self) -> int:
        """How many other processes are at work."""
        ...

    def open_beside(self) -> bool:
        """Say that the desk is open, and whether it was already, by another process."""
        ...

    def give_up_silent(self) -> list[Colleague]:
        """Set free what those have in hand that nobody has heard for a while; who they are."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Alone:
    """The only process."""

    several = False
    mark = ""

    def begin(self) -> None:
        """Nobody has to know."""

    def take(self, part: Part, what: str | int = 0) -> bool:  # noqa: ARG002 - as `Sharing`
        """Nobody else asks."""
        return True

    def leave(self, part: Part, what: str | int = 0) -> None:
        """Nobody waits."""

    def abandoned(self, connection: Connection, part: Part, what: Sequence[str | int]) -> list[str | int]:  # noqa: ARG002
        """Whoever had it is no more."""
        return list(what)

    def leads(self) -> bool:
        """Who else?"""
        return True

    def still(self, part: Part, what: str | int = 0) -> bool:  # noqa: ARG002 - as `Sharing`
        """Nobody else would have it."""
        return True

    def others(self) -> int:
        """None."""
        return 0

    def open_beside(self) -> bool:
        """Nobody else."""
        return False

    def give_up_silent(self) -> list[Colleague]:
        """Nobody else."""
        return []

    def close(self) -> None:
        """Nothing was taken."""


class Shared:
    """One of several processes on one PostgreSQL. Safe from several threads."""

    several = True

    def __init__(self, database: Database) -> None:
        """Nothing is opened before something is asked."""
        self._database = database
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._held: set[Place] = set()
        self._number = secrets.randbelow(MOST)
        self._ended = threading.Event()
        self._log = logger()

    @property
    def mark(self) -> str:
        """Ours among those at work."""
        return f"{self._number:08x}"

    def begin(self) -> None:
        """Be one of those at work, and be heard from now on."""
        place = (Part.ALIVE, self._number)
        with self._guard:
            if self._try(place):
                self._held.add(place)
        self._ended = threading.Event()
        threading.Thread(target=self._beat, args=(self._ended,), name="sharing", daemon=True).start()

    def take(self, part: Part, what: str | int = 0) -> bool:
        """Have it in hand; False when a colleague has it, or another thread of ours."""
        place = (part, number_of(what))
        with self._guard:
            if place in self._held or not self._try(place):
                return False
            self._held.add(place)
            return True

    def leave(self, part: Part, what: str | int = 0) -> None:
        """Have it in hand no longer. A connection that was cut has let go of it already."""
        place = (part, number_of(what))
        with self._guard:
            if place not in self._held:
                return
            self._held.discard(place)
            if self._connection is not None:
                try:
                    unlock(self._connection, place)
                except (DBAPIError, psycopg.Error):
                    self._drop()

    def abandoned(self, connection: Connection, part: Part, what: Sequence[str | int]) -> list[str | int]:
        """Those whose lock nobody holds, taken until the end of the connection's transaction."""
        return [one for one in what if lock_in_transaction(connection, (part, number_of(one)))]

    def leads(self) -> bool:
        """Whether we lead; asked of the server each time, since a leader whose connection was cut leads no more."""
        place = (Part.LEADER, 0)
        with self._guard:
            if place in self._held:
                self._hear()
            if place in self._held:
                return True
            if not self._try(place):
                return False
            self._held.add(place)
        self._log.info("leading", mark=self.mark)
        return True

    def still(self, part: Part, what: str | int = 0) -> bool:
        """Whether we have it in hand: when our connection was cut, unless a colleague was faster."""
        place = (part, number_of(what))
        with self._guard:
            if place in self._held:
                self._hear()
            return place in self._held

    def others(self) -> int:
        """How many other processes hold the lock of the living."""
        with self._guard:
            return self._ask(lambda at: count(at, Part.ALIVE, besides=self._number))

    def open_beside(self) -> bool:
        """Say that the desk is open, and whether it was already, by another process.

        Asked within the transaction that writes the sign of life, of which there is one at a time.
        """
        place = (Part.OPEN, self._number)
        with self._guard:
            if place not in self._held and self._try(place):
                self._held.add(place)
            return self._ask(lambda at: heard(at, Part.OPEN, besides=self._number, silent_seconds=SILENT_SECONDS)) > 0

    def give_up_silent(self, silent_seconds: float = SILENT_SECONDS) -> list[Colleague]:
        """Have the server end the connections of those who hang; when they wake up, they see what they have lost."""
        with self._guard:
            known = self._ask(colleagues)
            silent = [one for one in known if one.silent_seconds > silent_seconds]
            return [one for one in silent if self._ask(lambda at, who=one: end(at, who))]  # type: ignore[misc]

    def close(self) -> None:
        """End the connection, and with it everything that we had in hand."""
        self._ended.set()
        if not self._guard.acquire(timeout=_LAST_SECONDS):
            return  # a thread of ours waits for a database that is away: nothing is held there
        try:
            self._held.clear()
            if self._connection is not None:
                with suppress(DBAPIError, psycopg.Error):
                    unlock_all(self._connection)
            self._drop()
        finally:
            self._guard.release()

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _beat(self, ended: threading.Event) -> None:
        """Be heard, and find out that our connection was cut while a long piece of work is in hand."""
        while not ended.wait(PULSE_SECONDS):
            with self._guard, suppress(Retry):
                if not ended.is_set():
                    self._hear()

    def _hear(self) -> None:
        self._ask(lambda at: at.exec_driver_sql("SELECT 1").scalar_one())

    def _try(self, place: Place) -> bool:
        return self._ask(lambda at: lock(at, place))

    def _ask(self, question: Callable[[Connection], T]) -> T:
        """The answer, on a connection that is made again once when it turns out to be cut. Retry when it cannot be."""
        try:
            return question(self._open())
        except (DBAPIError, psycopg.Error):
            self._drop()
        try:
            return question(self._open())
        except (DBAPIError, psycopg.Error) as error:
            self._drop()
            raise Retry("the database does not answer: what is in hand cannot be told") from error

    def _open(self) -> Connection:
        if self._connection is None:
            connection = self._database.session()
            present(connection)
            self._connection = connection
            self._take_again(connection)
        return self._connection

    def _take_again(self, connection: Connection) -> None:
        """What we had in hand when the connection was cut, unless a colleague was faster, or the server still waits."""
        for place in sorted(self._held):
            if lock(connection, place):
                continue
            self._held.discard(place)
            self._log.warning("hold_lost", part=place[0].name.lower())
            if place[0] is Part.ALIVE:  # the server still believes in the former connection
                self._number = secrets.randbelow(MOST)
                lock(connection, (Part.ALIVE, self._number))
                self._held.add((Part.ALIVE, self._number))
            if place[0] is Part.OPEN:  # after that of the living, which has the lower number
                lock(connection, (Part.OPEN, self._number))
                self._held.add((Part.OPEN, self._number))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, psycopg.Error):
                connection.close()


def sharing_of(database: Database) -> Alone | Shared:
    """Whether, and how, the work on this database is shared."""
    return Shared(database) if database.dialect == POSTGRESQL else Alone()


@contextmanager
def in_hand(sharing: Sharing, part: Part, what: str | int = 0, *, patience_seconds: float = 0) -> Iterator[bool]:
    """Whether we have it in hand, after so much patience with who has it; if so, until the end of the block."""
    ends = time.monotonic() + patience_seconds
    taken = sharing.take(part, what)
    while not taken and time.monotonic() < ends:
        time.sleep(_POLL_SECONDS)
        taken = sharing.take(part, what)
    try:
        yield taken
    finally:
        if taken:
            sharing.leave(part, what)
