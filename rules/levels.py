"""What is usual for a figure, and what departs from it: medians, the same quarter of earlier years, chance (§9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rules.past import Series
from schemas.history import History

Chance = Callable[[float], float]
"""What chance alone may do to a level: one standard deviation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """The past of one figure: known values, the last one first.

    `recent`: whatever the season; `seasonal`: of the same period of earlier years; `latest`: the last ones, each with
    those of the same period of the years before it.
    """

    recent: tuple[float, ...]
    seasonal: tuple[float, ...]
    latest: tuple[tuple[float, tuple[float, ...]], ...]

    @property
    def level(self) -> float:
        """The usual level."""
        return median(self.recent)


def usual(series: Series, history: History, cycle: int) -> Usual:
    """The recent values and those of the same period of earlier years, as far as they are known."""
    recent = tuple(one for one in series[: history.reach] if one is not None)
    ages = [age for age, one in enumerate(series[: history.reach]) if one is not None][: history.latest]
    return Usual(
        recent=recent[: history.recent],
        seasonal=_same_season(series, -1, history, cycle),
        latest=tuple((recent[place], _same_season(series, age, history, cycle)) for place, age in enumerate(ages)),
    )


def plain(value: float, series: Series, history: History) -> bool:
    """Whether a count is plainly near its recent level: what most are, told without looking further."""
    recent = [one for one in series[: history.reach] if one is not None][: history.recent]
    return len(recent) >= history.settled and not departs(value, median(recent), history)


def _same_season(series: Series, age: int, history: History, cycle: int) -> tuple[float, ...]:
    """The known values of the same period in the years before the one of that age (-1: the period in hand)."""
    if cycle == 1:
        return ()
    ages = range(age + cycle, age + 1 + history.years * cycle, cycle)
    return tuple(one for one in (series[place] for place in ages if place < len(series)) if one is not None)


def chance_of_count(level: float) -> float:
    """A count varies by about its square root."""
    return math.sqrt(level)


def chance_of_amount(cases: float, dispersion: float) -> Chance:
    """An amount varies with the number of its cases, and with what each of them costs."""
    relative = math.sqrt((1 + dispersion**2) / max(cases, 1.0))
    return lambda level: level * relative


def departs(value: float, level: float, history: History, chance: Chance = chance_of_count, unit: float = 1) -> bool:
    """Whether a value is off a level by more than a share of it, some units, and what chance does."""
    off = abs(value - level)
    return off > max(history.share * level, history.units * unit, history.noise * chance(level))


def unusual(
    value: float, past: Usual, history: History, chance: Chance = chance_of_count, unit: float = 1
) -> bool | None:
    """Whether a value departs from all that is usual; None when the past is too short to say.

    What was seen at the same time of an earlier year is normal. So is a level that has shifted lately: it is asked
    about once. A last value that was only its own season's says nothing about this one.
    """
    if len(past.recent) < history.needs:
        return None

    def off(level: float) -> bool:
        return departs(value, level, history, chance, unit)

    if len(past.recent) < history.settled:
        high, low = max(past.recent), min(past.recent)
        return (value > history.gross * high and off(high)) or (history.gross * value < low and off(low))
    if not off(past.level) or not all(map(off, past.seasonal)):
        return False

    def in_season(level: float, seasons: tuple[float, ...]) -> bool:
        close = all(abs(level - one) <= max(history.share * one, history.noise * chance(one)) / 2 for one in seasons)
        return bool(seasons) and close and departs(level, past.level, history, chance, unit)

    return all(off(level) or in_season(level, seasons) for level, seasons in past.latest)


def known(series: Sequence[float | None], count: int) -> tuple[float, ...] | None:
    """The last `count` values; None when one of them is not known."""
    values = tuple(one for one in series[:count] if one is not None)
    return values if len(values) == count else None
