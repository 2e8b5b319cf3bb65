"""The sentences about decisions, for the central body's staff: which line, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from domain.arrangements import Arranged
from domain.decisions import DecisionKind
from domain.periods import Period
from ingest.decisions.results import Refusal
from ingest.ledger.withdrawing import Withdrawal
from rules import decisions as codes
from rules.messages import both, day, either, period_name, plural, quoted, say
from schemas.collection import Collection
from schemas.decisions import DECISIONS

_SHOWN = 8
_MATRIX = "Le tableau des échéances (suivi) dit qui doit quoi."


def _label(column: str) -> str:
    return quoted(DECISIONS.by_name[column].label)


def lacking(kind: DecisionKind, column: str) -> Refusal:
    """A cell that the decision needs is empty."""
    return Refusal(
        code=codes.FILLED,
        column=column,
        message=say("Il manque {column} : « {kind} » en a besoin.", column=_label(column), kind=kind.value),
        expected=DECISIONS.by_name[column].expected,
        hint=say("Remplissez cette cellule."),
    )


def unused(kind: DecisionKind, column: str, value: str) -> Refusal:
    """A cell is filled that the decision has no use for: another decision may be meant."""
    return Refusal(
        code=codes.UNUSED,
        column=column,
        message=say("{column} ne sert pas à « {kind} ».", column=_label(column), kind=kind.value),
        value=value,
        hint=say("Videz cette cellule, ou corrigez la décision."),
    )


def nobody(who: str, near: Sequence[str]) -> Refusal:
    """No such account or organisation."""
    meant = say("Vouliez-vous dire {names} ?", names=either(near)) if near else say("Voyez l'annuaire en vigueur.")
    return Refusal(
        code=codes.WHO,
        column="compte",
        message=say("{who} n'est ni un compte ni un organisme de l'annuaire.", who=quoted(who)),
        value=who,
        expected=say("un compte, le code d'un organisme, ou ALL"),
        hint=meant,
    )


def no_collection(word: str, known: Sequence[str]) -> Refusal:
    """No such collection."""
    return Refusal(
        code=codes.WHAT,
        column="collection",
        message=say("{word} n'est pas une collecte.", word=quoted(word)),
        value=word,
        expected=either(known),
        hint=say("Écrivez le code de la collecte."),
    )


def no_period(collection: Collection, text: str, example: str) -> Refusal:
    """No such period, or not of that collection."""
    return Refusal(
        code=codes.WHAT,
        column="periode",
        message=say("{text} n'est pas une période de {code}.", text=quoted(text), code=collection.code),
        value=text,
        expected=say("une période telle que {example}", example=example),
        hint=say("Écrivez par exemple {example}.", example=example),
    )


def not_owed(who: str | None, collection: Collection, period: Period) -> Refusal:
    """Nothing to extend or waive."""
    told = {"code": collection.code, "period": period_name(period)}
    if who is None:
        message = say("Personne ne doit {code} pour : {period}.", **told)
    else:
        message = say("{who} ne doit pas {code} pour : {period}.", who=who, **told)
    return Refusal(code=codes.OWED, column="compte", message=message, value=who, hint=say(_MATRIX))


def waived_already(who: str, reason: str) -> Refusal:
    """An extension for who owes nothing any more."""
    return Refusal(
        code=codes.OWED,
        column="compte",
        message=say("{who} est déjà dispensé de ce dépôt (motif : {reason}).", who=who, reason=reason),
        value=who,
        hint=say("Supprimez cette ligne."),
    )


def nothing_to_waive(who: str | None) -> Refusal:
    """All is there already."""
    message = say("{who} a déjà tout déposé.", who=who) if who else say("Tout le monde a déjà tout déposé.")
    return Refusal(code=codes.OWED, column="compte", message=message, value=who, hint=say("Supprimez cette ligne."))


def past(until: date, today: date) -> Refusal:
    """The day granted is over."""
    return Refusal(
        code=codes.UNTIL,
        column="jusqu_au",
        message=say("Le {day} est passé.", day=day(until)),
        value=day(until),
        expected=say("un jour à venir (à partir du {today})", today=day(today)),
        hint=say("Donnez un jour à venir."),
    )


def no_gain(who: str | None, until: date, due: datetime | None) -> Refusal:
    """The day granted gives nobody any more time."""
    if who is None or due is None:
        message = say("Le {day} ne donne de temps à personne.", day=day(until))
    else:
        message = say("{who} a déjà jusqu'au {due}.", who=who, due=day(due.date()))
    return Refusal(
        code=codes.UNTIL,
        column="jusqu_au",
        message=message,
        value=day(until),
        expected=None if due is None else say("un jour après le {due}", due=day(due.date())),
        hint=say("Un délai ne se raccourcit pas : donnez un jour plus tardif, ou supprimez cette ligne."),
    )


def no_deposit(submission_id: str) -> Refusal:
    """No such deposit."""
    return Refusal(
        code=codes.DEPOSIT,
        column="depot",
        message=say("Il n'y a pas de dépôt {id}.", id=quoted(submission_id)),
        value=submission_id,
        expected=say("un numéro tel que 20050418-101502-7f3a9c"),
        hint=say("Le numéro est dans la réponse au dépôt et dans les courriels."),
    )


def not_in_force(submission_id: str, why: str) -> Refusal:
    """A deposit that does not count cannot be taken back."""
    return Refusal(
        code=codes.DEPOSIT,
        column="depot",
        message=say("Le dépôt {id} {why}.", id=submission_id, why=why),
        value=submission_id,
        hint=say("Il n'y a rien à retirer : supprimez cette ligne, ou corrigez le numéro."),
    )


def no_anomaly(number: int) -> Refusal:
    """No such question."""
    return Refusal(
        code=codes.ANOMALY,
        column="anomalie",
        message=say("Il n'y a pas d'anomalie {number}.", number=str(number)),
        value=str(number),
        hint=say("Le numéro est dans le courriel quotidien et dans la page de suivi."),
    )


def not_asked(number: int) -> Refusal:
    """The figure asked about is no more."""
    return Refusal(
        code=codes.ANOMALY,
        column="anomalie",
        message=say("L'anomalie {number} n'attend plus de réponse : le chiffre a changé.", number=str(number)),
        value=str(number),
        hint=say("Supprimez cette ligne."),
    )


def disagrees(column: str, value: str, found: str) -> Refusal:
    """What stands beside the number of a deposit or of an anomaly is not its own."""
    return Refusal(
        code=codes.AGREES,
        column=column,
        message=say("{column} ne s'accorde pas : on trouve {found}.", column=_label(column), found=found),
        value=value,
        expected=found,
        hint=say("Vérifiez le numéro ; ou videz cette cellule, elle est facultative ici."),
    )


# ── what is decided ──────────────────────────────────────────────────────────────────────────────────────────────


def extended(granted: Sequence[Arranged], until: date, collection: Collection, period: Period) -> str:
    """Tell who has time until when, and instead of when."""
    told = {"until": day(until), "code": collection.code, "period": period_name(period)}
    if len(granted) == 1:
        former = day(granted[0].former_due_at.date())
        template = "Délai : {who} a jusqu'au {until} pour {code}, {period} (au lieu du {former})."
        return say(template, who=granted[0].organisation, former=former, **told)
    template = "Délai : {who} ont jusqu'au {until} pour {code}, {period}."
    return say(template, who=_several(granted), **told)


def waived(granted: Sequence[Arranged], collection: Collection, period: Period) -> str:
    """Tell who owes nothing any more."""
    told = {"code": collection.code, "period": period_name(period)}
    if len(granted) == 1:
        return say("Dispense : {who} n'a plus à déposer {code}, {period}.", who=granted[0].organisation, **told)
    return say("Dispense : {who} n'ont plus à déposer {code}, {period}.", who=_several(granted), **told)


def withdrawn(submission_id: str, changed: Sequence[Withdrawal]) -> str:
    """Tell what is in force once the deposit counts no more."""
    after = [
        say("{code} {period} : {after}", code=one.collection, period=one.period, after=one.after or "rien")
        for one in changed
    ]
    template = "Retrait : le dépôt {id} ne compte plus. En vigueur maintenant : {after}."
    return say(template, id=submission_id, after=both(after) or "rien")


def answered(number: int, *, confirmed: bool) -> str:
    """Tell what is held of the figure."""
    if confirmed:
        return say("Anomalie {number} : le chiffre est tenu pour juste.", number=str(number))
    return say("Anomalie {number} : le chiffre est à rectifier, l'organisme en est averti.", number=str(number))


def known(what: str) -> str:
    """Of a line that stood in a former workbook."""
    return say("Déjà fait : {what}. Rien ne change.", what=what)


def _several(granted: Sequence[Arranged]) -> str:
    names = [one.organisation for one in granted]
    shown = ", ".join(names[:_SHOWN]) + ("…" if len(names) > _SHOWN else "")
    return f"{plural(len(names), 'organisme')} ({shown})"
