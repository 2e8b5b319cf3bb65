"""Root causes of findings, counted over the whole file whatever the cap on the findings that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.findings import Finding, Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseTally:
    """What one mending is worth. `cause` is the key that its findings carry.

    `rows`: records it touches; `cures`: records that nothing else makes bad. `spans`: the first runs of row numbers,
    as (first, last). `title` and `hint`: the diagnosis in plain words, when there is one. `consequence`: it follows
    from other causes, and goes with them.
    """

    cause: str
    code: str
    severity: Severity
    count: int
    rows: int = 0
    cures: int = 0
    spans: tuple[tuple[int, int], ...] = ()
    title: str | None = None
    hint: str | None = None
    consequence: bool = False

    def as_document(self) -> dict[str, Any]:
        """The JSON object of the answer; its keys are stable."""
        return {**asdict(self), "severity": self.severity.value, "spans": [list(span) for span in self.spans]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CauseTally:
        """The tally that `as_document` wrote; keys of a later version are left out."""
        values = {key: document[key] for key in cls.__slots__ if key in document}
        values["severity"] = Severity(values["severity"])
        values["spans"] = tuple((int(first), int(last)) for first, last in document.get("spans", ()))
        return cls(**values)


def cause_key(finding: Finding) -> str:
    """The key that groups a finding: its cause, else its code and column (a bare code tells no cause)."""
    if finding.cause and finding.cause != finding.code:
        return finding.cause
    return f"{finding.code}/{finding.column or ''}"
