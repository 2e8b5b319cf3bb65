"""The questions on accepted figures, as UESL reads them on a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from rendering.anomalies import figure, place, question, reply, summary
from rendering.question_lines import anomaly_lines, settled_line
from rendering.story import story_lines
from rendering.terminal import plain
from rendering.view import Tone

PARIS = ZoneInfo("Europe/Paris")
NAMES = {"PF03": "Plate-forme Bourgogne", "PF07": "Plate-forme Nord", "CIL002": "CIL de l’Ain"}
ASKED = Anomaly(
    number=12,
    code="A-01",
    source=AnomalySource.JUDGING,
    state=AnomalyState.OPEN,
    account="pf03",
    organisation="PF03",
    collection="N1A",
    period="2005T1",
    member="CIL002",
    column="diagnostics_prealables",
    label="Nb de diagnostics préalables",
    value="20",
    message="20 est loin des trimestres précédents.",
    raised_at=datetime(2005, 4, 18, 22, 30, tzinfo=UTC),
    submission_id="20050418-101502-7f3a9c",
    row=3,
)
ANSWERED = replace(
    ASKED,
    number=3,
    state=AnomalyState.CONFIRMED,
    answer="opération exceptionnelle",
    answered_by="pf03",
    answered_at=datetime(2005, 4, 20, 8, tzinfo=UTC),
)
CONTESTED = replace(
    ASKED,
    number=13,
    state=AnomalyState.REJECTED,
    source=AnomalySource.DISPUTE,
    code="contestation",
    message="nous en avons 12",
    raised_by="Marie Durand",
    answer="12 au téléphone",
    answered_by="Marie Durand",
    answered_at=datetime(2005, 5, 2, 8, tzinfo=UTC),
)


def test_a_listing_says_who_what_why_where_and_what_was_answered():
    later = replace(ASKED, number=4, period="2005T2", account="pf07", organisation="PF07", state=AnomalyState.CORRECTED)
    lines = anomaly_lines([ASKED, ANSWERED, CONTESTED, later], NAMES, PARIS)
    assert plain(lines).replace("\u00a0", " ") == (
        "2e trimestre 2005, PF07 Plate-forme Nord – 1 question\n"
        "   4  – corrigée  N1A  CIL de l’Ain (CIL002), Nb de diagnostics préalables : 20\n"
        "      20 est loin des trimestres précédents. [A-01]\n"
        "      posée le 19/04/2005, ligne 3 du dépôt 20050418-101502-7f3a9c\n"
        "\n"
        "1er trimestre 2005, PF03 Plate-forme Bourgogne – 3 questions, dont 1 sans réponse et 1 à\n"
        "rectifier\n"
        "   3  ✓ confirmée  N1A  CIL de l’Ain (CIL002), Nb de diagnostics préalables : 20\n"
        "      20 est loin des trimestres précédents. [A-01]\n"
        "      posée le 19/04/2005, ligne 3 du dépôt 20050418-101502-7f3a9c\n"
        "      Réponse de pf03 le 20/04/2005 : « opération exceptionnelle »\n"
        "  12  ? sans réponse  N1A  CIL de l’Ain (CIL002), Nb de diagnostics préalables : 20\n"
        "      20 est loin des trimestres précédents. [A-01]\n"
        "      posée le 19/04/2005, ligne 3 du dépôt 20050418-101502-7f3a9c\n"
        "  13  ✗ à rectifier  N1A  CIL de l’Ain (CIL002), Nb de diagnostics préalables : 20\n"
        "      Contesté par le CIL/CCI : « nous en avons 12 »\n"
        "      posée le 19/04/2005, transmise par Marie Durand, ligne 3 du dépôt\n"
        "      20050418-101502-7f3a9c\n"
        "      Réponse de Marie Durand le 02/05/2005 : « 12 au téléphone »"
    )
    tones = {mark: line.tone for line in lines for mark in "–✓?✗" if mark in line.text.split()[1:2]}
    assert tones == {"–": Tone.CALM, "✓": Tone.GOOD, "?": Tone.CARE, "✗": Tone.BAD}


def test_nothing_to_list_is_said():
    assert plain(anomaly_lines([], NAMES, PARIS)) == "Aucune question."


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "CIL de l’Ain (CIL002), Nb de diagnostics préalables\u00a0: 20"),
        ({"member": "CIL999"}, "CIL999, Nb de diagnostics préalables\u00a0: 20"),
        ({"label": None, "value": None}, "CIL de l’Ain (CIL002), diagnostics_prealables"),
        ({"member": None, "label": None, "column": None, "value": None}, "L’ensemble du tableau"),
        ({"value": "\x1b[31m20"}, "CIL de l’Ain (CIL002), Nb de diagnostics préalables\u00a0: \\x1b[31m20"),
    ],
)
def test_a_figure_is_named_as_far_as_it_is_known(changes, told):
    assert figure(replace(ASKED, **changes), NAMES) == told


def test_what_is_not_known_is_not_said():
    assert place(replace(ASKED, row=None)) == "dépôt 20050418-101502-7f3a9c"
    assert place(replace(ASKED, submission_id=None)) == ""
    assert reply(ASKED, PARIS) == ""
    assert question(CONTESTED) == "Contesté par le CIL/CCI\u00a0: «\u00a0nous en avons 12\u00a0»"
    assert summary([ANSWERED]) == "1\u00a0question"


def test_hostile_words_cannot_reach_the_terminal():
    bad = replace(CONTESTED, message="\x1b]0;pwned\x07", raised_by="\x1b[2J", answer="a\x1b[1m", answered_by="\x1b[31m")
    for line in anomaly_lines([bad], {"PF03": "\x1b[31mrouge"}, PARIS):
        assert "\x1b" not in line.text
        assert "\x07" not in line.text
    assert "\x1b" not in settled_line(replace(bad, label="\x1b[31m"), {})


def test_a_verb_says_what_it_did_in_one_line():
    assert settled_line(ANSWERED, NAMES) == (
        "Question 3\u00a0: confirmée – CIL de l’Ain (CIL002), Nb de diagnostics préalables\u00a0: 20"
    )


def test_the_story_of_a_deposit_tells_its_questions():
    story = {
        "submission": "20050418-101502-7f3a9c",
        "account": "pf03",
        "file": {"name": "N1A_2005T1.csv", "sha256": "9f"},
        "received_at": "2005-04-18T10:15:02+02:00",
        "state": "judged",
        "anomalies": [
            {
                "number": 12,
                "state": "open",
                "member": "CIL002",
                "label": "Nb de diagnostics préalables",
                "column": "diagnostics_prealables",
                "value": "20",
                "message": "20 est loin des trimestres précédents.",
                "answered_at": None,
                "answered_by": None,
                "answer": None,
            },
            {
                "number": 13,
                "state": "confirmed",
                "member": None,
                "label": None,
                "column": None,
                "value": None,
                "message": "Tout est pareil.",
                "answered_at": "2005-04-20T10:00:00+02:00",
                "answered_by": "pf03",
                "answer": "oui",
            },
        ],
    }
    told = " ".join(plain(story_lines(story)).replace("\u00a0", " ").split())
    assert (
        "Questions - n° 12, sans réponse : CIL002, Nb de diagnostics préalables : 20. "
        "20 est loin des trimestres précédents. - n° 13, confirmée : Tout est pareil. Réponse de pf03, le "
    ) in told
    assert told.endswith("« oui »")
