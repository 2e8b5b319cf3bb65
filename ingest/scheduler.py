"""The only door to APScheduler: a few ticks that wake idempotent passes; nothing is remembered between them.

The library reckons by the wall clock, which may jump: a tick is never made up for, and `realign` brings back those
that a clock gone back has left far in the future.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from domain.clock import Clock, SystemClock


class Ticks:
    """Calls functions at regular intervals, each never twice at a time; ticks that were missed count as one."""

    def __init__(self, zone: ZoneInfo, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._scheduler = BackgroundScheduler(
            timezone=zone,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        """Call `action` every so many seconds."""
        self._scheduler.add_job(action, Every(timedelta(seconds=seconds)), id=name, name=name)

    def soon(self, name: str) -> None:
        """Call that one now, and then at its intervals."""
        self._scheduler.modify_job(name, next_run_time=self._clock.now())

    def realign(self) -> None:
        """Bring back what a clock that went back has put off; does nothing otherwise."""
        now = self._clock.now()
        for job in self._scheduler.get_jobs():
            if job.next_run_time is not None and job.next_run_time > now + 2 * job.trigger.interval:
                job.modify(next_run_time=now + job.trigger.interval)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; a tick in hand is finished."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)


class Every(BaseTrigger):  # type: ignore[misc]
    """An interval after the last tick, or after now when that is past.

    The library's own interval lists every tick that was missed: after a jump of two years, millions of them.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next tick."""
        following = (previous_fire_time or now) + self.interval
        return following if following > now else now + self.interval
