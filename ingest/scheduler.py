"""The only door to APScheduler: a few ticks that wake idempotent passes; nothing is remembered between them."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger


class Ticks:
    """Calls functions at regular intervals, each never twice at a time; a late tick is made up for once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=zone,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, seconds: float, name: str, action: Callable[[], None]) -> None:
        """Call `action` every so many seconds."""
        self._scheduler.add_job(action, IntervalTrigger(seconds=seconds), id=name, name=name)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; a tick in hand is finished."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
