"""`anomaly list|confirm|reject|raise` through the installed command, on questions that real deposits raise."""

from __future__ import annotations

import json

from domain.periods import Period
from ingest.cli.main import main
from ingest.demo import files

T1 = Period(2005, 1)
KEYS = [
    "number",
    "code",
    "source",
    "state",
    "account",
    "organisation",
    "collection",
    "period",
    "member",
    "column",
    "label",
    "value",
    "message",
    "raised_at",
    "raised_by",
    "submission",
    "row",
    "answer",
    "answered_by",
    "answered_at",
]
PLACE = ["account", "organisation", "collection", "period", "member"]


def deposit(desk, directory, name="N1A_2005T1.csv", *, odd=True, figure=None):
    """PF01's first quarter: its second line has more complementary diagnostics than first ones, when `odd`."""
    rows = [list(row) for row in files.n1a_rows(directory, "PF01", T1)]
    if odd:
        rows[1][-1] = rows[1][3] + 5
    if figure is not None:
        rows[0][3] = figure
    desk.drop("pf01", name, files.csv_bytes(files.N1A_COLUMNS, rows))
    desk.once()
    return desk.verdict_of("pf01", name), rows


def mails(desk):
    desk.once()
    return [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "anomaly"]


def here(desk, capsys, *words):
    """The verb in this process: status, standard output, standard error. A dozen processes would say no more."""
    try:
        status = main(["--config", str(desk.folder / "guichet.toml"), "--at", desk.at, "anomaly", *words])
    except SystemExit as left:
        status = left.code
    told = capsys.readouterr()
    return status, told.out, told.err


def text_of(mail):
    return " ".join(mail.get_body(("plain",)).get_content().replace("\u00a0", " ").split())


def test_a_question_is_listed_rejected_corrected_and_told(desk, directory, capsys):
    asked, rows = deposit(desk, directory)
    assert asked["verdict"] == "accepted_with_warnings"
    [found] = desk.json("anomaly", "list")
    assert list(found) == KEYS
    assert [found[key] for key in PLACE] == ["pf01", "PF01", "N1A", "2005T1", rows[1][1]]
    assert (found["source"], found["state"], found["row"]) == ("judging", "open", 3)
    assert (found["submission"], found["answered_at"]) == (asked["submission"], None)
    number = str(found["number"])
    for words, expected in (
        (("--state", "open"), 1),
        (("--state", "confirmed"), 0),
        (("--account", "PF01"), 1),
        (("--account", "pf03"), 0),
        (("--period", "2005t1"), 1),
        (("--period", "2005T2"), 0),
    ):
        status, told, _ = here(desk, capsys, "list", *words, "--format", "json")
        assert (status, len(json.loads(told))) == (0, expected)
    shown = desk.ok("anomaly", "list")
    assert "sans réponse" in shown
    assert "\x1b" not in shown
    assert desk.ok("anomaly", "list", "--state", "rejected") == "Aucune question.\n"
    assert mails(desk) == []  # it is in the verdict, never in a second mail

    said = desk.ok("anomaly", "reject", number, "--reason", "le CIL en compte moins", "--by", "Marie Durand")
    assert said.startswith(f"Question {number}\u00a0: à rectifier – ")
    [mail] = mails(desk)
    assert (mail["To"].addresses[0].addr_spec, mail["X-Guichet-Submission"]) == (
        "depot@pf01.example",
        asked["submission"],
    )
    assert "Ce qu’en dit l’UESL : le CIL en compte moins" in text_of(mail)
    story = desk.ok("show", asked["submission"])
    assert f"n°\u00a0{number}, à rectifier" in story
    assert [one["number"] for one in desk.json("show", asked["submission"])[0]["anomalies"]] == [found["number"]]

    deposit(desk, directory, "N1A_2005T1_corrige.csv", odd=False)
    [settled] = desk.json("anomaly", "list")
    assert (settled["state"], settled["answer"], settled["answered_by"]) == (
        "corrected",
        "le CIL en compte moins",
        "Marie Durand",
    )
    assert len(mails(desk)) == 1


