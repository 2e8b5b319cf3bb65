"""The service: threads that wake up and do what is to be done; every pass is level-triggered (house, principle 1)."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from domain.errors import CannotDo, Retry
from ingest.colleagues import at_the_desk
from ingest.daemon_files import RUN
from ingest.files import write_json
from ingest.health import Gathering, Pulse, watched
from ingest.lanes import Lane, Lanes, Task
from ingest.lock import Seat
from ingest.pipeline import Pipeline
from ingest.presence import Presence
from ingest.scheduler import Ticks
from ingest.service_manager import ServiceManager
from ingest.telemetry import logger
from ingest.watcher import Watcher
from ingest.wiring import Wiring

if TYPE_CHECKING:
    from ingest.sftp.supervisor import SftpSupervisor

T = TypeVar("T")
STOP_SECONDS = 8.0
"""Of the ten that SIGTERM leaves us (contract §3)."""
LAST_POST_SECONDS = 1.0
POST = 200
"""Messages of one round of the postman; the next begins with whoever has not had one yet."""
"""For the answers to the last verdicts, when the judges took all of it."""
WORKERS = {Lane.FAST: 2, Lane.SLOW: 1}
HEARTBEAT_SECONDS = 15
POST_SECONDS = 1.0
POST = 200
"""Messages of one round of the postman; the next begins with whoever has not had one yet."""
RECOVERY_SECONDS = 60
COLLEAGUES_SECONDS = 10
"""The same beside colleagues: what one of them had in hand when he died is taken up sooner."""
REGISTER_SECONDS = 3
FOLLOWING_SECONDS = 30
CATCHING_UP_SECONDS = 600.0
"""Deadlines are followed once what waited at the start has its verdict, or after this."""
UPKEEP_SECONDS = 3600


class Daemon:
    """`guichet run`."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._settings = wiring.settings
        self._log = logger()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._post = threading.Event()
        self._written = threading.Event()
        self._pipeline = Pipeline(wiring, after_verdict=self._post.set)
        self._clerks = {lane: [wiring.new_clerk() for _ in range(count)] for lane, count in WORKERS.items()}
        self._lanes = Lanes(self._judge, WORKERS)
        self._supervisor: SftpSupervisor | None = None
        self._presence = Presence(wiring, self._pipeline.clock_watch, self._listening)
        self._started_seconds = time.monotonic()
        self._looked = self._opened = False
        self._passed_seconds: float | None = None
        self._ticks = Ticks(self._settings.zone)
        self._manager = ServiceManager()

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; 0 when everything was put away in order."""
        with at_the_desk(self._wiring) as seat, contextlib.ExitStack() as stack:
            self._presence.seat = seat
            self._catch_signals(stack)
            self._pipeline.prepare()
            sftp = stack.enter_context(self._sftp(seat))
            watcher = stack.enter_context(self._watching())
            stack.enter_context(self._ticking())
            gathering = Gathering(self._wiring.database, self._settings, self._wiring.clock.now, self._pulse)
            self._watch_health(stack, gathering, seat)
            gc.collect()
            gc.freeze()  # what start-up made lives as long as we do: the collector need not look at it for each file
            self._lanes.start()
            clerk = threading.Thread(target=self._carry, name="clerk", daemon=True)
            postman = threading.Thread(target=self._mail, name="postman", daemon=True)
            clerk.start()
            postman.start()
            try:
                with self._announced(sftp, seat):
                    self._loop(watcher)
            finally:
                self._stop.set()
                self._post.set()
                self._written.set()
                ends = time.monotonic() + STOP_SECONDS
                clean = self._lanes.stop(STOP_SECONDS)
                clerk.join(max(LAST_POST_SECONDS, ends - time.monotonic()))
                postman.join(max(0, ends - time.monotonic()))
            self._log.info("service_stopped", clean=clean)
        return 0

    # -- the passes ------------------------------------------------------------------------------------------------

    def _loop(self, watcher: Watcher) -> None:
        self._wake.set()
        while not self._stop.is_set():
            self._wake.wait(self._pause)
            self._wake.clear()
            if self._stop.is_set():
                return
            watcher.revive()
            self._ticks.realign()
            self._guarded("scan", self._scan)
            self._manager.alive()

    _pause: float = 0.0

    def _scan(self) -> None:
        self._pause = self._settings.scan_seconds
        self._submit_pending()  # first what waits: a crash's leavings, second tries, a mended register
        while not self._stop.is_set():  # while files are ready, take them, and let the lanes begin meanwhile
            taken = self._pipeline.take_ready(stop=self._stop.is_set, hand=self._lanes.submit)
            if taken.next_look_seconds is not None:
                self._pause = min(self._pause, taken.next_look_seconds)
            self._passed_seconds = time.monotonic()
            self._manager.alive()
            if not (taken.files and taken.left):
                self._looked = self._looked or not (taken.left or taken.settling)
                return

    def _submit_pending(self) -> None:
        for task in self._pipeline.pending():
            self._lanes.submit(task)

    def _judge(self, task: Task, worker: int) -> None:
        clerk = self._clerks[task.lane][worker]
        self._guarded("judge", lambda: self._pipeline.judge(task.submission_id, clerk))

    def _carry(self) -> None:
        """Write answers, as soon as there are any."""
        while True:
            self._post.wait(POST_SECONDS)
            self._post.clear()
            self._guarded("effects", self._pipeline.carry_out_effects)
            self._written.set()
            if self._stop.is_set():
                return

    def _mail(self) -> None:
        """Send mail, in a thread of its own: a slow mail server holds up nobody's answer."""
        while not self._stop.is_set():
            self._written.wait(POST_SECONDS)
            self._written.clear()
            while not self._stop.is_set() and self._guarded("outbox", self._send_some):
                pass

    def _send_some(self) -> bool:
        """Whether there may be more to send at once."""
        return self._wiring.outbox.flush(limit=POST, stop=self._stop.is_set).tried >= POST

    def _guarded(self, what: str, action: Callable[[], T]) -> T | None:
        """A pass that fails (None) is logged and tried again at the next tick: the others go on."""
        try:
            return action()
        except Retry as trouble:
            self._log.warning("pass_postponed", step=what, reason=str(trouble))
        except Exception:  # noqa: BLE001 - the service outlives any single failure
            self._log.exception("pass_failed", step=what)
        return None

    # -- what surrounds them ---------------------------------------------------------------------------------------

    def _catch_signals(self, stack: contextlib.ExitStack) -> None:
        def ask_to_stop(number: int, _frame: FrameType | None) -> None:
            self._log.info("stopping", signal=signal.Signals(number).name)
            self._stop.set()
            self._wake.set()
            self._post.set()
            self._written.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            former = signal.signal(number, ask_to_stop)
            stack.callback(signal.signal, number, former)

    @contextlib.contextmanager
    def _sftp(self, seat: Seat) -> Iterator[Callable[[], dict[str, Any] | None]]:
        if not self._settings.sftp_enabled:
            yield lambda: None
            return
        from ingest.sftp.supervisor import SftpSupervisor  # noqa: PLC0415 - only where it is wanted

        supervisor = SftpSupervisor.from_settings(self._settings, seat=seat.number)
        supervisor.start()
        self._supervisor = supervisor

        def ready() -> dict[str, Any] | None:
            try:
                return supervisor.ready(timeout_seconds=30)
            except CannotDo as trouble:
                if seat.number == 1:
                    raise
                # A colleague on this machine has the port; we have it when he leaves.
                self._log.warning("sftp_served_by_another", reason=str(trouble))
                return None

        try:
            yield ready
        finally:
            supervisor.stop()

    def _listening(self) -> bool:
        """Whether deposits are possible: always by a server that is not ours."""
        return self._supervisor is None or self._supervisor.status().ready is not None

    def _pulse(self) -> Pulse:
        """What the service itself knows of its health."""
        status = None if self._supervisor is None else self._supervisor.status()
        passed = self._passed_seconds
        return Pulse(
            pass_age_seconds=None if passed is None else time.monotonic() - passed,
            sftp_listening=None if status is None else self._listening() or self._served_by_another(),
            clock_in_doubt=self._pipeline.clock_watch.doubtful,
            restarts=0 if status is None else status.restarts,
        )

    def _served_by_another(self) -> bool | None:
        """None: on this machine a colleague has the port of SFTP, so that it is for him to say."""
        return False if self._presence.seat is None or self._presence.seat.number == 1 else None

    def _watch_health(self, stack: contextlib.ExitStack, gathering: Gathering, seat: Seat) -> None:
        try:
            stack.enter_context(watched(self._settings.metrics_port or None, gathering))
        except CannotDo as trouble:
            if seat.number == 1:
                raise
            self._log.warning("health_served_by_another", reason=str(trouble))

    @contextlib.contextmanager
    def _watching(self) -> Iterator[Watcher]:
        watcher = Watcher(self._settings.inbox, self._wake.set, mode=self._settings.watch)
        watcher.start()
        try:
            yield watcher
        finally:
            watcher.stop()

    @contextlib.contextmanager
    def _ticking(self) -> Iterator[None]:
        ticks = self._ticks
        ticks.every(HEARTBEAT_SECONDS, "heartbeat", lambda: self._guarded("heartbeat", self._presence.beat))
        recovery_seconds = COLLEAGUES_SECONDS if self._wiring.sharing.several else RECOVERY_SECONDS
        ticks.every(recovery_seconds, "recovery", lambda: self._guarded("recovery", self._recover))
        ticks.every(REGISTER_SECONDS, "register", lambda: self._guarded("register", self._mended_register))
        ticks.every(FOLLOWING_SECONDS, "following", lambda: self._guarded("following", self._follow_deadlines))
        ticks.every(UPKEEP_SECONDS, "upkeep", lambda: self._guarded("upkeep", self._upkeep))
        ticks.start()
        try:
            yield
        finally:
            ticks.stop()

    def _recover(self) -> None:
        for silent in self._wiring.sharing.give_up_silent():
            self._log.warning("colleague_given_up", machine=silent.machine, pid=silent.pid, leads=silent.leads)
        self._pipeline.recover()

    def _upkeep(self) -> None:
        if self._wiring.sharing.leads():
            self._pipeline.upkeep()

    def _mended_register(self) -> None:
        if not self._wiring.sharing.leads():
            self._opened = False
            return
        if self._pipeline.follow_register():
            self._wake.set()
        elif not self._opened and self._caught_up():
            self._opened = True
            self._ticks.soon("following")

    def _caught_up(self) -> bool:
        """Whether what came while we were away is judged: it may have come in time, so nobody is told before."""
        waited = time.monotonic() - self._started_seconds > CATCHING_UP_SECONDS
        return waited or (self._looked and not self._pipeline.pending())

    def _follow_deadlines(self) -> None:
        if self._opened and self._wiring.sharing.leads():
            self._pipeline.follow_deadlines()

    @contextlib.contextmanager
    def _announced(self, sftp: Callable[[], dict[str, Any] | None], seat: Seat) -> Iterator[None]:
        """Write `home/run.json` once everything listens; remove it at the end."""
        path: Path = seat.path(self._settings.home, RUN)
        details = sftp()
        if self._settings.sftp_enabled and details is None and seat.number == 1:
            raise CannotDo(
                f"the SFTP server did not start on {self._settings.sftp_host}:{self._settings.sftp_port}; "
                "is the port taken? Set sftp_port (0 = any free) or sftp_enabled = false",
            )
        self._guarded("heartbeat", self._presence.beat)
        write_json(
            path,
            {"pid": os.getpid(), "started_at": self._wiring.clock.now().isoformat(timespec="seconds"), "sftp": details},
            mode=0o644,
        )
        self._log.info("service_ready", inbox=str(self._settings.inbox), sftp=details)
        self._manager.ready()
        try:
            yield
        finally:
            self._manager.stopping()
            path.unlink(missing_ok=True)
