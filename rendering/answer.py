"""The answer as a document: `recu.json` and `verdict.json` (contract §6, Answering).

The document is the one model of an answer: the report, the terminal and the mails are written from it, so that
they can be written again later, by another process, from what the ledger keeps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.findings import DOCUMENT_KEYS, Finding, Severity, count_by_severity
from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Organisation
from domain.outcome import Outcome, Owed, SectionOutcome
from domain.submissions import DroppedFile
from domain.verdicts import Verdict
from rendering.collections import Known
from rendering.escaping import ELLIPSIS, encodable

SCHEMA: Final = 1
"""Version of the document's format; keys may be added within a version, never taken away."""

_DOCUMENT_ORDER: Final = (
    "schema",
    "submission",
    "file",
    "account",
    "organisation",
    "received_at",
    "judged_at",
    "test",
    "rules_version",
    "detected",
    "sections",
    "verdict",
    "still_owed",
    "receipt_proof",
    "organisation_name",
    "findings",
)
_FILE_ORDER: Final = ("name", "size", "sha256")
_DETECTED_ORDER: Final = ("format", "encoding", "separator", "header_row")
_SECTION_ORDER: Final = (
    "collection",
    "slug",
    "period",
    "sheet",
    "verdict",
    "in_force",
    "replaces",
    "records",
    "deadline",
    "findings",
    "finding_counts",
    "findings_truncated",
    "label",
    "cases",
    "stays",
    "waits",
    "missing_lines",
    "register_only",
    "header_row",
    "causes",
    "justified",
    "completes",
    "carried",
)
_DEADLINE_ORDER: Final = ("due_at", "status", "margin_days")
_OWED_ORDER: Final = ("collection", "period", "due_at", "slug", "label", "status")
_NO_ROWS: Final = {"read": 0, "accepted": 0, "rejected": 0}


def receipt_document(dropped: DroppedFile, organisation: Organisation | None, zone: ZoneInfo) -> dict[str, Any]:
    """`recu.json`: the head of the verdict's document, written as soon as the bytes are safe."""
    return {**_head(dropped, organisation, zone), "test": dropped.test, **_about(dropped, organisation)}


def verdict_document(outcome: Outcome, zone: ZoneInfo, known: Known | None = None) -> dict[str, Any]:
    """`verdict.json`: the contract's keys in the contract's order, then what our own pages need besides.

    `known` gives the collections their French names. No value of a destroyed or unidentified file is quoted.
    """
    dropped, judgement = outcome.dropped, outcome.judgement
    sections = [_section(section, judgement, zone, known or {}) for section in outcome.sections]
    extra: dict[str, Any] = _about(dropped, outcome.organisation)
    if not sections:
        sections = [_whole_file(judgement)]
    elif judgement.findings:
        extra["findings"] = [_finding(one, quotable=not judgement.destroy) for one in judgement.findings]
    return {
        **_head(dropped, outcome.organisation, zone),
        "judged_at": instant(judgement.judged_at, zone),
        "test": dropped.test,
        "rules_version": judgement.rules_version,
        "detected": {
            "format": judgement.detected.format,
            "encoding": judgement.detected.encoding,
            "separator": judgement.detected.separator,
            "header_row": judgement.detected.header_row,
        },
        "sections": sections,
        "verdict": judgement.verdict.value,
        "still_owed": [_owed(one, zone) for one in outcome.still_owed],
        **extra,
    }


def as_json(document: dict[str, Any] | Sequence[dict[str, Any]]) -> bytes:
    """The document as it is written in a file: UTF-8, indented, keys in order."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its keys in the contract's order again (PostgreSQL's JSON keeps no order)."""
    ordered = _ordered(document, _DOCUMENT_ORDER)
    for key, order in (("file", _FILE_ORDER), ("detected", _DETECTED_ORDER)):
        if key in ordered:
            ordered[key] = _ordered(ordered[key], order)
    if "sections" in ordered:
        ordered["sections"] = [_ordered_section(one) for one in ordered["sections"]]
    if "findings" in ordered:
        ordered["findings"] = [_ordered(one, DOCUMENT_KEYS) for one in ordered["findings"]]
    if "still_owed" in ordered:
        ordered["still_owed"] = [_ordered(one, _OWED_ORDER) for one in ordered["still_owed"]]
    return ordered


def _ordered_section(section: Mapping[str, Any]) -> dict[str, Any]:
    ordered = _ordered(section, _SECTION_ORDER)
    ordered["records"] = _ordered(ordered["records"], tuple(_NO_ROWS))
    if ordered["deadline"] is not None:
        ordered["deadline"] = _ordered(ordered["deadline"], _DEADLINE_ORDER)
    ordered["findings"] = [_ordered(one, DOCUMENT_KEYS) for one in ordered["findings"]]
    ordered["finding_counts"] = _counts(ordered["finding_counts"])
    return ordered