def test_a_question_that_uesl_confirms_is_not_asked_again_for_that_value(desk, directory):
    deposit(desk, directory)
    [found] = desk.json("anomaly", "list")
    said = desk.ok("anomaly", "confirm", str(found["number"]), "--reason", "dossiers repris", "--by", "Marie Durand")
    assert "confirmée" in said
    again, _ = deposit(desk, directory, "N1A_2005T1_v02.csv", figure=7)
    assert again["verdict"] == "accepted"
    assert "dossiers repris" in " ".join(one["message"] for one in again["sections"][0]["findings"])
    [kept] = desk.json("anomaly", "list")
    assert (kept["state"], kept["answered_by"], kept["submission"]) == (
        "confirmed",
        "Marie Durand",
        again["submission"],
    )
    assert mails(desk) == []


def test_who_was_told_to_mend_a_figure_is_told_when_uesl_finds_it_right(desk, directory):
    deposit(desk, directory)
    [found] = desk.json("anomaly", "list")
    for verb, reason in (("reject", "le CIL en compte moins"), ("confirm", "vu avec le CIL")):
        desk.ok("anomaly", verb, str(found["number"]), "--reason", reason)
    closed, rejected = sorted(mails(desk), key=lambda mail: "rectifier\u00a0:" in mail["Subject"])
    assert rejected["Subject"].startswith("Chiffre à rectifier")
    assert closed["Subject"].startswith("Question close")
    assert "Vous n’avez rien à rectifier" in text_of(closed)
    assert "vu avec le CIL" in text_of(closed)


def test_a_member_contests_its_figure(desk, directory):
    asked, rows = deposit(desk, directory, odd=False)
    member = directory.by_code[rows[0][1]]
    words = ("anomaly", "raise", member.nom, "Nb de diagnostics préalables", "2005T1")
    said = desk.ok(*words, "--reason", "nous en avons 3 de plus", "--by", "Marie Durand")
    assert "sans réponse" in said
    [found] = desk.json("anomaly", "list")
    assert (found["source"], found["column"], found["value"]) == ("dispute", "diagnostics_prealables", str(rows[0][3]))
    assert (found["member"], found["row"], found["submission"]) == (member.code, 2, asked["submission"])
    assert (found["message"], found["raised_by"]) == ("nous en avons 3 de plus", "Marie Durand")
    [mail] = mails(desk)
    assert mail["To"].addresses[0].addr_spec == "depot@pf01.example"
    assert "nous en avons 3 de plus" in text_of(mail)
    assert member.nom in text_of(mail)
    done = desk.run(*words, "--reason", "encore")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"anomaly {found['number']}" in done.stderr
    deposit(desk, directory, "N1A_2005T1_v02.csv", odd=False, figure=rows[0][3] + 3)
    assert [one["state"] for one in desk.json("anomaly", "list")] == ["corrected"]


def test_silence_is_recalled_once_after_ten_days(desk, directory):
    deposit(desk, directory)  # on Monday 18 April
    for at, expected in (("2005-04-27T17:00", 0), ("2005-04-28T08:30", 1), ("2005-04-29T08:30", 1)):
        desk.at = at
        assert len(mails(desk)) == expected
    [mail] = mails(desk)
    assert mail["Subject"] == "Rappel\u00a0: 1\u00a0question sans réponse sur vos chiffres (PF01)"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_what_cannot_be_done_is_said_in_one_line(desk, directory, capsys):
    _, rows = deposit(desk, directory, odd=False)
    code = rows[0][1]
    reason = ("--reason", "x")
    for words, said in (
        (("confirm", "99", *reason), "no anomaly 99"),
        (("confirm", "douze", *reason), "NUMBER"),
        (("reject", "99", "--reason", " "), "--reason is empty"),
        (("list", "--state", "perdue"), "open, confirmed, rejected, corrected"),
        (("list", "--period", "2005T9"), "2005T9"),
        (("list", "--account", "pf99"), "pf99"),
        (("raise", "CIL du Val de Loir", "diagnostics_prealables", "2005T1", *reason), "CIL001 (CIL du Val de Loire)"),
        (("raise", code, "diagnostic prealable", "2005T1", *reason), "diagnostics_prealables (Nb de diagnostics"),
        (("raise", code, "xyz", "2005T1", *reason), "there are"),
        (("raise", code, "diagnostics_prealables", "2005", *reason), "no indicator"),
        (("raise", code, "diagnostics_prealables", "2005T2", *reason), "no figure in force"),
        (("raise", code, "diagnostics_prealables", "demain", *reason), "demain"),
    ):
        status, told, complaint = here(desk, capsys, *words)
        assert (status, told) == (2, ""), words
        assert said in complaint, words
        assert len(complaint.strip().splitlines()) == 1, words
    assert desk.json("anomaly", "list") == []
