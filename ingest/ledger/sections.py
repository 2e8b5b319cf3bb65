"""Sections and their findings: written, replaced, and read back as the values that the judge gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.engine import Connection

from domain.causes import CauseTally
from domain.compliance import ComplianceStatus
from domain.findings import Finding, Severity
from domain.judgement import Detected, Judgement, SectionJudgement
from domain.outcome import DeadlineView, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from domain.verdicts import Verdict
from ingest.database.tables import finding, justification, section
from ingest.database.types import storable, storable_json
from ingest.ledger.oddities import oddities_document, oddities_from

_INSERT_SECTION, _INSERT_FINDING = section.insert(), finding.insert()
_WEIGHED = update(section).where(section.c.id == bindparam("number"))
_DETECTED = frozenset(field.name for field in fields(Detected))
_FINDING_TEXTS = (
    "code",
    "column",
    "cell",
    "label",
    "value",
    "expected",
    "message",
    "hint",
    "cause",
    "justification",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose the sections of a submission are."""

    submission_id: str
    account: str
    organisation: str | None


def insert_section(connection: Connection, owner: Owner, position: int, judged: SectionJudgement) -> int:
    """Write a section and its findings; its number."""
    values = {
        "submission_id": owner.submission_id,
        "position": position,
        "account": owner.account,
        "in_force": False,
        **_values(owner, judged),
    }
    number = connection.execute(_INSERT_SECTION, values).inserted_primary_key
    if number is None:
        raise RuntimeError("the database gave the section no number")
    _insert_findings(connection, number[0], judged.findings)
    return int(number[0])


def replace_section(connection: Connection, owner: Owner, number: int, judged: SectionJudgement) -> None:
    """Write a new judgement over a section; its number and its rows stay."""
    connection.execute(update(section).where(section.c.id == number).values(**_values(owner, judged)))
    connection.execute(delete(finding).where(finding.c.section_id == number))
    _insert_findings(connection, number, judged.findings)


def delete_section(connection: Connection, number: int) -> None:
    """Forget a section that loaded nothing and was never in force (its former verdict is in the journal).

    What was confirmed in it stays said.
    """
    connection.execute(update(justification).where(justification.c.section_id == number).values(section_id=None))
    connection.execute(delete(finding).where(finding.c.section_id == number))
    connection.execute(delete(section).where(section.c.id == number))


def _values(owner: Owner, judged: SectionJudgement) -> dict[str, Any]:
    return {
        "organisation": owner.organisation,
        "sheet": None if judged.sheet is None else storable(judged.sheet),
        "collection": judged.collection,
        "slug": judged.slug,
        "period": None if judged.period is None else judged.period.code,
        "verdict": judged.verdict.value,
        "complete": judged.complete,
        "nil": judged.nil,
        "register_only": judged.register_only,
        "completes": judged.completes,
        "accumulates": judged.accumulates or None,
        "header_row": judged.header_row,
        "records_read": judged.records_read,
        "records_accepted": judged.records_accepted,
        "records_rejected": judged.records_rejected,
        "finding_counts": dict(judged.finding_counts),
        "findings_truncated": judged.findings_truncated,
        "missing_lines": list(judged.missing_lines),
        "causes": storable_json([one.as_document() for one in judged.causes]),
        "oddities": oddities_document(judged.oddities),
    }


