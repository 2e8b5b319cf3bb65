"""A depositor's own workbook comes back as it was, with what is wrong shown in it."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from rendering.workbooks import styles
from tests.annotating_kit import (
    MOBILITY_TITLES,
    MOBILITY_WRONG,
    SUBMISSION,
    TITLES,
    WRONG,
    Desk,
    links_of,
    saved,
    through_office,
)

NAME = "Activite_2005T1.xlsx"
SHEET = "L'assistance"


def official() -> Any:
    """What a careful accountant makes of the matrix."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for line in (["UESL"], ["Suivi de l'activité du CIL-PASS assistance"], ["1er Trimestre 2005"], [], list(TITLES)):
        sheet.append(line)
    for line in WRONG:
        sheet.append(list(line))
    sheet.append(["Total service CIL-PASS assistance", None, "=SUM(C6:C8)", "=SUM(D6:D8)", "=SUM(E6:E8)"])
    sheet.merge_cells("A2:E2")
    sheet["A2"].font = Font(bold=True, color="FF336699")
    sheet["C6"].number_format = "#,##0"
    sheet["C6"].comment = Comment("à revoir avec Lyon", "Durand")
    sheet["B6"].fill = PatternFill("solid", fgColor="FFDDEEFF")
    sheet.column_dimensions["B"].width = 31
    sheet.print_area = "A1:E9"
    sheet.freeze_panes = "A6"
    rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    rule.add("C6:E8")
    sheet.add_data_validation(rule)
    lists = book.create_sheet("Listes")
    lists["A1"] = "x"
    lists.sheet_state = "veryHidden"
    book.defined_names["Mes_listes"] = DefinedName("Mes_listes", attr_text="Listes!$A$1")
    mobility = book.create_sheet("Mobilité")
    for line in (MOBILITY_TITLES, *MOBILITY_WRONG):
        mobility.append(list(line))
    mobility.print_area = "A1:E4"
    return book


