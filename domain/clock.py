"""The one door to the time of day. Every rule takes the instant as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

A_LITTLE_LATER = timedelta(minutes=15)
"""How far a rehearsal can have run on since it was set; beyond, a clock that goes back is meant to."""


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

    def catch_up(self, reached: datetime | None) -> None:
        """Go on from where the last rehearsal had come to, when that is only a little later.

        A clock set at the same instant twice would otherwise receive the second file before the first.
        """
        now = self.now()
        if reached is not None and now <= reached <= now + A_LITTLE_LATER:
            self._start += reached - now + timedelta(milliseconds=1)

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
