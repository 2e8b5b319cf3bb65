"""The door to the terminal: tables for people, JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rendering.escaping import terminal


def say(text: str = "") -> None:
    """One line on standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """One line on standard error: progress and remarks that are not the result."""
    sys.stderr.write(text + "\n")


def emit_json(value: Any) -> None:
    """A JSON document on standard output; instants in ISO."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)


def civil(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The row with its instants in civil time, as the answers write them."""
    return {
        key: value.astimezone(zone).isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for key, value in row.items()
    }


def emit_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], form: str, *, empty: str) -> None:
    """A listing: `columns` maps key → heading for the text table; JSON gives every key."""
    if form == "json":
        emit_json(list(rows))
        return
    if not rows:
        say(empty)
        return
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    widths = [max(len(heading), *(len(row[i]) for row in cells)) for i, heading in enumerate(columns.values())]
    say("  ".join(heading.ljust(width) for heading, width in zip(columns.values(), widths, strict=True)).rstrip())
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return "oui" if value else "non"
    return terminal(str(value))
