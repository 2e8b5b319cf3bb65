"""What UESL reads when a platform stays late: J+7 to `pilotage`, J+15 to `direction` too (contract §8, §11).

One grouped message to each address a day, whatever the number of platforms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.notices import Event, Notice
from domain.organisations import Directory, OrganisationType, Role
from domain.steps import Call, Saying, Standing, Step
from notifications.bulletins import readers
from notifications.calls import addressees, in_order
from notifications.envelope import Writing
from notifications.recipients import Recipient, uesl, unique
from rendering import owing
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import NBSP, count, joined, say, typeset
from rendering.letter import Block, Facts, Headline, Item, Points, Title

Rates = Mapping[tuple[str, str], tuple[int, int]]
"""Organisation and collection → of its last periods, how many in time, of how many."""
Said = Mapping[tuple[str, str, str], Sequence[tuple[Step, date]]]
"""`Standing.key` → what was said before, and on which day."""

_AUDIENCE: Final[Mapping[Step, tuple[Role, ...]]] = {
    Step.AFTER_7: (Role.PILOTAGE,),
    Step.AFTER_15: (Role.PILOTAGE, Role.DIRECTION),
}
_NOBODY: Final = typeset(
    "Ce message vous parvient parce que l'annuaire n'indique personne à l'UESL pour le recevoir : complétez-le."
)


def escalation_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    calls: Sequence[Call],
    directory: Directory,
    now: datetime,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
    rates: Rates | None = None,
    said: Said | None = None,
) -> list[Notice]:
    """One message to each address of UESL that a step of these calls concerns; none when no call has gone so far.

    `rates` and `said`: what is known of their punctuality, and what was said to them before.
    """
    notices: list[Notice] = []
    for recipient, roles in _audience(directory, admin):
        late = tuple(
            _Platform(
                organisation=call.organisation,
                sayings=in_order(sayings, known),
                told=_told(call, sayings, directory, admin),
            )
            for call in sorted(calls, key=_gravest)
            if (sayings := [one for one in call.sayings if roles & {*_AUDIENCE.get(one.step, ())}])
        )
        if late:
            page = _Page(
                late=late,
                directory=directory,
                day=now.astimezone(zone).date(),
                known=known,
                rates=rates or {},
                said=said or {},
            )
            notices += page.writing(reply_to).to([recipient])
    return notices


def _gravest(call: Call) -> tuple[date, str]:
    """The longest due first."""
    return (min((one.standing.due_on for one in call.sayings), default=date.max), call.organisation)


def _audience(directory: Directory, admin: str | None) -> list[tuple[Recipient, frozenset[Role]]]:
    """Who at UESL is told for which roles, each once; without anybody, the other role, else who reads the digest."""
    found: dict[str, tuple[Recipient, set[Role]]] = {}
    for role, stand_in in ((Role.PILOTAGE, Role.DIRECTION), (Role.DIRECTION, Role.PILOTAGE)):
        people = uesl(directory, role) or unique(uesl(directory, stand_in), reason=_NOBODY)
        for one in people or readers(directory, admin=admin):
            found.setdefault(one.address.lower(), (one, set()))[1].add(role)
    return [(recipient, frozenset(roles)) for recipient, roles in found.values()]


def _told(call: Call, sayings: Sequence[Saying], directory: Directory, admin: str | None) -> tuple[str, ...]:
    """The addresses of the organisation that are written to today about this."""
    return tuple(
        recipient.address
        for recipient, theirs in addressees(call, directory, admin=admin)
        if any(one in theirs for one in sayings)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Platform:
    """One organisation that is late, what it owes, and who there is written to today."""

    organisation: str
    sayings: tuple[Saying, ...]
    told: tuple[str, ...]

    @property
    def standings(self) -> tuple[Standing, ...]:
        return tuple(one.standing for one in self.sayings)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """The message to one address."""

    late: tuple[_Platform, ...]
    directory: Directory
    day: date
    known: Known
    rates: Rates
    said: Said

    def writing(self, reply_to: str | None) -> Writing:
        """Named by its platforms too, so that another one which comes to be late the same day is told as well."""
        codes = "\n".join(one.organisation for one in self.late)
        return Writing(
            key=f"escalation:{self.day.isoformat()}:{hashlib.sha256(codes.encode()).hexdigest()[:12]}",
            event=Event.OVERDUE,
            subject=self._subject(),
            blocks=self._blocks(),
            reply_to=reply_to,
        )

    @property
    def _standings(self) -> tuple[Standing, ...]:
        return tuple(standing for one in self.late for standing in one.standings)

    @property
    def _days(self) -> int:
        return max(-owing.days_until_due(one, self.day) for one in self._standings)

    def _who(self) -> str:
        """« PF03 », « 2 plates-formes »."""
        if len(self.late) == 1:
            return visible(self.late[0].organisation, 20)
        types = {known.type for one in self.late if (known := self.directory.by_code.get(one.organisation))}
        return count(len(self.late), "plate-forme" if types == {OrganisationType.PF} else "organisme", _plural(types))

    def _subject(self) -> str:
        found = self._standings
        what = owing.collections(found) if len(self.late) == 1 else count(len(found), "dépôt")
        return say("En retard de {days} : {who}, {what}", days=count(self._days, "jour"), who=self._who(), what=what)

    def _blocks(self) -> tuple[Block, ...]:
        many = len(self._standings)
        sentence = say(
            "{deposits} toujours {expected}, {days} après l'échéance{most}.",
            deposits=count(many, "dépôt est", "dépôts sont"),
            expected="attendu" if many == 1 else "attendus",
            days=count(self._days, "jour"),
            most="" if len(self._dues) == 1 else " pour le plus ancien",
        )
        laid: list[Block] = [Headline(say("En retard : {who}", who=self._who()), sentence, "bad")]
        for one in self.late:
            laid += self._platform(one)
        return (*laid, Title("Ce que vous pouvez faire"), Points(self._choices()))

    @property
    def _dues(self) -> set[date]:
        return {one.due_on for one in self._standings}

    def _platform(self, late: _Platform) -> list[Block]:
        items = tuple(
            Item(
                owing.name(one),
                details=(
                    owing.due(one, self.day),
                    owing.state(one, self.directory, own=False),
                    *owing.granted(one),
                    *_rate(one, self.rates),
                ),
                tone="bad",
            )
            for one in late.standings
        )
        facts = [("Écrit aujourd’hui à", joined([visible(one, 80) for one in late.told]) or "personne")]
        before = self._before(late)
        if before:
            facts.append(("Déjà écrit", before))
        return [Title(owing.member(late.organisation, self.directory)), Points(items), Facts(tuple(facts))]

    def _before(self, late: _Platform) -> str:
        """« le 14 avril (J-15), le 2 mai (J+1) »."""
        said = {(day, step.rank, step) for one in late.standings for step, day in self.said.get(one.key, ())}
        steps: dict[date, list[str]] = {}
        for day, _, step in sorted(said):
            if day < self.day:
                steps.setdefault(day, []).append(_STEPS[step])
        told = {owing.day_and_month(day): joined(names) for day, names in steps.items()}
        return joined([f"le {day.replace(' ', NBSP)} ({names})" for day, names in told.items()])

    def _choices(self) -> tuple[Item, ...]:
        first = self.late[0].standings[0]
        what = f"{first.organisation} {first.collection} {first.period.code}"
        grant = "Accorder un délai ou une dispense : déposez un classeur « decisions » dans votre dossier depot/."
        told = [*map(Item, self._now()), Item(say(grant))]
        told.append(
            Item(
                say("Ou demandez-le à la personne qui administre le guichet, par exemple :"),
                details=(
                    f"guichet deadline extend {what} --until AAAA-MM-JJ --reason …",
                    f"guichet deadline waive {what} --reason …",
                ),
            )
        )
        quarters = [one for one in self._standings if one.period.quarter and self._has_lines(one)]
        if quarters:
            text = "Les tableaux officiels ({periods}) paraissent sans attendre : les CIL/CCI qui manquent y portent "
            told.append(Item(say(text + "« n.d. ».", periods=owing.periods(quarters))))
        return tuple(told)

    def _now(self) -> list[str]:
        """To call those that will not be written to again, to wait for the others."""
        last = [one for one in self.late if any(saying.step is Step.AFTER_15 for saying in one.sayings)]
        others = [one for one in self.late if one not in last]
        told = []
        if last:
            text = "Appeler {who} : c'était la dernière relance du guichet."
            told.append(say(text, who=joined([visible(one.organisation, 20) for one in last])))
        if others:
            text = "Pour {who}, rien si vous préférez attendre : une dernière relance part 15 jours après l'échéance."
            told.append(say(text, who=joined([visible(one.organisation, 20) for one in others])))
        return told

    def _has_lines(self, one: Standing) -> bool:
        facts = self.known.get(one.collection)
        return facts is not None and facts.expected_lines


_STEPS: Final[Mapping[Step, str]] = {
    **{step: step.value.upper() for step in Step},
    Step.OPENING: "ouverture",
    Step.REPEATED: "retards répétés",
}


def _plural(types: set[OrganisationType]) -> str:
    return "plates-formes" if types == {OrganisationType.PF} else "organismes"


def _rate(one: Standing, rates: Rates) -> tuple[str, ...]:
    """« Sur les 4 dernières périodes, 3 étaient dans les délais »; nothing when nothing is known."""
    punctual, due = rates.get((one.organisation, one.collection), (0, 0))
    if due < 2:  # noqa: PLR2004 - one alone is this one
        return ()
    told = {0: "aucune n'était", 1: "1 était"}.get(punctual, "{punctual} étaient")
    return (say(f"Sur les {{due}} dernières périodes, {told} dans les délais", due=str(due), punctual=str(punctual)),)
