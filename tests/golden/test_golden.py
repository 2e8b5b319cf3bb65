"""Golden answers: each folder holds an input and the answer that a person would get. `make golden` rewrites them.

Adding a case adds a folder `<collection>/<case>/` with `input.*` and `case.json` (account, name, instant of receipt).
Files that people get wrong, with their mending, are in `wrong/`.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from ingest.catalogue import load_catalogue
from rendering.answer import as_json
from rendering.terminal import answer_lines, plain
from tests.golden.judging import RECEIVED_AT, judged

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/case.json"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES])
def test_the_answer_is_the_golden_one(case, judge, directory, tmp_path):
    told = json.loads((case / "case.json").read_text())
    (original,) = case.glob("input.*")
    received_at = datetime.fromisoformat(told["received_at"]) if "received_at" in told else RECEIVED_AT
    _, document = judged(
        judge,
        directory,
        original,
        account=told["account"],
        name=told["name"],
        workdir=tmp_path,
        received_at=received_at,
    )
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
