"""`guichet once`: everything that waits is taken, judged, answered and mailed; twice changes nothing."""

from __future__ import annotations

import json

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)


def test_a_good_file_is_answered_by_mail_and_in_retours_and_loaded(desk, directory):
    file = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", file.name, file.content)
    desk.once()

    verdict = desk.verdict_of("pf01", file.name)
    assert list(verdict)[:13] == [
        "schema",
        "submission",
        "file",
        "account",
        "organisation",
        "received_at",
        "judged_at",
        "test",
        "rules_version",
        "detected",
        "sections",
        "verdict",
        "still_owed",
    ]
    assert verdict["verdict"] == "accepted"
    assert verdict["organisation"] == "PF01"
    assert verdict["received_at"].startswith("2005-04-18T10:00")
    assert verdict["received_at"].endswith("+02:00")
    (section,) = verdict["sections"]
    assert section["in_force"] is True
    assert section["deadline"]["due_at"] == "2005-04-30T23:59:59+02:00"
    assert section["deadline"]["status"] == "on_time"
    assert section["deadline"]["margin_days"] == 12
    assert [one["collection"] for one in verdict["still_owed"]] == ["N1M"]

    answer = desk.inbox / "pf01" / "retours" / verdict["submission"]
    assert {path.name for path in answer.iterdir()} == {"recu.json", "verdict.json", "rapport.html"}
    receipt = json.loads((answer / "recu.json").read_text())
    assert receipt["file"] == verdict["file"]
    assert (desk.inbox / "pf01" / "retours" / "situation.html").exists()
    assert list((desk.inbox / "pf01" / "depot").iterdir()) == []

    mails = {mail["X-Guichet-Event"]: mail for mail in desk.mails() if mail["X-Guichet-Submission"]}
    assert set(mails) == {"receipt", "verdict"}
    followed = {mail["X-Guichet-Event"] for mail in desk.mails()} - set(mails)
    assert followed == {"reminder", "weekly"}, "a Monday twelve days before a due day: nothing else is due"
    assert mails["verdict"]["In-Reply-To"] == mails["receipt"]["Message-ID"]
    assert mails["verdict"]["Auto-Submitted"] == "auto-generated"
    assert mails["verdict"]["X-Guichet-Submission"] == verdict["submission"]
    announced = " ".join(mails["receipt"].get_body(("plain",)).get_content().split())
    assert "D’après son nom : N1A – " in announced
    assert "1er trimestre 2005 – échéance le samedi 30 avril 2005 à 23 h 59 (il reste 12 jours)." in announced


def test_a_second_pass_changes_nothing(desk, directory):
    for file in (files.good_csv(directory, "PF01", T1), files.full_of_mistakes(directory, "PF03", T1)):
        desk.drop(file.account, file.name, file.content)
    desk.once()
    before = (desk.json("submissions"), desk.json("mail", "list"), len(desk.mails()))
    answers = {path: path.stat().st_mtime_ns for path in desk.inbox.rglob("retours/*/*")}
    assert "0 file(s) taken, 0 judged, 0 message(s) sent" in desk.once()
    assert (desk.json("submissions"), desk.json("mail", "list"), len(desk.mails())) == before
    assert {path: path.stat().st_mtime_ns for path in desk.inbox.rglob("retours/*/*")} == answers


def test_essai_gives_the_same_answers_and_never_counts(desk, directory):
    file = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", file.name, file.content, box="essai")
    desk.drop("pf01", "N1A_2005T1_le-vrai.csv", file.content)
    desk.once()
    trial, real = desk.verdict_of("pf01", file.name), desk.verdict_of("pf01", "N1A_2005T1_le-vrai.csv")
    assert trial["test"] is True
    assert trial["sections"][0]["in_force"] is False
    assert real["verdict"] == "accepted", "a trial never makes a doublon"
    assert trial["sections"][0]["findings"] == real["sections"][0]["findings"]
    subjects = [mail["Subject"] for mail in desk.mails() if mail["X-Guichet-Submission"] == trial["submission"]]
    assert subjects
    assert all(subject.startswith("[ESSAI – ne compte pas]") for subject in subjects)


