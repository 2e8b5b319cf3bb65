"""The questions about the figures of one section, confirmed or not: handed on with its judgement (contract §9)."""

from __future__ import annotations

from typing import Final

from domain.anomalies import Oddity
from domain.findings import Finding, Severity
from ingest.stages.confirming import About, subject_of
from ingest.stages.typed import Flags
from rules.rule import RecordRule, Rule

MOST_ODDITIES: Final = 300
"""Questions kept of one section: the others are counted with the findings."""


class OddityBook:
    """Notes every warning on figures: of rules within a record, and of the history. Never used for cases."""

    def __init__(self, *, cases: bool) -> None:
        """`cases`: nothing is ever noted."""
        self._cases = cases
        self._noted: list[tuple[int | None, Oddity]] = []
        self.warned: set[tuple[int, str]] = set()
        """Cells (position of the record read, column) that have a question from a rule within the record."""

    def wants(self, rule: Rule, severity: Severity) -> bool:
        """Whether such a warning is a question on figures, and there is room for it."""
        return self._asks(rule, severity) and len(self._noted) < MOST_ODDITIES

    def warn(self, rule: Rule, severity: Severity, position: int, column: str | None) -> None:
        """A record has such a warning, kept or not."""
        if column is not None and self._asks(rule, severity):
            self.warned.add((position, column))

    def _asks(self, rule: Rule, severity: Severity) -> bool:
        return not self._cases and isinstance(rule, RecordRule) and severity is Severity.WARNING

    def note(self, finding: Finding, about: About, *, confirmation: str | None, position: int | None = None) -> None:
        """Keep a question while there is room. `position`: of its record among those read; None: it stands anyway."""
        if self._cases or len(self._noted) >= MOST_ODDITIES:
            return
        oddity = Oddity(
            subject=subject_of(finding, about),
            message=finding.message,
            label=finding.label,
            hint=finding.hint,
            row=finding.row,
            confirmation=confirmation,
        )
        self._noted.append((position, oddity))

    def of(self, bad: Flags) -> tuple[Oddity, ...]:
        """Those whose record was accepted."""
        return tuple(oddity for position, oddity in self._noted if position is None or not bad[position])
