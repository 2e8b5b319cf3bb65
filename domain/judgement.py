"""The outcome of judging a file: typed values handed from the stages to the ledger, the answers and the mails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from domain.findings import Finding, Severity
from domain.periods import Period
from domain.verdicts import Verdict, overall


@dataclass(frozen=True, kw_only=True, slots=True)
class Detected:
    """What reading found out about the file: written in the answer (contract §6, `detected`)."""

    format: str | None = None
    encoding: str | None = None
    separator: str | None = None
    header_row: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionJudgement:
    """The judgement of one collection in one file.

    `rows` is a spooled Arrow stream of the accepted typed records (column `row` = the row number people see),
    or None when nothing is to be loaded. `findings` is capped; `finding_counts` never is.
    `complete`: no error at all and no expected line missing. `register_only`: every error comes from the
    register, so that a mended register calls for judging again (contract §5).
    """

    collection: str | None
    slug: str | None
    period: Period | None
    sheet: str | None
    verdict: Verdict
    records_read: int = 0
    records_accepted: int = 0
    records_rejected: int = 0
    findings: tuple[Finding, ...] = ()
    finding_counts: dict[str, int] = field(default_factory=lambda: {severity.value: 0 for severity in Severity})
    findings_truncated: bool = False
    complete: bool = False
    nil: bool = False
    missing_lines: tuple[str, ...] = ()
    register_only: bool = False
    header_row: int | None = None
    rows: Path | None = None
    completes: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The judgement of one file. `destroy`: anonymity is broken, the bytes must not survive (G-12)."""

    detected: Detected
    sections: tuple[SectionJudgement, ...]
    rules_version: str
    judged_at: datetime
    directory_version: int | None
    findings: tuple[Finding, ...] = ()
    destroy: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole file."""
        if self.destroy:
            return Verdict.DESTROYED
        return overall([section.verdict for section in self.sections])
