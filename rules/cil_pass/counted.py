"""How many cases a CIL/CCI declares for the year against its four quarters (contract §6): a count, never a value.

Mobility counts the same cases twice: within a share. Assistance counts finished cases here and diagnostics there,
another population: each CIL/CCI is compared with its own ratio of the years before.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from domain.findings import Severity
from domain.periods import FIRST_YEAR, Period
from rules.messages import number, plural, say, typeset
from rules.others import Compared, OthersRule
from rules.rule import Remark

UNITS = 5
"""A difference of so few cases is never asked about."""
_YEARS = 3


def same_cases(code: str, *, source: str, column: str, share: float, words: str) -> OthersRule:
    """As many cases as `column` of `source` counts over the four quarters, within `share`."""

    def judge(compared: Compared) -> Iterator[Remark]:
        for member, cases in sorted(compared.counts.items()):
            year = compared.year_of(source, member)
            if year is not None and _departs(cases, year.get(column, 0), share):
                yield _remark(member, cases, year.get(column, 0), words)

    sentence = (
        f"Un CIL/CCI a ici, à {round(100 * share)} % près, autant de dossiers que de {words} dans ses quatre "
        "trimestres."
    )
    return OthersRule(code=code, severity=Severity.WARNING, sentence=typeset(sentence), judge=judge)


def own_ratio(code: str, *, source: str, column: str, share: float, words: str) -> OthersRule:
    """Cases per `column` of `source` as usual for the member: the median of the years before, within `share`."""

    def judge(compared: Compared) -> Iterator[Remark]:
        for member, cases in sorted(compared.counts.items()):
            year = compared.year_of(source, member)
            if year is None or not year.get(column):
                continue
            ratios = list(_ratios(compared, member, source, column))
            if ratios and _departs(cases, median(ratios) * year[column], share):
                yield _remark(member, cases, year[column], words, usual=median(ratios))

    sentence = (
        f"Le nombre de dossiers d'un CIL/CCI, rapporté à ses {words} des quatre trimestres, reste à moins de "
        f"{round(100 * share)} % de son rapport des années précédentes."
    )
    return OthersRule(code=code, severity=Severity.WARNING, sentence=typeset(sentence), judge=judge)


def _ratios(compared: Compared, member: str, source: str, column: str) -> Iterator[float]:
    """Of the years before of which both are still known (cases are destroyed after a year)."""
    for year in range(compared.period.year - 1, max(FIRST_YEAR, compared.period.year - _YEARS) - 1, -1):
        sums = compared.year_of(source, member, year)
        cases = compared.others.counts(compared.collection.code, Period(year), frozenset({member})).get(member, 0)
        if sums is not None and sums.get(column) and cases:
            yield cases / sums[column]


def _departs(cases: float, expected: float, share: float) -> bool:
    return abs(cases - expected) > max(share * expected, UNITS)


def _remark(member: str, cases: int, year: float, words: str, usual: float | None = None) -> Remark:
    habit = "" if usual is None else say(", d'habitude {usual} dossiers pour 100", usual=number(round(100 * usual)))
    return Remark(
        cause="quarters",
        message=say(
            "{member} : {cases} ici, {year} {words} dans les quatre trimestres{habit}.",
            member=member,
            cases=plural(cases, "dossier"),
            year=number(year),
            words=words,
            habit=habit,
        ),
        hint=say("Vérifiez qu'aucun dossier ne manque ou n'est en double ; sinon, rien à faire."),
    )
