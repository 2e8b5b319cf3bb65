"""What each recipient reads about itself: its line, its rank and share, the nation, what changed (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.organisations import MEMBERS, Directory, OrganisationType, Service
from domain.restitution import OwnFigure, OwnService, Restitution
from publication.changes import Change
from publication.edition import Edition
from publication.position import Position, of_member, of_platform
from publication.table import RowKind
from publication.words import banner, change_sentence, edition_label, edition_title, shown
from rendering.french import ordinal, say

_SERVICE_OF = {"D4": Service.ASA, "D5": Service.ASA, "D6": Service.MOB, "D7": Service.MOB}
_TITLES = {Service.ASA: "CIL-PASS assistance", Service.MOB: "CIL-PASS mobilité"}


def restitution(edition: Edition, directory: Directory, organisation: str) -> Restitution:
    """For a CIL/CCI, a platform, or anybody else (who reads the tables and has no line)."""
    one = directory.by_code.get(organisation)
    services: tuple[OwnService, ...] = ()
    if one is not None and one.type in MEMBERS:
        services = _of_member(edition, directory, organisation)
    elif one is not None and one.type is OrganisationType.PF:
        services = _services(of_platform(edition.tables, organisation), {})
    own = [change for change in edition.changes if _concerns(change, organisation)]
    return Restitution(
        organisation=organisation,
        period=edition.period.code,
        edition=edition.name,
        kind=edition.kind,
        title=edition_title(edition),
        label=edition_label(edition),
        banner=banner(edition),
        services=services,
        changes=tuple(change_sentence(change) for change in own),
        changed_cells=len(edition.changes),
        replaces=edition.replaces,
    )


def _of_member(edition: Edition, directory: Directory, member: str) -> tuple[OwnService, ...]:
    found = list(of_member(edition.tables, member))
    performers: dict[Service, str] = {}
    has_line = {_SERVICE_OF[one.table] for one in found}
    for service in Service:
        entrusted = directory.delegation_covering(member, service, edition.period)
        if entrusted is None or service in has_line:
            continue
        theirs = [
            one for one in of_member(edition.tables, entrusted.code_realisateur) if _SERVICE_OF[one.table] is service
        ]
        if theirs:
            found += theirs
            performer = directory.by_code.get(entrusted.code_realisateur)
            performers[service] = entrusted.code_realisateur if performer is None else performer.nom
    return _services(found, performers)


def _services(positions: Sequence[Position], performers: dict[Service, str]) -> tuple[OwnService, ...]:
    return tuple(
        OwnService(title=_TITLES[service], figures=figures, performer=performers.get(service, ""))
        for service in Service
        if (figures := tuple(_figure(one) for one in positions if _SERVICE_OF[one.table] is service))
    )


def _figure(one: Position) -> OwnFigure:
    return OwnFigure(
        label=f"{one.group} – {one.label.lower()}", value=shown(one.value, one.kind) or "–", place=_place(one)
    )


def _place(one: Position) -> str:
    """« 4e sur 42 ; 3,1 % du total national, qui est de 409 ; médiane 6 »."""
    nation = say("total national : {total}", total=shown(one.total, one.kind))
    if one.rank is None:
        return nation
    return say(
        "{rank} sur {of}, {share} du {nation}, médiane : {median}",
        rank=ordinal(one.rank),
        of=one.of,
        share=f"{str(one.share.number).replace('.', ',')} %" if one.share.known else "part non significative",
        nation=nation,
        median=shown(one.median, one.kind),
    )


def _concerns(change: Change, organisation: str) -> bool:
    if change.member == organisation:
        return True
    return change.row_kind is RowKind.BLOCK_TOTAL and change.row.get("code_plateforme") == organisation
