"""What a depositor confirmed is thanked for, and told where the answer is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.findings import DOCUMENT_KEYS, Severity
from domain.submissions import Box
from domain.verdicts import Verdict
from rendering.answer import in_order, verdict_document
from rendering.story import story_lines
from rendering.terminal import answer_lines, plain
from rendering.view import finding_from, view_of

N = "\u00a0"
HOSTILE = "stock <b>de</b>\x1b[31m 2004"


@pytest.fixture
def confirmed(sample):
    return replace(
        sample.finding(severity=Severity.INFO),
        message=f"Il y en a plus. Vous l’avez confirmé{N}: «{N}stock{N}».",
        cause="N1A.R08:confirmed",
        justification=HOSTILE,
    )


def document_of(sample, findings, **values):
    return verdict_document(sample.one(Verdict.ACCEPTED, findings, **values), sample.zone, sample.known)


def test_the_document_gives_the_words_after_the_contracts_keys(sample, confirmed):
    document = document_of(sample, [confirmed, sample.finding(severity=Severity.INFO)])
    [section] = document["sections"]
    assert section["justified"] == 1
    first, second = section["findings"]
    assert tuple(first)[: len(DOCUMENT_KEYS)] == DOCUMENT_KEYS
    assert first["justification"] == HOSTILE
    assert "justification" not in second
    assert finding_from(first) == confirmed
    assert in_order(document) == document


@pytest.mark.parametrize(("points", "words"), [(1, f"1{N}point confirmé"), (2, f"2{N}points confirmés")])
def test_the_depositor_reads_it_in_one_plain_sentence(sample, confirmed, points, words):
    view = view_of(document_of(sample, [replace(confirmed, row=row) for row in range(3, 3 + points)]))
    assert view.headline.endswith(f". {words}{N}: la question n’est plus posée.")  # UESL may have confirmed it
    trial = view_of(document_of(sample, [confirmed], box=Box.ESSAI, in_force=False))
    assert trial.headline.startswith("Votre dépôt serait accepté")
    assert trial.headline.endswith(f"1{N}point confirmé.")


def test_nothing_confirmed_is_not_told(sample):
    assert "confirmé" not in view_of(document_of(sample, [sample.finding(severity=Severity.INFO)])).headline


def test_an_older_document_has_no_such_key(sample):
    document = document_of(sample, [])
    del document["sections"][0]["justified"]
    assert "merci" not in view_of(document).headline


def test_the_terminal_says_confirmed_instead_of_remark(sample, confirmed):
    document = document_of(sample, [confirmed])
    for full in (True, False):
        text = plain(answer_lines(document, full=full))
        assert f"• Confirmé{N}: " in text
        assert f"• Remarque{N}: " not in text


def test_the_story_tells_who_said_what_and_when(sample):
    document = document_of(sample, [])
    told = {
        "submission": document["submission"],
        "account": "pf03",
        "organisation": "PF03",
        "collection": "N1A",
        "period": "2005T1",
        "code": "N1A.R08",
        "column": "diagnostics_complementaires",
        "record": "CIL002",
        "value": "9 / 7",
        "message": "Il y en a plus (9) que (7).",
        "justification": HOSTILE,
        "row": 3,
        "author": "pf03",
        "at": "2005-04-18T10:15:02+02:00",
    }
    story = {
        "submission": document["submission"],
        "account": "pf03",
        "file": document["file"],
        "received_at": document["received_at"],
        "state": "judged",
        "answer": document,
        "justifications": [told, {**told, "row": None, "record": None}],
    }
    text = " ".join(plain(story_lines(story)).split())
    assert "Confirmé par le déposant - ligne 3, CIL002 : Il y en a plus (9) que (7). [N1A.R08]" in text
    assert "Réponse de pf03, le 18/04/2005 à 10 h 15 : « stock <b>de</b>" in text
    assert "- N1A : Il y en a plus" in text
    assert "\x1b" not in text
