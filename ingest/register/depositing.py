"""The verdict on a register that UESL deposits by SFTP: one section, collection `ANNUAIRE` (contract §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.findings import Finding, Severity, count_by_severity
from domain.judgement import Judgement, SectionJudgement
from domain.verdicts import Verdict
from ingest.register.results import Plan
from ingest.register.wording import french
from rules.messages import say
from schemas.annuaire import REGISTER_CODE, REGISTER_SLUG

MAX_EFFECTS = 200
"""Effects told one by one in the answer; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class RegisterDeposit:
    """A deposited register once judged. `applied`: it was put in force already. `test`: it never will be."""

    judgement: Judgement
    plan: Plan
    applied: bool
    test: bool


def judgement_of(
    plan: Plan,
    *,
    rules_version: str,
    judged_at: datetime,
    directory_version: int | None,
    max_findings: int,
) -> Judgement:
    """The judgement: accepted with its effects told, or rejected whole."""
    findings = (*plan.findings, *(_effects(plan) if plan.valid else ()))
    warned = any(finding.severity is Severity.WARNING for finding in findings)
    accepted = Verdict.ACCEPTED_WITH_WARNINGS if warned else Verdict.ACCEPTED
    section = SectionJudgement(
        collection=REGISTER_CODE,
        slug=REGISTER_SLUG,
        period=None,
        sheet=None,
        verdict=accepted if plan.valid else Verdict.DESTROYED if plan.destroy else Verdict.REJECTED,
        records_read=plan.n_rows,
        records_accepted=plan.n_rows if plan.valid else 0,
        records_rejected=0 if plan.valid else plan.n_rows,
        findings=findings[:max_findings],
        finding_counts=count_by_severity(findings),
        findings_truncated=len(findings) > max_findings,
        complete=plan.valid,
    )
    return Judgement(
        detected=plan.detected,
        sections=(section,),
        rules_version=rules_version,
        judged_at=judged_at,
        directory_version=directory_version,
        destroy=plan.destroy,
    )


def _effects(plan: Plan) -> list[Finding]:
    if not plan.changed:
        return [_told(say("L'annuaire en vigueur disait déjà tout cela : rien ne change."))]
    sentences = [sentence for _, sentence in french(plan.effects)]
    told = [_told(sentence) for sentence in sentences[:MAX_EFFECTS]]
    more = len(sentences) - MAX_EFFECTS
    if more > 0:
        told.append(_told(say("… et {more} autres effets.", more=more)))
    return told


def _told(message: str) -> Finding:
    return Finding(code="ANN.R40", severity=Severity.INFO, message=message, cause="ANN.R40")
