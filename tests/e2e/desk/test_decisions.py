"""A workbook of decisions dropped by the central body's account: judged like any file, applied whole or not at all."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest

from domain.periods import Period
from ingest.demo import files

T1 = Period(2005, 1)
HEADER = ("Décision", "Compte", "Collecte", "Période", "Jusqu’au", "Dépôt", "Anomalie", "Motif")
NAMES = "decision;compte;collection;periode;jusqu_au;depot;anomalie;motif"


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (HEADER, *rows):
        sheet.append(line)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def csv(*lines: str) -> bytes:
    return "\n".join([NAMES, *lines, ""]).encode()


def row_of(desk: Any, organisation: str, collection: str = "N1A") -> dict[str, Any]:
    rows = desk.json("status", "--period", "2005T1", "--account", organisation)
    (found,) = [row for row in rows if row["collection"] == collection]
    return found


def mails(desk: Any, event: str) -> list[Any]:
    return [mail for mail in desk.mails() if mail["X-Guichet-Event"] == event]


def test_decisions_are_judged_answered_applied_and_told(desk, directory):
    good = files.good_csv(directory, "PF01", T1)
    desk.drop(good.account, good.name, good.content)
    desk.once()
    (deposit,) = desk.json("submissions")
    desk.drop(
        "uesl",
        "decisions_avril.xlsx",
        workbook(
            ("Prolonger", "PF03", "N1A", "2005T1", "15/05/2005", None, None, "panne informatique"),
            ("dispenser", "pf04", "assistance_trimestrielle", "2005-T1", None, None, None, "aucune activité"),
            ("RETIRER", None, None, None, None, deposit["submission"], None, "fichier d’essai"),
        ),
    )
    desk.once()
    answer = desk.verdict_of("uesl", "decisions_avril.xlsx")
    assert answer["verdict"] == "accepted", answer
    (section,) = answer["sections"]
    assert (section["collection"], section["slug"], section["period"]) == ("DECISIONS", "decisions", None)
    assert section["records"] == {"read": 3, "accepted": 3, "rejected": 0}
    assert section["label"] == "Décisions de l’UESL"
    told = [(one["code"], one["row"], one["cell"]) for one in section["findings"]]
    assert told == [("DECISIONS.R40", 2, "A2"), ("DECISIONS.R40", 3, "A3"), ("DECISIONS.R40", 4, "A4")]
    assert "15/05/2005" in section["findings"][0]["message"]
    assert row_of(desk, "PF03")["extended_until"] == "2005-05-15"
    assert row_of(desk, "PF04")["waived_reason"] == "aucune activité"
    (story,) = desk.json("show", deposit["submission"])
    assert (story["state"], story["withdrawn_by"]) == ("withdrawn", "uesl")
    assert sorted(mail["To"].addresses[0].domain for mail in mails(desk, "deadline")) == [
        "pf03.example",
        "pf04.example",
    ]
    [_, told] = sorted(mails(desk, "verdict"), key=lambda mail: "DECISIONS" in mail["Subject"])
    text = " ".join(told.get_body(("plain",)).get_content().replace("\u00a0", " ").split())
    assert "3 lignes appliquées" in text
    assert "Délai : PF03 a jusqu’au 15/05/2005" in text
    assert "Dispense : PF04" in text
    assert "ne change rien" not in text
    report = (desk.inbox / "uesl" / "retours" / answer["submission"] / "rapport.html").read_text()
    assert "15/05/2005" in report


def test_nothing_is_applied_unless_the_whole_file_is_right(desk):
    desk.drop(
        "uesl",
        "decisions.csv",
        csv(
            "prolonger;PF03;N1A;2005T1;2005-05-15;;;panne",
            "prolonger;PF3;N1A;2005T1;2005-05-15;;;panne",
            "prolonger;PF03;N1A;2005T1;2005-04-01;;;panne",
            "prolonger;PF03;N9Z;2005T1;2005-05-15;;;panne",
            "prolonger;PF03;N1A;2005;2005-05-15;;;panne",
            "prolonger;PF03;N1A;2005T1;;;;panne",
            "dispenser;PF03;N1A;2005T1;2005-05-15;;;panne",
            "retirer;;;;;20050418-101502-7f3a9c;;erreur",
            "confirmer;;;;;;12;vérifié",
            "dispenser;PF04;N1A;2005T1;;;;",
            "annuler;PF04;N1A;2005T1;;;;x",
            "prolonger;PF03;N1A;2005T1;demain;;;panne",
            "prolonger;CIL001;N1A;2005T1;2005-05-15;;;panne",
        ),
    )
    desk.once()
    answer = desk.verdict_of("uesl", "decisions.csv")
    assert answer["verdict"] == "rejected"
    found = {(one["row"], one["code"], one["cell"]) for one in answer["sections"][0]["findings"] if one["row"]}
    assert found == {
        (3, "DECISIONS.R03", "B3"),
        (4, "DECISIONS.R06", "E4"),
        (5, "DECISIONS.R04", "C5"),
        (6, "DECISIONS.R04", "D6"),
        (7, "DECISIONS.R01", "E7"),
        (8, "DECISIONS.R02", "E8"),
        (9, "DECISIONS.R07", "F9"),
        (10, "DECISIONS.R08", "G10"),
        (11, "G-10", "H11"),
        (12, "G-11", "A12"),
        (13, "G-10", "E13"),
        (14, "DECISIONS.R05", "B14"),
    }
    assert all(one["hint"] for one in answer["sections"][0]["findings"] if one["severity"] == "error")
    assert row_of(desk, "PF03")["extended_until"] is None
    assert mails(desk, "deadline") == []
    folder = desk.inbox / "uesl" / "retours" / answer["submission"]
    assert {path.name for path in folder.iterdir()} >= {"recu.json", "verdict.json", "rapport.html", "annote.xlsx"}
    annotated = (folder / "annote.xlsx").read_bytes()
    desk.drop("uesl", "decisions_bis.xlsx", annotated)
    desk.once()
    again = desk.verdict_of("uesl", "decisions_bis.xlsx")
    assert {one["code"] for one in again["sections"][0]["findings"] if one["row"]} == {code for _, code, _ in found}


def test_a_trial_tells_what_would_be_decided_and_decides_nothing(desk):
    desk.drop("uesl", "decisions.csv", csv("prolonger;ALL;N1A;2005T1;2005-05-15;;;fermeture"), box="essai")
    desk.once()
    answer = desk.verdict_of("uesl", "decisions.csv")
    assert (answer["verdict"], answer["test"]) == ("accepted", True)
    assert "organismes" in answer["sections"][0]["findings"][0]["message"]
    assert row_of(desk, "PF03")["extended_until"] is None
    assert mails(desk, "deadline") == []


def test_the_same_file_again_is_a_doublon_and_a_growing_workbook_repeats_nothing(desk):
    first = csv("prolonger;PF03;N1A;2005T1;2005-05-15;;;panne")
    desk.drop("uesl", "decisions.csv", first)
    desk.once()
    desk.drop("uesl", "decisions (2).csv", first)
    desk.drop("uesl", "decisions_v2.csv", first + b"dispenser;PF04;N1A;2005T1;;;;sans objet\n")
    desk.once()
    again = desk.verdict_of("uesl", "decisions (2).csv")
    assert again["verdict"] == "duplicate"
    grown = desk.verdict_of("uesl", "decisions_v2.csv")
    assert [one["code"] for one in grown["sections"][0]["findings"]] == ["DECISIONS.R41", "DECISIONS.R40"]
    assert sorted(mail["To"].addresses[0].domain for mail in mails(desk, "deadline")) == [
        "pf03.example",
        "pf04.example",
    ]
    later = replace(desk, at="2005-06-10T10:00")
    (row,) = [one for one in desk.json("submissions") if one["file"]["name"] == "decisions_v2.csv"]
    (replayed,) = [later.json("replay", row["submission"])]
    assert {one["code"] for one in replayed["sections"][0]["findings"]} == {"DECISIONS.R41"}


@pytest.mark.parametrize("name", ["decisions.csv", "Décisions_2005.csv"])
def test_another_account_is_told_that_decisions_are_not_its_own(desk, name):
    desk.drop("pf03", name, csv("prolonger;PF03;N1A;2005T1;2005-05-15;;;panne"))
    desk.once()
    answer = desk.verdict_of("pf03", name)
    assert answer["verdict"] == "rejected"
    (finding,) = [one for one in answer["sections"][0]["findings"] if one["severity"] == "blocking"]
    assert finding["code"] == "G-03"
    assert "UESL" in finding["message"] + (finding["hint"] or "")
    assert row_of(desk, "PF03")["extended_until"] is None


def test_the_model_of_the_central_body_is_read_as_it_is_filled_in(desk):
    desk.once()
    model = desk.inbox / "uesl" / "diffusion" / "modeles" / "decisions.xlsx"
    book = openpyxl.load_workbook(model)
    sheet = book["Décisions"]
    titles = next(row for row, (first, *_) in enumerate(sheet.iter_rows(values_only=True), 1) if first == "Décision")
    assert tuple(cell.value for cell in sheet[titles]) == HEADER
    for column, value in enumerate(("prolonger", "pf03", "N1A", "2005T1", date(2005, 5, 15), None, None, "panne"), 1):
        sheet.cell(titles + 1, column, value)
    kept = io.BytesIO()
    book.save(kept)
    desk.drop("uesl", "decisions.xlsx", kept.getvalue())
    desk.once()
    answer = desk.verdict_of("uesl", "decisions.xlsx")
    assert [one["code"] for one in answer["sections"][0]["findings"]] == ["DECISIONS.R40"]
    assert row_of(desk, "PF03")["extended_until"] == "2005-05-15"


def test_check_tells_the_same_and_changes_nothing(desk, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_bytes(csv("prolonger;PF03;N1A;2005T1;2005-05-15;;;panne"))
    desk.once()
    answer = desk.json("check", str(path), "--as", "uesl")
    assert answer["verdict"] == "accepted"
    assert row_of(desk, "PF03")["extended_until"] is None
    assert desk.json("submissions") == []


def test_what_breaks_anonymity_is_destroyed_and_decides_nothing(desk):
    content = (
        f"{NAMES};Nom;Prénom;Date de naissance\nprolonger;PF03;N1A;2005T1;2005-05-15;;;panne;DURAND;Jeanne;01/02/1960\n"
    )
    desk.drop("uesl", "decisions.csv", content.encode())
    desk.once()
    assert desk.verdict_of("uesl", "decisions.csv")["verdict"] == "destroyed"
    assert row_of(desk, "PF03")["extended_until"] is None
