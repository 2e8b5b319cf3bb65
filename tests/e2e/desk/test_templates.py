"""Templates: by the command, and in `diffusion/` at the opening of each period; a filled one is accepted."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest


def fill(content: bytes) -> bytes:
    """What a person does: a figure in each cell that is not locked, on each line that has a member."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=8):
        if row[1].value and str(row[1].value)[:3] in {"CIL", "CCI"}:
            for cell, value in zip([one for one in row if not one.protection.locked], (5, 3, 2), strict=False):
                cell.value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def handed_out(desk, account: str = "pf01", folder: str = "modeles") -> dict[str, Path]:
    return {path.name: path for path in (desk.inbox / account / "diffusion" / folder).glob("*")}


def test_once_hands_out_the_templates_of_what_is_owed_and_the_guide(desk):
    desk.once()
    for account in ("pf01", "pf03"):
        code = account.upper()
        assert set(handed_out(desk, account)) == {f"N1A_{code}_2005T1.xlsx", f"N1M_{code}_2005T1.xlsx"}
        assert {"index.html", "N1A.html", "N1M.html"} <= set(handed_out(desk, account, "guide"))
    before = {path: path.stat().st_mtime_ns for path in desk.inbox.rglob("diffusion/*/*")}
    desk.once()
    assert {path: path.stat().st_mtime_ns for path in desk.inbox.rglob("diffusion/*/*")} == before

    desk.at = "2005-07-01T09:00"
    desk.once()
    assert set(handed_out(desk)) == {
        f"{code}_PF01_{period}.xlsx" for code in ("N1A", "N1M") for period in ("2005T1", "2005T2")
    }


def test_a_template_taken_from_diffusion_filled_in_and_dropped_is_accepted(desk):
    desk.once()
    template = handed_out(desk)["N1A_PF01_2005T1.xlsx"]
    desk.drop("pf01", template.name, fill(template.read_bytes()))
    desk.once()
    verdict = desk.verdict_of("pf01", template.name)
    assert (verdict["verdict"], verdict["sections"][0]["findings"]) == ("accepted", [])


def test_a_deleted_template_is_not_made_again_before_something_changes(desk):
    desk.once()
    template = handed_out(desk)["N1A_PF01_2005T1.xlsx"]
    template.unlink()
    desk.once()
    assert not template.exists()


def test_the_command_writes_the_same_template_and_check_accepts_it_filled_in(desk, tmp_path):
    desk.once()
    path = tmp_path / "mine.xlsx"
    assert "9 line(s) prepared" in desk.ok("template", "n1a", "2005T1", "--as", "PF01", "-o", str(path))
    assert path.read_bytes() == handed_out(desk)["N1A_PF01_2005T1.xlsx"].read_bytes()
    path.write_bytes(fill(path.read_bytes()))
    assert desk.json("check", str(path), "--as", "pf01")["verdict"] == "accepted"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("N1B", "2005T1", "--as", "pf01"), "did you mean"),
        (("N1A", "2005", "--as", "pf01"), "a quarter"),
        (("N1A", "T1", "--as", "pf01"), "not a period"),
        (("N1A", "2005T1", "--as", "pf99"), "no account"),
        (("N1A", "2005T1", "--as", "uesl"), "does not deposit"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(desk, tmp_path, words, told):
    done = desk.run("template", *words, "-o", str(tmp_path / "x.xlsx"))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x.xlsx").exists()
