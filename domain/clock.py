"""The one door to the time of day. Every rule takes the instant as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the present instant, aware, in UTC."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the door


class RehearsalClock:
    """A clock set at `start` that runs on from there (`--at`, contract §3)."""

    def __init__(self, start: datetime) -> None:
        """Set the clock; `start` must be aware."""
        if start.tzinfo is None:
            msg = "a rehearsal clock needs an aware instant"
            raise ValueError(msg)
        self._start = start.astimezone(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """The rehearsed instant, aware, in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._origin)


class FixedClock:
    """A clock that stands still; for pure code under test and for judging at a past instant."""

    def __init__(self, at: datetime) -> None:
        """Stop the clock at the aware instant `at`."""
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant at which the clock was stopped."""
        return self._at
