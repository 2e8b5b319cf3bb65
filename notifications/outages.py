"""What the guichet writes after an outage of its own: nobody is late because it was closed (contract §8, §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from domain.arrangements import Arranged
from domain.notices import Event, Notice
from domain.organisations import Directory
from notifications.envelope import Writing
from notifications.recipients import Recipient, depositors
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import long_instant, period_name, say, short_date
from rendering.letter import Block, Headline, Item, Line, Points


def outage_notices(  # noqa: PLR0913 - by keyword: where it is written, and to whom
    excused: Sequence[Arranged],
    directory: Directory,
    *,
    zone: ZoneInfo,
    known: Known,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """One message to each `depot` contact of each organisation: all that was moved of what they deposit."""
    ordered = sorted(excused, key=lambda one: one.organisation)
    notices: list[Notice] = []
    for code, found in groupby(ordered, key=lambda one: one.organisation):
        for recipient, theirs in _by_recipient(list(found), directory, known, admin):
            writing = Writing(
                key=f"outage:{code}:{':'.join(_named(one) for one in theirs)}",
                event=Event.DEADLINE,
                subject=_subject(code, theirs, zone),
                blocks=_blocks(theirs, zone, known),
                reply_to=reply_to,
            )
            notices += writing.to([recipient])
    return notices


def _by_recipient(
    excused: Sequence[Arranged], directory: Directory, known: Known, admin: str | None
) -> list[tuple[Recipient, list[Arranged]]]:
    """Each person reads what concerns their service, in one message."""
    found: dict[str, tuple[Recipient, list[Arranged]]] = {}
    for one in sorted(excused, key=lambda one: (one.due_at or one.former_due_at, one.period, one.collection)):
        facts = known.get(one.collection)
        services = (facts.service_in(one.period),) if facts else ()
        for recipient in depositors(directory, directory.by_code.get(one.organisation), services, admin=admin):
            found.setdefault(recipient.address.lower(), (recipient, []))[1].append(one)
    return list(found.values())


def _named(one: Arranged) -> str:
    until = "" if one.due_at is None else f"{one.due_at:%Y%m%dT%H%M%S}"
    return f"{one.collection}.{one.period}.{until}"


def _subject(code: str, excused: Sequence[Arranged], zone: ZoneInfo) -> str:
    day = short_date(min(_due(one, zone) for one in excused).date())
    return say("Guichet fermé à l'échéance : délai jusqu'au {day} ({who})", day=day, who=visible(code, 20))


def _blocks(excused: Sequence[Arranged], zone: ZoneInfo, known: Known) -> list[Block]:
    first = min(_due(one, zone) for one in excused)
    sentence = say("Le guichet était fermé à l'échéance : vous avez jusqu'au {due}.", due=long_instant(first))
    return [
        Headline("Délai supplémentaire", sentence, "good"),
        Points(tuple(_item(one, zone, known) for one in excused)),
        Line(
            say(
                "Un dépôt complet et accepté, fait avant cette heure, compte comme fait à temps. Vous n'avez rien à "
                "demander. Si vous avez déjà déposé depuis, ne tenez pas compte de ce message.",
            ),
        ),
    ]


def _item(one: Arranged, zone: ZoneInfo, known: Known) -> Item:
    facts = known.get(one.collection)
    what = say(
        "{code} – {label}, {period}",
        code=one.collection,
        label=facts.label if facts else one.collection,
        period=period_name(one.period),
    )
    moved = say(
        "échéance du {former} reportée au {due}",
        former=long_instant(one.former_due_at.astimezone(zone)),
        due=long_instant(_due(one, zone)),
    )
    return Item(what, details=(moved, say("motif : {reason}", reason=visible(one.reason, 200))))


def _due(one: Arranged, zone: ZoneInfo) -> datetime:
    return (one.due_at or one.former_due_at).astimezone(zone)
