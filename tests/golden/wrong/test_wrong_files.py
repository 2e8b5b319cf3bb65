"""Forty wrong files and more: what the answer says of each, and that doing exactly what it says makes it accepted.

A case states by hand what the story should give; its answer as a person gets it is in `answers/<case>.txt`, to be read.
`make golden` rewrites the answers, never the cases. To add one: a `Case` in the module of its family, `make golden`,
then read its answer as the person of the story would.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from domain.findings import Severity
from domain.submissions import ReceiptProof
from domain.verdicts import Verdict
from ingest.inbox.receipt import Receipt
from ingest.inbox.scan import Scanner
from notifications.incidents import oddity_notices
from rendering.terminal import answer_lines, plain
from rendering.view import view_of
from tests.golden.judging import RECEIVED_AT, judged
from tests.golden.wrong import containers, excel, figures, layout, letters, lines, members, periods, sheets, texts
from tests.golden.wrong.case import Case
from tests.golden.wrong.french import technical_words, typographic_faults

ANSWERS = Path(__file__).parent / "answers"
CASES: tuple[Case, ...] = tuple(
    case
    for family in (excel, sheets, figures, texts, members, lines, layout, periods, letters, containers)
    for case in family.CASES
)
JUDGED = tuple(case for case in CASES if case.verdict is not None)
ODD = tuple(case for case in CASES if case.oddity is not None)
TO_MEND = tuple(case for case in CASES if case.mend is not None)
CONSEQUENCES = {"G-17"}
"""Rules that only count the others: too many lines are wrong. Neither a fault to understand nor one to mend."""
REFUSING = {Severity.BLOCKING, Severity.ERROR}
OF_THE_WHOLE = re.compile(r"G-0[1-8]|G-14|N1[AM]\.R02")
"""Rules on the file, its name or its lines as a whole: what they say has no line of its own."""
LISTED = 15
RULER = "-" * 88
PROOFS = ("Empreinte SHA-256", "Taille", "Règles appliquées")
"""Lines of the answer that change with each library that writes a workbook."""


@pytest.fixture(scope="module")
def answered(judge, directory, tmp_path_factory):
    """Judges a case once: the judgement, and the document of its answer."""
    known = {}

    def answer(case: Case):
        if case.name not in known:
            folder = tmp_path_factory.mktemp("wrong")
            original = folder / "original"
            original.write_bytes(case.build(directory))
            known[case.name] = judged(judge, directory, original, account=case.account, name=case.file, workdir=folder)
        return known[case.name]

    return answer


def findings_of(document):
    """Every finding but remarks, which ask for nothing, and consequences."""
    every = [*document.get("findings", ()), *(one for section in document["sections"] for one in section["findings"])]
    return [one for one in every if one["severity"] != "info" and one["code"] not in CONSEQUENCES]


def text_of(document) -> str:
    """The answer as it is first read, by causes; then each finding with its place, at most `LISTED` of them.

    Left out: what changes with the versions of the libraries that write workbooks.
    """
    lines = plain(answer_lines(document)).splitlines()
    every = [one for section in document["sections"] for one in section["findings"]]
    listed = [_listed(one) for one in every[:LISTED]]
    listed += [f"… et {len(every) - LISTED} autres"] if len(every) > LISTED else []
    return "\n".join([*(line for line in lines if not line.startswith(PROOFS)), RULER, *listed]) + "\n"


def _listed(finding) -> str:
    place = finding["cell"] or (f"ligne {finding['row']}" if finding["row"] else "–")
    return f"{place} [{finding['code']}] {finding['message']} → {finding['hint'] or '–'}"


def full_text(document) -> str:
    """Everything that the answer says, every finding in full."""
    return flat(plain(answer_lines(document)) + "\n" + plain(answer_lines(document, full=True)))


def flat(text: str) -> str:
    """The answer on one line, its no-break spaces made plain: what a search would look in."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def our_sentences(document) -> list[str]:
    """All that the answer says in our words, place by place."""
    view = view_of(document)
    said = [view.headline, *view.actions, *view.owed, *(one.message for one in view.file_findings)]
    for section in view.sections:
        said += [section.title, section.sentence, section.standing, section.deadline, *section.actions]
        said += [text for cause in section.causes for text in (cause.title, cause.hint or "")]
        for finding in section.findings:
            said += [finding.message, finding.hint or "", finding.expected or ""]
    return [text for text in said if text]


