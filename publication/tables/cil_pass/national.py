"""D3: both services for the whole nation, in perspective with former periods (S1-4, S0-11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.periods import FIRST_YEAR, Period
from publication.facts import Facts, in_order, periods_needed, quarters_until
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cumuls import cumul, lacks_any, with_figures
from publication.tables.cil_pass.services import MOBILITE, SERVICES, Indicator, PublishedService
from publication.tables.cil_pass.titles import quarter_title
from publication.values import MISSING, Value, evolution, total

_UNITS = {Kind.COUNT: "Nb", Kind.EUROS: "€"}
_COLUMNS = (
    ("trimestre", "Trimestre", Kind.COUNT),
    ("variation_trimestre_pct", "Variation en % sur trimestre précédent", Kind.EVOLUTION),
    ("cumul", "Cumul depuis le début d’année", Kind.COUNT),
    ("cumul_annee_precedente", "Rappel cumul année précédente", Kind.COUNT),
    ("evolution_cumul_pct", "% cumul annuel sur année précédente", Kind.EVOLUTION),
)


LAST_OF_FORMER_FORMAT = Period(2004, 4)
SERIES_BREAK = (
    "CIL-PASS mobilité : rupture de série entre 2004 et 2005. Depuis le 1er trimestre 2005 ne sont comptés que les "
    "dossiers aboutis et facturés de la seule prestation CIL-PASS mobilité, et les entreprises concernées prennent la "
    "place des dossiers dans un cadre collectif. Les évolutions par rapport à 2004 se lisent avec prudence."
)
"""What the format of 2005 counts otherwise than the one of 2003 (B13 to B15)."""


@dataclass(kw_only=True)
class _LeftOut:
    """Who is left out of the percentages of a service, for the note; both percentages may leave out others."""

    variation: set[str] = field(default_factory=set)
    cumul: set[str] = field(default_factory=set)


def national_table(code: str, facts: Facts) -> Table:
    """Amounts are plain totals; a percentage leaves out, on both sides, whose expected data is missing on either."""
    rows: list[Row] = []
    notes: list[str] = []
    for published in SERVICES:
        left_out = _LeftOut()
        rows += [_row(published, one, facts, left_out) for one in published.indicators]
        notes += _notes(published, facts, left_out)
    if _compares_formats(facts):
        notes.append(SERIES_BREAK)
    return Table(
        code=code,
        title="Tableau de synthèse du suivi trimestriel pour les deux services",
        subtitle=quarter_title(facts.period),
        period=facts.period,
        keys=(
            Key(name="service", label="Service"),
            Key(name="indicateur", label="Indicateur"),
            Key(name="unite", label="Unité"),
        ),
        columns=tuple(
            Column(name=name, label=quarter_title(facts.period) if name == "trimestre" else label, kind=kind)
            for name, label, kind in _COLUMNS
        ),
        rows=tuple(rows),
        block="service",
        notes=tuple(notes),
    )


def _row(published: PublishedService, one: Indicator, facts: Facts, left_out: _LeftOut) -> Row:
    period, service = facts.period, published.service
    last_year = _last_year(period)
    before = None if period == Period(FIRST_YEAR, 1) else period.preceding
    quarter = _sum(facts, published, one, (period,))
    to_date = _sum(facts, published, one, facts.year_to_date)
    recall = _sum(facts, published, one, last_year)
    variation = MISSING
    if before is not None:
        variation, out = _percentage(facts, published, one, (period,), (before,))
        left_out.variation |= out
    growth, out = _percentage(facts, published, one, facts.year_to_date, last_year)
    left_out.cumul |= out
    return Row(
        kind=RowKind.LINE,
        keys={
            "service": service.value,
            "indicateur": one.name,
            "unite": _UNITS[one.kind],
            "heading": published.title,
            "label": one.short,
        },
        values=(quarter, variation, to_date, recall, growth),
        kinds=(one.kind, Kind.EVOLUTION, one.kind, one.kind, Kind.EVOLUTION),
    )


def _last_year(period: Period) -> tuple[Period, ...]:
    return () if period.year == FIRST_YEAR else quarters_until(Period(period.year - 1, period.quarter))


def _members(facts: Facts, published: PublishedService, periods: Sequence[Period]) -> frozenset[str]:
    return frozenset().union(*(facts.quarter(published.service, period).members for period in periods))


def _sum(facts: Facts, published: PublishedService, one: Indicator, periods: Sequence[Period]) -> Value:
    return _sum_of(facts, published, one, periods, _members(facts, published, periods))


def _sum_of(
    facts: Facts, published: PublishedService, one: Indicator, periods: Sequence[Period], members: Iterable[str]
) -> Value:
    """What is in force of these members for these quarters; `n.d.` when nothing is."""
    return total(cumul(facts, published.service, member, one.name, periods) for member in members)


def _percentage(
    facts: Facts, published: PublishedService, one: Indicator, now: Sequence[Period], before: Sequence[Period]
) -> tuple[Value, set[str]]:
    """At constant perimeter, and who was left out of it. Nothing at all on a side: `n.d.`, and nobody to name."""
    if not with_figures(facts, published.service, now) or not with_figures(facts, published.service, before):
        return MISSING, set()
    everybody = _members(facts, published, now) | _members(facts, published, before)
    every = (*now, *before)
    out = {member for member in everybody if lacks_any(facts, published.service, member, every)}
    kept = everybody - out
    sides = [_sum_of(facts, published, one, periods, kept) for periods in (now, before)]
    return evolution(sides[0], sides[1]), out


def _compares_formats(facts: Facts) -> bool:
    """Whether figures of 2005 or later stand beside figures of the former format."""
    former = [period for period in periods_needed(facts.period) if period <= LAST_OF_FORMER_FORMAT]
    return facts.period > LAST_OF_FORMER_FORMAT and bool(with_figures(facts, MOBILITE.service, former))


def _notes(published: PublishedService, facts: Facts, left_out: _LeftOut) -> list[str]:
    """Who is left out of the percentages, in the documents' order."""
    told = []
    for out, what in (
        (left_out.variation, "la variation sur le trimestre précédent"),
        (left_out.cumul, "l’évolution du cumul"),
    ):
        if out:
            names = ", ".join(facts.name(member) for member in in_order(facts, out))
            told.append(
                f"{published.title} : {what} ne tient pas compte, d’un côté comme de l’autre, de {names}, dont une "
                "donnée attendue n’est pas parvenue.",
            )
    return told
