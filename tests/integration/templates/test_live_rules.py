"""What a template watches live is what the rule says."""

from __future__ import annotations

import io
from itertools import product

import numpy as np
import openpyxl
import pytest

VALUES = (0, 1, 2, 5, 120, 99_999)


@pytest.mark.slow
def test_the_formula_of_each_rule_says_the_same_as_the_rule(catalogue, office) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    expected: dict[str, list[bool]] = {}
    for collection in catalogue.collections:
        for rule in catalogue.rules_for(collection).record_rules:
            assert rule.formula, f"{rule.code} cannot be watched in a template"
            sheet = book.create_sheet(rule.code)
            lines = list(product(VALUES, repeat=len(rule.columns)))
            for row, line in enumerate(lines, start=1):
                cells = {name: f"{'ABCD'[place]}{row}" for place, name in enumerate(rule.columns)}
                for name, value in zip(rule.columns, line, strict=True):
                    sheet[cells[name]] = value
                sheet[f"F{row}"] = f"=IF({rule.formula.format(**cells)},1,0)"
            expected[rule.code] = rule.holds(*(np.array(each) for each in zip(*lines, strict=True))).tolist()
    assert len(expected) >= 6
    stream = io.BytesIO()
    book.save(stream)
    computed = openpyxl.load_workbook(
        io.BytesIO(office.saved_as("xlsx", {"rules.xlsx": stream.getvalue()})["rules.xlsx"]), data_only=True
    )
    for code, told in expected.items():
        assert [bool(row[5].value) for row in computed[code].iter_rows()] == told, code
        assert set(told) == {True, False}, f"{code}: the lines tried show only one side of the rule"
        assert False in told
