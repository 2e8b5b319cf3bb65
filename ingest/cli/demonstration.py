"""`guichet demo`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ingest.cli.output import say


def demo(arguments: argparse.Namespace) -> int:
    """The main job, end to end."""
    import sys  # noqa: PLC0415

    from ingest.demo.run import Demo  # noqa: PLC0415

    def line(text: str) -> None:
        say(text)
        sys.stdout.flush()

    folder = Path(arguments.folder) if arguments.folder else Path.cwd() / "demo"
    return Demo(folder.resolve(), line).play(keep=arguments.keep)
