"""The mails by which editions of the tables reach their readers: one to each address, about its own organisations.

Contract §10. See also `notifications.announcements` and `notifications.withdrawals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.notices import Event, Notice
from domain.organisations import MEMBERS, Directory, Organisation, OrganisationType, Role, Service
from domain.periods import Period
from domain.releases import EditionKind
from domain.restitution import OwnFigure, OwnService, Restitution
from notifications.envelope import Writing
from notifications.recipients import Recipient, contacts, unique
from rendering.escaping import visible
from rendering.french import count, joined, of_period, period_name, say
from rendering.letter import Banner, Block, Cell, Grid, Headline, Item, Line, Points, Title, points

KINDS: Final = {
    EditionKind.PROVISIONAL: "provisoire",
    EditionKind.OFFICIAL: "officielle",
    EditionKind.FINAL: "définitive",
    EditionKind.REVISED: "rectifiée",
}
_READERS: Final = (Role.DIFFUSION, Role.DIRECTION, Role.RESPONSABLE, Role.DEPOT)
"""Who reads the tables of an organisation: its `diffusion` contacts, else the first others that it has."""
_OF_A_FEW: Final = 12
SECRET: Final = "s."  # noqa: S105 - statistical secrecy
"""How tables show a figure that statistical secrecy hides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """One address, and the organisations (codes) whose tables are read there."""

    recipient: Recipient
    organisations: tuple[str, ...]


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


def addressees(directory: Directory, organisations: Iterable[str]) -> tuple[Addressee, ...]:
    """Each address once, with all of these organisations that it serves, in their order."""
    found: dict[str, Addressee] = {}
    for code in organisations:
        for one in readers(directory, code):
            known = found.get(one.address.lower())
            theirs = (code,) if known is None else (*known.organisations, code)
            first = one if known is None else known.recipient
            found[one.address.lower()] = Addressee(recipient=first, organisations=theirs)
    return tuple(found.values())


def release_notices(  # noqa: PLR0913 - by keyword: how it is written, to whom
    told: Sequence[Restitution],
    recipients: Sequence[Recipient],
    directory: Directory,
    day: date,
    *,
    reply_to: str | None = None,
    attachments: tuple[str, ...] = (),
) -> list[Notice]:
    """One message to each address: `told` is of one edition or several, for one organisation or several.

    `day`: of the distribution.
    """
    editions = _editions(told)
    writing = Writing(
        key=f"release:{'+'.join(f'{one.period}:{one.edition}' for one in editions)}",
        event=Event.RELEASE,
        subject=_subject(editions, tuple(dict.fromkeys(one.organisation for one in told))),
        blocks=[*_blocks(told, editions), *_ending(told, editions, directory, attachments)],
        reply_to=_answers_go_to(told, directory, day, reply_to),
        attachments=attachments,
    )
    return writing.to(recipients)


def _editions(told: Sequence[Restitution]) -> list[Restitution]:
    """One for each edition."""
    return list({(one.period, one.edition): one for one in reversed(told)}.values())[::-1]


def _subject(editions: Sequence[Restitution], organisations: Sequence[str]) -> str:
    who = organisations[0] if len(organisations) == 1 else f"{len(organisations)} organismes"
    first = editions[0]
    if len(editions) == 1:
        return say(
            "Tableaux {of} : édition {kind} ({who})",
            of=of_period(first.period),
            kind=KINDS[first.kind],
            who=who,
        )
    unit = "trimestres" if _all_quarters(editions) else "périodes"
    if {one.kind for one in editions} == {EditionKind.REVISED}:
        return say("Tableaux rectifiés de {number} {unit} ({who})", number=len(editions), unit=unit, who=who)
    return say("Tableaux de {number} {unit} ({who})", number=len(editions), unit=unit, who=who)


def _all_quarters(editions: Iterable[Restitution]) -> bool:
    return all("T" in one.period for one in editions)


def _blocks(told: Sequence[Restitution], editions: Sequence[Restitution]) -> list[Block]:
    blocks: list[Block] = [_headline(editions)]
    several = len({one.organisation for one in told}) > 1
    latest = max(editions, key=lambda one: one.period)
    for edition in editions:
        if len(editions) > 1:
            blocks.append(Title(say("{title}, édition {kind}", title=edition.title, kind=KINDS[edition.kind])))
        blocks.append(Banner(" ".join(edition.banner)))
        if edition.changed_cells:
            blocks += _since(edition, alone=len(editions) == 1)
        with_figures = edition is latest or edition.kind is not EditionKind.REVISED
        for one in told:
            if (one.period, one.edition) == (edition.period, edition.edition):
                blocks += _of_organisation(one, named=several, with_figures=with_figures)
    return blocks


def _headline(editions: Sequence[Restitution]) -> Headline:
    tone = "care" if any(one.kind is EditionKind.REVISED for one in editions) else "good"
    first = editions[0]
    if len(editions) == 1:
        told = "Les tableaux {of} changent." if tone == "care" else "Les tableaux {of} sont publiés."
        return Headline(
            say("{title}, édition {kind}", title=first.title, kind=KINDS[first.kind]),
            say(told, of=of_period(first.period)),
            tone,
        )
    named = joined([period_name(one.period) for one in editions])
    told = "Ces tableaux changent : {periods}." if tone == "care" else "Ces tableaux sont publiés : {periods}."
    return Headline("Suivi trimestriel" if _all_quarters(editions) else "Tableaux", say(told, periods=named), tone)


