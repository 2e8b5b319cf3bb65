"""`run` and `once`."""

from __future__ import annotations

import argparse
import sys

from ingest.cli.output import note, say
from ingest.daemon_files import forget_the_dead
from ingest.telemetry import configure, configure_from
from ingest.wiring import Wiring


def run(arguments: argparse.Namespace) -> int:
    """The service, until SIGTERM."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        configure_from(wiring.settings)
        forget_the_dead(wiring.settings.home)  # first of all: who waits for `run.json` must not read a dead one's
        from ingest.daemon import Daemon  # noqa: PLC0415 - the service's weight is for the service

        return Daemon(wiring).run()


def once(arguments: argparse.Namespace) -> int:
    """One full pass."""
    from ingest.once import one_pass  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        configure(wiring.settings.log_format, "warning")
        report = one_pass(wiring, progress=note if sys.stderr.isatty() else lambda _line: None)
    say(report.sentence)
    return 0
