"""Log events of the SFTP process: constant names, values beside, one JSON line each on stderr."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

LOGGER: Final = logging.getLogger("ingest.sftp")
_VALUES: Final = "sftp_values"
_LIBRARY: Final = "asyncssh"


def log_event(event: str, **values: object) -> None:
    """Log the event; the values go in `extra`. Never a password, never a raw file name."""
    LOGGER.info(event, extra={_VALUES: values})


def log_trouble(event: str, **values: object) -> None:
    """Log what the administrator should look at."""
    LOGGER.warning(event, extra={_VALUES: values})


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `event`, and the values."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record; a traceback is one field, so that a line stays a line."""
        row: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, _VALUES, {}),
        }
        if record.exc_info:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row, default=str)


def log_to_stderr() -> None:
    """Set the process up to log JSON lines on stderr; the library only speaks of trouble."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger(_LIBRARY).setLevel(logging.WARNING)