def _since(edition: Restitution, *, alone: bool) -> list[Block]:
    line = Line(
        say(
            "{cells} par rapport à l'édition que vous aviez ({name}).",
            cells=count(edition.changed_cells, "chiffre change", "chiffres changent"),
            name=edition_words(edition.replaces),
        )
    )
    return [Title("Ce qui change"), line] if alone else [line]


def edition_words(name: str | None) -> str:
    """« définitive n° 4 » for `final-v04`; « précédente » when it is not known."""
    kind, _, number = (name or "").partition("-v")
    if kind not in set(EditionKind) or not number.isdecimal():
        return "précédente"
    return say("{kind} n° {number}", kind=KINDS[EditionKind(kind)], number=int(number))


def _of_organisation(one: Restitution, *, named: bool, with_figures: bool) -> list[Block]:
    """`named`: the reader serves several organisations."""
    blocks: list[Block] = []
    if named:
        blocks.append(Title(_name(one)))
    if one.changed_cells:
        blocks.append(_own_changes(one))
    if with_figures:
        for service in one.services:
            blocks += _own(service)
        if any(_has_secret(figure) for service in one.services for figure in service.figures):
            told = "s. : secret statistique ; un chiffre trop petit pour être publié, ou qui en ferait retrouver un."
            blocks.append(Line(say(told)))
        if not one.services:
            blocks.append(
                Line(say("Vous n'avez pas de ligne dans ces tableaux ; ils vous sont adressés pour information."))
            )
    return blocks


def _has_secret(figure: OwnFigure) -> bool:
    return SECRET in {figure.value, *(word for line in figure.place for word in line.split())}


def _name(one: Restitution) -> str:
    code = visible(one.organisation)
    return say("{code} – {name}", code=code, name=visible(one.name, 100)) if one.name else code


def _own_changes(one: Restitution) -> Block:
    if not one.changes:
        return Line(say("Vos propres chiffres ne changent pas."))
    shown = [Item(line) for line in one.changes[:_OF_A_FEW]]
    more = len(one.changes) - len(shown)
    if more > 0:
        shown.append(Item(say("et {more} autres de vos chiffres, dans les tableaux.", more=more)))
    return Points(tuple(shown))


def _own(service: OwnService) -> list[Block]:
    blocks: list[Block] = [Title(service.title)]
    if service.performer:
        told = "Vous avez confié ce service à « {performer} » : voici sa ligne, qui comprend votre activité."
        blocks.append(Line(say(told, performer=visible(service.performer, 100))))
    spans = tuple(dict.fromkeys(one.span for one in service.figures))
    by_label: dict[str, dict[str, Cell]] = {}
    for one in service.figures:
        by_label.setdefault(one.label, {})[one.span] = Cell((one.value, *one.place))
    blocks.append(
        Grid(
            say("Son chiffre, son rang, sa part du total national")
            if service.performer
            else say("Votre chiffre, son rang, sa part du total national"),
            ("", *spans),
            tuple((Cell((label,)), *(cells.get(span, Cell()) for span in spans)) for label, cells in by_label.items()),
        )
    )
    return blocks


def _ending(
    told: Sequence[Restitution],
    editions: Sequence[Restitution],
    directory: Directory,
    attachments: Sequence[str],
) -> list[Block]:
    """Where the tables are, and who mends a figure."""
    kinds = [word for suffix, word in ((".pdf", "PDF"), (".xlsx", "classeur")) if _some(attachments, suffix)]
    places = [f"diffusion/{one.period}/" for one in editions]
    has_account = any(
        found.compte_sftp for one in told if (found := directory.by_code.get(one.organisation)) is not None
    )
    blocks: list[Block] = []
    if kinds:
        sheets = any("/situation-" in one for one in attachments)
        what = "Votre propre feuille et les tableaux" if sheets else "Les tableaux"
        blocks.append(Line(say("{what} sont joints à ce message ({kinds}).", what=what, kinds=joined(kinds))))
    if has_account:
        blocks.append(Line(say("Dans votre compte sur le serveur de dépôt, vous les trouvez dans :")))
        blocks.append(points([visible(one, 40) for one in places]))
    elif not kinds:
        blocks.append(
            Line(say("Les tableaux sont trop lourds pour ce message : répondez-y, une personne vous les enverra."))
        )
    blocks.append(
        Line(
            say(
                "Un chiffre vous paraît faux ? La Plate-forme qui l'a transmis le corrige : répondez à ce message, "
                "elle vous lira, et l'UESL aussi. Les tableaux sont alors refaits, et chacun en est averti.",
            ),
        ),
    )
    return blocks


def _some(attachments: Sequence[str], suffix: str) -> bool:
    return any(one.endswith(suffix) for one in attachments)


def _answers_go_to(told: Sequence[Restitution], directory: Directory, day: date, reply_to: str | None) -> str | None:
    """Its platform, who corrects, and the person at UESL."""
    addresses: list[str] = []
    for organisation, period in dict.fromkeys((one.organisation, one.period) for one in told):
        for service in Service:
            adhesion = directory.adhesion_on(organisation, service, Period.parse(period).ends_on)
            adhesion = adhesion or directory.adhesion_on(organisation, service, day)
            if adhesion is not None:
                platform = adhesion.code_plateforme
                addresses += [one.address for one in contacts(directory, platform, Role.DEPOT, service)[:1]]
    addresses += [reply_to] if reply_to else []
    return ", ".join(dict.fromkeys(addresses)) or None
