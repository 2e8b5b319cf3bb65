"""How a question about a figure is put: the usual level, the last values, what to do (contract §9)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.messages import number, say
from rules.past import Figures

CONFIRM = say(
    "Si le chiffre est juste, confirmez-le dans la colonne « justification » ; sinon, rectifiez-le et déposez de "
    "nouveau."
)
"""« Confirmer ou rectifier »."""


def habit(recent: Sequence[float], figures: Figures) -> str:
    """« d’habitude entre 12 et 18 (12, 15, 18, 14 les trimestres précédents) », in the order of time."""
    low, high = min(recent), max(recent)
    if low == high:
        return say("d'habitude {low} ({before})", low=number(low), before=_before(figures))
    return say(
        "d'habitude entre {low} et {high} ({values} {before})",
        low=number(low),
        high=number(high),
        values=", ".join(number(one) for one in reversed(recent)),
        before=_before(figures),
    )


def times(figures: Figures) -> str:
    """« trimestres »."""
    return "trimestres" if figures.period.quarter else "exercices"


def _before(figures: Figures) -> str:
    return say("les {times} précédents", times=times(figures))
