"""`/healthz` and `/metrics` on 127.0.0.1 (setting `metrics_port`): how the service is, for a watcher (runbook).

A bystander: it reads, holds no lock of ours, answers one request at a time within seconds, and what it says is
gathered at most every few seconds however often it is asked. When it fails, the service goes on.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from domain.submissions import SubmissionState
from ingest.advisory_locks import colleagues
from ingest.database.engine import POSTGRESQL, Database
from ingest.database.tables import effect, message, submission
from ingest.diagnosis import Health
from ingest.ledger.safekeeping import last_backup, on_hold_since
from ingest.mail_queue import MessageState
from ingest.settings import Settings
from ingest.telemetry import logger

HOST: Final = "127.0.0.1"
FRESH_SECONDS: Final = 5.0
"""What was gathered stands for so long."""
PATIENCE_SECONDS: Final = 3.0
"""With one client; the next one waits."""
PASS_LATE_SECONDS: Final = 120.0
"""Without a pass over the inbox for so long, the service is not well."""
DISK_FAULT: Final = 0.03
_MOST_REQUEST_LINE: Final = 2048
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_JSON: Final = "application/json; charset=utf-8"
Labels = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One figure at one moment, by label."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]
    kind: str = "gauge"


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """What the service itself knows, besides the database. Seconds are those since the service began to count."""

    pass_age_seconds: float | None
    """Since the last look into the inbox; None: none yet."""
    sftp_listening: bool | None
    clock_in_doubt: bool
    restarts: int


class Gathering:
    """What there is to say, gathered when asked, kept for a few seconds. Safe from several threads."""

    def __init__(
        self, database: Database, settings: Settings, now: Callable[[], datetime], pulse: Callable[[], Pulse]
    ) -> None:
        self._database, self._settings = database, settings
        self._now, self._pulse = now, pulse
        self._lock = threading.Lock()
        self._kept: tuple[float, tuple[Metric, ...], dict[str, str]] | None = None

    def gathered(self) -> tuple[tuple[Metric, ...], dict[str, str]]:
        """The figures, and each fault that makes `/healthz` say 503, by name."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > FRESH_SECONDS:
                self._kept = (time.monotonic(), *self._gather())
            return self._kept[1], self._kept[2]

    def _gather(self) -> tuple[tuple[Metric, ...], dict[str, str]]:
        pulse = self._pulse()
        metrics, faults = _of_pulse(pulse)
        for folder, path in (("home", self._settings.home), ("inbox", self._settings.inbox)):
            with suppress(OSError):
                usage = shutil.disk_usage(path)
                metrics.append(
                    _one("guichet_disk_free_bytes", "Free bytes of the file system.", usage.free, {"folder": folder})
                )
                if usage.free / usage.total < DISK_FAULT:
                    faults[f"disk_{folder}"] = "less than 3 % is free"
        try:
            with self._database.read() as connection:
                metrics += list(_of_database(connection, self._now()))
            metrics += self._of_backups()
        except Exception as error:  # noqa: BLE001 - whatever ails it, this is how we say so
            faults["database"] = type(error).__name__
        metrics.append(_one("guichet_up", "1: nothing is wrong, as /healthz says.", 0 if faults else 1))
        return tuple(_together(metrics)), faults

    def _of_backups(self) -> Iterator[Metric]:
        last = last_backup(self._database)
        if last is not None:
            age = (self._now() - last.at).total_seconds()
            yield _one("guichet_backup_age_seconds", "Since the last backup.", age)


def _of_pulse(pulse: Pulse) -> tuple[list[Metric], dict[str, str]]:
    metrics = [
        _one("guichet_child_restarts_total", "SFTP servers started again.", pulse.restarts, kind="counter"),
        _one("guichet_clock_in_doubt", "1: nobody is reminded.", int(pulse.clock_in_doubt)),
    ]
    faults: dict[str, str] = {}
    if pulse.pass_age_seconds is not None:
        metrics.append(
            _one("guichet_last_pass_age_seconds", "Since the last look into the inbox.", pulse.pass_age_seconds)
        )
        if pulse.pass_age_seconds > PASS_LATE_SECONDS:
            faults["pass"] = f"the inbox was not looked into for {pulse.pass_age_seconds:.0f} s"
    if pulse.sftp_listening is not None:
        metrics.append(_one("guichet_sftp_listening", "1: the built-in server listens.", int(pulse.sftp_listening)))
        if not pulse.sftp_listening:
            faults["sftp"] = "the built-in server does not listen"
    if pulse.clock_in_doubt:
        faults["clock"] = "in doubt"
    return metrics, faults


