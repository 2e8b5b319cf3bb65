"""How well odd figures are found, and how often good ones are doubted, on a synthetic history with planted mistakes.

One seeded history: members of many sizes, counts that vary by chance, seasonal ones, slow trends, amounts. Each planted
mistake is judged in the table where it is, beside the true past; « visible » ones are those that a reader of the
history would call a mistake (see `_off`); the others are counted apart, for a mistake is one whether it shows or not.
False alarms are counted on the same history without any mistake. Parameters were tuned on the first seed alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.periods import Period, Periodicity
from ingest.catalogue import load_catalogue
from rules.history import ANOMALY_RULES, ask
from rules.past import Figures, Key, Line, Past, PeerLevel, periods_before
from rules.rule import Remark
from schemas.collection import Collection

MEMBERS, QUARTERS, TABLE = 60, 16, 10
JUDGED_FROM = 8
SEEDS = (20050216, 1)
LATE = 0.3
KINDS = ("spike", "zero", "copied line", "copied table", "swapped columns", "level shift")
SWING = " (a level of the year)"
HIDDEN = " (within what chance does)"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What really happened: `values` and their means, by member, quarter and column."""

    collection: Collection
    columns: tuple[str, ...]
    means: np.ndarray[Any, Any]
    values: np.ndarray[Any, Any]
    periods: tuple[Period, ...]
    parts: np.ndarray[Any, Any]
    prices: np.ndarray[Any, Any]


def odd_figures(rounds: int) -> None:
    """Print recall for each kind of mistake, and false alarms, for each collection that asks for it."""
    for collection in load_catalogue().collections:
        if collection.history is None or collection.periodicity is not Periodicity.QUARTER:
            continue
        for seed in SEEDS:
            print(f"odd figures of {collection.code}: {rounds} × {MEMBERS} members × {QUARTERS} quarters, seed {seed}")
            _measure(collection, rounds, seed)


