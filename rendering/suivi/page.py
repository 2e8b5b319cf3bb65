"""`suivi.html`: where everybody stands with everything, on one page that needs nothing else (D9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from domain.periods import Period, Periodicity
from domain.punctuality import PERIODS, Rate, rate, rates, recent
from domain.steps import Standing
from domain.suivi import Suivi, SuiviLine, totals
from rendering.environment import render
from rendering.escaping import visible
from rendering.french import count, joined, period_name, say
from rendering.suivi.picture import pictures
from rendering.suivi.tables import Group, groups
from rendering.suivi.words import (
    LEGEND,
    accepted_on,
    capital,
    granted,
    late_days,
    latest_sentence,
    percent,
    received_on,
    reminders,
    share,
    state_of,
    totals_sentence,
)

_NAMED: Final = 12
_REASON_CHARS: Final = 200


def suivi_html(suivi: Suivi) -> str:
    """The page: the picture, the totals, then every line, what asks for attention first."""
    tables = groups(suivi.shown)
    return render(
        "suivi.html.j2",
        {
            "made_at": suivi.made_at,
            "head": _head(suivi),
            "totals": [_totals(group) for group in tables],
            "pictures": pictures(suivi),
            "legend": LEGEND,
            "punctuality": _punctuality(suivi),
            "groups": [_group(group, suivi) for group in tables],
        },
    )


def own_suivi(suivi: Suivi | None) -> dict[str, Any]:
    """An organisation's own lines, for its own page: the latest period first, and its punctuality."""
    if suivi is None or not suivi.lines:
        return {"lines": [], "own_rate": None}
    found = rate(recent(line.standing for line in suivi.lines))
    shown = sorted(suivi.shown, key=lambda line: (-line.standing.period.year, -line.standing.period.quarter))
    return {
        "lines": [line_view(line, line.standing.collection, period_name(line.standing.period)) for line in shown],
        "own_rate": _rate(found) if found.due else None,
    }


def _head(suivi: Suivi) -> dict[str, str]:
    late = sorted({line.standing.organisation for line in suivi.lines if line.past_due})
    if not suivi.lines:
        return {"tone": "calm", "label": "Rien n’est attendu", "text": say("Aucune période n'est ouverte.")}
    sentence = latest_sentence(suivi)
    if not late:
        return {"tone": "good", "label": "Aucun retard", "text": sentence}
    number = sum(line.past_due for line in suivi.lines)
    who = joined([visible(code) for code in late]) if len(late) <= _NAMED else count(len(late), "organisme")
    return {
        "tone": "bad",
        "label": say("{late} en retard", late=count(number, "dépôt")),
        "text": f"{who}. {sentence}",
    }


def _totals(group: Group) -> dict[str, Any]:
    found = totals(group.lines)
    return {
        "collection": visible(group.collection),
        "period": period_name(group.period),
        "figures": (
            found.expected,
            found.received,
            found.on_time,
            found.late,
            found.incomplete,
            found.missing,
            found.awaited,
        ),
        "rate": percent(found.rate),
    }


def _group(group: Group, suivi: Suivi) -> dict[str, Any]:
    return {
        "title": group.title,
        "caption": f"{capital(totals_sentence(totals(group.lines)))}.",
        "lines": [
            line_view(line, line.standing.organisation, suivi.name(line.standing.organisation)) for line in group.lines
        ],
    }


def line_view(line: SuiviLine, code: str, name: str) -> dict[str, Any]:
    """One line of a table; `code`, `name`: what it is about, as its first column says it."""
    one, state = line.standing, state_of(line)
    return {
        "code": visible(code),
        "name": visible(name),
        "mark": state.mark,
        "state": state.full,
        "tone": state.tone,
        "granted": visible(granted(one), _REASON_CHARS),
        "due": f"{one.due_at:%d/%m/%Y}",
        "received": received_on(one),
        "accepted": accepted_on(one),
        "late": late_days(line),
        "versions": line.versions,
        "anomalies": line.anomalies,
        "asked": line.asked,
        "said": reminders(line.said),
    }


def _punctuality(suivi: Suivi) -> dict[str, Any] | None:
    """By organisation, then by collection, over the last four periods of each length."""
    known = [line.standing for line in suivi.lines]
    standings = recent(known)
    if not rate(standings).due:
        return None
    periods = _columns(standings)
    collections = list(dict.fromkeys(one.collection for one in standings))
    return {
        "periods": [period_name(period) for period in periods],
        "rows": [
            _rates(code, visible(suivi.name(code)), [one for one in standings if one.organisation == code], periods)
            for code in sorted({one.organisation for one in standings})
        ],
        "collections": [
            _rates(code, "", [one for one in standings if one.collection == code], periods) for code in collections
        ],
        "whole": _rates("Ensemble", "", standings, periods),
    }


def _columns(standings: Iterable[Standing]) -> list[Period]:
    """The quarters, the oldest first, then the years."""
    found = {one.period for one in standings}
    quarters = sorted(one for one in found if one.periodicity is Periodicity.QUARTER)[-PERIODS:]
    return [*quarters, *sorted(one for one in found if one.periodicity is Periodicity.YEAR)[-PERIODS:]]


def _rates(code: str, name: str, standings: Sequence[Standing], periods: Sequence[Period]) -> dict[str, Any]:
    by_period = rates(standings, lambda one: one.period)
    return {
        "code": visible(code),
        "name": "" if name == code else name,
        "rates": [_rate(by_period.get(period, Rate())) for period in periods],
        "whole": _rate(rate(standings)),
    }


def _rate(found: Rate) -> dict[str, str]:
    return {"percent": percent(found), "share": share(found)}
