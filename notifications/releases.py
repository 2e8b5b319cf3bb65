"""The mails by which an edition of the tables reaches its recipients, and those that tell UESL of it (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.notices import Event, Notice
from domain.organisations import MEMBERS, Directory, Organisation, OrganisationType, Role, Service
from domain.periods import Period
from domain.releases import EditionKind
from domain.restitution import OwnService, Restitution
from notifications.envelope import Writing
from notifications.recipients import Recipient, contacts, uesl, unique
from rendering.escaping import visible
from rendering.french import count, long_date, period_name, say
from rendering.letter import Banner, Block, Facts, Headline, Item, Line, Points, Title

_KINDS = {
    EditionKind.PROVISIONAL: "provisoire",
    EditionKind.OFFICIAL: "officielle",
    EditionKind.FINAL: "définitive",
    EditionKind.REVISED: "rectifiée",
}
_READERS = (Role.DIFFUSION, Role.DIRECTION, Role.RESPONSABLE, Role.DEPOT)
"""Who reads the tables of an organisation: its `diffusion` contacts, else the first others that it has."""
_OF_A_FEW = 12


def receives(organisation: Organisation, day: date) -> bool:
    """Every CIL/CCI and platform active that day (S1-4: « à tous les CIL/CCI et Plates-formes »), and UESL."""
    kinds = MEMBERS | {OrganisationType.PF, OrganisationType.UESL}
    return organisation.type in kinds and organisation.actif.covers(day)


def readers(directory: Directory, organisation: str) -> tuple[Recipient, ...]:
    """Addresses of an organisation to which the tables go; none when the register has no contact for it."""
    for role in _READERS:
        found = contacts(directory, organisation, role)
        if found:
            return unique(found)
    return ()


def release_notices(  # noqa: PLR0913 - by keyword: how it is written, to whom
    told: Restitution,
    recipients: Sequence[Recipient],
    directory: Directory,
    day: date,
    *,
    reply_to: str | None = None,
    attachments: tuple[str, ...] = (),
) -> list[Notice]:
    """One message to each address, about its own organisation alone. `day`: of the distribution."""
    writing = Writing(
        key=f"release:{told.period}:{told.edition}",
        event=Event.RELEASE,
        subject=say(
            "Tableaux du {period} : édition {kind} ({who})",
            period=period_name(told.period),
            kind=_KINDS[told.kind],
            who=told.organisation,
        ),
        blocks=_blocks(told, attached=bool(attachments)),
        reply_to=_answers_go_to(directory, told, day, reply_to),
        attachments=attachments,
    )
    return writing.to(recipients)


def _answers_go_to(directory: Directory, told: Restitution, day: date, reply_to: str | None) -> str | None:
    """Its platform, who corrects, and the person at UESL."""
    addresses: list[str] = []
    for service in Service:
        adhesion = directory.adhesion_on(told.organisation, service, Period.parse(told.period).ends_on)
        adhesion = adhesion or directory.adhesion_on(told.organisation, service, day)
        if adhesion is not None:
            addresses += [one.address for one in contacts(directory, adhesion.code_plateforme, Role.DEPOT, service)[:1]]
    addresses += [reply_to] if reply_to else []
    return ", ".join(dict.fromkeys(addresses)) or None


def _blocks(told: Restitution, *, attached: bool) -> list[Block]:
    blocks: list[Block] = [
        Headline(
            say("{title}, édition {kind}", title=told.title, kind=_KINDS[told.kind]),
            say("Les tableaux du {period} sont publiés.", period=period_name(told.period)),
            "good" if told.kind is not EditionKind.REVISED else "care",
        ),
        Banner(" ".join(told.banner)),
    ]
    blocks += _changes(told)
    for service in told.services:
        blocks += _own(service)
    if not told.services:
        blocks.append(
            Line(say("Vous n'avez pas de ligne dans ces tableaux ; ils vous sont adressés pour information."))
        )
    where = "Tous les tableaux sont joints (PDF et classeur)" if attached else "Tous les tableaux vous attendent"
    blocks.append(
        Line(
            say(
                "{where} ; si vous avez un compte, ils sont aussi dans diffusion/{period}/.",
                where=where,
                period=told.period,
            )
        )
    )
    blocks.append(
        Line(
            say(
                "Un chiffre vous paraît faux ? Il est corrigé par la Plate-forme qui l'a transmis : répondez à ce "
                "message, elle vous lira, et l'UESL aussi.",
            ),
        ),
    )
    return blocks


def _changes(told: Restitution) -> list[Block]:
    if not told.changed_cells:
        return []
    shown = [Item(line) for line in told.changes[:_OF_A_FEW]]
    more = len(told.changes) - len(shown)
    if more > 0:
        shown.append(Item(say("et {more} autres, dans la page jointe.", more=more)))
    since = say(
        "Par rapport à l'édition {name}, {cells} dans l'ensemble des tableaux.",
        name=told.replaces or "précédente",
        cells=count(told.changed_cells, "cellule change", "cellules changent"),
    )
    mine: Block = Points(tuple(shown)) if shown else Line(say("Vos propres lignes ne changent pas."))
    return [Title("Ce qui change"), Line(since), mine]


def _own(service: OwnService) -> list[Block]:
    blocks: list[Block] = [Title(service.title)]
    if service.performer:
        blocks.append(
            Line(
                say(
                    "Vous avez confié ce service à {performer} : voici sa ligne, qui comprend votre activité.",
                    performer=visible(service.performer),
                ),
            ),
        )
    blocks.append(Facts(tuple((one.label, f"{one.value} ({one.place})") for one in service.figures)))
    return blocks


def announcement_notices(  # noqa: PLR0913 - by keyword: what is announced, to whom
    period: str,
    kind: EditionKind,
    for_on: date,
    directory: Directory,
    *,
    recipients: int,
    lacking: Sequence[str] = (),
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """To UESL, the working day before: what will leave, to how many, and how to hold it."""
    missing: list[Block] = [Points(tuple(Item(line) for line in lacking))] if lacking else []
    writing = Writing(
        key=f"announcement:{period}:{kind.value}:{for_on}",
        event=Event.RELEASE,
        subject=say("Demain : tableaux du {period}, édition {kind}", period=period_name(period), kind=_KINDS[kind]),
        blocks=[
            Headline(
                "Diffusion prévue",
                say(
                    "Les tableaux du {period} partent le {day} à 9 h, édition {kind}, à {who}.",
                    period=period_name(period),
                    day=long_date(for_on),
                    kind=_KINDS[kind],
                    who=count(recipients, "destinataire"),
                ),
            ),
            *missing,
            Line(say("Rien à faire si tout va bien. Pour les retenir : guichet release hold {period}", period=period)),
        ],
        reply_to=reply_to,
    )
    return writing.to(_central(directory, admin))


def withdrawal_notices(
    period: str,
    edition: str,
    reason: str,
    recipients: Sequence[Recipient],
    *,
    reply_to: str | None = None,
) -> list[Notice]:
    """To all who had it: this edition is not to be used any more, and why."""
    writing = Writing(
        key=f"release-withdrawn:{period}:{edition}",
        event=Event.RELEASE,
        subject=say("Tableaux du {period} : édition retirée", period=period_name(period)),
        blocks=[
            Headline(
                "Édition retirée",
                say("N'utilisez plus les tableaux du {period} que vous avez reçus.", period=period_name(period)),
                "bad",
            ),
            Facts((("Édition", edition), ("Motif", visible(reason, 400)))),
            Line(say("Une édition corrigée vous sera adressée.")),
        ],
        reply_to=reply_to,
    )
    return writing.to(recipients)


def _central(directory: Directory, admin: str | None) -> tuple[Recipient, ...]:
    found = unique(uesl(directory, Role.PILOTAGE)) or unique(uesl(directory, Role.DEPOT))
    return found or ((Recipient(address=admin),) if admin else ())
