"""The questions that accepted figures raise, in words: the same for the terminal, the pages and the mails (§9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Final

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from rendering.escaping import visible
from rendering.french import count, say, short_date

STATES: Final[Mapping[AnomalyState, str]] = {
    AnomalyState.OPEN: "sans réponse",
    AnomalyState.CONFIRMED: "confirmée",
    AnomalyState.REJECTED: "à rectifier",
    AnomalyState.CORRECTED: "corrigée",
}
"""What became of a question, after « question »."""
MARKS: Final[Mapping[AnomalyState, str]] = {
    AnomalyState.OPEN: "?",
    AnomalyState.CONFIRMED: "✓",
    AnomalyState.REJECTED: "✗",
    AnomalyState.CORRECTED: "–",
}
"""A mark before the word: seen without colour as well."""
_LONGEST: Final = 300


def figure(anomaly: Anomaly, names: Mapping[str, str]) -> str:
    """« CIL de l'Ain (CIL002), Nb de diagnostics préalables : 20 », or « l'ensemble du tableau ». `names`: by code."""
    member = None if anomaly.member is None else member_name(anomaly.member, names)
    label = anomaly.label or anomaly.column
    what = ", ".join(visible(part, 120) for part in (member, label) if part) or say("L'ensemble du tableau")
    return say("{what} : {value}", what=what, value=visible(anomaly.value, 60)) if anomaly.value else what


def member_name(code: str, names: Mapping[str, str]) -> str:
    """« CIL de l'Ain (CIL002) », or the code alone when the register does not have it."""
    return f"{names[code]} ({code})" if code in names else code


def question(anomaly: Anomaly) -> str:
    """Why it is asked: what the rule found, or what the member says."""
    if anomaly.source is AnomalySource.DISPUTE:
        return say("Contesté par le CIL/CCI : « {words} »", words=visible(anomaly.message, _LONGEST))
    return visible(anomaly.message, _LONGEST)


def place(anomaly: Anomaly) -> str:
    """« ligne 3 du dépôt 20050418-101502-7f3a9c », as much as is known."""
    if anomaly.submission_id is None:
        return ""
    if anomaly.row is None:
        return say("dépôt {number}", number=anomaly.submission_id)
    return say("ligne {row} du dépôt {number}", row=str(anomaly.row), number=anomaly.submission_id)


def reply(anomaly: Anomaly, zone: tzinfo | None) -> str:
    """« Réponse de pf03 le 18/04/2005 : « opération exceptionnelle » »; empty when nobody answered."""
    if anomaly.answered_at is None:
        return ""
    return say(
        "Réponse de {who} le {day} : « {words} »",
        who=visible(anomaly.answered_by or "", 64),
        day=short_date(anomaly.answered_at.astimezone(zone).date()),
        words=visible(anomaly.answer or "", _LONGEST),
    )


def summary(anomalies: Iterable[Anomaly]) -> str:
    """« 3 questions, dont 1 sans réponse et 1 à rectifier »."""
    found = list(anomalies)
    waiting = [
        f"{number} {STATES[state]}"
        for state in (AnomalyState.OPEN, AnomalyState.REJECTED)
        if (number := sum(one.state is state for one in found))
    ]
    told = count(len(found), "question")
    return say("{told}, dont {waiting}", told=told, waiting=" et ".join(waiting)) if waiting else told


def waiting(number: int) -> str:
    """« 2 questions sans réponse »."""
    return f"{count(number, 'question')} {STATES[AnomalyState.OPEN]}"
