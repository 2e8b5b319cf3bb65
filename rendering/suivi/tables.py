"""The « Suivi des échéances » laid out as the tables of a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from domain.periods import Period
from domain.punctuality import Rate, rate, rates, recent
from domain.suivi import Suivi, SuiviLine, ordered, totals
from rendering.escaping import visible
from rendering.french import count, long_date, number, period_name, say
from rendering.letter import Cell, Grid
from rendering.suivi.words import (
    capital,
    dates_of,
    granted,
    late_days,
    percent,
    reminders,
    share,
    state_of,
    totals_sentence,
)

NAME_CHARS: Final = 40
_NO_BREAK: Final = "\u2011"
"""A hyphen at which no line ends."""
_NOTHING: Final = Cell(lines=("·",))
"""Nothing is owed there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The lines of one collection and period, what asks for attention first."""

    collection: str
    label: str
    period: Period
    lines: tuple[SuiviLine, ...]

    @property
    def title(self) -> str:
        """« N1A – Suivi de l’activité du CIL-PASS assistance, 1er trimestre 2005 »."""
        return f"{visible(self.collection)} – {visible(self.label, 120)}, {period_name(self.period)}"


def groups(lines: Iterable[SuiviLine]) -> tuple[Group, ...]:
    """By period, the latest first, then by collection in the order in which they come."""
    found: dict[tuple[Period, str], list[SuiviLine]] = {}
    for line in lines:
        found.setdefault((line.standing.period, line.standing.collection), []).append(line)
    latest = sorted(found, key=lambda key: (-key[0].year, -key[0].quarter))
    return tuple(
        Group(
            collection=collection,
            label=found[period, collection][0].standing.label,
            period=period,
            lines=ordered(found[period, collection]),
        )
        for period, collection in latest
    )


def who_what(lines: Iterable[SuiviLine]) -> tuple[Grid, ...]:
    """Who × what: one table a period, the latest first; a mark and a few characters in each place."""
    by_period: dict[Period, list[SuiviLine]] = {}
    for line in lines:
        by_period.setdefault(line.standing.period, []).append(line)
    return tuple(
        _who_what(period, by_period[period]) for period in sorted(by_period, key=lambda one: (-one.year, -one.quarter))
    )


def _who_what(period: Period, lines: list[SuiviLine]) -> Grid:
    collections = list(dict.fromkeys(line.standing.collection for line in lines))
    places = {(line.standing.organisation, line.standing.collection): line for line in lines}
    return Grid(
        caption=f"{capital(period_name(period))}, {_due(lines)}",
        heads=("Émetteur", *collections),
        rows=tuple(
            (
                Cell(lines=(organisation,)),
                *(_place(places.get((organisation, collection))) for collection in collections),
            )
            for organisation in sorted({line.standing.organisation for line in lines})
        ),
    )


def _place(line: SuiviLine | None) -> Cell:
    if line is None:
        return _NOTHING
    state = state_of(line)
    return Cell(lines=(state.brief,), tone=state.tone or "", mark=state.mark)


def _due(lines: Iterable[SuiviLine]) -> str:
    """The due day that most have."""
    days = [line.standing.first_due_at.date() for line in lines]
    return say("échéance le {day}", day=long_date(max(set(days), key=lambda day: (days.count(day), day))))


def followed(lines: Iterable[SuiviLine], suivi: Suivi) -> Iterator[tuple[Group, Grid]]:
    """D9 as tables: a collection and period each."""
    for group in groups(lines):
        yield (
            group,
            Grid(
                caption=capital(totals_sentence(totals(suivi.table(group.collection, group.period)))),
                heads=("Émetteur", "État", "Dates", "Dépôts et relances"),
                rows=tuple(_row(line, suivi) for line in group.lines),
            ),
        )


def _row(line: SuiviLine, suivi: Suivi) -> tuple[Cell, ...]:
    one, state = line.standing, state_of(line)
    late = late_days(line)
    due, *others = dates_of(one, suivi.made_at.date())
    dates = [due, granted(one), *others]
    told = [count(line.versions, "version")] if line.versions else []
    told += [count(line.anomalies, "anomalie")] if line.anomalies else []
    told += [", ".join(reminders(line.said)).replace("-", _NO_BREAK)] if reminders(line.said) else []
    return (
        Cell(lines=(one.organisation, visible(suivi.name(one.organisation), NAME_CHARS))),
        Cell(
            lines=tuple(part for part in (state.full, count(int(late), "jour") if late else "") if part),
            tone=state.tone or "",
            mark=state.mark,
        ),
        Cell(lines=tuple(visible(part, 200) for part in dates if part)),
        Cell(lines=tuple(told)),
    )


def punctuality(suivi: Suivi) -> Grid | None:
    """Each organisation's punctuality over four periods, the whole last; None when nothing was due yet."""
    standings = recent(line.standing for line in suivi.lines)
    by_organisation = rates(standings, lambda one: one.organisation)
    whole = rate(standings)
    if not whole.due:
        return None
    rows = [_rate(code, suivi.name(code), by_organisation[code]) for code in sorted(by_organisation)]
    return Grid(
        caption="Reçus complets dans les délais, sur les quatre dernières périodes",
        heads=("Émetteur", "Ponctualité", "Dépôts"),
        rows=(*rows, _rate("Tous", "", whole)),
    )


def _rate(code: str, name: str, found: Rate) -> tuple[Cell, ...]:
    shown = (code, visible(name, NAME_CHARS)) if name and name != code else (code,)
    late = found.due - found.punctual
    tone = "" if not late else "care"
    return (
        Cell(lines=shown),
        Cell(lines=(percent(found),), tone=tone),
        Cell(lines=(share(found) or number(0),)),
    )
