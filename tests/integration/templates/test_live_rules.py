"""What a template watches live is what the rule says."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from schemas.columns import Column, Kind

FIGURES = (0, 1, 2, 5, 120, 99_999)
PLACES = ("75001", "44000", "97410")
MOST_LINES = 220


def values(column: Column) -> tuple[Any, ...]:
    """What is tried in a column: as rules get it."""
    if column.kind in {Kind.COUNT, Kind.AMOUNT}:
        return FIGURES
    if column.kind is Kind.YES_NO:
        return (True, False)
    return PLACES if column.kind is Kind.POSTAL else tuple(column.codes or ())


def shown(value: Any) -> Any:
    """What a person types for it."""
    return ("N", "O")[value] if isinstance(value, bool) else value


def lines(columns: list[Column]) -> list[tuple[Any, ...]]:
    """Every combination while there are few; else the same value everywhere, one apart, and some drawn by lot."""
    tried = [values(column) for column in columns]
    every = list(islice(product(*tried), 2_000))
    if len(every) < 2_000 and len(every) <= len(FIGURES) ** 3:
        return every
    return list(dict.fromkeys(islice(_some(tried), MOST_LINES)))


def _some(tried: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    ends = [tuple(one[0] for one in tried), tuple(one[-1] for one in tried)]
    for plain, other in (ends, ends[::-1]):
        yield plain
        for place in range(len(tried)):
            yield (*plain[:place], other[place], *plain[place + 1 :])
    draw = random.Random(5)  # noqa: S311 - no secret
    while True:
        yield tuple(draw.choice(one) for one in tried)


def watched(catalogue: Any) -> Iterator[tuple[Any, list[Column]]]:
    """The rules with a formula, and the columns that they read; those of dates have other tests."""
    for collection in catalogue.collections:
        for rule in catalogue.rules_for(collection).record_rules:
            form = next(one for one in collection.formats if rule.fits(one))
            columns = [form.column(name) for name in rule.columns]
            if rule.formula and all(values(column) for column in columns):
                yield rule, columns


def test_every_error_within_a_line_is_watched_where_a_spreadsheet_can(catalogue) -> None:
    """What refuses a line shows while one types, but what only our lists and the year know."""
    told = {rule.code for rule, _columns in watched(catalogue)}
    assert told >= {"N1M.R11", "N2A.R16", "N2M.R15", "N2M.R30"}


@pytest.mark.slow
def test_the_formula_of_each_rule_says_the_same_as_the_rule(catalogue, office) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    expected: dict[str, list[bool]] = {}
    for rule, columns in watched(catalogue):
        sheet = book.create_sheet(rule.code)
        tried = lines(columns)
        last = get_column_letter(len(columns) + 2)
        for row, line in enumerate(tried, start=1):
            cells = {name: f"{get_column_letter(place)}{row}" for place, name in enumerate(rule.columns, start=1)}
            for name, value in zip(rule.columns, line, strict=True):
                sheet[cells[name]] = shown(value)
            sheet[f"{last}{row}"] = f"=IF({rule.formula.format(**cells)},1,0)"
        arrays = [np.array(each, dtype=object) for each in zip(*tried, strict=True)]
        arrays = [one.astype(np.int64) if isinstance(one[0], int) and one[0] is not True else one for one in arrays]
        expected[rule.code] = rule.holds(*arrays).tolist()
    assert len(expected) >= 6
    stream = io.BytesIO()
    book.save(stream)
    computed = openpyxl.load_workbook(
        io.BytesIO(office.saved_as("xlsx", {"rules.xlsx": stream.getvalue()})["rules.xlsx"]), data_only=True
    )
    for code, told in expected.items():
        assert [bool(row[-1].value) for row in computed[code].iter_rows()] == told, code
        assert set(told) == {True, False}, f"{code}: the lines tried show only one side of the rule"
