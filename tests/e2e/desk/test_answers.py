"""What a depositor does with an answer: the annotated copy and the correction kit, dropped back (contract §6)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from domain.periods import Period
from ingest.demo import files
from ingest.demo.mending import mended_kit, mended_lines

T1 = Period(2005, 1)


def answer_of(desk, account, name):
    verdict = desk.verdict_of(account, name)
    return verdict, desk.inbox / account / "retours" / verdict["submission"]


def lines_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def refused(desk, directory):
    """A deposit with mistakes, answered: the verdict and the folder of the answer."""
    bad = files.full_of_mistakes(directory, "PF03", T1)
    desk.drop(bad.account, bad.name, bad.content)
    desk.once()
    return answer_of(desk, bad.account, bad.name)


def test_a_bad_file_is_answered_with_a_workbook_and_a_kit_and_the_mail_carries_the_workbook(desk, refused):
    _, folder = refused
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "recu.json",
        "verdict.json",
        "rapport.html",
        "annote.xlsx",
        "a_corriger_assistance_trimestrielle.csv",
        "a_corriger_assistance_trimestrielle.xlsx",
    }
    assert load_workbook(folder / "annote.xlsx").sheetnames[0] == "À corriger"
    page = (folder / "rapport.html").read_text()
    for name in ("annote.xlsx", "a_corriger_assistance_trimestrielle.csv"):
        assert name in page
    told = [mail for mail in desk.mails() if mail["X-Guichet-Event"] == "verdict"]
    assert told
    for mail in told:
        [attached] = list(mail.iter_attachments())
        assert attached.get_filename() == "annote.xlsx"
        assert attached.get_content() == (folder / "annote.xlsx").read_bytes()


def test_the_kit_mended_and_dropped_back_under_any_name_completes_the_deposit(desk, refused):
    verdict, folder = refused
    kit = (folder / "a_corriger_assistance_trimestrielle.csv").read_bytes()
    assert {line[0] for line in lines_of(kit)[1:]} == {verdict["submission"]}
    lines = mended_lines(lines_of(kit))
    assert len(lines) < len(lines_of(kit))
    desk.drop("pf03", "Copie de corrigé (2).csv", mended_kit(kit))
    desk.once()
    after, _ = answer_of(desk, "pf03", "Copie de corrigé (2).csv")
    [section] = after["sections"]
    assert section["verdict"] in {"accepted", "accepted_with_warnings"}, section["findings"]
    assert section["in_force"]
    assert section["replaces"] == verdict["submission"]
    assert (section["collection"], section["period"]) == ("N1A", "2005T1")
    accepted_then = verdict["sections"][0]["records"]["accepted"]
    assert section["records"]["accepted"] == accepted_then + len(lines) - 1
    [line] = [
        one for one in desk.json("status", "--account", "pf03", "--period", "2005T1") if one["collection"] == "N1A"
    ]
    assert line["status"] == "on_time"


def test_the_kit_as_a_workbook_does_the_same(desk, refused, tmp_path):
    _, folder = refused
    book = load_workbook(folder / "a_corriger_assistance_trimestrielle.xlsx")
    sheet = book["N1A"] if "N1A" in book.sheetnames else book.worksheets[0]
    lines = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    lines = mended_lines(lines)
    sheet.delete_rows(2, sheet.max_row)
    for line in lines[1:]:
        sheet.append(line)
    book.save(tmp_path / "kit.xlsx")
    desk.drop("pf03", "kit.xlsx", (tmp_path / "kit.xlsx").read_bytes())
    desk.once()
    after, _ = answer_of(desk, "pf03", "kit.xlsx")
    assert after["sections"][0]["in_force"], after["sections"][0]["findings"]


def test_a_kit_never_reaches_another_accounts_deposit(desk, refused):
    verdict, folder = refused
    kit = (folder / "a_corriger_assistance_trimestrielle.csv").read_bytes()
    invented = kit.replace(verdict["submission"].encode(), b"20050418-101502-000000")
    desk.drop("pf01", "volé.csv", kit)
    desk.drop("pf01", "inventé.csv", invented)
    desk.once()
    told = []
    for name, number in (("volé.csv", verdict["submission"]), ("inventé.csv", "20050418-101502-000000")):
        document, folder = answer_of(desk, "pf01", name)
        assert document["verdict"] == "rejected"
        told.append(json.dumps(document["sections"][0]["findings"]).replace(number, "NUMBER"))
    assert told[0] == told[1]


def test_the_annotated_copy_mended_and_dropped_back_is_a_whole_new_deposit(desk, refused, tmp_path):
    verdict, folder = refused
    book = load_workbook(folder / "annote.xlsx")
    sheet = book.worksheets[1]
    titles = {}
    for row in sheet.iter_rows():
        titles = {str(cell.value): cell.column for cell in row if cell.value}
        if "guichet_depot" in titles:
            body = row[0].row + 1
            break
    assert verdict["submission"] == sheet.cell(body, titles["guichet_depot"]).value
    assert {"guichet_ligne", "guichet_messages", "justification"} <= set(titles)
    book.save(tmp_path / "annote.xlsx")
    desk.drop("pf03", "annote.xlsx", (tmp_path / "annote.xlsx").read_bytes())
    desk.once()
    after, _ = answer_of(desk, "pf03", "annote.xlsx")
    [before], [again] = verdict["sections"], after["sections"]
    assert (again["collection"], again["period"]) == ("N1A", "2005T1")
    assert again["records"] == before["records"]
    errors = [[one["code"], one["cell"], one["message"]] for one in before["findings"] if one["severity"] == "error"]
    assert errors == [
        [one["code"], one["cell"], one["message"]] for one in again["findings"] if one["severity"] == "error"
    ]


def test_a_good_file_has_neither_and_a_better_one_takes_them_away(desk, directory):
    good = files.good_csv(directory, "PF01", T1)
    desk.drop(good.account, good.name, good.content)
    desk.once()
    _, folder = answer_of(desk, good.account, good.name)
    assert {path.name for path in folder.iterdir()} == {"recu.json", "verdict.json", "rapport.html"}


def test_a_trial_gives_the_same_files_and_its_kit_completes_it_in_the_depot(desk, directory):
    bad = files.full_of_mistakes(directory, "PF03", T1)
    desk.drop(bad.account, bad.name, bad.content, box="essai")
    desk.once()
    trial, folder = answer_of(desk, bad.account, bad.name)
    assert trial["test"]
    kit = (folder / "a_corriger_assistance_trimestrielle.csv").read_bytes()
    lines = mended_lines(lines_of(kit))
    desk.drop("pf03", "après l’essai.csv", mended_kit(kit))
    desk.once()
    after, _ = answer_of(desk, "pf03", "après l’essai.csv")
    [section] = after["sections"]
    assert section["in_force"], section["findings"]
    assert section["records"]["accepted"] == trial["sections"][0]["records"]["accepted"] + len(lines) - 1
    assert not after["test"]


def test_a_destroyed_file_leaves_no_copy_anywhere(desk):
    content = (Path(__file__).parents[2] / "golden" / "N1A" / "nominative" / "input.csv").read_bytes()
    desk.drop("pf03", "N1A_2005T1.csv", content)
    desk.once()
    verdict, folder = answer_of(desk, "pf03", "N1A_2005T1.csv")
    assert verdict["verdict"] == "destroyed"
    assert {path.name for path in folder.iterdir()} == {"recu.json", "verdict.json", "rapport.html"}
    assert not [path for path in (desk.home / "answers").rglob("*") if path.is_file()]


def test_after_a_mended_register_the_kit_says_what_the_verdict_says(desk, directory, tmp_path):
    """One stranger becomes ours and is accepted; a line accepted before goes to another platform and stays accepted."""
    own, others = files.n1a_rows(directory, "PF03", T1), files.n1a_rows(directory, "PF02", T1)[:2]
    content = files.csv_bytes(files.N1A_COLUMNS, [*own, *others])
    desk.drop("pf03", "N1A_2005T1.csv", content)
    desk.once()
    before, folder = answer_of(desk, "pf03", "N1A_2005T1.csv")
    assert before["sections"][0]["records"]["rejected"] == 2
    mine, stranger, other = own[0][1], others[0][1], others[1][1]
    desk.ok("directory", "export", str(tmp_path / "register"))
    sheet = tmp_path / "register" / "adhesions.csv"
    lines = sheet.read_text("utf-8-sig").replace(f"{stranger};PF02;ASA", f"{stranger};PF03;ASA")
    sheet.write_text(lines.replace(f"{mine};PF03;ASA", f"{mine};PF01;ASA"), "utf-8-sig")
    desk.ok("directory", "import", str(tmp_path / "register"), "--yes")
    desk.once()
    after, _ = answer_of(desk, "pf03", "N1A_2005T1.csv")
    assert after["sections"][0]["records"]["rejected"] == 1
    kit = lines_of((folder / "a_corriger_assistance_trimestrielle.csv").read_bytes())
    assert [line[kit[0].index("code_cil")] for line in kit[1:] if line[1]] == [other]
    front = load_workbook(folder / "annote.xlsx").worksheets[0]
    said = " ".join(str(cell) for row in front.iter_rows(values_only=True) for cell in row if cell)
    assert other in said
    assert mine not in said
