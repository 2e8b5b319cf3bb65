"""A-04: figures copied from the previous quarter, told apart from figures that chance makes the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rules.asking import CONFIRM, times
from rules.messages import number, plural, say
from rules.past import Asked, Figures
from rules.rule import Remark

_SAME_AMOUNT = 0.05
"""Chance that an amount is the same to the cent: small prices are often flat, so that it follows its cases."""


def copied_lines(figures: Figures, asked: Asked) -> Iterator[Remark]:
    """The table when most of its lines are copies (the others keep their own questions), else each line that is."""
    compared = {index: chance for index in range(len(figures.keys)) if (chance := _chance(figures, index)) is not None}
    same = [index for index in compared if figures.lines[index] == figures.previous(index)]
    if not same:
        return
    if _most(len(same), len(compared), sum(compared.values()) / len(compared)) <= figures.history.copy_chance:
        asked.spare(set(range(len(figures.keys))) - set(same))
        yield Remark(
            value=f"{len(same)} / {len(compared)}",
            cause="copies",
            message=say(
                "{lines} sur {count} ont exactement les chiffres du {time} précédent.",
                lines=plural(len(same), "ligne"),
                count=number(len(compared)),
                time=times(figures).removesuffix("s"),
            ),
            hint=say(
                "Vérifiez que ce tableau n'est pas celui de la période précédente. S'il l'est, déposez le bon ; sinon, "
                "l'UESL confirmera les chiffres avec vous."
            ),
        )
        return
    for index in same:
        if compared[index] <= figures.history.copy_chance:
            yield _copy(figures, index)


def _copy(figures: Figures, index: int) -> Remark:
    values = " / ".join(number(one) for one in figures.lines[index].values())
    return Remark(
        index=index,
        value=values,
        cause="copy",
        message=say(
            "Cette ligne a exactement les chiffres du {time} précédent ({values}).",
            time=times(figures).removesuffix("s"),
            values=values,
        ),
        hint=CONFIRM,
    )


def _chance(figures: Figures, index: int) -> float | None:
    """The chance that a line is the same as before; None: nothing to compare, or it is always the same."""
    line, before = figures.lines[index], figures.previous(index)
    if before is None or not any(line.values()) or not any(before.values()):
        return None
    if before == figures.previous(index, 2):
        return None
    chance = 1.0
    for column, value in before.items():
        if column in figures.amounts:
            chance *= _SAME_AMOUNT if value else 1
        elif column in figures.counts:
            chance *= min(1.0, 1 / math.sqrt(4 * math.pi * value)) if value else 1
    return chance


def _most(same: int, compared: int, chance: float) -> float:
    """A bound on the chance that so many of the lines, and more than half, are the same (Chernoff)."""
    share = same / compared
    if same < 2 or share <= max(0.5, chance):  # noqa: PLR2004 - one line is no table
        return 1.0
    chance = max(chance, 1e-6)
    away = share * math.log(share / chance)
    if share < 1:
        away += (1 - share) * math.log((1 - share) / (1 - chance))
    return math.exp(-compared * away)
