"""Who × what as a picture: a square of colour, a mark and a few characters in each place, readable in black and white.

Nothing is told by colour alone: the mark and the text say it too, and what is late is dark, on paper as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.compliance import ComplianceStatus
from domain.periods import Period
from domain.suivi import Suivi, SuiviLine
from rendering.escaping import visible
from rendering.french import period_name, say
from rendering.suivi.words import capital, state_of
from rendering.view import Tone

_LABEL_WIDTH: Final = 64
_CELL_WIDTH: Final = 100
_CELL_HEIGHT: Final = 28
_HEAD_HEIGHT: Final = 26
_CODE_CHARS: Final = 9
_GAP: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One square. `look`: a class of the page's style; `told`: what it says in full, for whoever points at it."""

    x: int
    y: int
    look: str
    text: str
    told: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One period: a row an organisation, a column a collection; sizes in pixels."""

    period: Period
    title: str
    described: str
    width: int
    height: int
    heads: tuple[tuple[int, str], ...]
    labels: tuple[tuple[int, str], ...]
    places: tuple[Place, ...]
    cell_width: int = _CELL_WIDTH - _GAP
    cell_height: int = _CELL_HEIGHT - _GAP


def pictures(suivi: Suivi) -> tuple[Picture, ...]:
    """The recent periods, the latest first."""
    by_period: dict[Period, list[SuiviLine]] = {}
    for line in suivi.recent:
        by_period.setdefault(line.standing.period, []).append(line)
    latest = sorted(by_period, key=lambda one: (-one.year, -one.quarter))
    return tuple(_picture(period, by_period[period], suivi) for period in latest)


def _picture(period: Period, lines: list[SuiviLine], suivi: Suivi) -> Picture:
    collections = list(dict.fromkeys(line.standing.collection for line in lines))
    organisations = sorted({line.standing.organisation for line in lines})
    return Picture(
        period=period,
        title=capital(period_name(period)),
        described=_described(lines),
        width=_LABEL_WIDTH + _CELL_WIDTH * len(collections),
        height=_HEAD_HEIGHT + _CELL_HEIGHT * len(organisations),
        heads=tuple(
            (_LABEL_WIDTH + _CELL_WIDTH * place + _CELL_WIDTH // 2, visible(code, _CODE_CHARS))
            for place, code in enumerate(collections)
        ),
        labels=tuple(
            (_HEAD_HEIGHT + _CELL_HEIGHT * place + _CELL_HEIGHT // 2, visible(code, _CODE_CHARS))
            for place, code in enumerate(organisations)
        ),
        places=tuple(
            _place(
                line,
                suivi,
                x=_LABEL_WIDTH + _CELL_WIDTH * collections.index(line.standing.collection),
                y=_HEAD_HEIGHT + _CELL_HEIGHT * organisations.index(line.standing.organisation),
            )
            for line in lines
        ),
    )


def _place(line: SuiviLine, suivi: Suivi, *, x: int, y: int) -> Place:
    one, state = line.standing, state_of(line)
    told = say(
        "{who}, {collection} : {state}",
        who=visible(suivi.name(one.organisation)),
        collection=one.collection,
        state=state.full,
    )
    return Place(x=x, y=y, look=_look(line, state.tone), text=f"{state.mark} {state.brief}", told=told)


def _look(line: SuiviLine, tone: Tone | None) -> str:
    if line.standing.status is ComplianceStatus.OPEN:
        return "awaited"
    return "none" if tone is None else tone.value


def _described(lines: Iterable[SuiviLine]) -> str:
    """The same in words: who is late, and who is awaited."""
    late = [visible(f"{line.standing.organisation} {line.standing.collection}") for line in lines if line.past_due]
    if not late:
        return "Aucun retard. Le détail est dans les tableaux qui suivent."
    return say("En retard : {late}. Le détail est dans les tableaux qui suivent.", late=", ".join(late))
