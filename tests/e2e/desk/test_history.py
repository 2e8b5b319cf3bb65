"""`import-history` through the installed command: the past comes in, nobody is written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files

T4, T1 = Period(2004, 4), Period(2005, 1)
WORDS = ("--as", "pf01", "--received-at", "2005-02-14T10:00", "--reason", "reprise de 2004", "--by", "M. Durand")


@pytest.fixture
def past(tmp_path, directory) -> Path:
    """A folder of two good files of 2004T4."""
    folder = tmp_path / "reprise"
    folder.mkdir()
    (folder / "N1A_2004T4.csv").write_bytes(files.good_csv(directory, "PF01", T4).content)
    (folder / "N1M_2004T4.csv").write_bytes(files.good_n1m_csv(directory, "PF01", T4).content)
    return folder


def said_of_the_past(desk: Any) -> list[str]:
    """Mails about a deposit or its period; what is owed since go-live is told as ever."""
    told = [
        mail
        for mail in desk.mails()
        if mail["X-Guichet-Submission"] or "2004" in mail.get_body(("plain",)).get_content()
    ]
    return [mail["Subject"] for mail in told]


def test_a_folder_of_the_past_is_loaded_and_in_force_and_nobody_is_written_to(desk, past):
    said = desk.ok("import-history", str(past), *WORDS)
    assert said.splitlines()[-1].startswith("2 file(s): 2 loaded; no mail is sent")
    rows = desk.json("submissions")
    assert [(row["verdict"], row["state"], row["account"]) for row in rows] == [("accepted", "judged", "pf01")] * 2
    assert {row["received_at"] for row in rows} == {"2005-02-14T10:00:00+01:00"}
    desk.once()
    (story,) = desk.json("show", rows[0]["submission"])
    assert story["proof"] == "imported"
    assert story["messages"] == []
    assert (desk.home / story["archive"]).is_file()
    (brought,) = [one for one in story["events"] if one["kind"] == "imported"]
    assert (brought["author"], brought["data"]["reason"]) == ("M. Durand", "reprise de 2004")
    assert all(section["in_force"] for section in story["sections"])
    assert story["sections"][0]["period"] == "2004T4"
    assert (desk.inbox / "pf01" / "retours" / rows[0]["submission"] / "verdict.json").is_file()
    assert said_of_the_past(desk) == []
    assert not [row for row in desk.json("status") if row["period"] == "2004T4"]
    assert sorted(one.name for one in past.iterdir()) == ["N1A_2004T4.csv", "N1M_2004T4.csv"]
    assert "historique" in desk.ok("show", rows[0]["submission"])


def test_the_same_import_again_is_a_doublon_and_changes_nothing(desk, past):
    desk.ok("import-history", str(past), *WORDS)
    before = {row["submission"] for row in desk.json("submissions")}
    said = desk.ok("import-history", str(past), *WORDS)
    assert "2 already there" in said
    rows = desk.json("submissions")
    assert {row["verdict"] for row in rows if row["submission"] not in before} == {"duplicate"}
    assert {row["submission"] for row in rows if row["sections"][0]["in_force"]} == before


def test_a_second_version_in_the_same_folder_takes_the_place_of_the_first(desk, past, directory):
    good = files.good_csv(directory, "PF01", T4)
    changed = good.content.replace(b"\r\n", b"\n").rstrip() + b"\n\n"
    (past / "N1A_2004T4_v02.csv").write_bytes(changed)
    said = desk.ok("import-history", str(past), *WORDS)
    assert "in force, in the place of" in said
    rows = {row["file"]["name"]: row["sections"][0]["in_force"] for row in desk.json("submissions")}
    assert rows == {"N1A_2004T4.csv": False, "N1A_2004T4_v02.csv": True, "N1M_2004T4.csv": True}


def test_a_rejected_file_is_told_and_changes_nothing_in_force(desk, past):
    desk.ok("import-history", str(past), *WORDS)
    wrong = past.parent / "N1A_2004T4.csv"
    wrong.write_text("CIL/CCI;Remarque\nCIL001;rien\n")
    done = desk.run("import-history", str(wrong), *WORDS)
    assert done.returncode == 1, done
    assert "rejected" in done.stdout
    assert "1 rejected" in done.stdout.splitlines()[-1]
    in_force = [row for row in desk.json("submissions") if row["sections"][0]["in_force"]]
    assert len(in_force) == 2
    desk.once()
    assert said_of_the_past(desk) == []


def test_what_breaks_anonymity_is_destroyed_here_and_left_there(desk, tmp_path, directory):
    good = files.good_csv(directory, "PF01", T4)
    text = good.content.decode("utf-8-sig").splitlines()
    text = [f"{text[0]};Nom;Prénom;Date de naissance", *(f"{line};DURAND;Jean;01/02/1960" for line in text[1:])]
    nominative = tmp_path / "N1A_2004T4.csv"
    nominative.write_text("\n".join(text))
    done = desk.run("import-history", str(nominative), *WORDS)
    assert done.returncode == 1, done
    assert "delete it yourself" in done.stdout
    assert "DURAND" not in done.stdout
    assert nominative.is_file()
    desk.once()
    (row,) = desk.json("submissions")
    assert row["verdict"] == "destroyed"
    kept = [path for path in desk.home.rglob("*") if path.is_file() and b"DURAND" in path.read_bytes()]
    assert kept == []
    assert said_of_the_past(desk) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as", "pf99", "--received-at", "2005-02-14", "--reason", "x"), "no account 'pf99'"),
        (("--as", "pf01", "--received-at", "2006-02-14", "--reason", "x"), "is to come"),
        (("--as", "pf01", "--received-at", "février", "--reason", "x"), "--received-at 'février' is not an instant"),
        (("--as", "pf01", "--received-at", "2005-02-14", "--reason", " "), "--reason is empty"),
        (("--as", "pf01", "--received-at", "2004-12-31", "--reason", "x"), "not after the end of 2004T4"),
    ],
)
def test_an_order_that_cannot_be_carried_out_stores_nothing(desk, past, words, said):
    done = desk.run("import-history", str(past), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert desk.json("submissions") == []


def test_a_period_of_after_go_live_is_refused_and_the_other_files_go_on(desk, past, directory):
    good = files.good_csv(directory, "PF01", T1)
    (past / "A_N1A_2005T1.csv").write_bytes(good.content)
    (past / good.name).write_bytes(good.content)
    done = desk.run("import-history", str(past), *WORDS[:3], "2005-04-14T10:00", *WORDS[4:])
    assert done.returncode == 2
    assert "2005T1 is not before go-live (first_period is 2005T1)" in done.stderr
    assert "2 loaded, 2 refused (not stored)" in done.stdout
    assert {row["sections"][0]["period"] for row in desk.json("submissions")} == {"2004T4"}
    assert sorted(path.name for path in (desk.home / "spool").iterdir()) == sorted(
        row["submission"] for row in desk.json("submissions")
    )
    assert list((desk.inbox / ".guichet" / "claims").glob("*.json")) == []


def test_the_running_service_files_what_is_imported_beside_it(desk, past):
    service = desk.start()
    try:
        desk.ok("import-history", str(past), *WORDS)
        (number, *_) = [row["submission"] for row in desk.json("submissions")]
        archived = desk.wait_for("the archive", lambda: desk.json("show", number)[0]["archive"])
        assert (desk.home / archived).is_file()
        desk.wait_for("the answer", (desk.inbox / "pf01" / "retours" / number / "verdict.json").is_file)
    finally:
        desk.stop(service)
    assert said_of_the_past(desk) == []
    assert json.loads((desk.inbox / "pf01" / "retours" / number / "verdict.json").read_text())["verdict"] == "accepted"


def test_nothing_at_the_path_is_one_clear_line(desk, tmp_path):
    done = desk.run("import-history", str(tmp_path / "absent"), *WORDS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is nothing at" in done.stderr
