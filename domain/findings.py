"""What is wrong with a deposit, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How far a finding reaches: the section, the record, a question, a remark."""

    BLOCKING = "blocking"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to say about a deposit, in French, with its place as the depositor sees it.

    `row` is the row number that a spreadsheet shows, `cell` its reference (« E9 »), `column` the
    technical name, `label` the French header. `cause` groups findings that one mending cures.
    `justification`: what the depositor wrote to confirm it, now or before; it is then a remark.
    """

    code: str
    severity: Severity
    message: str
    row: int | None = None
    column: str | None = None
    cell: str | None = None
    label: str | None = None
    value: str | None = None
    expected: str | None = None
    hint: str | None = None
    cause: str = ""
    justification: str | None = None

    @property
    def sort_key(self) -> tuple[int, int, str, str, str]:
        """A stable order: whole-section findings first, then by row, column and code."""
        column_length = len(self.cell.rstrip("0123456789")) if self.cell else 0
        letters = self.cell.rstrip("0123456789") if self.cell else ""
        return (
            self.row or 0,
            self.severity.rank if self.row is None else column_length,
            letters,
            self.code,
            self.message,
        )

    def as_document(self) -> dict[str, str | int | None]:
        """The JSON object of contract §6 (without `cause`)."""
        return {key: getattr(self, key) for key in DOCUMENT_KEYS}


DOCUMENT_KEYS = ("code", "severity", "row", "column", "cell", "label", "value", "expected", "message", "hint")


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """`{"blocking": 0, "error": 1, …}`, every severity present."""
    counts = Counter(finding.severity for finding in findings)
    return {severity.value: counts[severity] for severity in Severity}
