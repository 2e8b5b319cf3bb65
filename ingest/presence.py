"""The service's signs of life, and what their absence means: the desk was closed (contract §8)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from ingest.clock_guard import uptime_seconds
from ingest.clock_watch import ClockWatch
from ingest.daemon_files import HEARTBEAT
from ingest.files import write_json
from ingest.lock import Seat
from ingest.telemetry import logger
from ingest.wiring import Wiring

AWAY_SECONDS: Final = 300.0
"""Without a sign for so long, the desk was closed even if the process lived (the machine slept, SFTP did not listen).

Well over the interval of the signs: a busy machine is not a closed desk.
"""


class Presence:
    """Says, every few seconds, that the desk is open; the first time after an absence, since when it was not.

    The process's own sign is a file (`home/heartbeat.json`, for `doctor`); the desk's is in the database, since
    several machines may hold one desk, and a restored backup was away since it was made.
    """

    def __init__(self, wiring: Wiring, watch: ClockWatch, listening: Callable[[], bool]) -> None:
        """`listening`: whether deposits are possible now."""
        self._wiring, self._watch, self._listening = wiring, watch, listening
        self.seat: Seat | None = None
        """Whose sign the file is; None: that of a service alone."""
        self._away = True
        self._seen_seconds = uptime_seconds()
        self._believed = watch.believed_again

    def beat(self) -> None:
        """One sign. Retry when the database is away: the desk itself is not closed for that."""
        home = self._wiring.settings.home
        write_json(
            home / HEARTBEAT if self.seat is None else self.seat.path(home, HEARTBEAT),
            {
                "pid": os.getpid(),
                "at": self._wiring.clock.now().isoformat(),
                "monotonic_seconds": round(time.monotonic(), 1),
                "clock_in_doubt": self._watch.doubtful,
                "may_destroy": self._watch.may_destroy(),
            },
        )
        if not self._listening() or self._watch.in_doubt():
            return
        seconds = uptime_seconds()
        self._away = self._away or seconds - self._seen_seconds > AWAY_SECONDS
        if self._watch.believed_again != self._believed:
            self._away, self._believed = True, self._watch.believed_again
        self._seen_seconds = seconds
        ended = self._wiring.ledger.see_open(
            self._wiring.clock.now(), back=self._away, beside=self._wiring.sharing.open_beside
        )
        self._away = False
        if ended is not None:
            logger().info("desk_was_closed", since=ended.from_at.isoformat(), until=ended.until_at.isoformat())
