"""The guide's own words for what schemas and rules declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.findings import Severity
from domain.organisations import OrganisationType
from domain.periods import Periodicity
from rendering.french import count, joined, say
from schemas.collection import Collection
from schemas.columns import Column, Kind

SENDERS: Final[Mapping[OrganisationType, str]] = {
    OrganisationType.UESL: "l’UESL",
    OrganisationType.PF: "les Plates-formes",
    OrganisationType.CIL: "les CIL",
    OrganisationType.CCI: "les CCI",
    OrganisationType.AUD: "les cabinets d’audit",
    OrganisationType.STR: "les structures",
    OrganisationType.ML: "les missions locales",
    OrganisationType.DIR: "les DIRECCTE",
}
RHYTHMS: Final[Mapping[Periodicity, str]] = {
    Periodicity.QUARTER: "chaque trimestre",
    Periodicity.YEAR: "chaque année",
    Periodicity.EVENT: "à chaque événement",
}
_LENGTHS: Final[Mapping[Periodicity, str]] = {
    Periodicity.QUARTER: "du trimestre",
    Periodicity.YEAR: "de l'année",
    Periodicity.EVENT: "de la période",
}
CONSEQUENCES: Final[Mapping[Severity, str]] = {
    Severity.BLOCKING: "Le tableau entier est refusé : rien n'en est enregistré.",
    Severity.ERROR: "La ligne est refusée ; les autres sont enregistrées.",
    Severity.WARNING: "La ligne est acceptée. Vérifiez-la : corrigez si c'est faux, confirmez si c'est juste.",
    Severity.INFO: "Rien à faire : c'est dit pour que vous sachiez ce qui a été compris.",
}
ORDER: Final = (Severity.BLOCKING, Severity.ERROR, Severity.WARNING, Severity.INFO)


def senders(collection: Collection) -> str:
    """« les CIL et les CCI »."""
    return joined([SENDERS[kind] for kind in sorted(collection.senders)])


def tolerance(collection: Collection) -> str:
    """What « accepté en partie » means here."""
    if collection.tolerance == 0:
        return say("C'est tout ou rien : une seule ligne fausse et le tableau entier est refusé.")
    if collection.tolerance == 1:
        return say("Les lignes fausses sont refusées, les lignes justes enregistrées, quel qu'en soit le nombre.")
    return say(
        "Si des lignes sont fausses, les lignes justes sont enregistrées et les fausses vous reviennent. "
        "Au-delà de {share} de lignes fausses, le tableau entier est refusé.",
        share=f"{collection.tolerance * 100:.0f}\u00a0%",
    )


def expected(column: Column) -> str:
    """What a cell holds, in plain words."""
    if column.context == "platform":
        return "Le code de votre organisme."
    if column.free_text:
        return say(
            "Un texte libre, {most} caractères au plus. Rien sur des personnes : ni nom, ni téléphone, ni adresse.",
            most=column.max_length,
        )
    if column.kind is Kind.COUNT and column.minimum == 0:
        return say("Un nombre entier : 0 ou plus.")
    if column.kind is Kind.AMOUNT and column.minimum == 0:
        what = "Un montant en euros" if column.unit in {None, "€"} else "Un nombre"
        places = count(column.decimals, "décimale")
        return say("{what} : 0 ou plus, {places} au plus.", what=what, places=places)
    if column.kind is Kind.CODE and column.codes and not column.several:
        return say("Un code de la liste, par exemple {code} ({label}).", **_first(column))
    return f"{column.expected[0].upper()}{column.expected[1:]}."


def _first(column: Column) -> dict[str, str]:
    code, label = next(iter((column.codes or {}).items()))
    return {"code": code, "label": label}


def duty(column: Column, collection: Collection) -> tuple[str, str]:
    """Whether a column is to be filled in: the word, and why."""
    if column.context is not None:
        return "Facultative", say("Le nom du fichier et votre compte le disent déjà ; elle doit dire la même chose.")
    instead = ""
    if column.stand_in is not None:
        other = collection.column(column.stand_in).label
        instead = say("Ou bien donnez le nom exact dans la colonne « {other} ».", other=other)
    if column.when is not None:
        elsewhere = "Vide sur les autres lignes." if column.empty_elsewhere else "Facultative sur les autres lignes."
        told = say(
            "Obligatoire {condition}. {elsewhere}",
            condition=say(collection.condition(column) or ""),
            elsewhere=elsewhere,
        )
        return "Selon la ligne", f"{told} {instead}".rstrip()
    if instead:
        return "Obligatoire", instead
    if column.register is not None and not column.required:
        return "Facultative", say("Le guichet la complète d'après l'annuaire.")
    if column.required and not column.optional:
        return "Obligatoire", ""
    return "Facultative" if column.optional else "Peut rester vide", ""


def deadline_rule(collection: Collection, *, rolls: bool = False) -> str:
    """When it is due, as a rule. `rolls`: a day that is not worked rolls to the next working day."""
    if collection.due_days is None:
        return say("Pas de date limite fixe.")
    days = count(collection.due_days, "jour")
    free = "Les week-ends et jours fériés comptent."
    if rolls:
        free = "Quand ce jour est un week-end ou un jour férié, vous avez jusqu'au jour ouvré suivant."
    return say("{days} après la fin " + _LENGTHS[collection.periodicity] + ", jusqu'à minuit. " + free, days=days)
