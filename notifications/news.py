"""What changed since the central body was told last, part by part: what asks for attention comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from domain.anomalies import Anomaly, AnomalyState
from domain.bulletins import Bulletin, Change, ChangeKind, Confirmation, Undelivered
from rendering.anomalies import figure, question, reply
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import count, period_name, say, short_date, typeset
from rendering.letter import Block, Item, Line, Points, Title
from rendering.suivi.changes import change_text
from rendering.suivi.words import capital

LISTED: Final = 40
"""Points of one list in a mail; the page has everything."""
_TEXT_CHARS: Final = 300
_TITLES: Final = (
    (ChangeKind.OVERDUE, "Échéance dépassée", "bad"),
    (ChangeKind.REOPENED, "De nouveau attendu, après un retrait", "bad"),
    (ChangeKind.REJECTED, "Refusé, à corriger", "bad"),
    (ChangeKind.INCOMPLETE, "Reçu, mais incomplet", "care"),
    (ChangeKind.LATE, "Reçu en retard", "calm"),
    (ChangeKind.ON_TIME, "Reçu dans les délais", "good"),
    (ChangeKind.EXTENDED, "Délai accordé", "calm"),
    (ChangeKind.MOVED, "Échéance changée dans l’annuaire", "calm"),
    (ChangeKind.EXCUSED, "Échéance reportée par une panne du guichet", "calm"),
    (ChangeKind.WAIVED, "Dispense accordée", "calm"),
)
_WRONG: Final = frozenset({ChangeKind.OVERDUE, ChangeKind.REOPENED})
_ARRANGED: Final = frozenset({ChangeKind.EXTENDED, ChangeKind.MOVED, ChangeKind.EXCUSED, ChangeKind.WAIVED})
_ASKED: Final = typeset(
    "Les plates-formes ont reçu ces questions. Pour trancher vous-mêmes, citez le numéro dans un classeur « decisions »"
    " ou dans la commande guichet anomaly."
)


def tone(bulletin: Bulletin) -> str:
    """How it feels: bad as soon as something is newly late."""
    kinds = {change.kind for change in bulletin.changes}
    if kinds & _WRONG:
        return "bad"
    care = kinds & {ChangeKind.REJECTED, ChangeKind.INCOMPLETE} or questions_of(bulletin) or bulletin.undelivered
    return "care" if care else "good"


def news(bulletin: Bulletin) -> str:
    """« 2 retards, 1 chiffre à regarder, 3 dépôts reçus »: what matters first, at most three things."""
    kinds = [change.kind for change in bulletin.changes]
    counts = (
        (sum(kind in _WRONG for kind in kinds), "retard", None),
        (len(questions_of(bulletin)), "chiffre à regarder", "chiffres à regarder"),
        (kinds.count(ChangeKind.REJECTED), "refus", "refus"),
        (kinds.count(ChangeKind.INCOMPLETE), "dépôt incomplet", "dépôts incomplets"),
        (kinds.count(ChangeKind.ON_TIME) + kinds.count(ChangeKind.LATE), "dépôt reçu", "dépôts reçus"),
        (len(bulletin.undelivered), "adresse en défaut", "adresses en défaut"),
        (len(_answers(bulletin.anomalies)) + len(bulletin.confirmations), "réponse", None),
        (sum(kind in _ARRANGED for kind in kinds), "échéance changée", "échéances changées"),
    )
    told = [count(number, one, many) for number, one, many in counts if number]
    return ", ".join(told[:3])


def changed(bulletin: Bulletin, known: Known) -> list[Block]:
    """The parts, each with its title; none when nothing changed."""
    blocks: list[Block] = []
    for kind, title, tone in _TITLES[:4]:
        blocks += _of_kind(bulletin, kind, title, tone)
    questions = [_question(one, bulletin, known) for one in questions_of(bulletin)]
    blocks += [*_listed("Chiffres à regarder", questions), Line(_ASKED)] if questions else []
    for kind, title, tone in _TITLES[4:]:
        blocks += _of_kind(bulletin, kind, title, tone)
    answers = [_answer(one, bulletin, known) for one in _answers(bulletin.anomalies)]
    answers += _confirmed(bulletin.confirmations)
    blocks += _listed("Chiffres confirmés par les déposants", answers)
    return blocks + _listed("Adresses qui ne reçoivent plus nos messages", _lost(bulletin.undelivered))


def _of_kind(bulletin: Bulletin, kind: ChangeKind, title: str, tone: str) -> list[Block]:
    """One point a collection and period, which names those concerned."""
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in bulletin.changes:
        if change.kind is kind:
            grouped.setdefault((change.standing.collection, change.standing.period.code), []).append(change)
    items = [
        Item(
            f"{collection}, {period_name(period)}",
            tuple(change_text(one, bulletin.suivi) for one in found[:LISTED]) + _more(len(found) - LISTED),
            tone=tone,
        )
        for (collection, period), found in grouped.items()
    ]
    return _listed(title, items)


def _more(left: int) -> tuple[str, ...]:
    return (say("… et {others}, dans la page de suivi", others=count(left, "autre")),) if left > 0 else ()


def _listed(title: str, items: Sequence[Item]) -> list[Block]:
    if not items:
        return []
    shown = tuple(items[:LISTED])
    return [Title(title), Points(shown), *(Line(capital(text)) for text in _more(len(items) - LISTED))]


def questions_of(bulletin: Bulletin) -> list[Anomaly]:
    """Those that wait for an answer, or for another figure."""
    return [one for one in bulletin.anomalies if one.state.waits]


def _answers(anomalies: Iterable[Anomaly]) -> list[Anomaly]:
    return [one for one in anomalies if one.state is AnomalyState.CONFIRMED]


def _question(one: Anomaly, bulletin: Bulletin, known: Known) -> Item:
    details = [] if _secret(one, known) else [question(one)]
    if one.state is AnomalyState.REJECTED:
        details.append(say("jugé faux le {day}", day=_day(one.answered_at, bulletin)))
    elif one.reminded_at is not None:
        details.append(say("sans réponse ; relance faite le {day}", day=_day(one.reminded_at, bulletin)))
    return Item(_figure(one, bulletin, known), tuple(details), tone="care")


def _answer(one: Anomaly, bulletin: Bulletin, known: Known) -> Item:
    told = () if _secret(one, known) else (question(one), reply(one, _zone(bulletin)))
    return Item(_figure(one, bulletin, known), tuple(text for text in told if text), tone="good")


def _day(instant: datetime | None, bulletin: Bulletin) -> str:
    return "" if instant is None else short_date(instant.astimezone(_zone(bulletin)).date())


def _zone(bulletin: Bulletin) -> tzinfo | None:
    return bulletin.made_at.tzinfo


def _secret(one: Anomaly, known: Known) -> bool:
    facts = known.get(one.collection)
    return facts is None or facts.cases


def _figure(one: Anomaly, bulletin: Bulletin, known: Known) -> str:
    """« n° 12 – PF03, N1A 1er trimestre 2005 : CIL de la Brie (CIL025), Nb de diagnostics préalables : 17 »."""
    shown = one if one.label and not _secret(one, known) else replace(one, column=None, value=None)
    return say(
        "n° {number} – {who}, {collection} {period} : {figure}",
        number=str(one.number),
        who=visible(one.organisation or one.account, 40),
        collection=one.collection,
        period=period_name(one.period),
        figure=figure(shown, bulletin.suivi.names),
    )


def _confirmed(confirmations: Iterable[Confirmation]) -> list[Item]:
    grouped: dict[tuple[str, str, str], list[Confirmation]] = {}
    for one in confirmations:
        grouped.setdefault((one.organisation, one.collection, one.period), []).append(one)
    return [
        Item(
            say(
                "{who}, {collection} {period} : {points}",
                who=visible(who, 40),
                collection=collection,
                period=period_name(period),
                points=count(len(found), "point confirmé", "points confirmés"),
            ),
            tuple(
                say(
                    "{message} – « {words} »",
                    message=visible(one.message, _TEXT_CHARS),
                    words=visible(one.text, _TEXT_CHARS),
                )
                for one in found[:3]
            )
            + _more(len(found) - 3),
            tone="good",
        )
        for (who, collection, period), found in grouped.items()
    ]


def _lost(undelivered: Iterable[Undelivered]) -> list[Item]:
    hint = typeset("corrigez-la dans l'annuaire : les messages suivants n'arriveront pas non plus")
    return [
        Item(
            " – ".join(visible(part, 120) for part in (one.organisation, one.address) if part),
            hint=hint,
            tone="bad",
        )
        for one in undelivered
    ]