def _measure(collection: Collection, rounds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    visible, found, judged, alarms = Counter[str](), Counter[str](), 0, Counter[str]()
    again, shifts, seasonal = 0, 0, 0
    for _ in range(rounds):
        truth = _truth(collection, rng)
        for quarter in range(JUDGED_FROM, QUARTERS):
            for first in range(0, MEMBERS, TABLE):
                members = range(first, first + TABLE)
                judged += TABLE * len(truth.columns)
                raised = list(_judge(truth, truth.values, quarter, members))
                alarms.update(code for code, _remark in raised)
                seasonal += sum(
                    remark.index is not None and _is_seasonal(members[remark.index]) for _code, remark in raised
                )
        for kind in KINDS[:-1]:
            for quarter in range(JUDGED_FROM, QUARTERS):
                for clear, caught in _plant(kind, truth, quarter, rng):
                    visible[clear] += 1
                    found[clear] += caught
        raised_at_once, seen, repeated = _shift(truth, rng)
        visible[KINDS[-1]] += seen
        found[KINDS[-1]] += raised_at_once
        again, shifts = again + repeated, shifts + seen
    for kind in (*KINDS, *sorted(one for one in visible if one.endswith((SWING, HIDDEN)))):
        share = 100 * found[kind] / max(visible[kind], 1)
        print(f"  {kind:38} {share:5.1f} % found of {visible[kind]}")
    print(f"  {'level shift':38} {again} of {shifts} asked about again in the four quarters after")
    rate = 1000 * sum(alarms.values()) / judged
    split = ", ".join(f"{code} {count}" for code, count in sorted(alarms.items())) or "none"
    print(
        f"  {'false alarms':38} {rate:5.2f} per 1 000 of {judged} judged values ({split}); seasonal members: {seasonal}"
    )


# --- the history ------------------------------------------------------------------------------------------------------


def _is_seasonal(member: int) -> bool:
    return member % 4 == 1


def _truth(collection: Collection, rng: np.random.Generator) -> Truth:
    """Members from 1 to 400 cases a quarter; one in four is seasonal, one in four grows or shrinks slowly."""
    history = collection.history
    assert history is not None  # noqa: S101 - told by the caller
    counts = tuple(column.name for column in collection.quantities if column.name not in history.paid_cases)
    amounts = tuple(history.paid_cases)
    level = np.exp(rng.uniform(math.log(1), math.log(400), MEMBERS))
    part = np.ones((MEMBERS, len(counts)))
    for place in range(1, len(counts)):
        part[:, place] = part[:, place - 1] * rng.uniform(0.15, 0.9, MEMBERS)
    season, slope = np.ones((MEMBERS, QUARTERS)), np.ones((MEMBERS, QUARTERS))
    quarters = np.arange(QUARTERS)
    for member in range(MEMBERS):
        if _is_seasonal(member):
            season[member] = np.tile(rng.permutation([0.3, 0.8, 1.1, 1.8]), QUARTERS // 4)
        elif member % 4 == 2:  # noqa: PLR2004 - one kind in four
            slope[member] = (1 + rng.choice([-0.04, 0.05])) ** quarters
    means = _lagged(level[:, None] * season * slope, part, LATE)
    values = _counted(level[:, None] * season * slope, part, rng)
    prices = rng.uniform(500, 3000, MEMBERS)
    for name in amounts:
        place = counts.index(history.paid_cases[name])
        paid = _paid(values[:, :, place], prices[:, None], history.dispersion, rng)
        means, values = np.dstack([means, means[:, :, place] * prices[:, None]]), np.dstack([values, paid])
    periods = tuple(reversed(periods_before(Period(2005, 1).following, history)))[:1]
    while len(periods) < QUARTERS:
        periods = (*periods, periods[-1].following)
    return Truth(
        collection=collection,
        columns=(*counts, *amounts),
        means=means,
        values=values,
        periods=periods,
        parts=part,
        prices=prices,
    )


def _lagged(means: np.ndarray[Any, Any], part: np.ndarray[Any, Any], late_share: float) -> np.ndarray[Any, Any]:
    """The means of counts that are each a part of the one before, `late_share` of it a quarter later."""
    found = [means]
    for place in range(1, part.shape[1]):
        kept = found[-1] * (part[:, place] / part[:, place - 1])[:, None]
        found.append((1 - late_share) * kept + late_share * np.hstack([kept[:, :1], kept[:, :-1]]))
    return np.stack(found, axis=2)


def _counted(
    means: np.ndarray[Any, Any], part: np.ndarray[Any, Any], rng: np.random.Generator, late_share: float = LATE
) -> np.ndarray[Any, Any]:
    """Counts drawn around these means: engagements of diagnostics that were made, not others."""
    before = rng.poisson(means)
    values = [before]
    for place in range(1, part.shape[1]):
        kept = rng.binomial(before, (part[:, place] / part[:, place - 1])[:, None])
        late = rng.binomial(kept, late_share)
        before = kept - late
        before[:, 1:] += late[:, :-1]
        before[:, 0] += rng.binomial(kept[:, 0], late_share)
        values.append(before)
    return np.stack(values, axis=2).astype(float)


def _paid(cases: np.ndarray[Any, Any], price: Any, dispersion: float, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """What the cases cost, each a bit more or less."""
    spread = dispersion * price * np.sqrt(np.maximum(cases, 1))
    paid = np.maximum(cases * price + spread * rng.standard_normal(cases.shape), 0.3 * price * np.maximum(cases, 1))
    return np.asarray(np.where(cases > 0, np.round(paid, 2), 0.0))


def _line(truth: Truth, values: np.ndarray[Any, Any]) -> Line:
    return {name: float(value) for name, value in zip(truth.columns, values, strict=True)}


def _judge(
    truth: Truth, values: np.ndarray[Any, Any], quarter: int, members: range, past: np.ndarray[Any, Any] | None = None
) -> Iterator[tuple[str, Remark]]:
    """What is asked about the lines of some members, beside the true past (or `past`)."""
    history = truth.collection.history
    assert history is not None  # noqa: S101 - told by the caller
    before = truth.values if past is None else past
    lines: dict[Key, dict[Period, Line]] = {
        (str(member),): {truth.periods[age]: _line(truth, before[member, age]) for age in range(quarter)}
        for member in members
    }
    figures = Figures(
        collection=truth.collection,
        history=history,
        period=truth.periods[quarter],
        keys=[(str(member),) for member in members],
        lines=[_line(truth, values[member, quarter]) for member in members],
        past=Past(lines=lines),
        peers=lambda _column: PeerLevel(count=1000, level=400.0),
    )
    rules = (*ANOMALY_RULES, *load_catalogue().rules_for(truth.collection).history_rules)
    for rule, remark in ask(rules, figures):
        yield rule.code, remark


# --- the mistakes -----------------------------------------------------------------------------------------------------


def _beyond_swing(truth: Truth, member: int, quarter: int, column: int, value: float) -> bool:
    """Off the means of the four quarters before, too: not a level that the year has seen."""
    return all(_off(truth, member, before, column, value) for before in range(quarter - 4, quarter))


def _off(truth: Truth, member: int, quarter: int, column: int, value: float) -> bool:
    """By more than 75 %, ten units and five times chance; downwards, two thirds and four times."""
    mean, name, history = truth.means[member, quarter, column], truth.columns[column], truth.collection.history
    unit, chance = 1.0, math.sqrt(mean)
    if history is not None and name in history.paid_cases:
        cases = truth.means[member, quarter, truth.columns.index(history.paid_cases[name])]
        unit = mean / max(cases, 1e-9)
        chance = unit * math.sqrt(cases * (1 + history.dispersion**2))
    if value < mean:
        return bool(mean - value > max(mean * 2 / 3, 10 * unit, 4 * chance))
    return bool(value - mean > max(0.75 * mean, 10 * unit, 5 * chance))


def _plant(kind: str, truth: Truth, quarter: int, rng: np.random.Generator) -> Iterator[tuple[str, bool]]:
    """Plant one mistake in each table: what it is, and whether it is found."""
    for first in range(0, MEMBERS, TABLE):
        members = range(first, first + TABLE)
        values = truth.values.copy()
        place, clear = None, kind
        if kind == "copied table":
            values[first : first + TABLE, quarter] = values[first : first + TABLE, quarter - 1]
        else:
            place = int(rng.integers(TABLE))
            clear = _spoil(kind, truth, values, (first + place, quarter), rng)
        yield clear, place in [remark.index for _code, remark in _judge(truth, values, quarter, members)]


def _spoil(
    kind: str, truth: Truth, values: np.ndarray[Any, Any], where: tuple[int, int], rng: np.random.Generator
) -> str:
    """Put one mistake in a line; its kind, and why it can hardly be seen if so."""
    member, quarter = where
    line = values[member, quarter]
    counts = [place for place, name in enumerate(truth.columns) if truth.collection.column(name).kind == "count"]
    if kind == "spike":
        column = int(rng.integers(len(truth.columns)))
        line[column] = np.round(line[column] * rng.choice([0.1, 2.5, 4, 10])) if line[column] else 25.0
        changed = [column]
    elif kind == "zero":
        column = int(rng.choice(counts))
        line[column] = 0.0
        low = truth.means[member, quarter - 4 : quarter + 1, column].min()
        return kind if low > 10 else f"{kind}{HIDDEN}"  # noqa: PLR2004 - as in `_off`
    elif kind == "copied line":
        line[:] = values[member, quarter - 1]
        chance = np.prod(1 / np.sqrt(4 * math.pi * np.maximum(truth.means[member, quarter][counts], 0.1)))
        return kind if chance < 0.0003 else f"{kind}{HIDDEN}"  # noqa: PLR2004 - once in three thousand lines
    else:
        changed = [int(one) for one in rng.choice(counts, 2, replace=False)]
        line[changed] = line[changed[::-1]]
    seen = [place for place in changed if _off(truth, member, quarter, place, line[place])]
    if not seen:
        return f"{kind}{HIDDEN}"
    return (
        kind if any(_beyond_swing(truth, member, quarter, place, line[place]) for place in seen) else f"{kind}{SWING}"
    )


def _shift(truth: Truth, rng: np.random.Generator) -> tuple[int, int, int]:
    """Three times more or less from one quarter on: raised at once, and not again."""
    caught = seen = again = 0
    start = 10
    for member in range(MEMBERS):
        if _is_seasonal(member):
            continue
        factor = float(rng.choice([1 / 3, 3.0]))
        values = truth.values.copy()
        _scale(truth, values, (member, start), factor, rng)
        if not _off(truth, member, start, 0, values[member, start, 0]):
            continue
        seen += 1
        table = range(member, member + 1)
        raised = {remark.column for _code, remark in _judge(truth, values, start, table, past=values)}
        caught += bool(raised)
        for later in range(start + 1, start + 5):
            again += any(remark.column in raised for _code, remark in _judge(truth, values, later, table, past=values))
    return caught, seen, again


def _scale(
    truth: Truth, values: np.ndarray[Any, Any], where: tuple[int, int], factor: float, rng: np.random.Generator
) -> None:
    member, start = where
    history = truth.collection.history
    assert history is not None  # noqa: S101 - told by the caller
    counts = [name for name in truth.columns if name not in history.paid_cases]
    means = truth.means[member, :, 0] * np.where(np.arange(QUARTERS) < start, 1.0, factor)
    part = truth.parts[member, : len(counts)]
    values[member, start:, : len(counts)] = _counted(means[None, :], part[None, :], rng, 0)[0, start:]
    for name, cases in history.paid_cases.items():
        told = values[member, start:, truth.columns.index(cases)]
        paid = _paid(told, truth.prices[member], history.dispersion, rng)
        values[member, start:, truth.columns.index(name)] = paid
