"""Logs: constant event names, the submission id bound once, readable lines or JSON (runbook: docs/runbook.md)."""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Final, Literal

import structlog

from ingest.settings import Settings
from rendering.escaping import visible

_ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:\[\]@]+@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")


def configure(log_format: Literal["text", "json"], level: str, stream: object | None = None) -> None:
    """Send structured logs, and those of the libraries, to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    shared += [structlog.processors.format_exc_info, _without_addresses]
    foreign = [*shared, _values_of_sftp]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=True) if log_format == "json" else _readable
    handler = logging.StreamHandler(stream or sys.stderr)  # type: ignore[arg-type]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        ),
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("asyncssh", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("watchdog").setLevel(logging.CRITICAL)  # an event that comes while it stops is an error to it
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _without_addresses(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Nobody's mail address stays in a log for a year: a server's refusal quotes it. The domain says enough."""
    return {key: value if key == "message_id" else _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    if isinstance(value, str):
        return _ADDRESS.sub(r"…@\1", value) if "@" in value else value
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return {key: _masked(one) for key, one in value.items()} if isinstance(value, dict) else value


def _values_of_sftp(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What the SFTP server's process said beside its events' names; it never says a password."""
    values = getattr(event.get("_record"), "sftp", None)
    return {**values, **event} if isinstance(values, dict) else event


def _readable(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    """One line an event; anything that is not plain text is quoted, so that no value can forge a line."""
    exception = event.pop("exception", None)
    head = f"{event.pop('timestamp', '')} {event.pop('level', ''):<7} {_plain(event.pop('event', ''))}"
    tail = "".join(f" {key}={_plain(value)}" for key, value in event.items() if not key.startswith("_"))
    return head + tail + "".join(f"\n  {visible(line, None)}" for line in str(exception or "").splitlines())


def _plain(value: object) -> str:
    text = str(value)
    if text and text.isprintable() and not set(text) & {" ", '"', "="}:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def configure_from(settings: Settings) -> None:
    """The logs as the settings want them."""
    configure(settings.log_format, settings.log_level)


def logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of the service."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger("guichet")
    return bound
