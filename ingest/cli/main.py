"""Entry point: parses, dispatches, and turns every accident into one clear line (contract §3)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from domain.errors import GuichetError
from ingest.cli.parser import build_parser

DONE, NO, CANNOT = 0, 1, 2
"""Exit statuses: done; the answer is "no"; it could not be done."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status; never lets a traceback out."""
    arguments = build_parser().parse_args(argv)
    module = import_module(f"ingest.cli.{arguments.module}")
    try:
        status = int(getattr(module, arguments.function)(arguments))
        sys.stdout.flush()
    except GuichetError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _complain("interrupted")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        return _complain(_refused(error))
    except Exception as error:  # noqa: BLE001 - the last door: a user never sees a traceback
        return _unexpected(error)
    return status


def _refused(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"permission denied: {error.filename}; run as the user that owns it"
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}; check the path in the settings or on the command line, and the disk"


def _complain(line: str) -> int:
    sys.stderr.write(f"guichet: {' '.join(line.split())}\n")
    return CANNOT


def _unexpected(error: Exception) -> int:
    if os.environ.get("GUICHET_DEBUG"):
        raise error
    kind = type(error).__name__
    return _complain(
        f"unexpected {kind}: {error}. This is a bug of ours: please report it (GUICHET_DEBUG=1 shows where)",
    )


if __name__ == "__main__":
    sys.exit(main())
