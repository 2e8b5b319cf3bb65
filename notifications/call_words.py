"""What one person of an organisation reads about what it owes (contract §8): for someone busy, on a telephone.

First what to do and by when; then, for each thing owed, its due day and where it stands; then how, and whom to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.compliance import ComplianceStatus
from domain.notices import Event
from domain.organisations import Directory
from domain.steps import Saying, Standing, Step
from notifications.attachments import HANDED_OUT
from notifications.envelope import SUBJECT_CHARS
from notifications.expected import expected_blocks, expected_detail
from rendering import letter, owing
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import count, joined, period_name, say
from rendering.letter import Block, Headline, Item, Points, Title

Templates = Mapping[tuple[str, str], str]
"""Collection and period → the name of the organisation's template in `diffusion/modeles/`."""

_GRAVEST: Final = (Event.OVERDUE, Event.REMINDER, Event.PERIOD_OPEN)
_TITLES: Final = {
    Event.OVERDUE: "En retard",
    Event.REMINDER: "Échéance proche",
    Event.PERIOD_OPEN: "Nouvelle période",
}
_ALSO: Final = {
    Event.REMINDER: ("dépôt bientôt dû", "dépôts bientôt dus"),
    Event.PERIOD_OPEN: ("dépôt d’une nouvelle période", "dépôts d’une nouvelle période"),
}


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What is said to one person on `day`, in order. `answered`: whether a reply to the message reaches somebody."""

    organisation: str
    sayings: tuple[Saying, ...]
    directory: Directory
    day: date
    known: Known
    templates: Templates
    answered: bool

    @property
    def event(self) -> Event:
        """The gravest of what is said."""
        return next(event for event in _GRAVEST if self.about(event))

    def about(self, event: Event) -> tuple[Standing, ...]:
        """What is said of this kind."""
        return tuple(one.standing for one in self.sayings if one.step.event is event)

    def attachments(self) -> tuple[str, ...]:
        """The templates of what opens."""
        return tuple(
            f"{HANDED_OUT}{one.account}/modeles/{self.templates[one.collection, one.period.code]}"
            for one in self.about(Event.PERIOD_OPEN)
            if one.account and (one.collection, one.period.code) in self.templates
        )

    # -- the subject and the head --------------------------------------------------------------------------------------

    def subject(self) -> str:
        """« Rappel J-7 : 2 dépôts attendus le 30 avril (PF03) »."""
        main = self.about(self.event)
        who = visible(self.organisation, 20)
        subject = ""
        for named in (_named(main), count(len(main), "dépôt")):
            subject = say("{what} ({who})", what=self._what(main, named), who=who)
            if len(subject) <= SUBJECT_CHARS:
                break
        return subject

    def _what(self, main: Sequence[Standing], named: str) -> str:
        others = len(self.sayings) - len(main)
        also = f", et {count(others, 'autre')}" if others else ""
        if self.event is Event.OVERDUE:
            return say("{late} : {named}{also}", late=self._late(), named=named, also=also)
        day = owing.day_and_month(main[0].due_on)
        if self.event is Event.PERIOD_OPEN:
            when = "À déposer pour le {day} : {named}" if _same_day(main) else "À déposer, d'abord le {day} : {named}"
            return say(when, day=day, named=named)
        text = "Rappel {when} : {named} {day}{also}"
        return say(text, when=self._when(main), named=_expected(main), day=day, also=also)

    def _late(self) -> str:
        """« En retard de 8 jours »; « En retard, jusqu’à 8 jours » when not all are."""
        days = [-owing.days_until_due(one, self.day) for one in self.about(Event.OVERDUE)]
        if not max(days):
            return "En retard"
        words = "En retard de {days}" if min(days) == max(days) else "En retard, jusqu'à {days}"
        return say(words, days=count(max(days), "jour"))

    def _when(self, main: Sequence[Standing]) -> str:
        left = owing.days_until_due(main[0], self.day)
        return f"J-{left}" if left else "du dernier jour"

    def _headline(self) -> Headline:
        main = self.about(self.event)
        due = owing.due_instant(main[0])
        if self.event is Event.OVERDUE:
            return Headline(self._late(), f"{_overdue(main)}{self._below()}", "bad")
        text = "{what} au plus tard le {due}."
        what = f"{owing.short_name(main[0])}{_verb(main[0])}" if len(main) == 1 else _are_expected(main)
        told = say(text, what=what, due=due) + self._below()
        if self.event is Event.PERIOD_OPEN:
            label = say("À déposer : {periods}", periods=owing.periods(main))
            return Headline(label, told)
        left = owing.days_until_due(main[0], self.day)
        label = {0: "Dernier jour", 1: "Dernier jour demain"}.get(left) or f"Il reste {count(left, 'jour')}"
        return Headline(label, told, "care")

    def _below(self) -> str:
        """What else the message says."""
        others = [
            count(len(self.about(event)), *_ALSO[event])
            for event in _GRAVEST
            if event is not self.event and self.about(event)
        ]
        return say(" Plus bas : {others}.", others=joined(others)) if others else ""

    # -- the parts -----------------------------------------------------------------------------------------------------

    def blocks(self) -> tuple[Block, ...]:
        """The whole mail."""
        laid: list[Block] = [self._headline()]
        several = len({one.step.event for one in self.sayings}) > 1
        for event in _GRAVEST:
            found = self.about(event)
            if not found:
                continue
            if several:
                laid.append(Title(_TITLES[event]))
            laid.append(Points(tuple(self._item(one, event) for one in found)))
            if event is Event.OVERDUE:
                laid += self._effects(found)
            elif event is Event.PERIOD_OPEN:
                laid += expected_blocks(found, self.directory, self.known, answered=self.answered)
        laid += [Title("Comment faire"), letter.points(self._how())]
        return tuple(laid)

    def _item(self, one: Standing, event: Event) -> Item:
        where: tuple[str, ...] = (owing.state(one, self.directory),)
        if event is Event.PERIOD_OPEN:
            untouched = one.status is ComplianceStatus.OPEN and one.trial is None
            where = (*(() if untouched else where), *expected_detail(one, self.directory, self.known))
        return Item(
            owing.name(one),
            hint=owing.to_do(one),
            details=(owing.due(one, self.day), *where, *owing.granted(one)),
            tone="bad" if event is Event.OVERDUE or owing.wants_mending(one) else "calm",
        )

    def _effects(self, late: Sequence[Standing]) -> list[Block]:
        """What lateness changes, and who knows of it."""
        lined = [one for one in late if self._has_lines(one)]
        quarters = [one for one in lined if one.period.quarter]
        told = []
        if quarters:
            names = "les CIL/CCI qui manquent" if any(one.missing_lines for one in quarters) else "vos CIL/CCI"
            told.append(
                say(
                    "Les tableaux officiels ({periods}) paraissent sans attendre. Tant que {waiting}, {names} y "
                    "portent « n.d. » (non disponible) et ne sont pas dans les totaux.",
                    periods=owing.periods(quarters),
                    waiting=_waiting(quarters),
                    names=names,
                )
            )
        yearly = [one for one in late if not one.period.quarter]
        if yearly:
            text = "Les tableaux ({periods}) se font sans ce dépôt tant qu'il manque."
            if len(yearly) > 1:
                text = "Les tableaux ({periods}) se font sans ces dépôts tant qu'ils manquent."
            told.append(say(text, periods=owing.periods(yearly)))
        last = max((one.step for one in self.sayings if one.step.event is Event.OVERDUE), key=lambda step: step.rank)
        if last is Step.AFTER_7:
            told.append(say("L'UESL est informée de ce retard aujourd'hui."))
        elif last is Step.AFTER_15:
            told.append(
                say(
                    "La direction de l'UESL est informée de ce retard aujourd'hui. C'est notre dernière relance ; le "
                    "dépôt reste attendu, et un dépôt tardif est enregistré comme les autres."
                )
            )
        return [Title("Ce que le retard entraîne"), letter.points(told)] if told else []

    def _has_lines(self, one: Standing) -> bool:
        facts = self.known.get(one.collection)
        return facts is not None and facts.expected_lines

    def _how(self) -> list[str]:
        opening = self.event is Event.PERIOD_OPEN
        told = self._material()
        if opening:
            told.append(say("Votre propre tableau convient aussi (Excel, LibreOffice ou CSV), sous le même nom."))
            told.append(say("Un doute ? Déposez d'abord dans essai/ : mêmes contrôles, mais rien ne compte."))
        if any(one.standing.dates.first_received_at is None for one in self.sayings):
            told.append(
                say(
                    "Aucune activité pendant la période ? Déposez un fichier du même nom qui porte le seul mot NEANT : "
                    "cela suffit."
                )
            )
        told.append(self._if_unable())
        if not opening:
            told.append(say("Votre situation à jour, si ce message a croisé votre envoi : retours/situation.html."))
        return told

    def _material(self) -> list[str]:
        """The templates and the guide."""
        attached = [name.rpartition("/")[2] for name in self.attachments()]
        guide = say("Mode d'emploi : diffusion/guide/.")
        if not attached:
            return [say("Modèles à remplir : diffusion/modeles/. Mode d'emploi : diffusion/guide/.")]
        model = "Modèle joint : {names} ; il est aussi dans diffusion/modeles/."
        if len(attached) > 1:
            model = "Modèles joints : {names} ; ils sont aussi dans diffusion/modeles/."
        return [say(model, names=joined(attached)), guide]

    def _if_unable(self) -> str:
        who = "répondez à ce message" if self.answered else "écrivez à l’UESL"
        if self.event is Event.OVERDUE:
            return say("Vous ne pouvez pas déposer ? Dites pourquoi : {who}. L'UESL peut accorder un délai.", who=who)
        text = "Un empêchement ? Avant l'échéance, {who} : l'UESL peut accorder un délai ou une dispense."
        return say(text, who=who)


def _waiting(late: Sequence[Standing]) -> str:
    """« ce dépôt manque », « ces dépôts manquent », « ce dépôt n’est pas complet »."""
    one = len(late) == 1
    if any(each.missing_lines for each in late):
        return say("ce dépôt n'est pas complet" if one else "ces dépôts ne sont pas complets")
    return "ce dépôt manque" if one else "ces dépôts manquent"


def _same_day(found: Sequence[Standing]) -> bool:
    return len({one.due_on for one in found}) == 1


def _named(found: Sequence[Standing]) -> str:
    """« N1A et N1M 1er trimestre 2005 », « 6 dépôts, année 2005 »."""
    named = owing.collections(found)
    one_period = len({one.period for one in found}) == 1
    return f"{named}, {period_name(found[0].period)}" if one_period and named[0].isdigit() else named


def _expected(found: Sequence[Standing]) -> str:
    """« 2 dépôts attendus le », « N1A 1er trimestre 2005 à corriger pour le »."""
    if len(found) == 1:
        return f"{owing.short_name(found[0])} {owing.to_do_in_short(found[0])} pour le"
    many = f"{count(len(found), 'dépôt')} attendus"
    return f"{many} le" if _same_day(found) else f"{many}, d’abord le"


def _verb(one: Standing) -> str:
    return say(" est {todo}", todo=owing.to_do_in_short(one))


def _are_expected(found: Sequence[Standing]) -> str:
    told = "{many} sont attendus" if _same_day(found) else "{many} sont attendus, le premier"
    return say(told, many=count(len(found), "dépôt"))


def _overdue(found: Sequence[Standing]) -> str:
    """The sentence that matters when the due day has passed."""
    due = owing.due_instant(found[0])
    if len(found) == 1:
        text = "{name} : {todo} dès que possible. L'échéance était le {due}."
        return say(text, name=owing.short_name(found[0]), todo=owing.to_do_in_short(found[0]), due=due)
    if _same_day(found):
        return say("{many} étaient attendus le {due} : faites-les dès que possible.", many=_many(found), due=due)
    return say("{many} ne sont pas complets à leur échéance : faites-les dès que possible.", many=_many(found))


def _many(found: Sequence[Standing]) -> str:
    return count(len(found), "dépôt")