def _ordered(document: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    known = {key: document[key] for key in order if key in document}
    return {**known, **{key: document[key] for key in sorted(document) if key not in known}}


def instant(moment: datetime, zone: ZoneInfo) -> str:
    """`2005-04-18T10:15:02+02:00`: civil time with its offset."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _head(dropped: DroppedFile, organisation: Organisation | None, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "submission": dropped.submission_id,
        "file": {"name": encodable(dropped.name), "size": dropped.size, "sha256": dropped.sha256},
        "account": dropped.account,
        "organisation": organisation.code if organisation is not None else None,
        "received_at": instant(dropped.received_at, zone),
    }


def _about(dropped: DroppedFile, organisation: Organisation | None) -> dict[str, Any]:
    return {
        "receipt_proof": dropped.proof.value,
        "organisation_name": organisation.nom if organisation is not None else None,
    }


def _section(section: SectionOutcome, judgement: Judgement, zone: ZoneInfo, known: Known) -> dict[str, Any]:
    judged, deadline = section.judgement, section.deadline
    facts = known.get(judged.collection or "")
    return {
        "collection": judged.collection,
        "slug": judged.slug,
        "period": judged.period.code if judged.period is not None else None,
        "sheet": encodable(judged.sheet) if judged.sheet is not None else None,
        "verdict": judged.verdict.value,
        "in_force": section.in_force,
        "replaces": section.replaces,
        "records": {
            "read": judged.records_read,
            "accepted": judged.records_accepted,
            "rejected": judged.records_rejected,
        },
        "deadline": None
        if deadline is None
        else {
            "due_at": instant(deadline.due_at, zone),
            "status": deadline.status.value if deadline.status is not None else None,
            "margin_days": deadline.margin_days,
            **_excused(deadline.excused_reason),
        },
        "findings": [_finding(one, quotable=_quotable(judged, judgement)) for one in judged.findings],
        "finding_counts": _counts(judged.finding_counts),
        "findings_truncated": judged.findings_truncated,
        "label": facts.label if facts is not None else None,
        "cases": facts.cases if facts is not None else False,
        "stays": section.stays,
        "waits": section.waits,
        "missing_lines": list(judged.missing_lines),
        "register_only": judged.register_only,
        "header_row": judged.header_row,
        "causes": [_encodable(one.as_document()) for one in judged.causes] if _quotable(judged, judgement) else [],
        "justified": sum(one.justification is not None for one in judged.findings),
        "completes": judged.completes,
        "carried": judged.carried,
    }


def _whole_file(judgement: Judgement) -> dict[str, Any]:
    """The one section of a file in which no section could be told apart: its findings are about the file."""
    return {
        "collection": None,
        "slug": None,
        "period": None,
        "sheet": None,
        "verdict": judgement.verdict.value,
        "in_force": False,
        "replaces": None,
        "records": dict(_NO_ROWS),
        "deadline": None,
        "findings": [_finding(one, quotable=False) for one in judgement.findings],
        "finding_counts": count_by_severity(judgement.findings),
        "findings_truncated": False,
        "label": None,
        "stays": None,
        "waits": False,
        "missing_lines": [],
        "register_only": False,
        "header_row": None,
        "causes": [],
        "justified": 0,
        "completes": None,
        "carried": 0,
    }


def _counts(counts: dict[str, int]) -> dict[str, int]:
    return {severity.value: counts.get(severity.value, 0) for severity in Severity}


def _quotable(judged: SectionJudgement, judgement: Judgement) -> bool:
    return not judgement.destroy and judged.collection is not None and judged.verdict is not Verdict.DESTROYED


def _finding(finding: Finding, *, quotable: bool) -> dict[str, Any]:
    told = finding if quotable else unquoted(finding)
    document: dict[str, Any] = {
        key: encodable(value) if isinstance(value, str) else value
        for key, value in ((key, getattr(told, key)) for key in DOCUMENT_KEYS)
    }
    document["severity"] = told.severity.value
    if told.cause:
        document["cause"] = encodable(told.cause)
    if quotable and told.justification is not None:
        document["justification"] = encodable(told.justification)
    return document


def _encodable(document: dict[str, Any]) -> dict[str, Any]:
    return {key: encodable(value) if isinstance(value, str) else value for key, value in document.items()}


def unquoted(finding: Finding) -> Finding:
    """The finding without the value it is about, also where a sentence quotes it."""
    value = finding.value
    if not value:
        return finding

    def hidden(text: str | None) -> str | None:
        return text.replace(value, ELLIPSIS) if text else text

    return replace(
        finding,
        value=None,
        message=hidden(finding.message) or "",
        expected=hidden(finding.expected),
        hint=hidden(finding.hint),
        cause="" if value in finding.cause else finding.cause,
    )


def _owed(owed: Owed, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "collection": owed.collection,
        "period": owed.period,
        "due_at": instant(owed.due_at, zone),
        "slug": owed.slug,
        "label": owed.label,
        "status": owed.status.value,
        **_excused(owed.excused_reason),
    }


def _excused(reason: str | None) -> dict[str, str]:
    """Why the due instant is not the calendar's, when it was our fault; a key that is there only then."""
    return {} if reason is None else {"excused_reason": reason}
