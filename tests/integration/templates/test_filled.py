"""A template that was filled in is read without a word, whoever saved it."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from domain.verdicts import Verdict


def said(judgement: Any) -> list[tuple[str, str, str | None, str]]:
    return [
        (one.code, one.severity.value, one.cell, one.message)
        for section in judgement.sections
        for one in section.findings
    ]


def test_filled_by_a_script_it_is_accepted_without_a_word(templates, desk) -> None:
    for one in templates:
        judgement = desk(one.order.account, one.order.file_name, one.filled())
        assert judgement.verdict is Verdict.ACCEPTED, said(judgement)
        assert said(judgement) == []
        (section,) = judgement.sections
        assert section.records_accepted == len(one.order.expected)
        assert section.complete


@pytest.mark.slow
@pytest.mark.parametrize("extension", ["xlsx", "ods", "xls"])
def test_filled_and_saved_by_libreoffice_it_is_accepted_without_a_word(templates, desk, office, extension) -> None:
    saved = office.saved_as(extension, {one.order.file_name: one.filled() for one in templates})
    for one in templates:
        name = one.order.file_name.replace(".xlsx", f".{extension}")
        judgement = desk(one.order.account, name, saved[one.order.file_name])
        assert judgement.verdict is Verdict.ACCEPTED, said(judgement)
        assert said(judgement) == []


@pytest.mark.slow
def test_the_totals_are_those_of_the_figures_once_libreoffice_has_computed_them(templates, office) -> None:
    one = templates[0]
    saved = office.saved_as("xlsx", {"total.xlsx": one.filled()})["total.xlsx"]
    sheet = openpyxl.load_workbook(io.BytesIO(saved), data_only=True)[one.order.sheet_name]
    total = [sheet.cell((one.plan.total_row or 0) + 1, column.index + 1).value for column in one.plan.to_fill]
    lines = len(one.order.expected)
    assert total == [9 * lines, 6 * lines, 4 * lines]
    assert sheet["A5"].value.startswith("Toutes les cases attendues sont remplies")


def test_under_any_name_the_sheet_says_what_it_is(templates, desk) -> None:
    one = templates[0]
    judgement = desk(one.order.account, "Classeur1.xlsx", one.filled())
    assert judgement.verdict is Verdict.ACCEPTED, said(judgement)
    assert judgement.sections[0].period == one.order.period


def test_a_template_of_another_quarter_is_refused_whatever_it_is_called(templates, desk) -> None:
    one = templates[0]
    judgement = desk(one.order.account, one.order.file_name.replace("2005T1", "2004T4"), one.filled())
    assert judgement.verdict is Verdict.REJECTED
    assert any("2005T1" in message or "1er" in message for *_, message in said(judgement))


def test_an_empty_template_is_refused_cell_by_cell_and_loads_nothing(templates, desk) -> None:
    one = templates[0]
    judgement = desk(one.order.account, one.order.file_name, one.content)
    assert judgement.verdict is Verdict.REJECTED
    empty = [finding for finding in judgement.sections[0].findings if finding.code == "G-10"]
    assert len(empty) == len(one.order.expected) * len(one.plan.to_fill)
    assert all(finding.cell for finding in empty)


def test_a_spare_line_takes_a_member_that_may_have_one_and_one_left_empty_says_nothing(templates, desk) -> None:
    one = next(each for each in templates if each.order.others)
    mandant = one.order.others[0]

    def add(sheet: Any, plan: Any) -> None:
        row = plan.last_expected_row + 2
        sheet.cell(row, plan.places["code_cil"] + 1).value = mandant.code
        for column in plan.to_fill:
            sheet.cell(row, column.index + 1).value = 0

    judgement = desk(one.order.account, one.order.file_name, one.filled(add))
    assert judgement.sections[0].records_accepted == len(one.order.expected) + 1
    assert {severity for _, severity, *_ in said(judgement)} <= {"info", "warning"}


def test_a_name_typed_where_the_code_goes_is_told_with_its_cell(templates, desk) -> None:
    one = templates[0]

    def misplace(sheet: Any, plan: Any) -> None:
        sheet.cell(plan.first_row + 1, plan.to_fill[0].index + 1).value = one.order.expected[0].code

    judgement = desk(one.order.account, one.order.file_name, one.filled(misplace))
    assert judgement.verdict is Verdict.PARTIALLY_ACCEPTED
    (error,) = [each for each in said(judgement) if each[1] == "error"]
    assert error[0] == "G-10"
    assert error[2] == f"{'ABCDEFGH'[one.plan.to_fill[0].index]}{one.plan.first_row + 1}"


def test_figures_in_the_instructions_sheet_are_screened_like_any_other(templates, desk) -> None:
    one = templates[0]

    def leak(sheet: Any, _plan: Any) -> None:
        sheet.parent["Mode d’emploi"]["D4"] = "1 85 05 78 006 084 91"

    judgement = desk(one.order.account, one.order.file_name, one.filled(leak))
    assert judgement.verdict is Verdict.DESTROYED


@pytest.mark.slow
def test_a_round_trip_through_libreoffice_keeps_what_guards_the_sheet(templates, office) -> None:
    one = next(each for each in templates if each.order.collection.code == "N1M")
    saved = office.saved_as("xlsx", {"kept.xlsx": one.content})["kept.xlsx"]
    before, after = (openpyxl.load_workbook(io.BytesIO(each)) for each in (one.content, saved))
    assert after.sheetnames == before.sheetnames
    assert [sheet.sheet_state for sheet in after] == [sheet.sheet_state for sheet in before]
    assert set(before.defined_names) <= set(after.defined_names)
    sheet, kept = before[one.order.sheet_name], after[one.order.sheet_name]
    assert kept.protection.sheet
    assert not kept["D8"].protection.locked
    assert kept["B8"].protection.locked

    def places(each: Any) -> set[tuple[str, str]]:
        return {
            (validation.type, str(cell))
            for validation in each.data_validations.dataValidation
            if validation.type not in {None, "none"}  # a message alone
            for cell in validation.sqref.ranges
        }

    assert places(kept) == places(sheet)
    assert {cell.coordinate for row in kept.iter_rows() for cell in row if cell.comment} == {
        cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment
    }
    assert len(kept.conditional_formatting) >= len(one.plan.to_fill)
    properties = {each.name: each.value for each in after.custom_doc_props.props}
    assert one.order.collection.fingerprint in properties["Guichet version du modele"]
