"""An outage of ours never makes anyone late (contract §8): the desk was closed, or its verdict came late. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.deadlines import due_at
from domain.workdays import WorkingDays

GRACE = timedelta(hours=24)
"""What one has after the desk's return (contract §8)."""
VERDICT_IN_TIME = timedelta(hours=1)
"""The receipt says « Rien d'ici une heure ? »: until then a verdict is not late, whatever the load or a big file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure:
    """The desk was last seen open at `from_at` and was back at `until_at`."""

    from_at: datetime
    until_at: datetime

    @property
    def gives_until(self) -> datetime:
        """The due instant of what fell due while the desk was closed."""
        return self.until_at + GRACE


class Closures:
    """All closures that are over at an instant; one that ends later was written by a clock that jumped: not yet."""

    def __init__(self, known: Iterable[Closure], now: datetime) -> None:
        """`known` in any order; they may overlap (a clock that went back)."""
        ordered = sorted((one for one in known if one.until_at <= now), key=lambda one: (one.from_at, one.until_at))
        self._starts = [one.from_at for one in ordered]
        self._longest: list[Closure] = []  # of those begun so far, the one that lasted longest
        for one in ordered:
            last = self._longest[-1] if self._longest else one
            self._longest.append(one if one.until_at >= last.until_at else last)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._starts)

    def at(self, instant: datetime) -> Closure | None:
        """The closure in which the instant lies, both ends included; the one that ends last."""
        place = bisect_right(self._starts, instant)
        found = self._longest[place - 1] if place else None
        return found if found is not None and instant <= found.until_at else None

    def excuse(self, due: datetime) -> Closure | None:
        """The closure from whose end the new due instant is reckoned; None when the desk was open at `due`.

        When it was closed again at the new due instant, that closure counts in its turn.
        """
        last = None
        found = self.at(due)
        while found is not None:
            last = found
            found = self.at(found.gives_until)
        return last


def due_after_late_verdict(
    *, received_at: datetime, due: datetime, judged_at: datetime, days: WorkingDays, zone: ZoneInfo
) -> datetime | None:
    """The end of the next working day, when a deposit made in time got its verdict late; None when nothing is gained.

    Who deposits in time may count on the time that is left to correct; a verdict of ours that dawdles eats it up.
    """
    if received_at > due or judged_at - received_at <= VERDICT_IN_TIME:
        return None
    moved = due_at(days.following(judged_at.astimezone(zone).date()), zone)
    return moved if moved > due else None
