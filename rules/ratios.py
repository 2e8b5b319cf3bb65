"""Ratios between two columns over time: a member's own mean, and one count within another over a year (C1, C2)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from domain.findings import Severity
from rules.asking import CONFIRM
from rules.levels import known
from rules.messages import euros, number, say, typeset
from rules.past import Asked, Figures
from rules.rule import HistoryRule, Remark

_OF_MEDIAN = math.pi / 2
"""How much more a median varies than a mean."""


def own_mean(code: str, *, amount: str, cases: str, share: float, sentence: str) -> HistoryRule:
    """The amount per case stays within `share` of the member's own median; few cases may vary more."""

    def judge(figures: Figures, asked: Asked) -> Iterator[Remark]:
        for index, line in enumerate(figures.lines):
            told, count = line.get(amount), line.get(cases)
            if asked.about(index) or asked.about(index, amount) or asked.about(index, cases):
                continue
            if (index, amount) in figures.warned or not told or not count or not figures.known(index):
                continue
            pairs = zip(figures.series(index, amount), figures.series(index, cases), strict=True)
            means = [(one / many, many) for one, many in pairs if one and many][: figures.history.reach]
            if len(means) < figures.history.needs:
                continue
            mean, own = told / count, median(one for one, _many in means)
            room = max(share, figures.history.noise * _spread(figures, count, [many for _one, many in means]))
            if abs(mean - own) <= room * own or abs(mean - means[0][0]) <= room * means[0][0]:
                continue
            yield Remark(
                index=index,
                column=amount,
                value=number(told),
                expected=None,
                cause="mean",
                message=say(
                    "Le montant moyen par dossier est de {mean} ; d'habitude, ce CIL/CCI est à {own}.",
                    mean=euros(round(mean)),
                    own=euros(round(own)),
                ),
                hint=say("Vérifiez le montant (hors taxes) et le nombre de dossiers. {confirm}", confirm=CONFIRM),
            )

    return HistoryRule(
        code=code,
        severity=Severity.WARNING,
        sentence=typeset(sentence),
        judge=judge,
        columns=(amount, cases),
    )


def _spread(figures: Figures, cases: float, before: Sequence[float]) -> float:
    """What chance does to a mean of so many cases beside the median of those before, relatively."""
    known_cases = len(before) * median(before)
    return figures.history.dispersion * math.sqrt(1 / cases + _OF_MEDIAN / known_cases)


def within_over(  # noqa: PLR0913 - the parts of a rule
    code: str, *, part: str, whole: str, periods: int, margin: float, sentence: str, message: str, hint: str
) -> HistoryRule:
    """`part` ≤ `whole` over this period and those before, `periods` in all; never within one (contract §6).

    Asked only when this period adds to the excess: what is over is over.
    """

    def judge(figures: Figures, asked: Asked) -> Iterator[Remark]:
        for index, line in enumerate(figures.lines):
            small, large = line.get(part), line.get(whole)
            if small is None or large is None or small <= large or asked.about(index) or asked.about(index, part):
                continue
            parts = known(figures.series(index, part), periods - 1)
            wholes = known(figures.series(index, whole), periods - 1)
            if parts is None or wholes is None:
                continue
            parts_sum, wholes_sum = small + sum(parts), large + sum(wholes)
            if parts_sum <= wholes_sum + margin:
                continue
            yield Remark(
                index=index,
                column=part,
                value=f"{number(parts_sum)} / {number(wholes_sum)}",
                cause="year",
                message=say(message, part=number(parts_sum), whole=number(wholes_sum)),
                hint=say("{hint} {confirm}", hint=say(hint), confirm=CONFIRM),
            )

    return HistoryRule(
        code=code,
        severity=Severity.WARNING,
        sentence=typeset(sentence),
        judge=judge,
        columns=(part, whole),
    )
