"""What never raises a question whatever the figures, and what does at every scale."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.periods import Period
from rules.history import ANOMALY_RULES, ask
from rules.levels import unusual, usual
from rules.past import Figures, Key, Line, Past, periods_before
from schemas.cil_pass.n1a import COLLECTION
from schemas.history import History

HISTORY = History()
NOW = Period(2012, 4)
BEFORE = periods_before(NOW, HISTORY)
COLUMNS = tuple(column.name for column in COLLECTION.quantities)
COUNTS = st.integers(0, 100_000).map(float)


def raised(lines: list[Line], pasts: list[dict[Period, Line]]) -> list[str]:
    keys: list[Key] = [(f"CIL{place:03d}",) for place in range(len(lines))]
    figures = Figures(
        collection=COLLECTION,
        history=HISTORY,
        period=NOW,
        keys=keys,
        lines=lines,
        past=Past(lines=dict(zip(keys, pasts, strict=True))),
    )
    return [rule.code for rule, _remark in ask(ANOMALY_RULES, figures)]


@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=4), st.integers(2, 12))
def test_a_constant_series_raises_nothing(values: list[tuple[float, ...]], quarters: int) -> None:
    lines: list[Line] = [dict(zip(COLUMNS, one, strict=True)) for one in values]
    assert raised(lines, [dict.fromkeys(BEFORE[:quarters], line) for line in lines]) == []


@given(st.lists(COUNTS, min_size=4, max_size=4), st.integers(8, 12))
def test_a_seasonal_series_raises_nothing(season: list[float], quarters: int) -> None:
    past: dict[Period, Line] = {period: {COLUMNS[0]: season[period.quarter - 1]} for period in BEFORE[:quarters]}
    codes = raised([{COLUMNS[0]: season[NOW.quarter - 1]}], [past])
    assert [code for code in codes if code != "A-04"] == []


@given(COUNTS, st.lists(st.one_of(st.none(), COUNTS), max_size=12), st.integers(1, 1000))
def test_what_is_unusual_stays_so_at_a_larger_scale(value: float, past: list[float | None], scale: int) -> None:
    larger = [None if one is None else one * scale for one in past]
    if unusual(value, usual(past, HISTORY, 4), HISTORY):
        season_moves = any(one is not None for one in past[4:])
        assert season_moves or unusual(value * scale, usual(larger, HISTORY, 4), HISTORY)


@given(COUNTS, COUNTS, st.integers(2, 8))
def test_a_level_shift_is_asked_about_at_most_once(before: float, after: float, quarters: int) -> None:
    past: dict[Period, Line] = {period: {COLUMNS[0]: before} for period in BEFORE[1 : quarters + 1]}
    past[BEFORE[0]] = {COLUMNS[0]: after}
    assert "A-01" not in raised([{COLUMNS[0]: after}], [past])


@given(st.lists(st.tuples(COUNTS, st.lists(COUNTS, max_size=12)), min_size=1, max_size=8))
def test_a_value_has_one_question_at_most(told: list[tuple[float, list[float]]]) -> None:
    lines: list[Line] = [{COLUMNS[0]: value} for value, _past in told]
    pasts: list[dict[Period, Line]] = [
        {period: {COLUMNS[0]: one} for period, one in zip(BEFORE, past, strict=False)} for _value, past in told
    ]
    assert len(raised(lines, pasts)) <= len(lines)
