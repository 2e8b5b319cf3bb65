"""What is written when a platform is late for the second time in four periods (contract §8, §11): dates, calmly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.compliance import ComplianceStatus
from domain.notices import Event, Notice
from domain.organisations import Directory, Role
from domain.steps import Call, Saying, Standing, Step
from notifications.bulletins import readers
from notifications.calls import in_order
from notifications.envelope import Writing
from notifications.recipients import Recipient, contacts, depositors, uesl, unique
from rendering import owing
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import count, joined, long_instant, period_name, say, typeset
from rendering.letter import Block, Headline, Item, Line, Points, Title

History = Mapping[tuple[str, str, str], Sequence[Standing]]
"""`Standing.key` of what is said → the last four periods of that organisation and collection, it included."""

_NO_RESPONSABLE = typeset(
    "Ce message vous parvient parce que l'annuaire n'indique aucun « responsable » : faites-le compléter par l'UESL."
)


def punctuality_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    call: Call,
    history: History,
    directory: Directory,
    now: datetime,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """To the platform's `responsable`, and to UESL's `direction` and `pilotage` (else its `depot`): its last dates.

    Nothing for a call that says no repeated lateness.
    """
    sayings = in_order([one for one in call.sayings if one.step is Step.REPEATED], known)
    if not sayings:
        return []
    theirs = _responsables(call.organisation, sayings, directory, admin)
    central = unique(uesl(directory, Role.DIRECTION, Role.PILOTAGE)) or readers(directory, admin=admin)
    notices: list[Notice] = []
    for recipient, told, own in [*((*one, True) for one in theirs), *((one, sayings, False) for one in central)]:
        page = _Page(
            organisation=call.organisation,
            pasts=tuple(_past(one.standing, history) for one in told),
            directory=directory,
            day=now.astimezone(zone).date(),
            responsables=tuple(one.address for one, _ in theirs),
            own=own,
            answered=reply_to is not None,
        )
        writing = Writing(
            key=f"punctuality:{call.organisation}:{call.day.isoformat()}",
            event=Event.PUNCTUALITY,
            subject=page.subject(),
            blocks=page.blocks(),
            reply_to=reply_to,
        )
        notices += writing.to([recipient])
    return notices


def _responsables(
    organisation: str, sayings: Sequence[Saying], directory: Directory, admin: str | None
) -> list[tuple[Recipient, tuple[Saying, ...]]]:
    """Each `responsable` with what concerns their service; without any, the `depot` contacts."""
    found: dict[str, tuple[Recipient, list[Saying]]] = {}
    for saying in sayings:
        service = saying.standing.service
        people = contacts(directory, organisation, Role.RESPONSABLE, service)
        if not people:
            stand_ins = depositors(directory, directory.by_code.get(organisation), (service,), admin=admin)
            people = tuple(replace(one, reason=one.reason or _NO_RESPONSABLE) for one in stand_ins)
        for one in unique(people):
            found.setdefault(one.address.lower(), (one, []))[1].append(saying)
    return [(recipient, tuple(told)) for recipient, told in found.values()]


def _past(standing: Standing, history: History) -> tuple[Standing, ...]:
    """Its last periods, in order; it alone when nothing else is known."""
    return tuple(sorted(history.get(standing.key) or (standing,), key=lambda one: one.period))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """The message to one person. `own`: they belong to the organisation, or stand in for its people."""

    organisation: str
    pasts: tuple[tuple[Standing, ...], ...]
    directory: Directory
    day: date
    responsables: tuple[str, ...]
    own: bool
    answered: bool

    def subject(self) -> str:
        """« Retards répétés : N1A, 2 des 4 derniers trimestres (PF03) »."""
        who = visible(self.organisation, 20)
        if len(self.pasts) == 1:
            [past] = self.pasts
            text = "Retards répétés : {what}, {share} ({who})"
            return say(text, what=past[-1].collection, share=_share(past), who=who)
        what = joined([past[-1].collection for past in self.pasts])
        return say("Retards répétés : {what} ({who})", what=what, who=who)

    def blocks(self) -> tuple[Block, ...]:
        """The whole mail."""
        laid: list[Block] = [self._headline()]
        for past in self.pasts:
            last = past[-1]
            title = f"{last.collection} – {visible(last.label, 120)}"
            laid += [Title(title), Points(tuple(self._dates(one) for one in past))]
        if self.own:
            laid += [Title(typeset("Que faire ?")), *(Line(text) for text in self._own())]
        else:
            laid.append(Line(self._central()))
        return tuple(laid)

    def _headline(self) -> Headline:
        who = "" if self.own else f"{owing.member(self.organisation, self.directory)}\u00a0: "
        shares: dict[str, list[str]] = {}
        for past in self.pasts:
            shares.setdefault(_share(past), []).append(past[-1].collection)
        told = say(" ; ").join(f"{joined(names)}, {share} en retard" for share, names in shares.items())
        text = say("{who}{told}. Voici les dates que le guichet a notées.", who=who, told=told)
        return Headline("Retards répétés", text, "calm")

    def _dates(self, one: Standing) -> Item:
        zone = one.due_at.tzinfo
        complete = one.dates.complete_at
        details = [say("Échéance : {due}", due=owing.due_instant(one)), *owing.granted(one)]
        if one.status is ComplianceStatus.WAIVED:
            details.append("Dispense accordée")
        elif complete is None or one.status.owes:
            details.append(owing.state(one, self.directory, own=self.own))
        else:
            details.append(say("Complet : {day}", day=long_instant(complete.astimezone(zone))))
        return Item(
            f"{period_name(one.period)} – {_outcome(one)}",
            details=tuple(details),
            tone="bad" if one.was_late else "good",
        )

    def _own(self) -> tuple[str, ...]:
        how = "en répondant à ce message" if self.answered else "à l’UESL"
        return (
            say(
                "Si quelque chose gêne durablement vos dépôts (une absence, un logiciel, des CIL/CCI qui répondent "
                "tard), dites-le {how} : l'UESL peut adapter l'échéance.",
                how=how,
            ),
            say("L'UESL a reçu ces mêmes dates."),
        )

    def _central(self) -> str:
        people = joined([visible(one, 80) for one in self.responsables]) or "personne"
        return say("Ces mêmes dates ont été envoyées à {people}.", people=people)


def _share(past: Sequence[Standing]) -> str:
    """« 2 des 4 derniers trimestres », « les 2 derniers trimestres »."""
    late = sum(one.was_late for one in past)
    feminine = not past[-1].period.quarter
    unit = "années" if feminine else "trimestres"
    last = "dernières" if feminine else "derniers"
    return f"les {late} {last} {unit}" if late == len(past) else f"{late} des {len(past)} {last} {unit}"


def _outcome(one: Standing) -> str:
    if one.status is ComplianceStatus.WAIVED:
        return "dispense"
    if not one.was_late:
        return "dans les délais"
    late = count(one.days_late, "jour") if one.days_late else "moins d’un jour"
    return say("{late} de retard", late=late)
