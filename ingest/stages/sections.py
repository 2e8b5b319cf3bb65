"""What identifying a file hands to the next stages: one collection, one period, where its table is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.findings import Finding, count_by_severity
from domain.judgement import SectionJudgement
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.reading.raw import RawSheet
from schemas.collection import Collection

__all__ = ["Header", "IdentifiedSection", "blocked_section"]


@dataclass(frozen=True, kw_only=True)
class Header:
    """The title row of a table. Column indexes start at 0, row numbers are those that a spreadsheet shows.

    `columns`: technical name → index; `labels`: technical name → title as written. `unknown`: titles that the
    collection does not have (an empty title stands over a column that has cells). `ignored`: columns left out on
    purpose (a « Cumul » beside the quarter, the columns of our own correction kit, whose names and indexes are
    `reserved`). Rows numbered `body_from` and after are data; a sub-header (« Trimestre ») is already behind.
    """

    row: int
    columns: Mapping[str, int]
    labels: Mapping[str, str]
    unknown: tuple[tuple[int, str], ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()
    n_columns: int = 0
    body_from: int = 1
    reserved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class IdentifiedSection:
    """A table whose collection and period are known and may be judged. `header` None: a nil return without one."""

    collection: Collection
    period: Period
    sheet: str | None
    raw: RawSheet
    header: Header | None
    nil: bool = False
    findings: tuple[Finding, ...] = field(default=())


def blocked_section(  # noqa: PLR0913 - every one is a fact of the section
    findings: Iterable[Finding],
    *,
    collection: Collection | None = None,
    period: Period | None = None,
    sheet: str | None = None,
    header: Header | None = None,
    register_only: bool = False,
    verdict: Verdict = Verdict.REJECTED,
) -> SectionJudgement:
    """The judgement of a section that goes no further; nothing was read as a record."""
    ordered = tuple(sorted(findings, key=lambda finding: finding.sort_key))
    return SectionJudgement(
        collection=collection.code if collection else None,
        slug=collection.slug if collection else None,
        period=period,
        sheet=sheet,
        verdict=verdict,
        findings=ordered,
        finding_counts=count_by_severity(ordered),
        register_only=register_only,
        header_row=header.row if header else None,
    )
