"""What is told of a verdict: read back, summed up for the journal, compared with a former one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.engine import Connection

from domain.findings import Severity
from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Directory, Organisation
from domain.outcome import Outcome, SectionOutcome
from domain.verdicts import Verdict
from ingest.ledger import standing
from ingest.ledger.rejudging import same_answer
from ingest.ledger.sections import dropped_from, judgement_from, read_sections

Former = Sequence[tuple[int, SectionOutcome]]
"""Sections as they were answered, with their numbers."""


def outcome_of(
    connection: Connection,
    calendar: standing.Calendar,
    row: Row[Any],
    directory: Directory | None,
    now: datetime,
) -> Outcome:
    """The outcome of a judged submission, read back; what is still owed is worked out at `now`."""
    sections = [one for _, one in read_sections(connection, row.id)]
    obligations = standing.obligations_of(connection, row.organisation)
    return Outcome(
        dropped=dropped_from(row),
        organisation=_organisation(row, directory),
        judgement=judgement_from(row, sections),
        sections=tuple(sections),
        still_owed=standing.still_owed(obligations, calendar, now),
    )


def _organisation(row: Row[Any], directory: Directory | None) -> Organisation | None:
    return None if directory is None or row.organisation is None else directory.by_code.get(row.organisation)


def nothing_new(
    row: Row[Any],
    former: Former,
    latter: Iterable[SectionJudgement],
    judgement: Judgement,
) -> bool:
    """Whether a depositor would read the same answer twice."""
    said = [one["code"] for one in row.file_findings or ()]
    same_file = said == [one.code for one in judgement.findings]
    return same_file and same_answer((one.judgement for _, one in former), latter)


def told(judged: SectionJudgement, *, in_force: bool) -> dict[str, Any]:
    """A section as the journal tells it: figures, no finding."""
    return {
        "collection": judged.collection,
        "period": None if judged.period is None else judged.period.code,
        "verdict": judged.verdict.value,
        "in_force": in_force,
        "read": judged.records_read,
        "accepted": judged.records_accepted,
        "rejected": judged.records_rejected,
    }


def summary(row: Row[Any], former: Former) -> dict[str, Any]:
    """A former verdict as the journal tells it."""
    return {
        "verdict": row.verdict,
        "judged_at": row.judged_at.isoformat(),
        "rules_version": row.rules_version,
        "directory_version": row.directory_version,
        "sections": [told(one.judgement, in_force=one.in_force) for _, one in former],
    }


def rules_broken(judgement: Judgement) -> list[str]:
    """Codes of what blocked the file."""
    said = [*judgement.findings, *(one for section in judgement.sections for one in section.findings)]
    return sorted({one.code for one in said if one.severity is Severity.BLOCKING})


def quoting_nothing(judgement: Judgement) -> Judgement:
    """A file that breaks anonymity leaves no value behind, whatever a rule thought fit to quote (G-12)."""
    return replace(
        judgement,
        findings=tuple(replace(one, value=None, justification=None) for one in judgement.findings),
        sections=tuple(
            replace(
                section,
                verdict=Verdict.DESTROYED,
                complete=False,
                records_accepted=0,
                rows=None,
                justifications=(),
                oddities=(),
                findings=tuple(replace(one, value=None, justification=None) for one in section.findings),
            )
            for section in judgement.sections
        ),
    )
