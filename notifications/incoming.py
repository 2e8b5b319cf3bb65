"""What is written when somebody, or a mail server, writes to us (contract §11, reliability faults 13 to 16)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain.incoming import Arrival, Correspondence, Unforwarded
from domain.notices import Event, Notice
from domain.organisations import Directory
from notifications.attachments import KEPT_MAIL
from notifications.envelope import Writing
from notifications.message import InvalidAddress, checked_address
from notifications.recipients import Recipient
from rendering.escaping import visible
from rendering.french import long_date, say, short_instant, typeset
from rendering.letter import Block, Facts, Headline, Line, Title

_SHOWN_LINES: Final = 12


def reply_notices(  # noqa: PLR0913 - by keyword: what arrived, and to whom it is handed
    arrival: Arrival,
    mail: Unforwarded,
    about: Correspondence | None,
    *,
    to: str,
    directory: Directory | None,
    zone: ZoneInfo,
) -> list[Notice]:
    """A person's mail, handed to somebody who can answer: the original goes with it, whole.

    Answering this message answers the person.
    """
    writing = Writing(
        key=f"incoming:{mail.sha256}",
        event=Event.SYSTEM,
        subject=say("Réponse au guichet : {subject}", subject=visible(arrival.subject or "(sans objet)", 55)),
        blocks=[
            Headline(
                "Une personne a répondu au guichet",
                say(
                    "{who} a écrit à l'adresse du guichet, que personne ne lit. Son message vous est transmis en "
                    "entier, en pièce jointe.",
                    who=_who(arrival),
                ),
            ),
            Facts(tuple(_facts(arrival, mail, about, directory, zone))),
            *_excerpt(arrival, about),
            Title("À faire"),
            Line(_to_do(arrival)),
        ],
        reply_to=_answerable(arrival.sender),
        attachments=(f"{KEPT_MAIL}{mail.kept.partition('/')[2]}",),
    )
    return writing.to([Recipient(address=to)])


def _facts(
    arrival: Arrival,
    mail: Unforwarded,
    about: Correspondence | None,
    directory: Directory | None,
    zone: ZoneInfo,
) -> list[tuple[str, str]]:
    told = [("De", _who(arrival)), ("Objet", visible(arrival.subject or "(sans objet)", 120))]
    organisation = _organisation(arrival, about, directory)
    if organisation:
        told.append(("Organisme", organisation))
    told.append(("Arrivé le", short_instant(mail.received_at.astimezone(zone))))
    if about is None:
        told.append(("En réponse à", typeset("message du guichet non reconnu")))
        return told
    told.append(("En réponse à", visible(about.subject, 120)))
    told.append(("Envoyé à", visible(about.recipient)))
    told.append(("Envoyé le", short_instant(about.written_at.astimezone(zone))))
    if about.submission_id:
        told.append(("Dépôt", about.submission_id))
    return told


def _organisation(arrival: Arrival, about: Correspondence | None, directory: Directory | None) -> str:
    """Of the message that it answers, else of the contact who writes."""
    code = None if about is None else about.organisation
    if code is None and directory is not None:
        sender = arrival.sender.lower()
        code = next((one.organisation for one in directory.contacts if one.courriel.strip().lower() == sender), None)
    if code is None:
        return ""
    known = None if directory is None else directory.by_code.get(code)
    return visible(code if known is None else f"{known.nom} ({code})", 120)


def _who(arrival: Arrival) -> str:
    name, address = visible(arrival.sender_name, 60), visible(arrival.sender)
    if name and address and name != address:
        return f"{name} <{address}>"
    return address or name or "Un expéditeur inconnu"


def _answerable(address: str) -> str | None:
    try:
        return checked_address(address)
    except InvalidAddress:
        return None


def _excerpt(arrival: Arrival, about: Correspondence | None) -> list[Block]:
    if about is not None and about.event == Event.ANONYMITY.value:
        return []  # whoever answers that alert may quote what had to be destroyed
    lines = [line for line in arrival.excerpt.splitlines() if line.strip()][:_SHOWN_LINES]
    return [Title("Ses premiers mots"), *(Line(visible(line, 200)) for line in lines)] if lines else []


def _to_do(arrival: Arrival) -> str:
    if _answerable(arrival.sender) is None:
        return typeset("L'adresse de cette personne n'est pas lisible : voyez le message joint.")
    return say(
        "Répondez à ce message : votre réponse ira directement à {who}, sans passer par le guichet.",
        who=visible(arrival.sender),
    )


def bounced_notices(
    arrival: Arrival, about: Correspondence, *, now: datetime, zone: ZoneInfo, admin: str | None
) -> list[Notice]:
    """To the administrator, once a day for each address: a message came back. Nobody is told of their own address."""
    address, day = about.recipient, now.astimezone(zone).date()
    if admin is None or address.lower() == admin.lower():
        return []
    reason = " ".join(part for part in (arrival.status, arrival.detail) if part)
    writing = Writing(
        key=f"bounced:{address.lower()}:{day.isoformat()}",
        event=Event.SYSTEM,
        subject=say("Guichet : message revenu de {recipient}", recipient=visible(address, 40)),
        blocks=[
            Headline(
                "Message revenu",
                typeset("Un message du guichet, parti normalement, a été rendu par un serveur de messagerie."),
                "bad",
            ),
            Facts(
                (
                    ("Destinataire", visible(address)),
                    ("Objet", visible(about.subject, 120)),
                    ("Envoyé le", short_instant(about.written_at.astimezone(zone))),
                    ("Revenu le", short_instant(now.astimezone(zone))),
                    ("Réponse du serveur", visible(reason or "aucune raison donnée", 300)),
                    ("Message-ID", visible(about.message_id, 200)),
                    ("Code", "bounced"),
                ),
            ),
            Line(
                say(
                    "Vérifiez l'adresse dans l'annuaire ; puis, pour l'envoyer de nouveau : guichet mail retry '{id}'",
                    id=about.message_id,
                ),
            ),
            Line(
                say(
                    "D'autres messages à cette adresse peuvent revenir aujourd'hui ({day}) : ils ne vous seront pas "
                    "annoncés ; guichet mail list --state bounced les montre tous.",
                    day=long_date(day),
                ),
            ),
        ],
    )
    return writing.to([Recipient(address=admin)])
