"""D10 to D12 for one organisation: its own column, its platform's, the nation's (R D11, D15)."""

from __future__ import annotations

from domain.organisations import Service
from publication.counted import NATION, TOTAL
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cases import MEDIAN, MULTIPLE_NOTE, TOTAL_LABEL, modality_rows, row_of
from publication.tables.cil_pass.cube import Figure
from publication.tables.cil_pass.indicators import Side
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.satisfaction import FOOTNOTES, columns, item_rows
from publication.tables.cil_pass.services import PublishedService
from publication.tables.cil_pass.titles import year_title
from publication.values import NOT_CONCERNED
from publication.year import YearFacts


def letter_of(published: PublishedService) -> str:
    """What its sheets are called by."""
    return "A" if published.service is Service.ASA else "M"


def sides_of(side: Side, organisation: str) -> list[tuple[str, str, str]]:
    """(code, title, group) of the columns: own, its platform, the nation."""
    found = []
    if organisation not in side.platforms:
        found.append(("cil", "CIL/CCI", organisation))
        platform = side.platform(organisation)
        if platform:
            found.append(("plateforme", f"Plate-forme {platform}", platform))
    else:
        found.append(("plateforme", f"Plate-forme {organisation}", organisation))
    return [*found, ("national", "National", NATION)]


def survey_table(facts: YearFacts, published: PublishedService, side: Side, organisation: str) -> Table:
    """D10 for its columns."""
    rows: list[Row] = []
    for code, title, group in sides_of(side, organisation):
        rows += item_rows(side.answers, group, side.service, {"niveau": code, "heading": title}, RowKind.BLOCK_TOTAL)
    return Table(
        code=f"D15{letter_of(published)}S",
        title="Enquêtes de satisfaction",
        subtitle=f"{facts.name(organisation)} – {published.title} – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="niveau", label="Niveau"),
            Key(name="code_service", label="Service", hidden=True),
            Key(name="item", label="Code", hidden=True),
            Key(name="libelle", label="Item"),
        ),
        columns=columns(facts),
        rows=tuple(rows),
        block="niveau",
        footnotes=FOOTNOTES,
        notes=missing_notes(facts, "satisfaction", "Enquêtes de satisfaction"),
    )


def case_table(facts: YearFacts, published: PublishedService, side: Side, organisation: str) -> Table:
    """D11 or D12 for its columns, and its own of the year before."""
    now, before = side.cases
    sides = sides_of(side, organisation)

    def figures(dimension: str, modality: str) -> list[Figure]:
        found: list[Figure] = []
        for _, _, group in sides:
            found += [now.count(group, dimension, modality), now.share(group, dimension, modality)]
        recall = (before.count(organisation, dimension, modality), before.share(organisation, dimension, modality))
        return [*found, *recall]

    def medians() -> list[Figure]:
        blank = Figure(value=NOT_CONCERNED)
        found: list[Figure] = []
        for _, _, group in sides:
            found += [now.median(group), blank]
        return [*found, before.median(organisation), blank]

    pairs = [(code, title, str(facts.period.year)) for code, title, _ in sides]
    pairs.append(("precedent", sides[0][1], str(facts.period.year - 1)))
    shown = tuple(
        Column(name=f"{code}_{name}", label=label, kind=kind, group=f"{title} – {year}")
        for code, title, year in pairs
        for name, label, kind in (("effectif", "Effectif", Kind.COUNT), ("part_pct", "%", Kind.PERCENT))
    )
    kinds = (Kind.EUROS, Kind.PERCENT) * len(pairs)
    rows = [
        row_of(
            RowKind.LINE,
            {"caracteristique": one.name, "modalite": code, "libelle": label, "heading": one.label},
            found,
            kinds if code == MEDIAN else (),
        )
        for one, code, label, found in modality_rows(
            side.collection, figures, medians, places=False, year=facts.period.year
        )
    ]
    keys = {"caracteristique": TOTAL, "modalite": "", "libelle": TOTAL_LABEL}
    rows.append(row_of(RowKind.TOTAL, keys, figures(TOTAL, "")))
    return Table(
        code=f"D15{letter_of(published)}C",
        title=f"Synthèse {published.title}",
        subtitle=f"{facts.name(organisation)} – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="caracteristique", label="Caractéristique"),
            Key(name="modalite", label="Code", hidden=True),
            Key(name="libelle", label="Modalité"),
        ),
        columns=shown,
        rows=tuple(rows),
        block="caracteristique",
        footnotes=side.collection.footnotes,
        notes=(*missing_notes(facts, side.collection.slug, side.collection.title), MULTIPLE_NOTE),
    )
