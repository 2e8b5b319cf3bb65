"""Whether the machine's clock can be believed: a clock that jumps never declares anyone late (contract §12).

Pure: told what the wall clock says and how many seconds went by on a clock that nobody sets. As long as they agree,
the present instant is the wall clock's. When they part, the clock is in doubt, and the present instant is what the
seconds make of the last instant that was certain, until they agree again, or until a day has gone by without another
jump (the clock was wrong before, and somebody set it right).

A clock that stands before the newest line of the journal when the service starts is in doubt as well; what the
instant should be is then not known, and the wall clock's is used. One that stands far after it cannot be told from a
long stop: nothing is destroyed for a day, but mails go. When it is set back on that day, to no earlier than the
journal, it is believed at once: it started too far ahead, and a time server has put it right.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clock import Clock

TOLERANCE = timedelta(minutes=5)
"""Steps that a time server makes without anybody having meant harm; no deadline hangs on them."""
BEHIND = timedelta(hours=1)
"""How far before the newest line of the journal a clock may start: several machines do not agree to the second."""
PROBATION = timedelta(hours=24)
"""How long a clock must run on without another jump to be believed against what it said before."""
LEAP = timedelta(days=7)
"""How far after the newest line of the journal a clock may start and let destroy at once."""


def uptime_seconds() -> float:
    """Seconds on a clock that nobody sets, and that a sleeping machine's sleep counts in."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """The clock said `machine_at` when `expected_at`, or later, was expected. `jumped`: while we looked."""

    machine_at: datetime
    expected_at: datetime
    jumped: bool


class ClockGuard:
    """A clock that is not carried away by jumps. Safe from several threads."""

    def __init__(self, wall: Clock, steady_seconds: Callable[[], float] = uptime_seconds) -> None:
        """Begin to look; what the wall clock says now is believed until `start_after`."""
        self._wall, self._steady = wall, steady_seconds
        self._lock = threading.Lock()
        self._certain = (wall.now(), steady_seconds())
        self._began_seconds = self._certain[1]
        self._doubt: Doubt | None = None
        self._jumped_seconds = 0.0
        self._tried_since: datetime | None = None
        self._leapt = False
        self._latest: datetime | None = None
        self._believed = 0

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        with self._lock:
            return self._look(self._wall.now(), self._steady())

    @property
    def doubt(self) -> Doubt | None:
        """Why the clock is in doubt now; None when it is not."""
        self.now()
        return self._doubt

    @property
    def believed_again(self) -> int:
        """How many times a clock in doubt was believed in the end, or caught up with the journal: time went unseen."""
        return self._believed

    @property
    def may_destroy(self) -> bool:
        """Whether what is old may be destroyed now."""
        tried = self._steady() - self._began_seconds >= PROBATION.total_seconds()
        return self.doubt is None and (tried or not self._leapt)

    def start_after(self, latest: datetime | None, tried_since: datetime | None) -> Doubt | None:
        """Compare with the newest line of the journal. `tried_since`: when a clock this far behind was first seen."""
        now = self.now()
        with self._lock:
            self._leapt = latest is not None and now - latest > LEAP
            self._latest = latest
            if latest is not None and now < latest - BEHIND and not _tried(now, tried_since or now):
                self._doubt = Doubt(machine_at=now, expected_at=latest, jumped=False)
                self._tried_since = tried_since or now
            return self._doubt

    def _look(self, wall: datetime, steady: float) -> datetime:
        expected = self._certain[0] + timedelta(seconds=steady - self._certain[1])
        agrees = abs(wall - expected) <= TOLERANCE
        if self._doubt is None:
            if agrees:
                return self._certainly(wall, steady)
            if self._put_right(wall, expected, steady):
                self._leapt = False
                self._believe()
                return self._certainly(wall, steady)
            return self._begin_doubt(wall, expected, steady)
        if self._doubt.jumped:
            return self._look_after_jump(self._doubt, wall, expected, steady)
        if wall >= self._doubt.expected_at - BEHIND or _tried(wall, self._tried_since or wall):
            self._believe()
        return self._certainly(wall, steady)

    def _look_after_jump(self, doubt: Doubt, wall: datetime, expected: datetime, steady: float) -> datetime:
        if abs(wall - expected) <= TOLERANCE:
            self._doubt = None
            return self._certainly(wall, steady)
        since_seconds = steady - self._jumped_seconds
        if abs(wall - doubt.machine_at - timedelta(seconds=since_seconds)) > TOLERANCE:
            return self._begin_doubt(wall, expected, steady)
        if since_seconds < PROBATION.total_seconds():
            return expected
        self._believe()
        return self._certainly(wall, steady)

    def _put_right(self, wall: datetime, expected: datetime, steady: float) -> bool:
        """Whether a clock that started far after the journal has just gone back towards it."""
        fresh = self._leapt and steady - self._began_seconds < PROBATION.total_seconds()
        return fresh and self._latest is not None and self._latest - BEHIND <= wall < expected

    def _believe(self) -> None:
        self._doubt = None
        self._believed += 1

    def _begin_doubt(self, wall: datetime, expected: datetime, steady: float) -> datetime:
        self._doubt = Doubt(machine_at=wall, expected_at=expected, jumped=True)
        self._jumped_seconds = steady
        return expected

    def _certainly(self, wall: datetime, steady: float) -> datetime:
        self._certain = (wall, steady)
        return wall


def _tried(now: datetime, since: datetime) -> bool:
    return now - since >= PROBATION
