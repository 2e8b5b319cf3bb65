"""Golden answers: each folder holds an input and the answer that a person would get. `make golden` rewrites them.

Adding a case adds a folder `<collection>/<case>/` with `input.*` and `case.json` (account, name, period of receipt).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.outcome import Outcome, SectionOutcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof
from ingest.catalogue import load_catalogue
from ingest.context import JudgingContext
from ingest.demo.network_files import write_network
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.register.reading import directory_of_folder
from ingest.settings import load_settings
from rendering.answer import as_json, verdict_document
from rendering.terminal import answer_lines, plain

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/case.json"))
RECEIVED_AT = datetime(2005, 4, 18, 8, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    settings = load_settings(environ={}, folder=tmp_path_factory.mktemp("golden"))
    with Reader(ReadingLimits()) as reader:
        yield Judge(load_catalogue(), reader, settings)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory):
    return directory_of_folder(write_network(tmp_path_factory.mktemp("network")))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES])
def test_the_answer_is_the_golden_one(case, judge, directory, tmp_path):
    told = json.loads((case / "case.json").read_text())
    (original,) = case.glob("input.*")
    content = original.read_bytes()
    dropped = DroppedFile(
        submission_id="20050418-100000-000000",
        account=told["account"],
        box=Box.DEPOT,
        name=told["name"],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        received_at=RECEIVED_AT,
        proof=ReceiptProof.SFTP_CLOSE,
    )
    context = JudgingContext(
        account=told["account"],
        received_at=RECEIVED_AT,
        now=RECEIVED_AT,
        zone=PARIS,
        first_period=Period(2005, 1),
        directory=directory,
        organisation=directory.of_account(told["account"]),
    )
    judgement = judge.judge(original, dropped, context, tmp_path)
    outcome = Outcome(
        dropped=dropped,
        organisation=context.organisation,
        judgement=judgement,
        sections=tuple(SectionOutcome(judgement=one, in_force=one.verdict.loads) for one in judgement.sections),
    )
    document = verdict_document(outcome, PARIS, {one.code: one for one in load_catalogue().collections})
    document["rules_version"] = "…"
    answers = {
        "verdict.json": as_json(document).decode(),
        "answer.txt": plain(answer_lines(document, full=True)) + "\n",
    }
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        for name, text in answers.items():
            (case / name).write_text(text)
    for name, text in answers.items():
        assert text == (case / name).read_text(), f"{case.name}/{name}: read the difference; make golden rewrites it"


def test_there_are_golden_cases_for_every_collection():
    assert {case.parent.name for case in CASES} == {one.code for one in load_catalogue().collections}
