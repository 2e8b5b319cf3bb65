"""Answers on a terminal say the same, and cannot command it."""

from domain.submissions import Box
from domain.verdicts import Verdict
from rendering.answer import verdict_document
from rendering.story import story_lines
from rendering.terminal import WIDTH, answer_lines, plain


def lines_of(sample, *arguments, rehearsal=False, full=False, **values):
    document = verdict_document(sample.one(*arguments, **values), sample.zone, sample.known)
    return answer_lines(document, rehearsal=rehearsal, full=full)


def test_the_verdict_is_the_first_line(sample):
    lines = lines_of(sample, Verdict.ACCEPTED)
    assert lines[0].text == "ACCEPTÉ – N1A_2005T1.csv"
    assert lines[0].tone == "good"


def test_check_says_that_nothing_is_kept(sample):
    text = plain(lines_of(sample, Verdict.ACCEPTED, rehearsal=True))
    assert "Simple vérification\u00a0: rien n’est déposé" in text
    assert "serait accepté" in text
    assert "Numéro de dépôt" not in text


def test_a_test_shows_its_prefix(sample):
    assert "[ESSAI – ne compte pas]" in plain(lines_of(sample, Verdict.ACCEPTED, box=Box.ESSAI, in_force=False))


def test_no_line_is_wider_than_the_page_nor_holds_a_control(sample):
    hostile = "\x1b]0;titre\x07\x9b31m\u202e[red]a\r\nb" + "x" * 400
    lines = lines_of(
        sample, Verdict.REJECTED, [sample.finding(message=hostile, hint=hostile)], name=hostile, in_force=False
    )
    for line in lines:
        assert len(line.text) <= WIDTH
        assert line.text.isprintable() or line.text == "" or set(line.text) & {"\u00a0", "\u202f"}
        assert not set(line.text) & set("\x1b\x07\x9b\u202e\r\n")


def test_full_lists_every_finding(sample):
    found = [sample.finding(row) for row in range(5, 15)]
    text = plain(lines_of(sample, Verdict.REJECTED, found, in_force=False, full=True))
    assert all(f"E{row}" in text for row in range(5, 15))


def test_the_story_tells_what_happened_since(sample):
    answer = verdict_document(sample.one(Verdict.ACCEPTED), sample.zone, sample.known)
    story = {
        "submission": "20050418-101502-7f3a9c",
        "account": "pf03",
        "file": answer["file"],
        "received_at": answer["received_at"],
        "judged_at": answer["judged_at"],
        "claimed_at": answer["received_at"],
        "state": "withdrawn",
        "withdrawn_at": "2005-04-20T09:00:00+02:00",
        "withdrawn_reason": "erreur",
        "answer": answer,
        "in_force": [
            {
                "collection": "N1A",
                "period": "2005T1",
                "from_at": "2005-04-18T10:15:09+02:00",
                "to_at": "2005-04-20T09:00:00+02:00",
            },
        ],
        "messages": [
            {"subject": "Accepté", "recipient": "a@b.example", "state": "sent", "sent_at": "2005-04-18T10:16:00+02:00"},
        ],
        "events": [{"at": "2005-04-18T10:15:03+02:00", "kind": "claimed", "author": None, "data": {"size": 812}}],
    }
    text = plain(story_lines(story))
    assert "Motif du retrait" in text
    assert "N1A 1er trimestre 2005, depuis le 18/04/2005 à 10\u00a0h\u00a015" in text
    assert "Accepté → a@b.example\u00a0: envoyé" in text
    assert "pris en charge [size=812]" in text


def test_a_deposit_without_a_verdict_has_a_story():
    story = {
        "submission": "x",
        "account": "pf03",
        "file": {"name": "a.csv", "size": 1, "sha256": "ab"},
        "state": "claimed",
        "received_at": "2005-04-18T10:15:02+02:00",
        "answer": None,
    }
    assert "EN COURS D’EXAMEN – a.csv" in plain(story_lines(story))
