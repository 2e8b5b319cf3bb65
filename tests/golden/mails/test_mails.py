"""The mails to organisations about what they owe, as people get them: `<case>.txt` and `<case>.html`, to be read.

`make golden` rewrites them. To add one: a `Case` in `cases`, `make golden`, then read it, also on a narrow screen.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.catalogue import load_catalogue
from rendering.letter import COLUMNS
from tests.golden.mails.anomaly_cases import ANOMALY_CASES
from tests.golden.mails.bulletin_cases import BULLETIN_CASES
from tests.golden.mails.cases import CASES
from tests.golden.mails.release_cases import RELEASE_CASES
from tests.golden.wrong.french import technical_words, typographic_faults

HERE = Path(__file__).parent
EVERY = (*CASES, *ANOMALY_CASES, *BULLETIN_CASES, *RELEASE_CASES)
RULER = "=" * COLUMNS
SUBJECT_LIMIT = 78


@pytest.fixture(scope="module")
def composed(directory):
    known = {one.code: one for one in load_catalogue().collections}
    return {case.name: tuple(case.compose(directory, known)) for case in EVERY}


def as_received(notices) -> str:
    """Each message with what its reader sees before opening it."""
    whole = []
    for one in notices:
        head = [f"À : {one.recipient}", f"Objet : {one.subject}", f"Genre : {one.event}"]
        head += [f"Pièce jointe : {name}" for name in one.attachments]
        whole.append("\n".join([*head, "", one.text]))
    return f"\n{RULER}\n".join(whole)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_the_mail_is_the_one_that_was_read(case, composed):
    notices = composed[case.name]
    files = {f"{case.name}.txt": f"{case.story}\n{RULER}\n{as_received(notices)}", f"{case.name}.html": notices[0].html}
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        for name, text in files.items():
            (HERE / name).write_text(text)
    for name, text in files.items():
        assert text == (HERE / name).read_text(), f"{name}: read the difference; make golden rewrites it"


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_the_mail_is_plain_french_in_narrow_lines(case, composed):
    for one in composed[case.name]:
        said = [one.subject, *(" ".join(part.split("\n")) for part in one.text.split("\n\n"))]
        assert technical_words(said) == []
        assert typographic_faults([one.subject]) == []
        assert len(one.subject) < SUBJECT_LIMIT
        assert "…" not in one.subject
        assert max(len(line) for line in one.text.splitlines()) <= COLUMNS


def test_every_golden_mail_has_its_case():
    assert {path.stem for path in HERE.glob("*.txt")} == {case.name for case in EVERY}
