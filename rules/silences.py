"""A-02 and A-03: silence after activity, and activity after silence."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from domain.periods import Period
from rules.asking import CONFIRM, habit, times
from rules.levels import known, usual
from rules.messages import number, say
from rules.past import Asked, Figures
from rules.rule import Remark


def silences(figures: Figures, asked: Asked) -> Iterator[Remark]:
    """A zero, a line of zeros, or `NEANT`, just after activity (A-02)."""
    if figures.nil:
        yield from _silent_table(figures)
        return
    for index, line in enumerate(figures.lines):
        if asked.about(index) or not figures.known(index):
            continue
        silent = [
            column
            for column in figures.counts
            if line.get(column) == 0 and not asked.about(index, column) and _was_active(figures, index, column)
        ]
        whole = len(silent) > 1 and not any(line.values())
        for column in silent[:1] if whole else silent:
            recent = usual(figures.series(index, column), figures.history, figures.cycle).recent
            yield Remark(
                index=index,
                column=None if whole else column,
                value=number(0),
                cause="silent-line" if whole else f"silent:{column}",
                message=say(
                    "Toute la ligne est à zéro, après des {times} d'activité : {label}, {habit}."
                    if whole
                    else "Zéro, après des {times} d'activité : {habit}.",
                    times=times(figures),
                    label=figures.collection.column(column).label,
                    habit=habit(recent, figures),
                ),
                hint=say("Une case vide n'est pas un zéro. {confirm}", confirm=CONFIRM),
            )


def _was_active(figures: Figures, index: int, column: str) -> bool:
    """Whether a zero is a surprise: activity just before, at a level that chance does not bring to zero."""
    history, series = figures.history, figures.series(index, column)
    last = known(series, history.silence)
    if last is None or not all(last):
        return False
    past = usual(series, history, figures.cycle)
    return past.level >= history.silent_level and not (past.seasonal and past.seasonal[0] == 0)


def _total(figures: Figures, period: Period) -> float:
    lines = (line[period] for line in figures.past.lines.values() if period in line)
    return sum(line.get(name, 0) for line in lines for name in figures.counts)


def _silent_table(figures: Figures) -> Iterator[Remark]:
    """`NEANT` after quarters with figures."""
    history = figures.history
    last = [_total(figures, period) for period in figures.before[: history.silence]]
    season = figures.before[figures.cycle - 1] if 1 < figures.cycle <= len(figures.before) else None
    usual_nil = season is not None and season in figures.past.nil
    if len(last) < history.silence or not all(last) or median(last) < history.silent_level or usual_nil:
        return
    yield Remark(
        value="NEANT",
        cause="silent",
        message=say(
            "État néant, après des {times} d'activité (au total {last} pour le dernier).",
            times=times(figures),
            last=number(last[0]),
        ),
        hint=say("Si l'état néant est juste, l'UESL le confirmera avec vous ; sinon, déposez le tableau."),
    )


def wakings(figures: Figures, asked: Asked) -> Iterator[Remark]:
    """Activity at once after zeros (A-03)."""
    history = figures.history
    for index, line in enumerate(figures.lines):
        if asked.about(index) or not figures.known(index):
            continue
        awake = [
            column
            for column in figures.counts
            if line.get(column, 0) >= history.waking_level
            and not asked.about(index, column)
            and (last := known(figures.series(index, column), history.asleep)) is not None
            and not any(last)
        ]
        for column in awake:
            yield Remark(
                index=index,
                column=column,
                value=number(line[column]),
                cause=f"waking:{column}",
                message=say(
                    "Cette valeur ({value}) vient après au moins {count} {times} à zéro.",
                    value=number(line[column]),
                    count=number(history.asleep),
                    times=times(figures),
                ),
                hint=CONFIRM,
            )
