"""Two lanes of work: big files and second tries never delay small ones, and accounts take turns (contract §12).

Files of one account are judged one at a time, in order of receipt, so that a duplicate meets its original.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Which lane a file takes."""

    FAST = "fast"
    SLOW = "slow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A submission to judge."""

    submission_id: str
    account: str
    lane: Lane


class Lanes:
    """A fair queue per lane, worked by a few threads. `work(task, worker)` must not raise."""

    def __init__(self, work: Callable[[Task, int], None], workers: dict[Lane, int]) -> None:
        self._work = work
        self._queues: dict[Lane, dict[str, deque[Task]]] = {lane: {} for lane in Lane}
        self._known: set[str] = set()
        self._busy: set[tuple[Lane, str]] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._loop, args=(lane, number), name=f"judge-{lane}-{number}", daemon=True)
            for lane, count in workers.items()
            for number in range(count)
        ]

    def start(self) -> None:
        """Start the worker threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> bool:
        """Queue a task unless it is already queued or in hand."""
        with self._changed:
            if self._stopping or task.submission_id in self._known:
                return False
            self._known.add(task.submission_id)
            self._queues[task.lane].setdefault(task.account, deque()).append(task)
            self._changed.notify_all()
            return True

    def idle(self) -> bool:
        """Whether nothing is queued or in hand."""
        with self._changed:
            return not self._known

    def wait_idle(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing is queued or in hand; False when the time is up first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._known, timeout_seconds)

    def stop(self, timeout_seconds: float) -> bool:
        """Finish the files in hand, drop the queue (the ledger still has them); False if a worker is still busy."""
        with self._changed:
            self._stopping = True
            for queues in self._queues.values():
                queues.clear()
            self._changed.notify_all()
        share = timeout_seconds / max(1, len(self._threads))
        for thread in self._threads:
            thread.join(share if thread.is_alive() else 0)
        return not any(thread.is_alive() for thread in self._threads)

    def _loop(self, lane: Lane, number: int) -> None:
        while True:
            task = self._next(lane)
            if task is None:
                return
            try:
                self._work(task, number)
            finally:
                with self._changed:
                    self._known.discard(task.submission_id)
                    self._busy.discard((lane, task.account))
                    self._changed.notify_all()

    def _next(self, lane: Lane) -> Task | None:
        with self._changed:
            while True:
                if self._stopping:
                    return None
                task = self._take(lane)
                if task is not None:
                    return task
                self._changed.wait()

    def _take(self, lane: Lane) -> Task | None:
        queues = self._queues[lane]
        for account in list(queues):
            if (lane, account) in self._busy:
                continue
            queue = queues.pop(account)
            task = queue.popleft()
            if queue:
                queues[account] = queue  # to the end of the round: accounts take turns
            self._busy.add((lane, account))
            return task
        return None
