"""Colours on a terminal; plain text elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ingest.cli.output import say
from rendering.terminal import TerminalLine
from rendering.view import Tone

_CODES = {Tone.GOOD: "32", Tone.BAD: "31", Tone.CARE: "33", Tone.CALM: "2"}


def say_lines(lines: Iterable[TerminalLine]) -> None:
    """Print lines, with quiet colours when a person looks on (NO_COLOR is honoured)."""
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in lines:
        codes = [code for code in ("1" if line.strong else "", _CODES.get(line.tone, "") if line.tone else "") if code]
        say(f"\x1b[{';'.join(codes)}m{line.text}\x1b[0m" if coloured and codes and line.text else line.text)
