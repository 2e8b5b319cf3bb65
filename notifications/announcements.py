"""What tells the central body, the working day before, that tables will leave, and how to hold them (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.notices import Event, Notice
from domain.organisations import Directory, Role
from domain.publishing import DISTRIBUTION_HOUR
from domain.releases import EditionKind
from notifications.envelope import Writing
from notifications.recipients import Recipient, uesl, unique
from notifications.releases import KINDS
from rendering.escaping import visible
from rendering.french import count, long_date, of_period, period_name, say
from rendering.letter import Block, Headline, Item, Line, Points, Title, points

_OF_A_FEW = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """One edition that will leave. `edition`: its name, when it is made; `lacking`: sentences on what is missing."""

    period: str
    kind: EditionKind
    for_on: date
    edition: str | None = None
    lacking: tuple[str, ...] = ()
    changed_cells: int = 0


def announcement_notices(  # noqa: PLR0913 - by keyword: what is announced, to whom
    announced: Sequence[Announcement],
    directory: Directory,
    *,
    addresses: int,
    unreachable: Sequence[str] = (),
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """One message for what leaves on one day. `addresses`: how many; `unreachable`: organisations without any."""
    if not announced:
        return []
    first = announced[0]
    blocks: list[Block] = [
        Headline(
            "Diffusion prévue",
            say(
                "{what} le {day} à {hour} h, à {who}.",
                what=_what(announced),
                day=long_date(first.for_on),
                hour=DISTRIBUTION_HOUR,
                who=count(addresses, "adresse"),
            ),
        ),
    ]
    for one in announced:
        blocks += _about(one, alone=len(announced) == 1)
    if unreachable:
        blocks += [Title(say("Sans adresse dans l'annuaire : rien ne peut leur être envoyé")), _points(unreachable)]
    blocks.append(Line(say("Rien à faire si tout va bien. Pour retenir des tableaux, l'administrateur tape :")))
    blocks.append(points([f'guichet release hold {_name(one)} --reason "…"' for one in announced]))
    writing = Writing(
        key=f"announcement:{first.for_on}:{'+'.join(f'{one.period}:{one.kind.value}' for one in announced)}",
        event=Event.RELEASE,
        subject=_subject(announced),
        blocks=blocks,
        reply_to=reply_to,
    )
    return writing.to(_central(directory, admin))


def offer_notices(  # noqa: PLR0913 - by keyword: what is ready, to whom
    ready: Announcement,
    directory: Directory,
    *,
    addresses: int,
    unreachable: Sequence[str] = (),
    attachments: tuple[str, ...] = (),
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """An edition that leaves only when the central body orders it: what it rests on, and what to type."""
    of, kind = of_period(ready.period), KINDS[ready.kind]
    blocks: list[Block] = [
        Headline(
            "Tableaux à diffuser",
            say(
                "Les tableaux {of}, édition {kind}, sont prêts. Rien ne part sans votre ordre : {who} les recevront.",
                of=of,
                kind=kind,
                who=count(addresses, "adresse"),
            ),
            "care",
        ),
    ]
    blocks += _about(ready, alone=True)
    if unreachable:
        blocks += [Title(say("Sans adresse dans l'annuaire : rien ne peut leur être envoyé")), _points(unreachable)]
    if attachments:
        blocks.append(Line(say("Les tableaux sont joints à ce message, pour que vous les regardiez d'abord.")))
    blocks.append(Line(say("Pour les diffuser à tous, au même moment, l'administrateur tape :")))
    blocks.append(points([f"guichet publish {ready.period}"]))
    blocks.append(
        Line(
            say(
                "Chaque CIL/CCI recevra aussi sa propre feuille, et chaque Plate-forme la sienne et celles de ses "
                "CIL/CCI. Si un dépôt arrive avant votre ordre, les tableaux sont refaits, et ce sont les derniers "
                "qui partent.",
            ),
        ),
    )
    writing = Writing(
        key=f"offer:{ready.for_on}:{ready.period}:{ready.kind.value}",
        event=Event.RELEASE,
        subject=say("Tableaux {of} à diffuser : édition {kind} prête", of=of, kind=kind),
        blocks=blocks,
        reply_to=reply_to,
        attachments=attachments,
    )
    return writing.to(_central(directory, admin))


def _what(announced: Sequence[Announcement]) -> str:
    if len(announced) > 1:
        return say("Les tableaux de {number} trimestres partent", number=len(announced))
    one = announced[0]
    return say("Les tableaux {of}, édition {kind}, partent", of=of_period(one.period), kind=KINDS[one.kind])


def _subject(announced: Sequence[Announcement]) -> str:
    one = announced[0]
    if len(announced) > 1:
        return say("Diffusion prévue : tableaux de {number} trimestres", number=len(announced))
    return say("Diffusion prévue : tableaux {of}, édition {kind}", of=of_period(one.period), kind=KINDS[one.kind])


def _about(one: Announcement, *, alone: bool) -> list[Block]:
    blocks: list[Block] = []
    if not alone:
        blocks.append(Title(say("{period}, édition {kind}", period=period_name(one.period), kind=KINDS[one.kind])))
    if one.changed_cells:
        changed = count(one.changed_cells, "chiffre change", "chiffres changent")
        blocks.append(Line(say("{changed} par rapport à l'édition diffusée.", changed=changed)))
    if one.lacking:
        if alone:
            blocks.append(Title("Ce que les tableaux comprennent" if one.edition else "Où en est la collecte"))
        blocks.append(_points(one.lacking))
    if one.edition is None:
        blocks.append(Line(say("L'édition sera faite la nuit qui suit l'échéance, avec ce qui sera arrivé.")))
    return blocks


def _name(one: Announcement) -> str:
    return one.period if one.edition is None else f"{one.period}/{one.edition}"


def _points(lines: Sequence[str]) -> Points:
    shown = [Item(visible(line, 400)) for line in lines[:_OF_A_FEW]]
    more = len(lines) - len(shown)
    if more > 0:
        shown.append(Item(say("et {more} autres", more=more)))
    return Points(tuple(shown))


def _central(directory: Directory, admin: str | None) -> tuple[Recipient, ...]:
    found = unique(uesl(directory, Role.PILOTAGE)) or unique(uesl(directory, Role.DEPOT))
    return found or ((Recipient(address=admin),) if admin else ())
