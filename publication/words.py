"""How editions are spoken of in French: labels, banner of what is missing, figures as printed, changes as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from domain.releases import Coverage, CoverageState, EditionKind
from publication.changes import Change
from publication.edition import Edition
from publication.table import Kind, RowKind
from publication.values import Value
from rendering.french import NBSP, joined, number, period_name, say

EDITIONS: Final[Mapping[EditionKind, str]] = {
    EditionKind.PROVISIONAL: "provisoire",
    EditionKind.OFFICIAL: "officielle",
    EditionKind.FINAL: "définitive",
    EditionKind.REVISED: "rectifiée",
}
MINUS: Final = "\u2212"
_DECIMALS: Final = {Kind.COUNT: 0, Kind.EUROS: 0, Kind.PERCENT: 1, Kind.EVOLUTION: 1, Kind.RATIO: 2}
_SERVICES: Final = {"ASA": "CIL-PASS assistance", "MOB": "CIL-PASS mobilité"}


def edition_title(edition: Edition) -> str:
    """« Suivi trimestriel – 1er trimestre 2005 »."""
    return f"Suivi trimestriel – {period_name(edition.period)}"


def edition_label(edition: Edition) -> str:
    """« Édition officielle n° 2 »."""
    return say("Édition {kind} n° {number}", kind=EDITIONS[edition.kind], number=edition.number)


def shown(value: Value, kind: Kind) -> str:
    """A figure as printed: narrow spaces between thousands, euros without decimals, percentages with one (D0)."""
    if value.number is None:
        return "" if value.absence is None else value.absence.value
    figure = Decimal(value.number)
    text = number(abs(figure), _DECIMALS[kind])
    nought = not any(character in "123456789" for character in text)
    sign = MINUS if figure < 0 and not nought else "+" if kind is Kind.EVOLUTION and not nought else ""
    unit = f"{NBSP}%" if kind in {Kind.PERCENT, Kind.EVOLUTION} else ""
    return f"{sign}{text}{unit}{'*' if value.incomplete else ''}"


def banner(edition: Edition) -> tuple[str, ...]:
    """What is missing, platform by platform, never why; one sentence when nothing is."""
    told = [*_sentences(edition, CoverageState.MISSING, "Plates-formes non parvenues")]
    told += _sentences(edition, CoverageState.PARTIAL, "Plates-formes parvenues en partie")
    told += _sentences(edition, CoverageState.NIL, "Plates-formes déclarant un état néant")
    if not any(one.state in {CoverageState.MISSING, CoverageState.PARTIAL} for one in edition.coverage):
        told.insert(0, "Toutes les Plates-formes sont prises en compte.")
    return tuple(told)


def _sentences(edition: Edition, state: CoverageState, label: str) -> Iterable[str]:
    for service in dict.fromkeys(one.service for one in edition.coverage):
        found = [one for one in edition.coverage if one.service is service and one.state is state]
        if found:
            named = joined([_named(edition.names, one) for one in found])
            yield say("{label} pour le {service} : {named}.", label=label, service=_SERVICES[service], named=named)


def _named(names: Mapping[str, str], one: Coverage) -> str:
    """« PF05 – Plate-forme Sud-Ouest (manque : CIL043) »."""
    name = names.get(one.platform)
    told = f"{one.platform} – {name}" if name else one.platform
    if one.state is CoverageState.PARTIAL:
        return say("{told} (manque : {lacking})", told=told, lacking=", ".join(one.lacking))
    return told


def change_sentence(change: Change) -> str:
    """« D1, CIL du Perche, Nb d’engagements : 12 au lieu de 10 »."""
    who = change.row.get("nom_cil") or change.row.get("label") or change.row.get("code_cil") or ""
    if change.row_kind is RowKind.BLOCK_TOTAL:
        who = f"{who} {change.row.get('heading', '')}".strip()
    after = "ligne retirée" if change.after is None else shown(change.after, change.kind) or "vide"
    before = "ligne nouvelle" if change.before is None else shown(change.before, change.kind) or "vide"
    return say(
        "{table}, {who}, {label} : {after} au lieu de {before}"
        if change.before is not None
        else "{table}, {who}, {label} : {after} ({before})",
        table=change.table,
        who=who,
        label=change.label,
        after=after,
        before=before,
    )


def release_notes(edition: Edition, most: int = 60) -> tuple[str, ...]:
    """What changes, line by line for the CIL/CCI first; what does not fit is counted."""
    ordered: Sequence[Change] = sorted(edition.changes, key=lambda one: one.row_kind is not RowKind.LINE)
    told = [change_sentence(one) for one in ordered[:most]]
    left = len(ordered) - most
    if left > 0:
        told.append(say("… et {left} autres cellules, toutes dans changes.json.", left=left))
    return tuple(told)
