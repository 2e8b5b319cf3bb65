"""What is asked about figures beside their past, and what is not: A-01…A-06 and the ratios of the collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from domain.periods import Period
from rules.cil_pass import n1a, n1m
from rules.history import ANOMALY_RULES, ask, too_short
from rules.past import Figures, Key, Line, Past, PeerLevel, periods_before
from rules.rule import Remark
from schemas.cil_pass.n1a import COLLECTION as N1A
from schemas.cil_pass.n1m import COLLECTION as N1M
from schemas.collection import Collection

OWN = {"N1A": n1a.RULES, "N1M": n1m.RULES}
NOW = Period(2007, 3)
FIRST, SECOND, THIRD = "diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires"
CASES, FIRMS, AMOUNT = "dossiers_individuels", "entreprises_concernees", "montant_facture_ht"

Quarters = Sequence[float | None]


def figures(
    line: Line,
    *past: tuple[str, Quarters],
    collection: Collection = N1A,
    nil: bool = False,
    peers: PeerLevel | None = None,
    former: Mapping[Key, Line] | None = None,
    warned: frozenset[tuple[int, str]] = frozenset(),
) -> Figures:
    """One line of CIL001; the past is given by column, in the order of time, the last quarter last."""
    assert collection.history is not None
    before = periods_before(NOW, collection.history)
    lines: dict[Period, dict[str, float]] = {}
    for column, values in past:
        for period, value in zip(before, reversed(values), strict=False):
            if value is not None:
                lines.setdefault(period, {})[column] = float(value)
    return Figures(
        collection=collection,
        history=collection.history,
        period=NOW,
        keys=[] if nil else [("CIL001",)],
        lines=[] if nil else [{name: float(value) for name, value in line.items()}],
        past=Past(lines={("CIL001",): lines} if lines else {}),
        nil=nil,
        peers=lambda _column: peers,
        former=former,
        warned=warned,
    )


def questions(told: Figures) -> list[tuple[str, Remark]]:
    rules = (*ANOMALY_RULES, *OWN[told.collection.code].history_rules)
    return [(rule.code, remark) for rule, remark in ask(rules, told)]


def codes(value: float, past: Quarters) -> list[str]:
    return [code for code, _remark in questions(figures({FIRST: value}, (FIRST, past)))]


@pytest.mark.parametrize(
    ("value", "past"),
    [
        (150, [12, 15, 18, 14]),
        (150, [12, 15]),
        (2, [40, 45, 42, 39]),
        (40, [12, 15, 18, 14, 12, 15, 18, 14]),
        (13, [0, 1, 0, 2]),
        (300, [100, 100, 100, 100, 100, 100, 100]),
    ],
    ids=["spike", "spike-short-past", "drop", "twice-and-more", "small-counts", "big-counts"],
)
def test_a_value_far_from_all_that_is_usual_is_asked_about(value: float, past: Quarters) -> None:
    assert codes(value, past) == ["A-01"]


@pytest.mark.parametrize(
    ("value", "past"),
    [
        (16, [12, 15, 18, 14]),
        (22, [12, 15, 18, 14]),
        (6, [1, 0, 2, 1]),
        (30, [12, 15]),
        (150, [14]),
        (150, []),
        (120, [40, 41, 39, 40, 121]),
        (118, [40, 41, 39, 40, 121, 117]),
        (38, [40, 41, 39, 40, 121]),
        (160, [100, 100, 100, 160, 100, 100, 100]),
        (170, [100, None, 100, 165, 105, None, 98]),
        (120, [40, 50, 60, 70, 80, 95, 108]),
    ],
    ids=[
        "usual", "within-half", "small-counts", "short-past", "one-quarter", "no-past", "after-a-shift",
        "later-after-a-shift", "back-after-a-spike", "same-quarter-last-year", "with-gaps", "trend",
    ],
)  # fmt: skip
def test_what_is_usual_is_not_asked_about(value: float, past: Quarters) -> None:
    assert codes(value, past) == []


def test_the_question_gives_the_usual_level_and_what_to_do() -> None:
    [(_code, remark)] = questions(figures({FIRST: 150}, (FIRST, [13, 11, 12, 15, 18, 14])))
    assert remark.message == (
        "La valeur 150 est inhabituelle\u00a0: d’habitude entre 12 et 18 (12, 15, 18, 14 les trimestres précédents), "
        "et 12 au même trimestre de l’année précédente."
    )
    assert remark.hint is not None
    assert "justification" in remark.hint
    assert (remark.index, remark.column, remark.value) == (0, FIRST, "150")


@pytest.mark.parametrize(
    ("value", "past", "asked"),
    [
        (0, [20, 22, 21], ["A-02"]),
        (0, [20, 22], ["A-02"]),
        (0, [0, 0, 22], []),
        (0, [3, 2, 4, 2], []),
        (0, [0, 20, 20, 22, 21], ["A-02"]),
        (0, [20, 0, 22, 21, 20], []),
        (9, [5, 0, 0, 0, 0], ["A-03"]),
        (3, [0, 0, 0, 0], []),
        (0, [0, 0, 0, 0], []),
        (4, [0, 0, 0], []),
    ],
)
def test_silence_and_waking_up(value: float, past: Quarters, asked: list[str]) -> None:
    assert codes(value, past) == asked


def test_a_silent_line_is_one_question() -> None:
    told = figures({FIRST: 0, SECOND: 0}, (FIRST, [20, 22, 21]), (SECOND, [12, 13, 11]))
    [(code, remark)] = questions(told)
    assert (code, remark.index, remark.column) == ("A-02", 0, None)


@pytest.mark.parametrize(
    ("past", "asked"),
    [([20, 22, 21], ["A-02"]), ([3, 2, 1], []), ([20, 22, 0], []), ([], [])],
)
def test_a_nil_return_after_activity(past: Quarters, asked: list[str]) -> None:
    found = questions(figures({}, (FIRST, past), nil=True))
    assert [code for code, _remark in found] == asked
    assert all((remark.index, remark.column, remark.value) == (None, None, "NEANT") for _code, remark in found)


def test_a_copy_of_the_quarter_before_is_asked_about_once() -> None:
    line = {FIRST: 83, SECOND: 47, THIRD: 21}
    told = figures(line, (FIRST, [70, 83]), (SECOND, [51, 47]), (THIRD, [18, 21]))
    [(code, remark)] = questions(told)
    assert (code, remark.index, remark.column, remark.value) == ("A-04", 0, None, "83 / 47 / 21")


@pytest.mark.parametrize(
    ("line", "past"),
    [
        ({FIRST: 2, SECOND: 1, THIRD: 0}, [(3, 2), (1, 1), (0, 0)]),
        ({FIRST: 83, SECOND: 47, THIRD: 22}, [(70, 83), (51, 47), (18, 21)]),
        ({FIRST: 83, SECOND: 47, THIRD: 21}, [(83, 83), (47, 47), (21, 21)]),
    ],
    ids=["chance", "one-differs", "always-the-same"],
)
def test_what_chance_or_habit_explains_is_no_copy(line: Line, past: Sequence[Quarters]) -> None:
    told = figures(line, *zip((FIRST, SECOND, THIRD), past, strict=True))
    assert questions(told) == []


def table(count: int, copied: int) -> Figures:
    """A table of small lines, the first ones copied."""
    before = periods_before(NOW, N1A.history or pytest.fail("N1A has a history"))
    keys: list[Key] = [(f"CIL{place:03d}",) for place in range(count)]
    past = {
        key: {
            before[0]: {FIRST: 10.0 + place, SECOND: 5.0, THIRD: 2.0},
            before[1]: {FIRST: 11.0 + place, SECOND: 4.0, THIRD: 2.0},
        }
        for place, key in enumerate(keys)
    }
    lines = [
        past[key][before[0]] if place < copied else {FIRST: 12.0 + place, SECOND: 5.0, THIRD: 2.0}
        for place, key in enumerate(keys)
    ]
    assert N1A.history is not None
    return Figures(collection=N1A, history=N1A.history, period=NOW, keys=keys, lines=lines, past=Past(lines=past))


def test_a_copied_table_is_one_question_that_silences_the_others() -> None:
    [(code, remark)] = questions(table(6, 6))
    assert (code, remark.index, remark.column, remark.value) == ("A-04", None, None, "6 / 6")
    [(code, remark)] = questions(table(9, 7))
    assert (code, remark.value) == ("A-04", "7 / 9")


def test_a_line_that_is_no_copy_keeps_its_own_question() -> None:
    told = table(9, 7)
    lines = [*told.lines[:-1], {FIRST: 180.0, SECOND: 5.0, THIRD: 2.0}]
    found = questions(replace(told, lines=lines))
    assert [(code, remark.index) for code, remark in found] == [("A-04", None), ("A-01", 8)]


def test_a_few_equal_small_lines_are_chance() -> None:
    assert questions(table(9, 3)) == []


def test_swapped_columns_are_told_once() -> None:
    told = figures({FIRST: 12, SECOND: 81}, (FIRST, [80, 84, 79, 82]), (SECOND, [11, 14, 12, 13]))
    [(code, remark)] = questions(told)
    assert (code, remark.cause, remark.column) == ("A-01", "swapped", FIRST)
    assert "inversées" in remark.message


def test_an_amount_follows_its_cases() -> None:
    past = ((CASES, [20, 22, 19, 21]), (AMOUNT, [30_000, 33_000, 28_500, 31_500]))
    assert [code for code, _ in questions(figures({CASES: 90, AMOUNT: 135_000}, *past, collection=N1M))] == ["A-01"]
    [(code, remark)] = questions(figures({CASES: 20, AMOUNT: 300_000}, *past, collection=N1M))
    assert (code, remark.column) == ("A-01", AMOUNT)
    assert questions(figures({CASES: 26, AMOUNT: 39_000}, *past, collection=N1M)) == []


def test_the_mean_of_a_case_is_compared_with_the_members_own() -> None:
    past = ((CASES, [80, 82, 79, 81]), (AMOUNT, [80_000, 82_000, 79_000, 81_000]))
    told = {CASES: 50, AMOUNT: 100_000}
    [(code, remark)] = questions(figures(told, *past, collection=N1M))
    assert (code, remark.column) == ("N1M.R14", AMOUNT)
    assert "2\u202f000\u00a0€" in remark.message
    assert questions(figures(told, *past, collection=N1M, warned=frozenset({(0, AMOUNT)}))) == []


def test_engagements_are_compared_with_diagnostics_over_four_quarters_never_one() -> None:
    usual = ((FIRST, [30, 31, 30]), (SECOND, [28, 29, 30]))
    assert questions(figures({FIRST: 30, SECOND: 34}, *usual)) == []
    over = ((FIRST, [30, 31, 30]), (SECOND, [30, 31, 30]))
    [(code, remark)] = questions(figures({FIRST: 30, SECOND: 37}, *over))
    assert (code, remark.column, remark.value) == ("N1A.R10", SECOND, "128 / 121")
    assert questions(figures({FIRST: 30, SECOND: 29}, (FIRST, [30, 31, 30]), (SECOND, [40, 31, 30]))) == []
    assert questions(figures({FIRST: 30, SECOND: 37}, (FIRST, [31, 30]), (SECOND, [31, 30]))) == []


@pytest.mark.parametrize(
    ("value", "past", "peers", "asked"),
    [
        (400, [], PeerLevel(count=120, level=90), ["A-05"]),
        (400, [], PeerLevel(count=29, level=90), []),
        (400, [], None, []),
        (200, [], PeerLevel(count=120, level=90), []),
        (400, [390], PeerLevel(count=120, level=90), []),
        (400, [395, 402], PeerLevel(count=120, level=90), []),
        (400, [40, 41], PeerLevel(count=120, level=90), ["A-01"]),
    ],
)
def test_the_peers_speak_where_the_past_is_silent(
    value: float, past: Quarters, peers: PeerLevel | None, asked: list[str]
) -> None:
    found = questions(figures({FIRST: value}, (FIRST, past), peers=peers))
    assert [code for code, _remark in found] == asked


@pytest.mark.parametrize(
    ("former", "asked"),
    [
        ({("CIL001",): {FIRST: 100.0}, ("CIL002",): {FIRST: 200.0}}, ["A-06"]),
        ({("CIL001",): {FIRST: 130.0}, ("CIL002",): {FIRST: 200.0}}, []),
        ({("CIL002",): {FIRST: 200.0}}, []),
        ({}, []),
        (None, []),
    ],
    ids=["changed", "little", "completed", "nothing-before", "in-time"],
)
def test_a_late_correction_of_a_total(former: Mapping[Key, Line] | None, asked: list[str]) -> None:
    found = questions(figures({FIRST: 140}, (FIRST, [140, 138, 141, 139]), former=former))
    assert [code for code, _remark in found] == asked
    for _code, remark in found:
        assert (remark.index, remark.column, remark.value) == (None, FIRST, "300 / 340")


def test_a_short_past_is_counted_and_no_past_is_nothing() -> None:
    assert too_short(figures({FIRST: 9}, (FIRST, [8]))) == 1
    assert too_short(figures({FIRST: 9}, (FIRST, [8, 7]))) == 0
    assert too_short(figures({FIRST: 9})) == 0


def test_the_first_periods_have_few_before_them() -> None:
    assert N1A.history is not None
    assert periods_before(Period(2003, 1), N1A.history) == ()
    assert periods_before(Period(2003, 3), N1A.history) == (Period(2003, 2), Period(2003, 1))
    assert periods_before(Period(2005), N1A.history) == (Period(2004), Period(2003))
