"""« Où en sommes-nous ? »: the figures of one CIL/CCI or one platform beside the nation's, with small charts (S0-6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.organisations import Directory, Service
from publication.coverage import is_complete
from publication.edition import Edition
from publication.position import Position, of_member, of_platform, performer_of
from publication.strips import strip
from publication.table import Kind
from publication.words import SERVICES, banner, edition_label, edition_title, reminder, shown
from rendering.environment import render
from rendering.french import NBSP, long_date, ordinal, say

_TABLES: Final = {Service.ASA: frozenset({"D4", "D5"}), Service.MOB: frozenset({"D6", "D7"})}


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One figure as people read it. `label`: of the column, under the title of its indicator."""

    label: str
    value: str
    rank: str
    share: str
    median: str
    quartiles: str
    total: str
    strip: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A service. `said`: whose figures these are, when they are another's; `groups`: indicators by their title."""

    title: str
    said: str
    groups: tuple[tuple[str, tuple[Indicator, ...]], ...]


def situation_bytes(edition: Edition, directory: Directory, code: str) -> bytes:
    """The page of one organisation; who entrusted a service to another sees that one's line (S0-8)."""
    parts = [_part(edition, directory, code, service) for service in Service]
    name = edition.names.get(code)
    platform = any(one.keys.get("code_plateforme") == code for table in edition.tables for one in table.rows)
    return render(
        "situation_network.html.j2",
        {
            "title": say("Où en sommes-nous ? {period}", period=edition_title(edition)),
            "organisation": f"{name} ({code})" if name else code,
            "among": "toutes les Plates-formes" if platform else "tous les CIL/CCI",
            "label": edition_label(edition),
            "dated": long_date(edition.dated_on),
            "banner": [reminder(edition) or banner(edition)[0]],
            "complete": is_complete(edition.coverage),
            "parts": [part for part in parts if part is not None],
        },
    ).encode()


def _positions(edition: Edition, code: str, service: Service) -> list[Position]:
    every = (*of_member(edition.tables, code), *of_platform(edition.tables, code))
    return [one for one in every if one.table in _TABLES[service]]


def _part(edition: Edition, directory: Directory, code: str, service: Service) -> Part | None:
    shown_as, found = code, _positions(edition, code, service)
    if not found:
        shown_as = performer_of(directory, code, service, edition.period)
        found = _positions(edition, shown_as, service)
    if not found:
        return None
    groups: dict[str, list[Indicator]] = {}
    for one in found:
        groups.setdefault(one.group, []).append(_indicator(one))
    said = ""
    if shown_as != code:
        performer = edition.names.get(shown_as, shown_as)
        said = say(
            "Ce service est réalisé pour vous : {performer}. Ces chiffres sont les siens ; les vôtres y sont compris.",
            performer=performer,
        )
    return Part(
        title=SERVICES[service],
        said=said,
        groups=tuple((title, tuple(indicators)) for title, indicators in groups.items()),
    )


def _indicator(one: Position) -> Indicator:
    return Indicator(
        label=one.label,
        value=shown(one.value, one.kind) or "–",
        rank=_rank(one),
        share=_share(one),
        median=shown(one.median, one.kind),
        quartiles=f"{shown(one.lower_quartile, one.kind)} à {shown(one.upper_quartile, one.kind)}",
        total=shown(one.total, one.kind),
        strip=strip(one),
    )


def _rank(one: Position) -> str:
    return "–" if one.rank is None else f"{ordinal(one.rank)} sur {one.of}".replace(" ", NBSP)


def _share(one: Position) -> str:
    if not one.value.known:
        return "–"
    return shown(one.share, Kind.PERCENT)