def _of_database(connection: Connection, now: datetime) -> Iterator[Metric]:
    states = dict.fromkeys((one.value for one in SubmissionState), 0)
    states |= _counts(connection, submission.c.state)
    yield _by("guichet_deposits", "Deposits, by state.", "state", states)
    verdicts = _counts(connection, submission.c.verdict)
    yield _by(
        "guichet_deposits_judged", "Deposits, by verdict.", "verdict", {key: n for key, n in verdicts.items() if key}
    )
    oldest = select(func.min(submission.c.claimed_at)).where(submission.c.state == SubmissionState.CLAIMED.value)
    yield _age("guichet_queue_age_seconds", "Of the oldest deposit without a verdict.", connection, oldest, now)
    letters = dict.fromkeys((one.value for one in MessageState), 0)
    letters |= _counts(connection, message.c.state)
    yield _by("guichet_messages", "Messages of the outbox, by state.", "state", letters)
    waiting = select(func.min(message.c.created_at)).where(
        message.c.state.in_((MessageState.QUEUED.value, MessageState.SENDING.value))
    )
    yield _age("guichet_outbox_age_seconds", "Of the oldest message that waits.", connection, waiting, now)
    undone = effect.c.done_at.is_(None)
    number = connection.execute(select(func.count()).select_from(effect).where(undone)).scalar_one()
    yield _one("guichet_effects_waiting", "Answers and pages to be written.", number)
    yield _age(
        "guichet_effects_age_seconds",
        "Of the oldest of them.",
        connection,
        select(func.min(effect.c.created_at)).where(undone),
        now,
    )
    yield _one("guichet_mail_on_hold", "1: a restore keeps mail.", int(on_hold_since(connection) is not None))
    if connection.dialect.name == POSTGRESQL:
        known = colleagues(connection)
        yield _one("guichet_processes", "Processes that share the work.", len(known))
        yield _one("guichet_led", "1: one of them follows the calendar.", int(any(one.leads for one in known)))
        silent = max((one.silent_seconds for one in known), default=0.0)
        yield _one("guichet_process_silent_seconds", "Of the one that was not heard for longest.", silent)


def _counts(connection: Connection, column: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(select(column, func.count()).group_by(column))}


def _age(name: str, text: str, connection: Connection, query: Any, now: datetime) -> Metric:
    oldest = connection.execute(query).scalar_one()
    return _one(name, text, 0 if oldest is None else max(0.0, (now - oldest).total_seconds()))


def _one(name: str, text: str, value: float, labels: Labels | None = None, *, kind: str = "gauge") -> Metric:
    return Metric(name=name, help=text, samples=((labels or {}, value),), kind=kind)


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    return Metric(name=name, help=text, samples=tuple(({label: key}, value) for key, value in sorted(values.items())))


def _together(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """One entry a name, as the format wants."""
    found: dict[str, Metric] = {}
    for one in metrics:
        known = found.get(one.name)
        samples = one.samples if known is None else known.samples + one.samples
        found[one.name] = Metric(name=one.name, help=one.help, samples=samples, kind=one.kind)
    yield from found.values()


def exposition(metrics: Iterable[Metric]) -> str:
    """The text format of Prometheus, version 0.0.4."""
    lines = []
    for one in metrics:
        lines += [f"# HELP {one.name} {one.help}", f"# TYPE {one.name} {one.kind}"]
        for labels, value in one.samples:
            told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            lines.append(f"{one.name}{{{told}}} {value:.15g}" if told else f"{one.name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of two paths; nothing of the request is believed or logged."""

    server: _Server
    timeout = PATIENCE_SECONDS
    server_version, sys_version = "guichet", ""

    def do_GET(self) -> None:
        """Answer."""
        path = self.path.partition("?")[0]
        if path not in {"/healthz", "/metrics"}:
            self._answer(HTTPStatus.NOT_FOUND, _TEXT, "only /healthz and /metrics\n")
            return
        metrics, faults = self.server.gathering.gathered()
        if path == "/metrics":
            self._answer(HTTPStatus.OK, _TEXT, exposition(metrics))
            return
        found = {"status": (Health.FAULT if faults else Health.OK).value, "faults": faults}
        status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
        self._answer(status, _JSON, json.dumps(found) + "\n")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: a watcher asks all day."""


class _Server(HTTPServer):
    """One request at a time; a client that dawdles is dropped."""

    gathering: Gathering
    request_queue_size = 16

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or a fault of ours, ends its request and nothing else."""
        del request, client_address
        logger().debug("health_request_failed", exc_info=True)


@contextmanager
def watched(port: int | None, gathering: Gathering) -> Iterator[int | None]:
    """Serve in a thread of its own while the block runs; the port in use. `port` None: nothing is served; 0: any free.

    CannotDo when the port is taken.
    """
    if port is None:
        yield None
        return
    try:
        server = _Server((HOST, port), _Handler)
    except OSError as error:
        raise CannotDo(f"the port {port} of metrics_port cannot be used ({error.strerror}): set another one") from None
    server.gathering = gathering
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_SECONDS)
