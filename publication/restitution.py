"""What each recipient reads about itself: its line, its rank and share, the nation, what changed (contract §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.organisations import MEMBERS, Directory, OrganisationType, Service
from domain.restitution import OwnFigure, OwnService, Restitution
from publication.changes import Change
from publication.edition import Edition
from publication.position import Position, of_member, of_platform
from publication.table import Kind, RowKind
from publication.values import Absence
from publication.words import banner, change_sentence, edition_label, edition_title, reminder, shown
from rendering.french import NBSP, ordinal, say

_SERVICE_OF = {"D4": Service.ASA, "D5": Service.ASA, "D6": Service.MOB, "D7": Service.MOB}
_SHARES = ("D8bis",)
_CUMUL = "_cumul"
_SHEET_OF = {"D15A": Service.ASA, "D15M": Service.MOB}
_TOLD_OF_A_YEAR: Mapping[str, str] = {
    "satisfaits_ASA": "Clients très satisfaits ou satisfaits",
    "satisfaits_MOB": "Clients très satisfaits ou satisfaits",
    "taux_retour": "Taux de retour des enquêtes",
    "dossiers": "",
}
"""Indicators that the mail tells → how, where the words of the sheet say too little without its titles."""
_NO_FIGURE = frozenset({"", *Absence})
_TITLES = {Service.ASA: "CIL-PASS assistance", Service.MOB: "CIL-PASS mobilité"}


def restitution(edition: Edition, directory: Directory, organisation: str) -> Restitution:
    """For a CIL/CCI, a platform, or anybody else (who reads the tables and has no line)."""
    one = directory.by_code.get(organisation)
    services: tuple[OwnService, ...] = ()
    if not edition.period.quarter:
        services = _of_year(edition, organisation)
    elif one is not None and one.type in MEMBERS:
        services = _of_member(edition, directory, organisation)
    elif one is not None and one.type is OrganisationType.PF:
        services = _services(edition, of_platform(edition.tables, organisation), {})
    return Restitution(
        organisation=organisation,
        name=organisation if one is None else one.nom,
        period=edition.period.code,
        edition=edition.name,
        kind=edition.kind,
        title=edition_title(edition),
        label=edition_label(edition),
        banner=(told, *edition.withheld) if (told := reminder(edition)) else banner(edition),
        services=services,
        changes=_changes(edition, organisation),
        changed_cells=len(edition.changes),
        replaces=edition.replaces,
    )


def _of_year(edition: Edition, organisation: str) -> tuple[OwnService, ...]:
    """The first lines of its own sheet: activity, ratios, cases; the whole of it goes with the mail."""
    found: list[OwnService] = []
    for table in edition.sheets.get(organisation, ()):
        service = _SHEET_OF.get(table.code)
        if service is None:
            continue
        names = [column.name for column in table.columns]
        figures: list[OwnFigure] = []
        for row in table.rows:
            first = row.keys.get("rubrique") == table.rows[0].keys["rubrique"]
            name = row.keys.get("indicateur", "")
            if first or name in _TOLD_OF_A_YEAR:
                kinds = row.kinds or tuple(column.kind for column in table.columns)
                cells = zip(names, row.values, kinds, strict=True)
                told = {name: shown(value, kind) for name, value, kind in cells}
                figures.append(_figure_of_year(_TOLD_OF_A_YEAR.get(name) or row.keys["libelle"], told))
        found.append(OwnService(title=_TITLES[service], figures=tuple(figures)))
    return tuple(found)


def _figure_of_year(label: str, told: Mapping[str, str]) -> OwnFigure:
    place = [f"{ordinal(int(told['rang']))} sur {told['sur']}"] if told["rang"].isdigit() else []
    if told["part_national_pct"] not in _NO_FIGURE and told["national"] not in _NO_FIGURE:
        place.append(say("{share} de {total}", share=told["part_national_pct"], total=told["national"]))
    elif told["national"]:
        place.append(say("réseau : {total}", total=told["national"]))
    if told["mediane"] not in _NO_FIGURE:
        place.append(say("médiane {median}", median=told["mediane"].removesuffix(",00")))
    return OwnFigure(
        label=label,
        span="Année",
        value=told["valeur"] or "–",
        place=tuple(line.replace(" ", NBSP) for line in place),
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
    return _services(edition, found, performers)


def _services(
    edition: Edition, positions: Sequence[Position], performers: dict[Service, str]
) -> tuple[OwnService, ...]:
    if edition.period.quarter == 1:  # its cumul repeats the quarter
        positions = [one for one in positions if not one.column.endswith(_CUMUL)]
    return tuple(
        OwnService(title=_TITLES[service], figures=figures, performer=performers.get(service, ""))
        for service in Service
        if (figures := tuple(_figure(one) for one in positions if _SERVICE_OF[one.table] is service))
    )


def _figure(one: Position) -> OwnFigure:
    return OwnFigure(
        label=one.group,
        span="Depuis le 1er janvier" if one.column.endswith(_CUMUL) else "Trimestre",
        value=shown(one.value, one.kind) or "–",
        place=_place(one),
    )


def _place(one: Position) -> tuple[str, ...]:
    """« 4e sur 42 », « 3,1 % de 409 », « médiane 6 », none of which is cut."""
    total, median = shown(one.total, one.kind), shown(one.median, one.kind)
    if one.rank is None:
        told = [say("réseau : {total}", total=total)]
    else:
        share = shown(one.share, Kind.PERCENT) if one.share.known else "–"
        told = [f"{ordinal(one.rank)} sur {one.of}", f"{share} de {total}", f"médiane {median}"]
    return tuple(line.replace(" ", NBSP) for line in told)


def _changes(edition: Edition, organisation: str) -> tuple[str, ...]:
    """One sentence a row; a synthesis repeats the quarter of D1 and D2, a share follows from everybody's figures."""
    rows: dict[tuple[str, ...], list[Change]] = {}
    for one in edition.changes:
        if _concerns(one, organisation) and one.table not in _SHARES and not _repeats(one, edition):
            rows.setdefault((one.table, *one.row.values()), []).append(one)
    return tuple(change_sentence(*changes) for changes in rows.values())


def _repeats(change: Change, edition: Edition) -> bool:
    """A synthesis repeats the quarter of D1 and D2; the first quarter's cumul repeats the quarter."""
    if change.table not in _SERVICE_OF:
        return False
    if change.column.endswith(_CUMUL):
        return edition.period.quarter == 1
    return change.member is not None


def _concerns(change: Change, organisation: str) -> bool:
    if change.member == organisation:
        return True
    return change.row_kind is RowKind.BLOCK_TOTAL and change.row.get("code_plateforme") == organisation
