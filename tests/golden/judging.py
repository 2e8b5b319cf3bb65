"""What every golden test needs: the real judge, the demonstration's register, and the document of an answer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.judgement import Judgement
from domain.organisations import Directory
from domain.outcome import Outcome, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.judging import Judge
from rendering.answer import verdict_document

RECEIVED_AT: Final = datetime(2005, 4, 18, 8, 0, tzinfo=UTC)
PARIS: Final = ZoneInfo("Europe/Paris")


def judged(
    judge: Judge,
    directory: Directory,
    original: Path,
    *,
    account: str,
    name: str,
    workdir: Path,
    received_at: datetime = RECEIVED_AT,
) -> tuple[Judgement, dict[str, Any]]:
    """The judgement of a file, received on 18 April 2005 unless told, and the document of its answer."""
    content = original.read_bytes()
    dropped = DroppedFile(
        submission_id="20050418-100000-000000",
        account=account,
        box=Box.DEPOT,
        name=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        received_at=received_at,
        proof=ReceiptProof.SFTP_CLOSE,
    )
    context = JudgingContext(
        account=account,
        received_at=received_at,
        now=received_at,
        zone=PARIS,
        first_period=Period(2005, 1),
        directory=directory,
        organisation=directory.of_account(account),
    )
    judgement = judge.judge(original, dropped, context, workdir)
    outcome = Outcome(
        dropped=dropped,
        organisation=context.organisation,
        judgement=judgement,
        sections=tuple(SectionOutcome(judgement=one, in_force=one.verdict.loads) for one in judgement.sections),
    )
    document = verdict_document(outcome, PARIS, {one.code: one for one in load_catalogue().collections})
    document["rules_version"] = "…"
    return judgement, document
