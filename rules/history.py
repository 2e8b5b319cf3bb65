"""A-01…A-06: what looks odd beside the past of a figure, in every collection that asks for it (C0-10, contract §9).

Questions only: the answer is « confirmer ou rectifier ». Medians, not means; one value never gets several questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rules.asking import CONFIRM, habit
from rules.copies import copied_lines
from rules.generic import GENERIC
from rules.levels import Usual, chance_of_amount, departs, plain, unusual, usual
from rules.messages import number, say
from rules.past import Asked, Figures
from rules.rule import HistoryRule, Remark
from rules.silences import silences, wakings


def _rule(code: str, judge: Callable[[Figures, Asked], Iterable[Remark]]) -> HistoryRule:
    generic = GENERIC[code]
    return HistoryRule(code=code, severity=generic.severity, sentence=generic.sentence, judge=judge)


# --- a level that was never seen --------------------------------------------------------------------------------


def _departures(figures: Figures, asked: Asked) -> Iterator[Remark]:
    for index, line in enumerate(figures.lines):
        if asked.about(index) or not figures.known(index):
            continue
        for column in figures.counts:
            if asked.about(index, column) or column not in line:
                continue
            series = figures.series(index, column)
            if plain(line[column], series, figures.history):
                continue
            past = usual(series, figures.history, figures.cycle)
            if unusual(line[column], past, figures.history):
                yield _departure(figures, asked, index, column, past)
        for column in figures.amounts:
            if column in line and not asked.about(index, column):
                yield from _amount_departure(figures, index, column)


def _departure(figures: Figures, asked: Asked, index: int, column: str, past: Usual) -> Remark:
    other = _swapped_with(figures, asked, index, column)
    value = figures.lines[index][column]
    if other is None:
        return _unusual_remark(figures, index, column, value, past)
    asked.ask(index, other)
    return Remark(
        index=index,
        column=column,
        value=number(value),
        cause="swapped",
        message=say(
            "Cette valeur ({value}) et celle de la colonne « {other} » ({its}) semblent inversées : échangées, elles "
            "reviennent à leur niveau habituel ({habit}).",
            value=number(value),
            other=figures.collection.column(other).label,
            its=number(figures.lines[index][other]),
            habit=habit(past.recent, figures),
        ),
        hint=say("Vérifiez l'ordre des colonnes. {confirm}", confirm=CONFIRM),
    )


def _unusual_remark(figures: Figures, index: int, column: str, value: float, past: Usual) -> Remark:
    series, year = figures.series(index, column), figures.cycle
    season = series[year - 1] if 1 < year <= len(series) else None
    return Remark(
        index=index,
        column=column,
        value=number(value),
        cause=f"unusual:{column}",
        message=say(
            "La valeur {value} est inhabituelle : {habit}{season}.",
            value=number(value),
            habit=habit(past.recent, figures),
            season=""
            if season is None
            else say(", et {one} au même trimestre de l'année précédente", one=number(season)),
        ),
        hint=CONFIRM,
    )


def _swapped_with(figures: Figures, asked: Asked, index: int, column: str) -> str | None:
    """The count that brings both back to their history when exchanged with this one."""
    line, history = figures.lines[index], figures.history
    mine = usual(figures.series(index, column), history, figures.cycle)
    for other in figures.counts:
        if other == column or other not in line or asked.about(index, other):
            continue
        its = usual(figures.series(index, other), history, figures.cycle)
        if len(its.recent) < history.needs or line[other] == line[column]:
            continue
        here, there = line[column], line[other]
        worse = abs(here - mine.level) > abs(there - mine.level) and abs(there - its.level) > abs(here - its.level)
        back = not departs(there, mine.level, history) and not departs(here, its.level, history)
        if worse and back and abs(here - there) > history.units:
            return other
    return None


def _amount_departure(figures: Figures, index: int, column: str) -> Iterator[Remark]:
    """An amount that follows its cases is no second question: theirs is enough."""
    history, cases = figures.history, figures.history.paid_cases[column]
    past = usual(figures.series(index, column), history, figures.cycle)
    counted = usual(figures.series(index, cases), history, figures.cycle)
    if len(past.recent) < history.needs or not counted.recent or not counted.level:
        return
    value, cost = figures.lines[index][column], past.level / counted.level
    told = figures.lines[index].get(cases)
    if told and abs(value / told - cost) <= history.share * cost:
        return
    if value == 0 and (index, column) in figures.warned:
        return
    if unusual(value, past, history, chance_of_amount(counted.level, history.dispersion), cost):
        yield _unusual_remark(figures, index, column, value, past)


# --- the peers --------------------------------------------------------------------------------------------------


def _beyond_peers(figures: Figures, asked: Asked) -> Iterator[Remark]:
    """Only where the figure's own past says nothing: else it knows better."""
    history = figures.history
    for index, line in enumerate(figures.lines):
        if asked.about(index) or figures.known(index) >= history.needs:
            continue
        for column in figures.counts:
            value = line.get(column, 0)
            last = [one for one in figures.series(index, column) if one is not None]
            if value <= history.units or asked.about(index, column):
                continue
            if any(not departs(value, one, history) for one in last):
                continue
            peers = figures.peers(column)
            if peers is None or peers.count < history.peers or value <= history.peer_factor * max(peers.level, 1):
                continue
            yield Remark(
                index=index,
                column=column,
                value=number(value),
                cause=f"peers:{column}",
                message=say(
                    "La valeur {value} dépasse de loin celles des autres CIL/CCI : 99 % d'entre elles ne dépassent pas "
                    "{level}.",
                    value=number(value),
                    level=number(peers.level),
                ),
                hint=CONFIRM,
            )


