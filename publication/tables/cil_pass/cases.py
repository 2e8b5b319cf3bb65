"""D11 and D12: the characteristics of the cases of a year, and of the year before (S1-14 to S1-17, R D11, D12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from publication.counted import NATION, OTHERS, REGION, TOTAL
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.cube import Cube, Figure, part
from publication.tables.cil_pass.dimensions import (
    LAST_FORMER_YEAR,
    UNKNOWN,
    CaseCollection,
    Cross,
    Dimension,
    Modality,
    Reading,
    places_of,
    regions_of,
)
from publication.tables.cil_pass.missing import missing_notes
from publication.tables.cil_pass.titles import year_title
from publication.values import NOT_CONCERNED, Value, points
from publication.year import YearFacts

FLOWS_SHOWN = 20
TOTAL_LABEL = "Nb de dossiers terminés (1)"
MEDIAN_LABEL = "Ressources : médiane (€)"
MEDIAN = "mediane"
NATIONAL = "NATIONAL"
MULTIPLE_NOTE = "Plusieurs réponses sont possibles pour un même dossier : le total des parts peut passer 100 %."
RESTS_NOTE = "n.d. : non demandé par le format de l’exercice, ou non parvenu."
Cubes = tuple[Cube, Cube]
"""Of the year, and of the year before."""


def cubes(collection: CaseCollection, facts: YearFacts) -> Cubes:
    """What both years count."""
    return Cube(facts, collection, facts.year), Cube(facts, collection, facts.before)


def case_tables(collection: CaseCollection, facts: YearFacts, flows_from: int) -> tuple[Table, ...]:
    """The nation, régions, platforms, crosses and flows. `flows_from`: a flow of fewer cases is not listed."""
    both = cubes(collection, facts)
    found = [
        _national(collection, facts, both),
        _by_group(collection, facts, both, by_region=True),
        _by_group(collection, facts, both, by_region=False),
        *(_cross(collection, facts, both[0], cross, rank) for rank, cross in enumerate(collection.crosses, 1)),
    ]
    if collection.flow is not None:
        found.append(_flows(collection, facts, both[0], collection.flow, flows_from))
    return tuple(found)


def shown_dimensions(collection: CaseCollection, *, places: bool) -> tuple[Dimension, ...]:
    """Those of the tables; places, which have a hundred modalities, for the nation alone."""
    return tuple(one for one in collection.dimensions if places or one.reading is not Reading.PLACE)


def modality_rows(
    collection: CaseCollection,
    figures: Callable[[str, str], Sequence[Figure]],
    medians: Callable[[], Sequence[Figure]],
    *,
    places: bool,
    year: int,
) -> list[tuple[Dimension, str, str, Sequence[Figure]]]:
    """(characteristic, code, label, figures) for each modality, in the documents' order; the median after its classes.

    A case without a modality of its own has a row where its place is outside every département.
    """
    found: list[tuple[Dimension, str, str, Sequence[Figure]]] = []
    for one in shown_dimensions(collection, places=places):
        found += [(one, modality.code, modality.label, figures(one.name, modality.code)) for modality in _of(one, year)]
        if one.column == collection.amount:
            found.append((one, MEDIAN, MEDIAN_LABEL, medians()))
        derived = collection.derived.get(one.name)
        if derived is not None:
            whole = Dimension(
                name=derived, label=one.label.replace("Département", "Région"), reading=one.reading, modalities=()
            )
            names = [(region, region) for region in regions_of(year)]
            found += [
                (whole, code, label, figures(derived, code)) for code, label in (*names, (UNKNOWN, _UNKNOWN_LABEL))
            ]
    return found


_UNKNOWN_LABEL = "hors départements, ou non déterminé"


def _of(dimension: Dimension, year: int) -> tuple[Modality, ...]:
    if dimension.reading is not Reading.PLACE:
        return dimension.modalities
    places = places_of(year)
    known = tuple(one for one in dimension.modalities if one.code in places)
    return (*known, Modality(code=UNKNOWN, label=_UNKNOWN_LABEL))


def case_columns(facts: YearFacts) -> tuple[Column, ...]:
    """The year and the year before: how many, which share."""
    now, before = str(facts.period.year), str(facts.period.year - 1)
    return (
        Column(name="effectif", label="Effectif", kind=Kind.COUNT, group=f"Année {now}"),
        Column(name="part_pct", label="%", kind=Kind.PERCENT, group=f"Année {now}"),
        Column(name="effectif_precedent", label="Effectif", kind=Kind.COUNT, group=f"Année {before}"),
        Column(name="part_precedent_pct", label="%", kind=Kind.PERCENT, group=f"Année {before}"),
        Column(name="ecart_points", label="Écart en points", kind=Kind.POINTS, group="Évolution"),
    )


_MEDIAN_KINDS = (Kind.EUROS, Kind.PERCENT, Kind.EUROS, Kind.PERCENT, Kind.POINTS)
_BLANK = Figure(value=NOT_CONCERNED)


def _two_years(both: Cubes, group: str, dimension: str, modality: str) -> tuple[Figure, ...]:
    now, before = (cube.count(group, dimension, modality) for cube in both)
    shares = [cube.share(group, dimension, modality) for cube in both]
    return (now, shares[0], before, shares[1], difference(*shares))


def difference(one: Figure, other: Figure) -> Figure:
    """In points; the absence of the first when it has one."""
    if not one.value.known:
        return Figure(value=one.value, rests_on=one.rests_on)
    return Figure(value=points(one.value, other.value), rests_on=(*one.rests_on, *other.rests_on))


def _two_medians(both: Cubes, group: str) -> tuple[Figure, ...]:
    return (both[0].median(group), _BLANK, both[1].median(group), _BLANK, _BLANK)


def row_of(
    kind: RowKind,
    keys: dict[str, str],
    figures: Sequence[Figure],
    kinds: tuple[Kind, ...] = (),
    notes: tuple[str, ...] = (),
) -> Row:
    """A row of figures, each with the counts that it rests on."""
    return Row(
        kind=kind,
        keys=keys,
        values=tuple(one.value for one in figures),
        kinds=kinds,
        notes=notes,
        rests_on=tuple(one.rests_on for one in figures),
    )


def _national(collection: CaseCollection, facts: YearFacts, both: Cubes) -> Table:
    rows = [
        row_of(
            RowKind.LINE,
            {"caracteristique": one.name, "modalite": code, "libelle": label, "heading": one.label},
            figures,
            _MEDIAN_KINDS if code == MEDIAN else (),
        )
        for one, code, label, figures in modality_rows(
            collection,
            lambda dimension, modality: _two_years(both, NATION, dimension, modality),
            lambda: _two_medians(both, NATION),
            places=True,
            year=facts.period.year,
        )
    ]
    keys = {"caracteristique": TOTAL, "modalite": "", "libelle": TOTAL_LABEL}
    rows.append(row_of(RowKind.TOTAL, keys, _two_years(both, NATION, TOTAL, "")))
    return Table(
        code=collection.table,
        title=f"Synthèse {collection.title}",
        subtitle=f"caractéristiques des dossiers – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="caracteristique", label="Caractéristique"),
            Key(name="modalite", label="Code", hidden=True),
            Key(name="libelle", label="Modalité"),
        ),
        columns=case_columns(facts),
        rows=tuple(rows),
        block="caracteristique",
        footnotes=collection.footnotes,
        notes=notes_of(collection, facts, both),
    )


def _by_group(collection: CaseCollection, facts: YearFacts, both: Cubes, *, by_region: bool) -> Table:
    key = Key(name="region", label="Région") if by_region else Key(name="code_plateforme", label="Plate-forme")
    groups = _regions(both) if by_region else _platforms(both)
    rows: list[Row] = []
    for group in groups:
        name = group.removeprefix(REGION)
        heading = f"RÉGION {name.upper()}" if by_region else f"PLATE-FORME {group} – {facts.name(group)}"
        rows += _block(collection, facts, both, group, {key.name: name, "heading": heading})
    total = {key.name: NATIONAL, "caracteristique": TOTAL, "modalite": "", "libelle": TOTAL_LABEL}
    total["libelle_caracteristique"] = "Total national"
    rows.append(row_of(RowKind.TOTAL, total, _two_years(both, NATION, TOTAL, "")))
    return Table(
        code=f"{collection.table}{'R' if by_region else 'P'}",
        title=f"Synthèse {collection.title}",
        subtitle=f"caractéristiques des dossiers {'par région' if by_region else 'par Plate-forme'} – "
        f"{year_title(facts.period)}",
        period=facts.period,
        keys=(
            key,
            Key(name="caracteristique", label="Code de la caractéristique", hidden=True),
            Key(name="modalite", label="Code", hidden=True),
            Key(name="libelle_caracteristique", label="Caractéristique"),
            Key(name="libelle", label="Modalité"),
        ),
        columns=case_columns(facts),
        rows=tuple(rows),
        block=key.name,
        footnotes=collection.footnotes,
        notes=(*notes_of(collection, facts, both), *_moved(collection, facts, both, by_region=by_region)),
    )


def _block(collection: CaseCollection, facts: YearFacts, both: Cubes, group: str, keys: dict[str, str]) -> list[Row]:
    rows = []
    said = ""
    for one, code, label, figures in modality_rows(
        collection,
        lambda dimension, modality: _two_years(both, group, dimension, modality),
        lambda: [] if group.startswith(REGION) else _two_medians(both, group),
        places=False,
        year=facts.period.year,
    ):
        if not figures:
            continue
        told = "" if one.name == said else one.label
        said = one.name
        words = {"caracteristique": one.name, "modalite": code, "libelle_caracteristique": told, "libelle": label}
        kinds = _MEDIAN_KINDS if code == MEDIAN else ()
        rows.append(row_of(RowKind.LINE, {**keys, **words}, figures, kinds))
    words = {"caracteristique": TOTAL, "modalite": "", "libelle_caracteristique": "Total", "libelle": TOTAL_LABEL}
    rows.append(row_of(RowKind.BLOCK_TOTAL, {**keys, **words}, _two_years(both, group, TOTAL, "")))
    return rows


def _regions(both: Cubes) -> tuple[str, ...]:
    """Those of the year."""
    return both[0].homes.regions


def _platforms(both: Cubes) -> tuple[str, ...]:
    return both[0].homes.platforms


def _cross(collection: CaseCollection, facts: YearFacts, cube: Cube, cross: Cross, rank: int) -> Table:
    first, second = collection.dimension(cross.first), collection.dimension(cross.second)
    columns = [Column(name=one.code, label=one.label, kind=Kind.COUNT, group=second.label) for one in second.modalities]
    columns.append(Column(name=TOTAL, label="Ensemble des dossiers", kind=Kind.COUNT, group="Total"))
    rows = [
        row_of(
            RowKind.LINE,
            {"modalite": one.code, "libelle": one.label},
            [
                *(cube.count(NATION, cross.name, one.code, other.code) for other in second.modalities),
                cube.count(NATION, first.name, one.code),
            ],
        )
        for one in first.modalities
    ]
    margins = [*(cube.count(NATION, second.name, other.code) for other in second.modalities), cube.count(NATION)]
    rows.append(row_of(RowKind.TOTAL, {"modalite": TOTAL.upper(), "libelle": TOTAL_LABEL}, margins))
    notes = notes_of(collection, facts, (cube, cube))
    return Table(
        code=f"{collection.table}X{rank}",
        title=f"Synthèse {collection.title}",
        subtitle=f"{cross.title} – {year_title(facts.period)}",
        period=facts.period,
        keys=(Key(name="modalite", label="Code", hidden=True), Key(name="libelle", label=first.label)),
        columns=tuple(columns),
        rows=tuple(rows),
        footnotes=collection.footnotes,
        notes=notes if second.multiple else tuple(one for one in notes if one != MULTIPLE_NOTE),
    )


def _flows(collection: CaseCollection, facts: YearFacts, cube: Cube, flow: Cross, flows_from: int) -> Table:
    listed = first_flows(cube, flow, flows_from)
    names = {one.code: one.label for one in collection.dimension(flow.first).modalities}
    rows = [
        row_of(
            RowKind.LINE,
            {"depart": one, "arrivee": other, "libelle_depart": names[one], "libelle": names[other]},
            _with_share(cube, cube.count(NATION, flow.name, one, other)),
        )
        for one, other in listed
    ]
    rest = {"depart": OTHERS, "arrivee": OTHERS, "libelle_depart": "autres", "libelle": ""}
    rows.append(row_of(RowKind.LINE, rest, _with_share(cube, _rest(cube, flow.name, listed))))
    total = {"depart": TOTAL.upper(), "arrivee": "", "libelle_depart": TOTAL_LABEL, "libelle": ""}
    rows.append(row_of(RowKind.TOTAL, total, _with_share(cube, cube.count(NATION))))
    listing = (
        f"Les {FLOWS_SHOWN} premiers flux sont donnés s’ils comptent au moins {flows_from} dossiers ; les autres sont "
        "regroupés."
    )
    return Table(
        code=f"{collection.table}F",
        title=f"Synthèse {collection.title}",
        subtitle=f"{flow.title} – {year_title(facts.period)}",
        period=facts.period,
        keys=(
            Key(name="depart", label="Code de départ", hidden=True),
            Key(name="arrivee", label="Code d’arrivée", hidden=True),
            Key(name="libelle_depart", label="Département de départ"),
            Key(name="libelle", label="Département d’arrivée"),
        ),
        columns=case_columns(facts)[:2],
        rows=tuple(rows),
        footnotes=collection.footnotes,
        notes=(
            *missing_notes(facts, collection.slug, collection.title),
            listing,
            *_breaks(collection, facts, (cube, cube)),
        ),
    )


def first_flows(cube: Cube, flow: Cross, flows_from: int) -> list[tuple[str, str]]:
    """The pairs listed: the most frequent first, equals in the order of the départements."""
    order = {one: rank for rank, one in enumerate(cube.collection.dimension(flow.first).codes)}
    found = cube.pairs(flow.name)
    ranked = sorted(found, key=lambda pair: (-found[pair], order[pair[0]], order[pair[1]]))
    return [pair for pair in ranked if found[pair] >= flows_from][:FLOWS_SHOWN]


def _with_share(cube: Cube, count: Figure) -> tuple[Figure, Figure]:
    return (count, part(count, cube.count(NATION)))


def _rest(cube: Cube, name: str, listed: Iterable[tuple[str, str]]) -> Figure:
    """What the pairs listed leave: a figure of its own for secrecy."""
    rest, whole = cube.count(NATION, name, OTHERS, OTHERS), cube.count(NATION).value.number
    if not rest.value.known or whole is None:
        return rest
    shown = sum(cube.count(NATION, name, *pair).value.number or 0 for pair in listed)
    return Figure(value=Value(whole - shown), rests_on=rest.rests_on)


def notes_of(collection: CaseCollection, facts: YearFacts, both: Cubes) -> tuple[str, ...]:
    """Who is missing, several answers, the series break."""
    return (
        *missing_notes(facts, collection.slug, collection.title),
        MULTIPLE_NOTE,
        *_breaks(collection, facts, both),
    )


def _breaks(collection: CaseCollection, facts: YearFacts, both: Cubes) -> tuple[str, ...]:
    year = facts.period.year
    if year <= LAST_FORMER_YEAR:
        return (f"Format de 2003. {RESTS_NOTE}",)
    compared = year == LAST_FORMER_YEAR + 1 and both[0] is not both[1] and both[1].known
    return (collection.series_break,) if compared else ()


def _moved(collection: CaseCollection, facts: YearFacts, both: Cubes, *, by_region: bool) -> tuple[str, ...]:
    """Who has another platform than the year before, whose figures stay where they were."""
    if by_region or both[0].year is None or both[1].year is None:
        return ()
    now, before = both[0].homes, both[1].homes
    moved = [
        one for one in now.members if (was := before.platform(one)) and (now_at := now.platform(one)) and was != now_at
    ]
    if not moved:
        return ()
    told = ", ".join(f"{facts.name(one)} ({before.platform(one)} puis {now.platform(one)})" for one in moved)
    note = (
        f"{collection.title} : ont changé de Plate-forme : {told}. Les dossiers d’une année entière sont ceux de la "
        "Plate-forme du 31 décembre."
    )
    return (note,)
