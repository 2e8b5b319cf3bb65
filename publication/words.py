"""How editions are spoken of in French: labels, banner of what is missing, figures as printed, changes as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

from domain.releases import Coverage, CoverageState, EditionKind
from publication.changes import Change
from publication.edition import Edition
from publication.table import Kind, RowKind
from publication.values import Value
from rendering.french import NBSP, NNBSP, count, joined, number, period_name, say

EDITIONS: Final[Mapping[EditionKind, str]] = {
    EditionKind.PROVISIONAL: "provisoire",
    EditionKind.OFFICIAL: "officielle",
    EditionKind.FINAL: "définitive",
    EditionKind.REVISED: "rectifiée",
}
MINUS: Final = "\u2212"
_DECIMALS: Final = {Kind.COUNT: 0, Kind.EUROS: 0, Kind.PERCENT: 1, Kind.EVOLUTION: 1, Kind.POINTS: 1, Kind.RATIO: 2}
_SIGNED: Final = frozenset({Kind.EVOLUTION, Kind.POINTS})
_FIRST_TOLD: Final = frozenset({"D1", "D2", "D3"})
_THEN_CUMULS: Final = frozenset({"D4", "D6"})
SERVICES: Final[Mapping[str, str]] = {"ASA": "CIL-PASS assistance", "MOB": "CIL-PASS mobilité"}
YEARLY: Final = "Restitution annuelle"


def edition_title(edition: Edition) -> str:
    """« Suivi trimestriel – 1er trimestre 2005 », « Restitution annuelle – année 2005 »; of whom, on a sheet of one."""
    title = f"{'Suivi trimestriel' if edition.period.quarter else YEARLY} – {period_name(edition.period)}"
    return f"{title} – {edition.recipient}" if edition.recipient else title


def edition_label(edition: Edition) -> str:
    """« Édition officielle n° 2 »."""
    return say("Édition {kind} n° {number}", kind=EDITIONS[edition.kind], number=edition.number)


@lru_cache(maxsize=1 << 14)
def shown(value: Value, kind: Kind) -> str:
    """A figure as printed: narrow spaces between thousands, euros without decimals, percentages with one (D0)."""
    if value.number is None:
        return "" if value.absence is None else value.absence.value
    figure = Decimal(value.number)
    text = number(abs(figure), _DECIMALS[kind])
    nought = not any(character in "123456789" for character in text)
    sign = MINUS if figure < 0 and not nought else "+" if kind in _SIGNED and not nought else ""
    unit = f"{NBSP}%" if kind in {Kind.PERCENT, Kind.EVOLUTION} else ""
    return f"{sign}{text}{unit}{'*' if value.incomplete else ''}"


def banner(edition: Edition) -> tuple[str, ...]:
    """What is missing, platform by platform, never why; one sentence when nothing is. Then what is not shown at all."""
    told = [*_sentences(edition, CoverageState.MISSING, "Plates-formes non parvenues")]
    told += _sentences(edition, CoverageState.PARTIAL, "Plates-formes parvenues en partie")
    if told:
        told += _sentences(edition, CoverageState.COMPLETE, "Plates-formes prises en compte en entier")
    else:
        told.append("Toutes les Plates-formes sont prises en compte.")
    told += _sentences(edition, CoverageState.NIL, "Plates-formes déclarant un état néant")
    return (*told, *edition.withheld)


def reminder(edition: Edition) -> str:
    """The banner in one line, under each table (D0); empty when nothing is missing."""
    told = []
    for state, label in ((CoverageState.MISSING, "non parvenues"), (CoverageState.PARTIAL, "parvenues en partie")):
        subjects: dict[str, list[str]] = {}
        for one in edition.coverage:
            if one.state is state:
                subjects.setdefault(_subject(one), []).append(one.platform)
        told += [
            say("{label} {to} : {named}", label=label, to=to, named=joined(named)) for to, named in subjects.items()
        ]
    return say("Plates-formes {told}.", told=f"{NNBSP}; ".join(told)) if told else ""


def _sentences(edition: Edition, state: CoverageState, label: str) -> Iterable[str]:
    for subject in dict.fromkeys(map(_subject, edition.coverage)):
        found = [one for one in edition.coverage if _subject(one) == subject and one.state is state]
        if found:
            named = joined([_named(edition.names, one) for one in found])
            yield say("{label} {subject} : {named}.", label=label, subject=subject, named=named)


def _subject(one: Coverage) -> str:
    """« pour le CIL-PASS assistance », « pour « Enquêtes de satisfaction » »."""
    if one.collection:
        return say("pour « {label} »", label=one.label or one.collection)
    return f"pour le {SERVICES[one.about]}"


def _named(names: Mapping[str, str], one: Coverage) -> str:
    """« PF05 – Plate-forme Sud-Ouest (manque : CIL043) »."""
    name = names.get(one.platform)
    told = f"{one.platform} – {name}" if name else one.platform
    if one.state is CoverageState.PARTIAL and one.lacking:
        return say("{told} (manque : {lacking})", told=told, lacking=", ".join(one.lacking))
    return told


def edition_words(name: str | None) -> str:
    """« l’édition officielle n° 2 » for `official-v02`; « l’édition précédente » when it is not known."""
    kind, _, digits = (name or "").partition("-v")
    if kind not in set(EditionKind) or not digits.isdigit():
        return say("l'édition précédente")
    return say("l'édition {kind} n° {number}", kind=EDITIONS[EditionKind(kind)], number=int(digits))


def change_sentence(*changes: Change) -> str:
    """« D1, CIL du Perche – Nb d’engagements : 12 au lieu de 10 », for the cells of one row."""
    one = changes[0]
    who = one.row.get("nom_cil") or one.row.get("label") or one.row.get("code_cil") or ""
    if one.row_kind is RowKind.BLOCK_TOTAL:
        who = f"{who} {one.row.get('heading', '')}".strip()
    if all(change.after is None for change in changes):
        return say("{table}, {who} : ligne retirée", table=one.table, who=who)
    told = [_cell(change) for change in changes if change.before is not None or _figure(change.after, change.kind)]
    new = all(change.before is None for change in changes)
    return say(
        "{table}, {who}, ligne nouvelle – {told}" if new else "{table}, {who} – {told}",
        table=one.table,
        who=who,
        told=" ; ".join(told).replace(" ;", f"{NNBSP};"),
    )


def _cell(change: Change) -> str:
    after = _figure(change.after, change.kind) or "vide"
    if change.before is None:
        return f"{change.label}{NBSP}: {after}"
    return f"{change.label}{NBSP}: {after} au lieu de {_figure(change.before, change.kind) or 'vide'}"


def _figure(value: Value | None, kind: Kind) -> str:
    return "" if value is None else shown(value, kind)


def release_notes(edition: Edition, most: int = 40) -> tuple[str, ...]:
    """What changes, row by row, those of the CIL/CCI first; what follows from it and what does not fit is counted."""
    rows: dict[tuple[str, str], list[Change]] = {}
    for change in [one for one in edition.changes if _is_news(one)] or edition.changes:
        rows.setdefault((change.table, "/".join(change.row.values())), []).append(change)
    ordered = sorted(rows.values(), key=lambda row: row[0].row_kind is not RowKind.LINE)
    told = [change_sentence(*row) for row in ordered[:most]]
    left = len(edition.changes) - sum(map(len, ordered[:most]))
    if left:
        follows = "" if len(ordered) > most else " qui en découlent (totaux, cumuls, parts)"
        cells = count(left, "autre cellule", "autres cellules")
        told.append(say("… et {cells}{follows}, dans le fichier changes.json.", cells=cells, follows=follows))
    return tuple(told)


def _is_news(change: Change) -> bool:
    """Whether a cell tells what no other one did: a synthesis repeats the quarters of D1 and D2, then itself."""
    if change.table in _FIRST_TOLD:
        return True
    return change.table in _THEN_CUMULS and change.row_kind is RowKind.LINE and change.column.endswith("_cumul")
