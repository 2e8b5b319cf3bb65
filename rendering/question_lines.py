"""The questions that accepted figures raise, on a terminal (`guichet anomaly`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import groupby
from typing import Final

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from rendering.anomalies import MARKS, STATES, figure, place, question, reply, summary
from rendering.escaping import terminal, visible
from rendering.french import period_name, say, short_date
from rendering.terminal import TerminalLine, wrap
from rendering.view import Tone

_TONES: Final[Mapping[AnomalyState, Tone]] = {
    AnomalyState.OPEN: Tone.CARE,
    AnomalyState.CONFIRMED: Tone.GOOD,
    AnomalyState.REJECTED: Tone.BAD,
    AnomalyState.CORRECTED: Tone.CALM,
}
_GAP: Final = "  "


def anomaly_lines(anomalies: Sequence[Anomaly], names: Mapping[str, str], zone: tzinfo) -> list[TerminalLine]:
    """The questions, the latest period first, then by platform; `names`: organisation → its name."""
    if not anomalies:
        return [TerminalLine("Aucune question.")]
    lines: list[TerminalLine] = []
    ordered = sorted(anomalies, key=lambda one: (one.account, one.collection, one.number))
    ordered.sort(key=lambda one: one.period, reverse=True)
    width = max(len(str(one.number)) for one in ordered)
    for (period, account), group in groupby(ordered, key=lambda one: (one.period, one.account)):
        found = list(group)
        lines += [TerminalLine("")] if lines else []
        who = found[0].organisation or account
        name = names.get(who)
        told = f"{who} {name}" if name else who
        lines += wrap(f"{period_name(period)}, {told} – {summary(found)}", strong=True)
        for one in found:
            lines += question_lines(one, names, zone, width=width)
    return lines


def question_lines(anomaly: Anomaly, names: Mapping[str, str], zone: tzinfo, *, width: int = 0) -> list[TerminalLine]:
    """One question, its number first: what is asked, why, where, and the answer."""
    number = str(anomaly.number).rjust(width)
    rest = " " * (len(number) + 2 * len(_GAP))
    state = f"{MARKS[anomaly.state]} {STATES[anomaly.state]}"
    asked = say("posée le {day}", day=short_date(anomaly.raised_at.astimezone(zone).date()))
    by = say("transmise par {who}", who=visible(anomaly.raised_by, 64)) if anomaly.raised_by else ""
    rule = f" [{anomaly.code}]" if anomaly.source is AnomalySource.JUDGING else ""
    head = f"{_GAP}{number}{_GAP}{state}{_GAP}{anomaly.collection}{_GAP}{figure(anomaly, names)}"
    return [
        *wrap(head, tone=_TONES[anomaly.state], rest=rest),
        *wrap(f"{question(anomaly)}{rule}", first=rest, rest=rest),
        *wrap(", ".join(part for part in (asked, by, place(anomaly)) if part), tone=Tone.CALM, first=rest, rest=rest),
        *wrap(reply(anomaly, zone), first=rest, rest=rest),
    ]


def settled_line(anomaly: Anomaly, names: Mapping[str, str]) -> str:
    """What a verb says when it has answered or asked: « Question 12 : confirmée – CIL002, … : 20 »."""
    return say(
        "Question {number} : {state} – {what}",
        number=str(anomaly.number),
        state=STATES[anomaly.state],
        what=terminal(figure(anomaly, names)),
    )
