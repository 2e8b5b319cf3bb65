"""Being at work on a desk: alone on SQLite, one of several processes on PostgreSQL (contract §7, ADR 17)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ingest.lock import Seat, exclusive, seated
from ingest.wiring import Wiring


@contextmanager
def at_the_desk(wiring: Wiring) -> Iterator[Seat]:
    """Work on the home, on a seat of its own. CannotDo when somebody has it alone, or works from another home."""
    home, sharing = wiring.settings.home, wiring.sharing
    with seated(home) if sharing.several else exclusive(home) as seat:
        sharing.begin(home)
        try:
            yield seat
        finally:
            sharing.close()
