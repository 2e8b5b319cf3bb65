"""What the guichet writes when UESL grants more time or a waiver: to the organisation that it concerns (§8, §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.arrangements import Arranged
from domain.notices import Event, Notice
from domain.organisations import Directory
from notifications.envelope import Writing
from notifications.recipients import depositors
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import long_date, period_name, say
from rendering.letter import Block, Facts, Headline


def deadline_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    granted: Sequence[Arranged],
    directory: Directory,
    now: datetime,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """One message to each `depot` contact of each organisation: what is granted, until when, and why."""
    notices: list[Notice] = []
    for one in granted:
        facts = known.get(one.collection)
        organisation = directory.by_code.get(one.organisation)
        writing = Writing(
            key=f"deadline:{one.organisation}:{one.collection}:{one.period}:{_what(one)}:{now.isoformat()}",
            event=Event.DEADLINE,
            subject=_subject(one, zone),
            blocks=_blocks(one, zone, facts.label if facts else one.collection),
            reply_to=reply_to,
        )
        services = (facts.service_in(one.period),) if facts else ()
        notices += writing.to(depositors(directory, organisation, services, admin=admin))
    return notices


def _what(one: Arranged) -> str:
    return "waived" if one.due_at is None else "extended"


def _subject(one: Arranged, zone: ZoneInfo) -> str:
    told = {"collection": one.collection, "period": period_name(one.period), "who": one.organisation}
    if one.due_at is None:
        return say("Dispense : {collection} {period} ({who})", **told)
    day = f"{one.due_at.astimezone(zone):%d/%m/%Y}"
    return say("Délai jusqu'au {day} : {collection} {period} ({who})", day=day, **told)


def _blocks(one: Arranged, zone: ZoneInfo, label: str) -> list[Block]:
    what = say("{code} – {label}, {period}", code=one.collection, label=label, period=period_name(one.period))
    if one.due_at is None:
        sentence = say("L'UESL vous dispense de ce dépôt : rien n'est plus attendu de vous pour cette période.")
        head = Headline("Dispense accordée", sentence, "good")
        new: tuple[tuple[str, str], ...] = ()
    else:
        day = long_date(one.due_at.astimezone(zone).date())
        sentence = "Vous avez jusqu'au {day} inclus pour déposer."
        if one.complete:
            sentence = "L'échéance est portée au {day} inclus. Votre dépôt est déjà complet : vous n'avez rien à faire."
        head = Headline("Délai accordé", say(sentence, day=day), "good")
        new = (("Nouvelle échéance", day),)
    facts = (
        ("Collecte", what),
        ("Échéance précédente", long_date(one.former_due_at.astimezone(zone).date())),
        *new,
        ("Motif", visible(one.reason, 400)),
    )
    return [head, Facts(facts)]
