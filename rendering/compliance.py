"""The compliance matrix on a terminal: who stands where, one table a period (contract §3 `status`, D9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from domain.compliance import ComplianceStatus
from domain.deadlines import END_OF_DAY
from rendering import wording
from rendering.escaping import terminal
from rendering.french import count, days_late, long_date, period_name, say, short_date, short_instant
from rendering.terminal import TerminalLine
from rendering.view import Tone

MARKS: Final[Mapping[ComplianceStatus, str]] = {
    ComplianceStatus.ON_TIME: "✓",
    ComplianceStatus.LATE: "✓",
    ComplianceStatus.WAIVED: "–",
    ComplianceStatus.UPCOMING: "·",
    ComplianceStatus.OPEN: "○",
    ComplianceStatus.TO_CORRECT: "✗",
    ComplianceStatus.INCOMPLETE: "◐",
    ComplianceStatus.OVERDUE: "!",
}
"""A mark before the word, so that a glance is enough, with or without colour."""
_TONES: Final[Mapping[ComplianceStatus, Tone | None]] = {
    ComplianceStatus.ON_TIME: Tone.GOOD,
    ComplianceStatus.LATE: Tone.GOOD,
    ComplianceStatus.WAIVED: Tone.CALM,
    ComplianceStatus.UPCOMING: Tone.CALM,
    ComplianceStatus.OPEN: None,
    ComplianceStatus.TO_CORRECT: Tone.CARE,
    ComplianceStatus.INCOMPLETE: Tone.CARE,
    ComplianceStatus.OVERDUE: Tone.BAD,
}
_GAP: Final = "  "


def matrix_lines(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], *, known_on: date | None = None
) -> list[TerminalLine]:
    """The rows of `guichet status`, the latest period first; `names`: organisation → its name.

    A line has one obligation, so that its colour is its status. `known_on`: they are what was known at the end of that
    day.
    """
    if not rows and known_on is not None:
        return [TerminalLine(say("On ne savait rien attendre le {day}.", day=long_date(known_on)))]
    if not rows:
        return [TerminalLine("Rien n’est attendu.")]
    lines: list[TerminalLine] = []
    if known_on is not None:
        told = say("Ce que l'on savait à la fin du {day}", day=long_date(known_on))
        lines = [TerminalLine(told, strong=True)]
    ordered = sorted(rows, key=lambda row: row["period"], reverse=True)
    for period, found in groupby(ordered, key=lambda row: row["period"]):
        lines += [TerminalLine("")] if lines else []
        lines += _period(str(period), list(found), names)
    return lines


def _period(period: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[TerminalLine]:
    cells = [
        (
            row["organisation"],
            terminal(names.get(row["organisation"], "")),
            row["collection"],
            f"{MARKS[_status(row)]} {wording.STATUSES[_status(row)]}",
            _detail(row),
        )
        for row in rows
    ]
    widths = [max(len(cell[place]) for cell in cells) for place in range(4)]
    lines = [TerminalLine(f"{period_name(period)} – {_summary(rows)}", strong=True)]
    for row, cell in zip(rows, cells, strict=True):
        told = _GAP.join([*(part.ljust(width) for part, width in zip(cell[:4], widths, strict=True)), cell[4]])
        lines.append(TerminalLine(f"{_GAP}{told}".rstrip(), _TONES[_status(row)]))
    return lines


def _status(row: Mapping[str, Any]) -> ComplianceStatus:
    return ComplianceStatus(row["status"])


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """« 3 dépôts attendus sur 10, dont 1 en retard »."""
    owing = [row for row in rows if _status(row).owes]
    late = sum(_status(row) is ComplianceStatus.OVERDUE or (row in owing and row["days_late"] > 0) for row in rows)
    if all(_status(row) is ComplianceStatus.UPCOMING for row in rows):
        return "à venir"
    if not owing:
        return say("tout est reçu ({count})", count=count(len(rows), "dépôt"))
    told = say("{owing} sur {all} encore attendus", owing=count(len(owing), "dépôt"), all=str(len(rows)))
    return say("{told}, dont {late} en retard", told=told, late=str(late)) if late else told


def _detail(row: Mapping[str, Any]) -> str:
    """When it came, or when it is due; how late; why it is waived."""
    status = _status(row)
    parts = []
    if status is ComplianceStatus.WAIVED:
        parts.append(say("motif : {reason}", reason=terminal(row["waived_reason"] or "")))
    elif status in {ComplianceStatus.ON_TIME, ComplianceStatus.LATE}:
        parts.append(say("le {day}", day=_day(row["complete_at"])) + _excused(row))
        if row["nil"]:
            parts.append("état néant")
    else:
        parts.append(_due(row))
        if status is ComplianceStatus.INCOMPLETE and row["first_accepted_at"]:
            parts.append(say("premier dépôt le {day}", day=_day(row["first_accepted_at"])))
    if row["days_late"]:
        parts.append(days_late(row["days_late"]))
    return ", ".join(parts)


def _due(row: Mapping[str, Any]) -> str:
    """The due day, with its hour when it is not the end of the day, and why it is not the calendar's."""
    due_at = datetime.fromisoformat(row["due_at"])
    day = short_date(due_at.date()) if due_at.time() == END_OF_DAY else short_instant(due_at)
    granted = row["extended_until"] is not None and _day(row["extended_until"]) == short_date(due_at.date())
    return say("échéance {day}", day=day) + (_excused(row) or (" (délai accordé)" if granted else ""))


def _excused(row: Mapping[str, Any]) -> str:
    """« (guichet fermé du … au …) », when that makes the due instant in force."""
    if row.get("excused_until") is None or row["excused_until"] != row["due_at"]:
        return ""
    return say(" ({reason})", reason=terminal(row["excused_reason"] or ""))


def _day(instant: str) -> str:
    return short_date(datetime.fromisoformat(instant).date())
