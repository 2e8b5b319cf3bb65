"""What cannot be reopened comes back as a plain workbook: same rows, same numbers, what is wrong shown in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from odf import opendocument, table, text

from domain.findings import Severity
from domain.submissions import Box
from rendering.workbooks import styles
from rendering.workbooks.annotation import CellMark, RowNote
from tests.annotating_kit import SUBMISSION, TITLES, WRONG, Desk, Line, links_of, saved, texts_of, through_office

NAME = "N1A_2005T1.csv"


def csv(lines: Sequence[Line]) -> bytes:
    return "".join(";".join("" if cell is None else str(cell) for cell in line) + "\r\n" for line in lines).encode()


def ods(lines: Sequence[Line]) -> bytes:
    document = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="Suivi")
    for line in lines:
        row = table.TableRow()
        for value in line:
            numeric = isinstance(value, int)
            cell = table.TableCell(valuetype="float" if numeric else "string", **({"value": value} if numeric else {}))
            cell.addElement(text.P(text=str(value)))
            row.addElement(cell)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    return saved(document)


def xls(lines: Sequence[Line]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Suivi")
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            sheet.write(row, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_csv_becomes_a_workbook_with_the_same_rows(desk: Desk, rows: Any) -> None:
    answer = desk(NAME, csv([["Suivi"], [], list(TITLES), *WRONG[:2], [], WRONG[2]]))
    assert not answer.copy.kept
    sheet = answer.book()["Données"]
    assert [sheet.cell(row, 2).value for row in range(1, 8)] == [
        None,
        None,
        TITLES[1],
        "CIL001",
        "CIL002",
        None,
        "CCI003",
    ]
    assert [sheet.cell(row, 7).value for row in range(3, 8)] == ["guichet_ligne", 4, 5, None, 7]
    assert [sheet.cell(row, 6).value for row in (4, 5, 7)] == [SUBMISSION] * 3
    assert sheet["A4"].value == "01"
    assert sheet["C4"].value == -3
    assert sheet["C4"].fill.fgColor.rgb.endswith(styles.ERROR_FILL)
    assert sheet["C4"].comment.text.startswith("Guichet :\nErreur")
    assert "'Données'!C4" in links_of(answer.book()["À corriger"])
    before, after = rows(answer.original), rows(answer.copy.path)
    assert {row: (cells[:5] if row > 2 else cells[:1]) for row, cells in after["Données"].items()} == {
        row: (cells if row > 2 else cells[:1]) for row, cells in before[None].items()
    }


@pytest.mark.parametrize(("name", "write"), [("N1A_2005T1.ods", ods), ("N1A_2005T1.xls", xls)])
def test_an_ods_and_an_xls_keep_sheet_name_and_values(desk: Desk, rows: Any, name: str, write: Any) -> None:
    answer = desk(name, write([list(TITLES), *WRONG]))
    assert not answer.copy.kept
    book = answer.book()
    assert book.sheetnames == ["À corriger", "Suivi"]
    assert any("seules les valeurs sont reprises" in one for one in texts_of(book["À corriger"]))
    before, after = rows(answer.original), rows(answer.copy.path)
    assert {row: cells[:5] for row, cells in after["Suivi"].items()} == before["Suivi"]


def test_nothing_in_a_plain_copy_is_a_formula_or_a_link_of_theirs(desk: Desk) -> None:
    hostile = [["01", "=HYPERLINK(A1)", "http://example.org", "+1+1", "@x"], ["99", "\x07CIL001", "-3", "5", "2"]]
    answer = desk(NAME, csv([list(TITLES), *hostile]))
    sheet = answer.book()["Données"]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    assert links_of(sheet) == set()
    assert sheet["B2"].value == "=HYPERLINK(A1)"


def test_a_cell_longer_than_a_workbook_holds_is_cut_and_it_is_said(desk: Desk) -> None:
    answer = desk(NAME, csv([list(TITLES), *WRONG, ["69", "x" * 40_000, 1, 1, 1]]))
    book = answer.book()
    assert len(book["Données"]["B5"].value) == 32_767
    assert any("la fin de 1\u00a0cellule" in one for one in texts_of(book["À corriger"]))


def test_a_trial_says_that_it_does_not_count(desk: Desk) -> None:
    book = desk(NAME, csv([list(TITLES), *WRONG]), box=Box.ESSAI).book()
    assert any("essai" in one for one in texts_of(book["À corriger"])[:6])


def test_a_large_workbook_comes_back_as_a_plain_copy_with_a_bounded_number_of_comments(desk: Desk) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("N1A")
    sheet.append([*TITLES, *(f"note {number}" for number in range(45))])
    for number in range(4_200):
        sheet.append(["99", "CIL001", -3, 5, number, *(["x"] * 45)])
    answer = desk("N1A_2005T1.xlsx", saved(book))
    assert not answer.copy.kept
    copy = answer.book(read_only=True)
    told = texts_of(copy["À corriger"])
    assert any("au-delà de 200\u202f000\u00a0cellules" in one for one in told)
    assert any("2\u202f000" in one and "commentaire" in one for one in told)
    line = next(copy["N1A"].iter_rows(min_row=4_201, max_row=4_201, values_only=True))
    assert line[:5] == ("99", "CIL001", -3, 5, 4_199)
    assert line[50:52] == (SUBMISSION, 4_201)
    usage = desk.annotator.last_usage
    assert usage is not None
    assert usage.peak_bytes < 500_000_000


def test_a_note_on_a_blank_row_has_its_row(desk: Desk) -> None:
    content = csv([list(TITLES), *WRONG])
    path, judgement, plan = desk.judged(NAME, content)
    sheet = plan.sheets[0]
    mark = CellMark(row=9, column=2, severity=Severity.ERROR, text="Erreur : ici")
    sheet = type(sheet)(
        sheet_index=0,
        header_row=1,
        body_from=2,
        n_columns=5,
        marks=(*sheet.marks, mark),
        notes=(*sheet.notes, RowNote(row=9, text="ici", asks=True)),
    )
    plan = type(plan)(**{**{name: getattr(plan, name) for name in plan.__dataclass_fields__}, "sheets": (sheet,)})
    copy = desk.annotated(NAME, path, judgement, plan).book()["Données"]
    assert copy["C9"].comment.text == "Guichet :\nErreur : ici"
    assert copy["H9"].value == "ici"


def test_libreoffice_keeps_a_plain_copy_intact(desk: Desk, rows: Any, tmp_path: Path) -> None:
    answer = desk(NAME, csv([list(TITLES), *WRONG]))
    back = through_office(answer.copy.path, tmp_path / "office")
    assert rows(back)["Données"] == rows(answer.copy.path)["Données"]
    sheet = openpyxl.load_workbook(back)["Données"]
    assert sheet["C2"].fill.fgColor.rgb.endswith(styles.ERROR_FILL)
    assert "négatif" in sheet["C2"].comment.text


def test_the_same_plan_gives_the_same_bytes(desk: Desk) -> None:
    path, judgement, plan = desk.judged(NAME, csv([list(TITLES), *WRONG]))
    one, other = (desk.annotated(NAME, path, judgement, plan).copy.path.read_bytes() for _ in range(2))
    assert one == other
