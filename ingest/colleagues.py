"""Being at work on a desk: alone on SQLite, one of several processes on PostgreSQL (contract §7, ADR 17)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.lock import Seat, exclusive, seated, sole
from ingest.place import settle
from ingest.wiring import Wiring


@contextmanager
def at_the_desk(wiring: Wiring) -> Iterator[Seat]:
    """Work on the home, on a seat of its own.

    CannotDo when somebody has it alone, when another home works on our SQLite file, or when the folders are not those
    of our PostgreSQL's desk.
    """
    home, sharing, database = wiring.settings.home, wiring.sharing, wiring.database
    if not sharing.several:
        with exclusive(home) as seat, sole(database.path or home):
            yield seat
        return
    settle(database, home, wiring.settings.inbox)
    with seated(home) as seat:
        sharing.begin()
        try:
            yield seat
        finally:
            sharing.close()
