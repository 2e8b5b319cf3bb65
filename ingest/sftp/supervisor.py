"""Keeps the SFTP process alive for `guichet run`: start, watch, restart with back-off, stop.

Nothing of asyncssh is imported here: the daemon stays light, and a fault of the server is a
fault of another process.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

from domain.errors import CannotDo
from ingest.settings import Settings
from ingest.sftp.config import SftpConfig, SftpLimits, SftpReady

LOGGER: Final = logging.getLogger("ingest.sftp.supervisor")
FIRST_DELAY_SECONDS: Final = 0.5
LONGEST_DELAY_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_ROOM_BYTES: Final = 300_000_000
_LINE_LIMIT: Final = 64 * 1024
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def _environment() -> dict[str, str]:
    """Where our packages are, whatever the current folder; none of the daemon's settings or secrets."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    home = str(Path(__file__).resolve().parents[2])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (home, kept.get("PYTHONPATH"))))}


def limits_of(settings: Settings) -> SftpLimits:
    """Return the server's bounds: wider than the judge's, so that a file too big for it gets a written answer."""
    widest = 2 * max(settings.max_csv_bytes, settings.max_workbook_bytes, _ROOM_BYTES)
    quota = settings.sftp_quota_bytes
    return SftpLimits(max_file_bytes=min(widest, quota), quota_bytes=quota)


class SftpState(StrEnum):
    """What the server is doing."""

    STARTING = "starting"
    RUNNING = "running"
    BACKING_OFF = "backing_off"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class SftpStatus:
    """What `doctor` and the health check are told."""

    state: SftpState
    ready: SftpReady | None
    restarts: int
    last_error: str


class SftpSupervisor:
    """One supervised SFTP server process."""

    def __init__(self, config: SftpConfig, config_path: Path, *, parent_pid: int) -> None:
        """`config_path` is where the process's configuration is written (no secret in it)."""
        self._config = replace(config, parent_pid=parent_pid)
        self._config_path = config_path
        self._status = SftpStatus(state=SftpState.STOPPED, ready=None, restarts=0, last_error="")
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def from_settings(cls, settings: Settings, *, seat: int = 1) -> SftpSupervisor:
        """Return the supervisor of the server that the settings describe; its files lie in `home/sftp`.

        `seat`: whose server it is, when several processes share the home.
        """
        folder, which = settings.home / "sftp", "" if seat == 1 else f"-{seat}"
        config = SftpConfig(
            host=settings.sftp_host,
            port=settings.sftp_port,
            host_key=folder / "ssh_host_ed25519_key",
            accounts=settings.home / "accounts" / "accounts.json",
            inbox=settings.inbox,
            ready_path=folder / f"ready{which}.json",
            limits=limits_of(settings),
        )
        return cls(config, folder / f"config{which}.json", parent_pid=os.getpid())

    def start(self) -> None:
        """Start supervising; returns at once. See `wait_ready`."""
        if self._thread is not None:
            msg = "the SFTP server is supervised already"
            raise RuntimeError(msg)
        self._stopping.clear()
        self._tell(state=SftpState.STARTING)
        self._thread = threading.Thread(target=self._supervise, name="sftp-supervisor", daemon=True)
        self._thread.start()

    def status(self) -> SftpStatus:
        """How the server is now."""
        with self._changed:
            return self._status

    def wait_ready(self, timeout_seconds: float) -> SftpReady:
        """Wait until it listens; `CannotDo`, with what it said, when it does not in time."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._status.ready is not None or self._status.restarts > 0,
                timeout_seconds,
            )
            if self._status.ready is None:
                reason = self._status.last_error or "no answer from the SFTP server process"
                raise CannotDo(reason)
            return self._status.ready

    def ready(self, timeout_seconds: float) -> dict[str, str | int]:
        """Wait as `wait_ready` does; return what `home/run.json` says of the server (contract §3)."""
        ready = self.wait_ready(timeout_seconds)
        return {"host": ready.host, "port": ready.port, "fingerprint": ready.fingerprint}

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Stop the process: SIGTERM, then SIGKILL when it takes too long."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            process = self._process
            if self._thread.is_alive() and process is not None:
                process.kill()
                self._thread.join(1.0)
            self._thread = None
        self._tell(state=SftpState.STOPPED, ready=None)

    def _tell(self, **changes: object) -> None:
        with self._changed:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    def _supervise(self) -> None:
        # The process is started from this thread, which lives as long as it does: the kernel
        # sends the parent-death signal when the *thread* that forked ends.
        delay_seconds = FIRST_DELAY_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                break
            if time.monotonic() - started > STEADY_SECONDS:
                delay_seconds = FIRST_DELAY_SECONDS
            LOGGER.error("sftp.server_died", extra={"exit_status": status, "delay_seconds": delay_seconds})
            self._tell(state=SftpState.BACKING_OFF, ready=None, restarts=self._status.restarts + 1)
            self._stopping.wait(delay_seconds)
            delay_seconds = min(delay_seconds * 2, LONGEST_DELAY_SECONDS)
            if not self._stopping.is_set():
                self._tell(state=SftpState.STARTING)

    def _run_once(self) -> int:
        """Run the process to its end; return its exit status."""
        self._config.ready_path.unlink(missing_ok=True)
        self._config_path.parent.mkdir(parents=True, exist_ok=True)
        self._config_path.write_text(self._config.to_json(), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "ingest.sftp", "--config-json", str(self._config_path)]
        process = subprocess.Popen(  # noqa: S603  our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._process = process
        if process.stderr is None:  # pragma: no cover  a pipe was asked for
            return process.wait()
        reader = threading.Thread(target=self._relay, args=(process.stderr,), name="sftp-log", daemon=True)
        reader.start()
        try:
            return self._attend(process)
        finally:
            process.wait()
            reader.join(1.0)
            process.stderr.close()
            self._process = None

    def _attend(self, process: subprocess.Popen[str]) -> int:
        announced = False
        asked = False
        while (status := process.poll()) is None:
            if self._stopping.is_set() and not asked:
                asked = True
                process.terminate()
            if not announced:
                announced = self._announce(process.pid)
            time.sleep(_POLL_SECONDS) if asked else self._stopping.wait(_POLL_SECONDS)
        return status

    def _announce(self, pid: int) -> bool:
        """Say where it listens, once it does; the same port is asked for at a restart."""
        try:
            ready = SftpReady.from_json(self._config.ready_path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            return False
        if ready.pid != pid:
            return False
        self._config = replace(self._config, port=ready.port)
        self._tell(state=SftpState.RUNNING, ready=ready, last_error="")
        return True

    def _relay(self, stream: IO[str]) -> None:
        """Pass the process's log lines on to our own log."""
        for line in iter(lambda: stream.readline(_LINE_LIMIT), ""):
            text = line.strip()
            if not text:
                continue
            try:
                row = json.loads(text)
                event, level = str(row.pop("event")), _LEVELS.get(row.pop("level"), logging.INFO)
                row.pop("at", None)
            except (ValueError, KeyError, AttributeError, TypeError):
                event, level, row = "sftp.output", logging.WARNING, {"line": text}
            if "error" in row or event == "sftp.output":
                self._tell(last_error=str(row.get("error") or text))
            LOGGER.log(level, event, extra={"sftp": row})
