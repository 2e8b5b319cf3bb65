"""The one door to watchdog: file events are hints to look at the inbox soon, never the truth.

Each folder of interest has its own watch (the inbox, every `depot/` and `essai/`), so that four hundred days of
answers in `retours/` cost nothing. A watch dies silently when its folder is removed or moved, and the kernel
limits their number: `revive` sees both and mends what it can; the periodic scan never depends on it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

_log = logging.getLogger(__name__)
_BOXES: Final = ("depot", "essai")
_ARRIVALS: Final = [FileCreatedEvent, FileMovedEvent, FileClosedEvent, DirCreatedEvent, DirMovedEvent]
_POLLED: Final = [*_ARRIVALS, FileModifiedEvent]
"""Polling sees no close: a change of content stands for it."""
_JOIN_SECONDS: Final = 2.0

WatchMode = Literal["auto", "events", "polling"]


class Watcher(FileSystemEventHandler):
    """Calls `on_hint` (an Event's `set`) when something arrives; arrivals within `debounce_seconds` are one hint."""

    def __init__(
        self,
        inbox: Path,
        on_hint: Callable[[], object],
        *,
        mode: WatchMode = "auto",
        debounce_seconds: float = 0.05,
        polling_seconds: float = 1.0,
    ) -> None:
        """`mode`: `auto` and `events` ask the kernel, `polling` is for network file systems."""
        self._inbox = inbox
        self._on_hint = on_hint
        self._mode = mode
        self._debounce_seconds = debounce_seconds
        self._polling_seconds = polling_seconds
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, tuple[tuple[int, int], ObservedWatch]] = {}
        self._lock = threading.RLock()
        self._timer_lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._warned = False

    def start(self) -> bool:
        """Start watching; False, with a warning, when the system refuses: scanning goes on without hints."""
        with self._lock:
            self.stop()
            observer = self._new_observer()
            if observer is None:
                return False
            self._observer = observer
            return self._watch_all()

    def stop(self) -> None:
        """Stop watching; harmless twice."""
        with self._timer_lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        with self._lock:
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            with suppress(RuntimeError):
                observer.join(_JOIN_SECONDS)

    def alive(self) -> bool:
        """Whether every watch still works: an observer whose emitter died goes on saying that it is alive."""
        with self._lock:
            observer = self._observer
            return (
                observer is not None
                and observer.is_alive()
                and bool(self._watches)
                and all(emitter.is_alive() for emitter in observer.emitters)
            )

    def revive(self) -> bool:
        """Mend what died and watch what is new (called at every scan); False when hints are not to be counted on."""
        with self._lock:
            if self._observer is None or not self._observer.is_alive():
                return self.start()
            return self._watch_all() and self.alive()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Say "scan soon", whatever the event."""
        del event
        with self._timer_lock:
            if self._timer is None and self._observer is not None:
                self._timer = threading.Timer(self._debounce_seconds, self._fire)
                self._timer.daemon = True
                self._timer.start()

    def _fire(self) -> None:
        with self._timer_lock:
            self._timer = None
        self._on_hint()

    def _new_observer(self) -> BaseObserver | None:
        try:
            observer: BaseObserver
            polling = self._mode == "polling"
            observer = PollingObserver(timeout=self._polling_seconds) if polling else Observer()
            observer.start()
        except (OSError, RuntimeError) as error:
            self._warn(error)
            return None
        return observer

    def _watch_all(self) -> bool:
        """Make the watches match the folders there are."""
        wanted = _folders(self._inbox)
        emitters = self._observer.emitters if self._observer is not None else set()
        emitting = {each.watch for each in emitters if each.is_alive()}
        for folder, (identity, watch) in list(self._watches.items()):
            if wanted.get(folder) != identity or watch not in emitting:
                self._unwatch(folder, watch)
        for folder, identity in wanted.items():
            if folder not in self._watches and not self._watch(folder, identity):
                return False
        self._warned = False
        return True

    def _watch(self, folder: Path, identity: tuple[int, int]) -> bool:
        if self._observer is None:
            return False
        events = _POLLED if self._mode == "polling" else _ARRIVALS
        try:
            watch = self._observer.schedule(self, str(folder), event_filter=events)
        except FileNotFoundError:
            return True  # removed meanwhile
        except (OSError, RuntimeError) as error:
            self._warn(error)
            return False
        self._watches[folder] = (identity, watch)
        self._on_hint()  # what arrived before the watch did
        return True

    def _unwatch(self, folder: Path, watch: ObservedWatch) -> None:
        del self._watches[folder]
        if self._observer is not None:
            with suppress(KeyError, OSError, RuntimeError):
                self._observer.unschedule(watch)

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "watcher_unavailable: %s; the inbox is scanned periodically all the same "
                '(raise fs.inotify.max_user_watches and max_user_instances, or set watch = "polling")',
                error,
            )


def _folders(inbox: Path) -> dict[Path, tuple[int, int]]:
    """The folders worth watching, with device and inode: a folder made again is another one."""
    found: dict[Path, tuple[int, int]] = {}
    accounts: list[Path] = []
    with suppress(OSError), os.scandir(inbox) as entries:
        accounts = [
            inbox / each.name
            for each in entries
            if not each.name.startswith(".") and each.is_dir(follow_symlinks=False)
        ]
    for folder in (inbox, *(account / box for account in accounts for box in _BOXES)):
        with suppress(OSError):
            result = folder.stat() if folder == inbox else folder.lstat()
            if folder == inbox or not folder.is_symlink():
                found[folder] = (result.st_dev, result.st_ino)
    return found