def with_results(content: bytes, results: dict[str, str], part: str = "sheet1.xml") -> bytes:
    """The workbook as a spreadsheet program saves it: with the last result of each formula."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            text = source.read(info).decode("utf-8")
            if info.filename == f"xl/worksheets/{part}":
                for formula, value in results.items():
                    assert f"<f>{formula}</f><v />" in text
                    text = text.replace(f"<f>{formula}</f><v />", f"<f>{formula}</f><v>{value}</v>")
            text = text.replace(' fullCalcOnLoad="1"', "")
            target.writestr(info.filename, text)
    return made.getvalue()


def test_the_layout_formulas_rules_names_and_print_areas_stay(desk: Desk) -> None:
    answer = desk(NAME, saved(official()))
    assert answer.copy.kept
    book = answer.book()
    assert book.sheetnames == ["À corriger", SHEET, "Listes", "Mobilité"]
    assert book.active.title == "À corriger"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["À corriger"]
    sheet = book[SHEET]
    assert book["Listes"].sheet_state == "veryHidden"
    assert book.defined_names["Mes_listes"].attr_text == "Listes!$A$1"
    assert sheet.print_area == "'L''assistance'!$A$1:$E$9"
    assert book["Mobilité"].print_area == "'Mobilité'!$A$1:$E$4"
    assert [str(one.sqref) for one in sheet.data_validations.dataValidation] == ["C6:E8"]
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A2:E2"]
    assert sheet["C9"].value == "=SUM(C6:C8)"
    assert sheet["A2"].font.b
    assert sheet["C6"].number_format == "#,##0"
    assert sheet["B6"].fill.fgColor.rgb == "FFDDEEFF"
    assert sheet.column_dimensions["B"].width == 31
    assert sheet.freeze_panes == "A6"


def test_an_offending_cell_is_coloured_and_says_why_under_what_they_had_written(desk: Desk) -> None:
    sheet = desk(NAME, saved(official())).book()[SHEET]
    assert sheet["C6"].fill.fgColor.rgb.endswith(styles.ERROR_FILL)
    text = sheet["C6"].comment.text
    assert text.startswith("à revoir avec Lyon\nGuichet :\nErreur")
    assert "négatif" in text
    assert sheet["C6"].comment.author == "Durand"
    assert sheet["D7"].comment.author == "Guichet"
    assert sheet["D6"].comment is None
    assert sheet["D6"].fill.fgColor.rgb != sheet["C6"].fill.fgColor.rgb


def test_our_columns_say_which_deposit_which_line_and_what(desk: Desk) -> None:
    sheet = desk(NAME, saved(official())).book()[SHEET]
    assert [sheet.cell(5, column).value for column in range(6, 10)] == [
        "guichet_depot",
        "guichet_ligne",
        "guichet_messages",
        "justification",
    ]
    assert [sheet.cell(row, 6).value for row in range(4, 11)] == [None, "guichet_depot", *[SUBMISSION] * 4, None]
    assert [sheet.cell(row, 7).value for row in range(6, 10)] == [6, 7, 8, 9]
    assert "(C6)" in sheet["H6"].value
    assert sheet["H9"].value is None
    assert sheet.auto_filter.ref == "A5:I9"


def test_the_first_sheet_links_to_each_cell_whatever_the_sheet_is_called(desk: Desk) -> None:
    book = desk(NAME, saved(official())).book()
    links = links_of(book["À corriger"])
    assert {"'L''assistance'!C6", "'L''assistance'!D7", "'L''assistance'!A8", "'Mobilité'!C3"} <= links


def test_results_of_formulas_are_kept_so_that_the_copy_reads_as_the_original(desk: Desk, rows: Any) -> None:
    content = with_results(saved(official()), {"SUM(C6:C8)": "7", "SUM(D6:D8)": "8", "SUM(E6:E8)": "3"})
    answer = desk(NAME, content)
    book = answer.book(data_only=True)
    assert [book[SHEET][cell].value for cell in ("C9", "D9", "E9")] == [7, 8, 3]
    assert book.calculation.fullCalcOnLoad is False
    before, after = rows(answer.original), rows(answer.copy.path)
    for name in (SHEET, "Mobilité"):
        assert {row: cells[:5] for row, cells in after[name].items()} == before[name]


def test_a_formula_without_result_is_computed_when_the_copy_opens(desk: Desk) -> None:
    assert desk(NAME, saved(official())).book().calculation.fullCalcOnLoad is True


def test_a_protected_sheet_lets_them_answer(desk: Desk) -> None:
    book = official()
    sheet = book[SHEET]
    sheet.protection.sheet = True
    sheet["C6"].protection = Protection(locked=False)
    copy = desk(NAME, saved(book)).book()[SHEET]
    assert copy.protection.sheet
    assert not copy["I6"].protection.locked
    assert not copy["C6"].protection.locked
    assert copy["F6"].protection.locked
    assert copy.auto_filter.ref is None


def test_a_copy_annotated_again_says_only_what_is_wrong_now(desk: Desk) -> None:
    first = desk(NAME, saved(official()))
    book = first.book()
    book[SHEET]["D7"] = 2
    book[SHEET]["I6"] = "c'est exact"
    path = first.copy.path.with_name("again.xlsx")
    book.save(path)
    _, judgement, _ = desk.judged(NAME, path.read_bytes())
    # The deposit that it names is unknown to this desk: the places of the first judgement serve.
    table = first.plan.sheets[0]
    reserved = {"guichet_depot": 5, "guichet_ligne": 6, "guichet_messages": 7, "justification": 8}
    moved = {0: 1}
    sheets = tuple(
        type(table)(
            sheet_index=moved[one.sheet_index],
            header_row=one.header_row,
            body_from=one.body_from,
            n_columns=9,
            reserved=reserved,
            marks=tuple(mark for mark in one.marks if mark.row != 7),
            notes=tuple(note for note in one.notes if note.row != 7),
        )
        for one in first.plan.sheets
        if one.sheet_index in moved
    )
    plan = type(first.plan)(
        **{**{name: getattr(first.plan, name) for name in first.plan.__dataclass_fields__}, "sheets": sheets}
    )
    again = desk.annotated(NAME, path, judgement, plan).book()
    assert again.sheetnames == ["À corriger", SHEET, "Listes", "Mobilité"]
    sheet = again[SHEET]
    assert sheet["C6"].comment.text.count("Guichet :") == 1
    assert sheet["D7"].comment is None
    assert sheet["D7"].fill.fill_type is None
    assert sheet["H7"].value is None
    assert sheet["I6"].value == "c'est exact"
    assert sheet["J5"].value is None


def test_their_own_sheet_with_our_title_is_left_alone(desk: Desk) -> None:
    book = official()
    book.create_sheet("à corriger")["A1"] = "ma liste"
    copy = desk(NAME, saved(book)).book()
    assert copy.sheetnames[0] == "À corriger (2)"
    assert copy["à corriger"]["A1"].value == "ma liste"


def test_a_width_given_to_many_columns_at_once_is_split_around_ours(desk: Desk) -> None:
    book = official()
    dimension = book[SHEET].column_dimensions["F"]
    dimension.min, dimension.max, dimension.width = 6, 16_384, 12
    answer = desk(NAME, saved(book))
    with zipfile.ZipFile(answer.copy.path) as package:
        text = package.read("xl/worksheets/sheet2.xml").decode("utf-8")
    spans = sorted(
        (int(part.split('min="')[1].split('"')[0]), int(part.split('max="')[1].split('"')[0]))
        for part in text.split("<col ")[1:]
    )
    assert all(first[1] < second[0] for first, second in pairwise(spans))
    assert spans[-1] == (10, 16_384)


def test_the_same_plan_gives_the_same_bytes(desk: Desk) -> None:
    content = saved(official())
    path, judgement, plan = desk.judged(NAME, content)
    one, other = (desk.annotated(NAME, path, judgement, plan).copy.path.read_bytes() for _ in range(2))
    assert one == other


def test_what_the_copy_cannot_keep_is_told(desk: Desk) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(official()))) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "[Content_Types].xml":
                data = data.replace(
                    b"spreadsheetml.sheet.main+xml", b"spreadsheetml.sheet.macroEnabled.main+xml"
                ).replace(b"application/vnd.openxmlformats-officedocument.ms-excel", b"application/vnd.ms-excel")
                data = data.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.macroEnabled",
                    b"application/vnd.ms-excel.sheet.macroEnabled",
                )
            target.writestr(info.filename, data)
        target.writestr("xl/vbaProject.bin", b"not looked at")
        target.writestr("xl/media/image1.png", b"\x89PNG")
    answer = desk("Activite_2005T1.xlsm", made.getvalue())
    assert answer.judgement.detected.format == "xlsm"
    assert answer.copy.kept
    texts = [cell.value for row in answer.book()["À corriger"].iter_rows() for cell in row if cell.value]
    assert "– les macros" in texts
    assert "– les images et les logos" in texts
    with zipfile.ZipFile(answer.copy.path) as package:
        assert "xl/vbaProject.bin" not in package.namelist()
        assert b"macroEnabled" not in package.read("[Content_Types].xml")


def test_libreoffice_keeps_styles_comments_links_and_data(desk: Desk, rows: Any, tmp_path: Path) -> None:
    content = with_results(saved(official()), {"SUM(C6:C8)": "7", "SUM(D6:D8)": "8", "SUM(E6:E8)": "3"})
    answer = desk(NAME, content)
    back = through_office(answer.copy.path, tmp_path / "office")
    book = openpyxl.load_workbook(back)
    sheet = book[SHEET]
    assert sheet["C6"].fill.fgColor.rgb.endswith(styles.ERROR_FILL)
    assert "négatif" in sheet["C6"].comment.text
    assert book["Listes"].sheet_state in {"hidden", "veryHidden"}
    assert {"'L''assistance'!C6", "'Mobilité'!C3"} <= {link.lstrip("#") for link in links_of(book["À corriger"])}
    before, after = rows(answer.copy.path), rows(back)
    assert after[SHEET] == before[SHEET]
    assert after["Mobilité"] == before["Mobilité"]


@pytest.mark.parametrize("title", ["O'Brien & fils", "=1+1", "Été (2005) – 1er"])
def test_odd_sheet_names_and_hostile_values_are_only_text(desk: Desk, title: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append(list(TITLES))
    for line in WRONG:
        sheet.append(list(line))
    for cell, value in (("C2", "=cmd|' /C calc'!A0"), ("D3", "@SUM(1)"), ("E4", "x" * 32_767)):
        sheet[cell].value = value
        sheet[cell].data_type = "s"
    answer = desk("N1A_2005T1.xlsx", saved(book))
    assert answer.copy.kept
    copy = answer.book()
    assert not [cell.coordinate for page in copy for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert copy[title]["C2"].value == "=cmd|' /C calc'!A0"
    assert len(copy[title]["E4"].value) == 32_767


def test_the_copy_dropped_back_is_judged_as_the_original(desk: Desk) -> None:
    content = with_results(saved(official()), {"SUM(C6:C8)": "7", "SUM(D6:D8)": "8", "SUM(E6:E8)": "3"})
    first = desk(NAME, content)
    again = desk(NAME, first.copy.path.read_bytes())
    for before, after in zip(first.judgement.sections, again.judgement.sections, strict=True):
        assert (after.collection, after.period, after.verdict) == (before.collection, before.period, before.verdict)
        said = [(one.code, one.cell, one.message) for one in after.findings if one.code != "G-22"]
        assert said == [(one.code, one.cell, one.message) for one in before.findings]
        assert after.table is not None
        assert set(after.table.reserved) == {"guichet_depot", "guichet_ligne", "guichet_messages", "justification"}
    assert again.book().sheetnames == first.book().sheetnames


def test_the_copy_corrected_as_it_says_is_accepted(desk: Desk) -> None:
    content = with_results(saved(official()), {"SUM(C6:C8)": "22", "SUM(D6:D8)": "9", "SUM(E6:E8)": "3"})
    first = desk(NAME, content)
    book = first.book()
    for cell, value in (("C6", 12), ("D7", 1), ("A8", "69")):
        book[SHEET][cell] = value
    book["Mobilité"]["C3"] = 0
    # As a spreadsheet program saves it, results and all.
    _, judgement, _ = desk.judged(
        NAME, with_results(saved(book), {"SUM(C6:C8)": "22", "SUM(D6:D8)": "9", "SUM(E6:E8)": "3"}, part="sheet2.xml")
    )
    assert [section.verdict.value for section in judgement.sections] == ["accepted", "accepted"]