def _insert_findings(connection: Connection, number: int, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    rows = []
    for position, one in enumerate(findings):
        row: dict[str, Any] = {
            "section_id": number,
            "position": position,
            "severity": one.severity.value,
            "row": one.row,
        }
        for name in _FINDING_TEXTS:
            text = getattr(one, name)
            row[name] = None if text is None else storable(text)
        rows.append(row)
    connection.execute(_INSERT_FINDING, rows)


def write_weighed(connection: Connection, number: int, outcome: SectionOutcome) -> None:
    """Write what the ledger made of a section."""
    deadline = outcome.deadline
    document = (
        None
        if deadline is None
        else {
            "due_at": deadline.due_at.isoformat(),
            "status": None if deadline.status is None else deadline.status.value,
            "margin_days": deadline.margin_days,
            "excused_reason": deadline.excused_reason,
        }
    )
    connection.execute(
        _WEIGHED,
        {
            "number": number,
            "replaces": outcome.replaces,
            "stays": outcome.stays,
            "waits": outcome.waits,
            "deadline": document,
        },
    )


def read_sections(connection: Connection, submission_id: str) -> list[tuple[int, SectionOutcome]]:
    """The sections of a submission as they were answered, with their numbers, in order (without spooled rows)."""
    rows = connection.execute(
        select(section).where(section.c.submission_id == submission_id).order_by(section.c.position),
    ).all()
    return [(row.id, _outcome(row, read_findings(connection, row.id))) for row in rows]


def read_findings(connection: Connection, number: int) -> tuple[Finding, ...]:
    """The findings of a section, in order."""
    rows = connection.execute(select(finding).where(finding.c.section_id == number).order_by(finding.c.position))
    return tuple(finding_from(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name


def finding_from(values: Any) -> Finding:
    """A finding from its stored values."""
    texts = {name: values.get(name) for name in _FINDING_TEXTS}
    return Finding(severity=Severity(values["severity"]), row=values["row"], **texts)


def _outcome(row: Row[Any], findings: tuple[Finding, ...]) -> SectionOutcome:
    judged = SectionJudgement(
        collection=row.collection,
        slug=row.slug,
        period=None if row.period is None else Period.parse(row.period),
        sheet=row.sheet,
        verdict=Verdict(row.verdict),
        records_read=row.records_read,
        records_accepted=row.records_accepted,
        records_rejected=row.records_rejected,
        findings=findings,
        finding_counts={severity.value: row.finding_counts.get(severity.value, 0) for severity in Severity},
        findings_truncated=row.findings_truncated,
        complete=row.complete,
        nil=row.nil,
        missing_lines=tuple(row.missing_lines),
        causes=tuple(CauseTally.from_document(one) for one in row.causes),
        register_only=row.register_only,
        header_row=row.header_row,
        completes=row.completes,
        accumulates=bool(row.accumulates),
        oddities=oddities_from(row.oddities),
    )
    return SectionOutcome(
        judgement=judged,
        in_force=row.in_force,
        replaces=row.replaces,
        stays=row.stays,
        waits=row.waits,
        deadline=None if row.deadline is None else _deadline(row.deadline),
    )


def _deadline(document: dict[str, Any]) -> DeadlineView:
    status = document["status"]
    return DeadlineView(
        due_at=datetime.fromisoformat(document["due_at"]),
        status=None if status is None else ComplianceStatus(status),
        margin_days=document["margin_days"],
        excused_reason=document.get("excused_reason"),
    )


def dropped_from(row: Row[Any]) -> DroppedFile:
    """What was known of a file when it was claimed."""
    return DroppedFile(
        submission_id=row.id,
        account=row.account,
        box=Box(row.box),
        name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        received_at=row.received_at,
        proof=ReceiptProof(row.proof),
    )


def judgement_from(row: Row[Any], sections: Sequence[SectionOutcome]) -> Judgement:
    """The judgement of a submission, read back."""
    return Judgement(
        detected=Detected(**{name: value for name, value in (row.detected or {}).items() if name in _DETECTED}),
        sections=tuple(one.judgement for one in sections),
        rules_version=row.rules_version or "",
        judged_at=row.judged_at,
        directory_version=row.directory_version,
        findings=tuple(finding_from(one) for one in row.file_findings or ()),
        destroy=row.verdict == Verdict.DESTROYED.value,
    )


def judgement_values(judged: Judgement, sections: Sequence[SectionJudgement]) -> dict[str, Any]:
    """The columns of `submission` that a judgement fills."""
    return {
        "judged_at": judged.judged_at,
        "verdict": judged.verdict.value,
        "rules_version": judged.rules_version,
        "directory_version": judged.directory_version,
        "register_only": any(one.register_only for one in sections),
        "completes": next((one.completes for one in sections if one.completes), None),
        "detected": storable_json(asdict(judged.detected)),
        "file_findings": storable_json([{**one.as_document(), "cause": one.cause} for one in judged.findings]),
    }
