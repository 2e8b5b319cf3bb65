"""The templates of cases: filled in they are accepted without a word, those of former years have their own columns."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from domain.periods import Period
from domain.verdicts import Verdict
from ingest.templates import template_order
from rendering.guide.examples import example_table
from rendering.workbooks.template import template_workbook
from rendering.workbooks.template_plan import TITLE_ROW, TemplatePlan

CASES = pytest.mark.parametrize("code", ["N2A", "N2M"])


@pytest.fixture
def ordered(catalogue, directory):
    def order(code, year):
        collection = catalogue.by_code(code)
        zone = ZoneInfo("Europe/Paris")
        return template_order(catalogue, directory, collection, Period(year), account="pf03", zone=zone)

    return order


@CASES
def test_filled_in_with_the_example_of_the_guide_it_is_accepted_without_a_word(ordered, directory, desk, code) -> None:
    order = ordered(code, 2005)
    members = [directory.by_code[one.code] for one in order.others[:5]]
    example = example_table(order.collection, order.period, members)
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(order)))
    for number, row in enumerate(example.rows, start=TITLE_ROW + 2):
        for place, (value, figure) in enumerate(zip(row, example.figures, strict=True), start=1):
            book[order.sheet_name].cell(number, place).value = int(value) if figure else value
    stream = io.BytesIO()
    book.save(stream)
    (section,) = desk("pf03", order.file_name, stream.getvalue(), year=2006).sections
    assert (section.verdict, section.records_accepted) == (Verdict.ACCEPTED, 5), section.findings
    assert section.findings == ()


@CASES
def test_a_year_of_the_former_format_has_the_columns_and_the_rules_of_that_format(ordered, code) -> None:
    now, before = ordered(code, 2005), ordered(code, 2004)
    asked = {one.column.name for one in TemplatePlan(order=before).columns}
    assert asked != {one.column.name for one in TemplatePlan(order=now).columns}
    assert asked <= {one.name for one in before.collection.columns}
    for rule in before.rules.rules:
        assert set(rule.reads) <= set(before.collection.by_name), rule.code
    sheet = openpyxl.load_workbook(io.BytesIO(template_workbook(before)))[before.sheet_name]
    titles = [cell.value for cell in sheet[TITLE_ROW + 1] if cell.value]
    assert titles == [one.column.label for one in TemplatePlan(order=before).columns]