def golden(case: Case, text: str) -> None:
    """Compare with the stored answer, or store it."""
    heading = f"{case.story}\n{case.account} dépose « {case.folder or case.file} »\n"
    path = ANSWERS / f"{case.name}.txt"
    whole = f"{heading}{RULER}\n{text}"
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        path.write_text(whole)
    assert whole == path.read_text(), f"{path.name}: read the difference; make golden rewrites it"


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_the_answer_is_the_one_that_was_read(case, answered):
    judgement, document = answered(case)
    counted = Counter(f"{one['code']} {one['severity']}" for one in findings_of(document))
    facts = [
        f"Verdict : {document['verdict']}",
        *(f"{code} × {count}" for code, count in sorted(counted.items())),
    ]
    golden(case, "\n".join(facts) + f"\n{RULER}\n" + text_of(document))
    assert judgement.destroy is (case.verdict is Verdict.DESTROYED)


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_the_verdict_and_the_rules_are_those_of_the_story(case, answered):
    _, document = answered(case)
    assert (document["verdict"], {one["code"] for one in findings_of(document)}) == (case.verdict, case.codes)


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_it_says_what_where_and_how_to_mend(case, answered):
    _, document = answered(case)
    whole, first = full_text(document), flat(plain(answer_lines(document)))
    assert [place for place in case.places if place not in whole] == []
    assert [words for words in case.says if words not in first] == []
    assert [words for words in case.never if words in first] == []
    refusing = [one for one in findings_of(document) if one["severity"] in REFUSING]
    assert [one["message"] for one in refusing if not one["hint"]] == []
    assert [one["message"] for one in refusing if not OF_THE_WHOLE.fullmatch(one["code"]) and one["row"] is None] == []
    assert ("- Rien à faire." in first) is (not case.codes)


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_a_fault_is_told_once(case, answered):
    _, document = answered(case)
    told = [
        f"{cause.code} {cause.title}"
        for section in view_of(document).sections
        for cause in section.causes
        if cause.severity is not Severity.INFO and cause.code not in CONSEQUENCES
    ]
    assert len(told) <= (case.causes if case.codes else 0), told


@pytest.mark.parametrize("case", JUDGED, ids=str)
def test_it_is_plain_french(case, answered):
    _, document = answered(case)
    said = our_sentences(document)
    assert technical_words(said) == []
    assert typographic_faults(said) == []


@pytest.mark.parametrize("case", TO_MEND, ids=str)
def test_doing_what_it_says_makes_the_file_accepted(case, judge, directory, tmp_path):
    mended = tmp_path / "mended"
    mended.write_bytes(case.mend(case.build(directory), directory))
    _, document = judged(
        judge,
        directory,
        mended,
        account=case.account,
        name=case.mended_name or case.file,
        workdir=tmp_path,
    )
    assert findings_of(document) == []
    assert document["verdict"] == case.mended


@pytest.mark.parametrize("case", ODD, ids=str)
def test_what_is_not_taken_is_told(case, directory, tmp_path):
    box = tmp_path / case.account / "depot"
    (box / case.folder if case.folder else box).mkdir(parents=True)
    path = box / case.folder / case.file if case.folder else box / case.file
    path.write_bytes(case.build(directory))
    scanner = Scanner(
        tmp_path,
        settle_seconds=0,
        unfinished_seconds=3600,
        receipt=lambda _found: Receipt(received_at=RECEIVED_AT, proof=ReceiptProof.SFTP_CLOSE),
        leases=False,
    )
    scanner.scan(0, lambda _account: True)
    result = scanner.scan(7200, lambda _account: True)
    assert ([one.kind.value for one in result.oddities], result.ready) == ([case.oddity], ())
    (odd,) = result.oddities
    notices = oddity_notices(
        odd.kind.value, account=odd.account, box=odd.box, name=odd.name, key=odd.key, directory=directory
    )
    assert notices
    golden(case, f"Objet : {notices[0].subject}\n\n{notices[0].text}\n")
    told = flat(f"{notices[0].subject} {notices[0].text}")
    assert [words for words in case.says if words not in told] == []
    said = [notices[0].subject, *notices[0].text.splitlines()]
    assert technical_words(said) == []


def test_the_catalogue_is_whole():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 40
    assert {path.stem for path in ANSWERS.glob("*.txt")} == set(names)
    assert sum(case.mend is not None for case in CASES) >= 40
