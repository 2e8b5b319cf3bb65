"""What is written when data has come to its end, and a month before (E `purge`, contract §11, §12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from domain.notices import Event, Notice
from domain.organisations import Directory, Role
from domain.retention import Lot, Rule
from notifications.envelope import Writing
from notifications.recipients import Recipient, uesl, unique
from rendering import letter
from rendering.collections import Known
from rendering.french import count, long_date, number, say, short_instant, typeset
from rendering.letter import Block, Headline, Item, Line, Points, Title

_WHY: Final = {
    Rule.EXERCICE: "un an après la clôture de l'exercice",
    Rule.LATE: "arrivés après la destruction de leur exercice : détruits le lendemain de leur réception",
    Rule.UNKNOWN: "fichiers dont la collection ou la période n'a pas pu être établie, détruits d'après leur réception",
    Rule.RAW: "originaux des dépôts sans dossier, au bout de leur durée de conservation",
    Rule.REGISTER: "annuaires déposés, remplacés depuis",
    Rule.ANONYMITY: "fichiers qui contenaient des données nominatives",
}
_CLAUSE: Final = (
    "La charte demande que « toute information confidentielle » soit détruite « dans un délai d'un an à compter de la "
    "clôture » : les dossiers d'un exercice, et tout ce qui en a été fait, le sont un an après le 31 décembre."
)
_STAYS: Final = (
    "Restent : le nom de chaque fichier, son empreinte, ses dates et son verdict ; les tableaux publiés et les "
    "agrégats dont ils sont faits ; les échéances tenues. « guichet show » en témoigne."
)


def purged_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    lots: Sequence[Lot],
    directory: Directory | None,
    *,
    known: Known,
    at: datetime,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """To the central body and the administrator: what was destroyed. `at` in the desk's civil time."""
    whole = _merged(lots)
    deposits = sum(one.deposits for one in whole)
    writing = Writing(
        key=f"purge:{at.isoformat()}",
        event=Event.PURGE,
        subject=say("Données détruites à leur terme : {what}", what=_of_what(whole)),
        blocks=[
            Headline(
                "Données détruites",
                say(
                    "Le {at}, le guichet a détruit ce qui était arrivé à son terme : {deposits}.",
                    at=short_instant(at),
                    deposits=count(deposits, "dépôt"),
                ),
                "good",
            ),
            Points(tuple(_item(one, known) for one in whole)),
            Title("Ce qui reste"),
            Line(typeset(_STAYS)),
            Line(typeset(_CLAUSE)),
        ],
        reply_to=reply_to,
    )
    return writing.to(_readers(directory, admin))


def announced_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    lots: Sequence[Lot],
    directory: Directory | None,
    *,
    known: Known,
    exercice: int,
    on: date,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """A month before: what will be destroyed, and what must be done meanwhile, if anything."""
    whole = _merged(lots)
    blocks: list[Block] = [
        Headline(
            "Destruction à venir",
            say(
                "Le {on}, le guichet détruira les dossiers de l'exercice {exercice}, et tout ce qui en a été fait : "
                "fichiers déposés, réponses, anomalies relevées, messages.",
                on=long_date(on),
                exercice=str(exercice),
            ),
            "care",
        ),
        Points(tuple(_item(one, known) for one in whole)),
        Title("À faire avant"),
        letter.points(
            (
                typeset("Publiez l'édition annuelle de cet exercice, si elle ne l'est pas : ses agrégats la gardent."),
                typeset("Demandez les dernières corrections : ensuite, rien ne peut plus être rapproché."),
                typeset("Détruisez les copies qui ne sont pas au guichet, sauvegardes comprises."),
            )
        ),
        Line(typeset(_STAYS)),
        Line(typeset(_CLAUSE)),
    ]
    writing = Writing(
        key=f"purge-due:{exercice}:{on.isoformat()}",
        event=Event.PURGE,
        subject=say(
            "Dossiers de l'exercice {exercice} : destruction le {on}", exercice=str(exercice), on=long_date(on)
        ),
        blocks=blocks,
        reply_to=reply_to,
    )
    return writing.to(_readers(directory, admin))


def _readers(directory: Directory | None, admin: str | None) -> tuple[Recipient, ...]:
    administrator = [Recipient(address=admin)] if admin else []
    return unique([*uesl(directory, Role.PILOTAGE), *administrator])


def _merged(lots: Sequence[Lot]) -> list[Lot]:
    """A deposit's file and its tables are parts of the same lot; a file of several tables has none of its own."""
    found: dict[tuple[str, str | None, int | None], Lot] = {}
    for one in lots:
        key = (one.rule.value, one.collection, one.exercice)
        former = found.get(key)
        found[key] = one if former is None else _added(former, one)
    return sorted(found.values(), key=lambda one: (one.exercice or 0, one.collection or "", one.rule.value))


def _added(one: Lot, more: Lot) -> Lot:
    return Lot(
        rule=one.rule,
        collection=one.collection,
        exercice=one.exercice,
        deposits=max(one.deposits, more.deposits),
        rows=one.rows + more.rows,
        files=one.files + more.files,
    )


def _item(one: Lot, known: Known) -> Item:
    facts = known.get(one.collection or "")
    name = "Autres fichiers" if one.collection is None else one.collection
    if facts is not None:
        name = f"{one.collection} – {facts.label}"
    what = [count(one.deposits, "dépôt")]
    if one.rows:
        what.append(say("{rows} dossiers", rows=number(one.rows)) if one.rows > 1 else "1 dossier")
    if one.files:
        what.append(count(one.files, "fichier"))
    exercice = "" if one.exercice is None or not one.rule.whole else f", exercice {one.exercice}"
    return Item(
        say("{name}{exercice} : {what}", name=name, exercice=exercice, what=", ".join(what)),
        details=(typeset(_WHY[one.rule]),),
    )


def _of_what(lots: Sequence[Lot]) -> str:
    exercices = sorted({one.exercice for one in lots if one.exercice is not None and one.rule is Rule.EXERCICE})
    if exercices:
        return f"dossiers de {', '.join(map(str, exercices))}"
    return count(sum(one.deposits for one in lots), "dépôt")