# --- a correction of what was published -------------------------------------------------------------------------


def _corrections(figures: Figures, _asked: Asked) -> Iterator[Remark]:
    """Lines that were missing and come later complete a total: they do not correct it."""
    former, history = figures.former, figures.history
    if not former:
        return
    for column in (*figures.counts, *figures.amounts):
        before = sum(line.get(column, 0) for line in former.values())
        change = sum(
            line[column] - former[key][column]
            for key, line in zip(figures.keys, figures.lines, strict=True)
            if column in line and column in former.get(key, {})
        )
        if figures.nil:
            change = -before
        floor = history.units if column in figures.counts else 0
        if not before or abs(change) <= max(history.correction * before, floor):
            continue
        yield Remark(
            column=column,
            value=f"{number(before)} / {number(before + change)}",
            cause=f"total:{column}",
            message=say(
                "Cette correction, venue après l'échéance, fait passer le total de {before} à {after} ({share} %).",
                before=number(before),
                after=number(before + change),
                share=f"{round(100 * change / before):+d}",
            ),
            hint=say(
                "Les tableaux ont pu être publiés. Si la correction est juste, rien à faire : l'UESL en est avertie ; "
                "sinon, rectifiez-la."
            ),
        )


ANOMALY_RULES: tuple[HistoryRule, ...] = (
    _rule("A-06", _corrections),
    _rule("A-04", copied_lines),
    _rule("A-02", silences),
    _rule("A-03", wakings),
    _rule("A-01", _departures),
    _rule("A-05", _beyond_peers),
)
"""In the order in which they are asked: what explains more speaks first, and silences the others."""


def ask(rules: Iterable[HistoryRule], figures: Figures) -> Iterator[tuple[HistoryRule, Remark]]:
    """What the rules ask about the figures, each value once."""
    asked = Asked()
    for rule in rules:
        for remark in rule.judge(figures, asked):
            asked.ask(remark.index, remark.column)
            yield rule, remark


def too_short(figures: Figures) -> int:
    """For how many lines the past is too short to compare; 0 when the table has no past at all."""
    if figures.nil or not figures.past.lines:
        return 0
    return sum(figures.known(index) < figures.history.needs for index in range(len(figures.keys)))
