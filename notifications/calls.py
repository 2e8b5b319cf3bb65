"""What the guichet writes to an organisation about what it owes: opening, reminders, lateness (contract §8, §11).

One message to each person a day, with only what concerns their service.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.notices import Event, Notice
from domain.organisations import Directory, Role
from domain.steps import Call, Saying, Step
from notifications.call_words import Spoken, Templates
from notifications.envelope import Writing
from notifications.recipients import Recipient, contacts, depositors
from rendering.collections import Known
from rendering.french import typeset

_RESPONSABLE = typeset("Ce message vous parvient parce que l'échéance est passée et que vous êtes responsable.")


def call_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    call: Call,
    directory: Directory,
    now: datetime,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
    templates: Templates | None = None,
) -> list[Notice]:
    """One message to each person of the organisation: `depot` contacts, and `responsable` for what is overdue."""
    notices: list[Notice] = []
    for recipient, sayings in addressees(call, directory, admin=admin):
        spoken = Spoken(
            organisation=call.organisation,
            sayings=in_order(sayings, known),
            directory=directory,
            day=now.astimezone(zone).date(),
            known=known,
            templates=templates or {},
            answered=reply_to is not None,
        )
        writing = Writing(
            key=f"call:{call.organisation}:{call.day.isoformat()}",
            event=spoken.event,
            subject=spoken.subject(),
            blocks=spoken.blocks(),
            reply_to=reply_to,
            attachments=spoken.attachments(),
        )
        notices += writing.to([recipient])
    return notices


def addressees(
    call: Call,
    directory: Directory,
    *,
    admin: str | None,
) -> list[tuple[Recipient, tuple[Saying, ...]]]:
    """Who is told what, each address once. Repeated lateness is `notifications.punctuality`'s."""
    organisation = directory.by_code.get(call.organisation)
    said = [one for one in call.sayings if one.step is not Step.REPEATED]
    found: dict[str, tuple[Recipient, list[Saying]]] = {}
    for saying in said:
        for one in depositors(directory, organisation, (saying.standing.service,), admin=admin):
            known, told = found.setdefault(one.address.lower(), (one, []))
            told.append(saying)
            if one.reason and not known.reason:
                found[one.address.lower()] = (one, told)
    for saying in said:
        if saying.step.event is Event.OVERDUE:
            for one in contacts(directory, call.organisation, Role.RESPONSABLE, saying.standing.service):
                _, told = found.setdefault(one.address.lower(), (replace(one, reason=_RESPONSABLE), []))
                if saying not in told:
                    told.append(saying)
    return [(recipient, tuple(told)) for recipient, told in found.values()]


def in_order(sayings: Iterable[Saying], known: Known) -> tuple[Saying, ...]:
    """By due day, then as the catalogue has them."""
    ranks = {code: rank for rank, code in enumerate(known)}
    return tuple(
        sorted(
            sayings,
            key=lambda one: (
                one.standing.due_on,
                one.standing.period.ends_on,
                ranks.get(one.standing.collection, len(ranks)),
                one.standing.collection,
            ),
        )
    )
