"""How a finding on the register is written: a stable code, a place, a sentence, a way to mend it."""

from __future__ import annotations

from domain.findings import Finding, Severity
from domain.organisations import Span
from ingest.register.snapshot import Place
from rules.messages import day, typeset


def on(  # noqa: PLR0913 - a finding has that many parts
    place: Place,
    code: str,
    message: str,
    *,
    severity: Severity = Severity.ERROR,
    column: str | None = None,
    value: str | None = None,
    expected: str | None = None,
    hint: str | None = None,
) -> Finding:
    """A finding on a row of the register; the sentence begins with the sheet, since a register has five."""
    return Finding(
        code=code,
        severity=severity,
        message=typeset(f"Feuille « {place.sheet} » : {message}"),
        row=place.row,
        column=column,
        cell=place.cell(column),
        label=place.labels.get(column, column) if column else None,
        value=value,
        expected=None if expected is None else typeset(expected),
        hint=None if hint is None else typeset(hint),
        cause=f"{code}:{place.sheet}:{column or ''}",
    )


def on_all(
    sheet: str,
    code: str,
    message: str,
    *,
    severity: Severity = Severity.ERROR,
    hint: str | None = None,
) -> Finding:
    """A finding on a whole sheet."""
    return on(Place(sheet=sheet), code, message, severity=severity, hint=hint)


def days(span: Span) -> str:
    """A span of days in words."""
    if span.first is None and span.last is None:
        return "sans limite de dates"
    if span.first is None:
        return f"jusqu’au {day(span.last)}" if span.last else ""
    if span.last is None:
        return f"à partir du {day(span.first)}"
    return f"du {day(span.first)} au {day(span.last)}"