def test_what_is_no_deposit_is_left_alone_and_said_once(desk):
    depot = desk.inbox / "pf01" / "depot"
    (depot / "dossier").mkdir()
    (depot / "N1A_2005T1.csv.part").write_bytes(b"half")
    (depot / ".cache").write_bytes(b"")
    (depot / "lien.csv").symlink_to("/etc/passwd")
    (desk.inbox / "inconnu" / "depot").mkdir(parents=True)
    (desk.inbox / "inconnu" / "depot" / "N1A_2005T1.csv").write_bytes(b"x")
    desk.once()
    desk.once()
    assert desk.json("submissions") == []
    assert (depot / "N1A_2005T1.csv.part").exists()
    assert (depot / "lien.csv").is_symlink()
    told = [mail["To"] for mail in desk.mails()]
    assert sum("admin@uesl.example" in one for one in told) == 2, "the link and the unknown account"
    assert len(told) > 2, "the sub-folder is answered to the depositor"


def test_a_file_that_breaks_anonymity_is_destroyed_everywhere(desk):
    secret = "1 85 05 78 006 084 91"
    content = f"code_cil;diagnostics_prealables;observations\r\nCIL001;3;{secret}\r\n".encode()
    desk.drop("pf01", "N1A_2005T1.csv", content)
    desk.once()
    (verdict,) = desk.verdicts("pf01")
    assert verdict["verdict"] == "destroyed"
    assert {finding["code"] for finding in verdict["sections"][0]["findings"]} == {"G-12"}
    digits = secret.replace(" ", "").encode()
    for path in desk.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            kept = path.read_bytes()
            assert secret.encode() not in kept, path
            assert digits not in kept.replace(b" ", b"") or path.suffix == ".pyc", path


def test_two_passes_at_the_same_instant_keep_the_order_of_the_drops(desk, directory):
    first = files.good_csv(directory, "PF01", T1)
    corrected = first.content.replace(b"CIL001;", b"CIL001;", 1).rstrip() + b"\r\n\r\n"
    desk.drop("pf01", first.name, first.content)
    desk.once()
    desk.drop("pf01", "N1A_2005T1_corrige.csv", corrected)
    desk.once()
    former, later = desk.verdict_of("pf01", first.name), desk.verdict_of("pf01", "N1A_2005T1_corrige.csv")
    assert later["received_at"] >= former["received_at"]
    assert later["sections"][0]["in_force"] is True
    assert later["sections"][0]["replaces"] == former["submission"]


def test_a_trial_says_what_a_deposit_would_give_and_changes_nothing(desk, directory):
    whole = files.good_csv(directory, "PF01", T1)
    desk.drop("pf01", whole.name, whole.content)
    desk.once()
    partial = b"".join(whole.content.splitlines(keepends=True)[:-1])
    desk.drop("pf01", "N1A_2005T1_neant.csv", b"NEANT\r\n", box="essai")
    desk.drop("pf01", "N1A_2005T1_partiel.csv", partial, box="essai")
    desk.once()
    original = desk.verdict_of("pf01", whole.name)["submission"]
    nil, part = desk.verdict_of("pf01", "N1A_2005T1_neant.csv"), desk.verdict_of("pf01", "N1A_2005T1_partiel.csv")
    for trial in (nil, part):
        (section,) = trial["sections"]
        assert (section["in_force"], section["replaces"]) == (False, None)
        assert section["stays"] == original
    assert nil["sections"][0]["waits"] is True
    (row,) = [one for one in desk.json("submissions") if one["submission"] == original]
    assert row["sections"][0]["in_force"] is True


def test_what_was_deposited_before_the_door_closed_is_answered(desk, directory):
    good = files.good_csv(directory, "PF03", Period(2005, 1))
    desk.ok("account", "add", "pf03")
    desk.drop("pf03", good.name, good.content)
    desk.ok("account", "disable", "pf03")
    desk.once()
    assert desk.verdict_of("pf03", good.name)["verdict"].startswith("accepted")
    assert [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "verdict"]
