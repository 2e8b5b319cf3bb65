"""The outcome of judging a file: typed values handed from the stages to the ledger, the answers and the mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from domain.anomalies import Oddity
from domain.causes import CauseTally
from domain.findings import Finding, Severity
from domain.justifications import Justification
from domain.organisations import Service
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
class ReadTable:
    """A sheet of the file as text: an Arrow stream of `row` and `c0`…, which lives as long as the work folder.

    `index` counts the sheets of the file from 0, hidden ones too; `name` None: a CSV; `path` None: it was not read.
    """

    index: int
    name: str | None
    path: Path | None
    n_rows: int
    n_columns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TablePlace:
    """Where a section's table is in its sheet: column indexes from 0 (A), row numbers as a spreadsheet shows them.

    `columns`, `labels`: technical name → index, title as written. `reserved`: our own columns that are there already
    (an annotated copy dropped back). Rows numbered `body_from` and after are data; `n_columns` is the sheet's width.
    """

    sheet_index: int
    header_row: int
    body_from: int
    columns: Mapping[str, int]
    labels: Mapping[str, str]
    n_columns: int
    reserved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingLine:
    """An expected line that is not there; `service`: which one it is about, where both share the collection."""

    code: str
    service: Service | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionJudgement:
    """The judgement of one collection in one file.

    `rows` is a spooled Arrow stream of the accepted typed records (column `row` = the row number people see),
    or None when nothing is to be loaded. `findings` is capped; `finding_counts` and `causes` never are.
    `complete`: no error at all and no expected line missing. `register_only`: every error comes from the
    register, so that a mended register calls for judging again (contract §5).

    `completes`: the deposit that a correction kit completes, of which `carried` records were taken over (they are
    among those read and accepted). `justifications`: warnings confirmed in this deposit. `oddities`: what looks odd
    in the accepted figures, confirmed or not; none of a case-level collection. `table` and `rejected` (what is given
    back to be mended, as the depositor wrote it: the rejected records, or all of them when nothing was accepted) and
    `missing_places` (`missing_lines` by service) serve to make the answer and are not kept. `accumulates`: events,
    which replace no other deposit.
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
    causes: tuple[CauseTally, ...] = ()
    complete: bool = False
    nil: bool = False
    missing_lines: tuple[str, ...] = ()
    missing_places: tuple[MissingLine, ...] = ()
    register_only: bool = False
    header_row: int | None = None
    rows: Path | None = None
    completes: str | None = None
    carried: int = 0
    justifications: tuple[Justification, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    table: TablePlace | None = None
    rejected: Path | None = None
    accumulates: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The judgement of one file. `destroy`: anonymity is broken, the bytes must not survive (G-12).

    `tables`: what was read, for those who make the answer; empty when the file gave no table or is destroyed.
    """

    detected: Detected
    sections: tuple[SectionJudgement, ...]
    rules_version: str
    judged_at: datetime
    directory_version: int | None
    findings: tuple[Finding, ...] = ()
    destroy: bool = False
    tables: tuple[ReadTable, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole file."""
        if self.destroy:
            return Verdict.DESTROYED
        return overall([section.verdict for section in self.sections])
