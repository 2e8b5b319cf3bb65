"""The tables of a year with what is secret hidden: for everybody, and a sheet for each organisation (contract §10).

Every count of cases and of answers that any table or sheet shows goes into one question of secrecy for each collection
and year; a cell that rests on a secret count is secret wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.organisations import Service
from publication.counted import CROSS, TOTAL, Count
from publication.secrecy.cells import Cell, Counts, Cross, Dimension, Home, Trait
from publication.secrecy.pattern import Published
from publication.secrecy.protecting import protect
from publication.table import Row, Table
from publication.tables.cil_pass.cases import first_flows
from publication.tables.cil_pass.cube import Cube
from publication.tables.cil_pass.dimensions import (
    CASES,
    GRADES,
    ITEMS,
    SATISFACTION,
    UNKNOWN,
    CaseCollection,
    Reading,
)
from publication.tables.cil_pass.dimensions import Dimension as Characteristic
from publication.tables.cil_pass.position import Situations
from publication.tables.cil_pass.satisfaction import Answers
from publication.tables.cil_pass.yearly import yearly_tables
from publication.values import SECRET, Number
from publication.words import SERVICES
from publication.year import Year, YearFacts
from rendering.french import say
from schemas.codes import region_of

Sheets = Mapping[str, tuple[Table, ...]]
SCHEMA: Final = 1
_NOTE: Final = (
    "s. : secret statistique (moins de {minimum} dossiers ou réponses, ou chiffre qui permettrait d’en retrouver un)."
)
_WITHHELD: Final = (
    "Aucun chiffre {of} de l’année {year} n’est montré dans cette édition : rien ne pourrait l’être sans que l’on "
    "retrouve un nombre de moins de {minimum} {things} (secret statistique)."
)
_ITEM, _GRADE = "item", "note"
_OF_ANSWERS: Final = f"{SATISFACTION}:"
"""Begins the name under which the answers of a service are kept: what they are counted by is arranged anew."""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What an edition of a year, or of a neighbouring one, counted and hid, as it was kept."""

    secrecy: Mapping[str, Any]

    def of(self, collection: str, year: int) -> Iterable[Published]:
        """What it showed of one collection and year."""
        for document in self.secrecy["published"]:
            if (document["collection"], document["year"]) == (collection, year):
                yield Published.from_document(document)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the secrecy of an edition depends on besides its facts.

    `earlier`: every edition that anybody may have received before, in order; `own`: what this one hid when it was
    made, for one that is made again, so that the same cells are hidden by any version of the program. `seen`: how many
    editions were looked at, those that hid nothing among them.
    """

    minimum: int
    earlier: tuple[Earlier, ...] = ()
    own: Earlier | None = None
    seen: int = 0


def yearly(facts: YearFacts, secrets: Secrets) -> tuple[tuple[Table, ...], Sheets, Mapping[str, Any]]:
    """Tables, sheets by organisation, and what was hidden."""
    facts = facts.without_small_medians(secrets.minimum)
    published = [_published(counts, secrets) for counts in counted(facts, secrets.minimum)]
    secret = frozenset(count for one in published for count in _named(one, one.hidden))
    told = frozenset(count for one in published for count in _named(one, (cell for cell, _ in one.counts.cells())))
    hidden = _Hidden(secret=secret, protected=told)
    situations = Situations(facts=facts, secret=secret)
    sheets = {
        code: tuple(_hide(table, hidden, secrets.minimum) for table in situations.tables(code))
        for code in situations.organisations
    }
    return (
        tuple(_hide(table, hidden, secrets.minimum) for table in yearly_tables(facts, flows_from=secrets.minimum)),
        {code: tables for code, tables in sheets.items() if tables},
        {"schema": SCHEMA, "published": [one.as_document() for one in published]},
    )


def withheld(secrecy: Mapping[str, Any]) -> tuple[str, ...]:
    """For each collection and year of which no figure at all is shown, the sentence that says so; from what was kept.

    Either all of them are small, or no choice of what to hide protects those that are.
    """
    found = (Published.from_document(document) for document in secrecy["published"])
    return tuple(_withheld(one) for one in found if all(cell in one.hidden for cell, _ in one.counts.cells()))


def _withheld(one: Published) -> str:
    collection, year, minimum = one.counts.collection, one.counts.year, one.minimum
    if collection.startswith(_OF_ANSWERS):
        of = say("des enquêtes de satisfaction du {service}", service=SERVICES[collection.removeprefix(_OF_ANSWERS)])
        return say(_WITHHELD, of=of, year=year, minimum=minimum, things="réponses")
    service = next(case.service for case in CASES if case.slug == collection)
    of = say("sur les dossiers du {service}", service=SERVICES[service])
    return say(_WITHHELD, of=of, year=year, minimum=minimum, things="dossiers")


def _published(counts: Counts, secrets: Secrets) -> Published:
    if secrets.own is not None:
        kept = next(iter(secrets.own.of(counts.collection, counts.year)), None)
        if kept is not None:
            return kept
    earlier = [one for edition in secrets.earlier for one in edition.of(counts.collection, counts.year)]
    return protect(counts, secrets.minimum, earlier)


def _named(one: Published, cells: Iterable[Cell]) -> Iterable[Count]:
    """Cells as the tables name their counts."""
    collection, year = one.counts.collection, one.counts.year
    for cell in cells:
        trait = cell.trait
        if collection.startswith(_OF_ANSWERS):
            trait = _of_answers(trait, collection.removeprefix(_OF_ANSWERS))
        yield Count(
            collection=collection.partition(":")[0],
            year=year,
            group=cell.group,
            dimension=trait.dimension,
            modality=trait.modality,
            other=trait.other,
        )


def _of_answers(trait: Trait, service: str) -> Trait:
    """In the tables, an item or the whole service is the dimension, the grade its modality."""
    arranged = {
        TOTAL: Trait(service),
        _ITEM: Trait(trait.modality),
        _GRADE: Trait(service, trait.modality),
    }
    return arranged.get(trait.dimension, Trait(trait.modality, trait.other))


@dataclass(frozen=True, kw_only=True)
class _Hidden:
    """What is secret, and what was asked about: a count that nobody asked about (of nobody at all) is not shown."""

    secret: frozenset[Count]
    protected: frozenset[Count]

    def hides(self, count: Count) -> bool:
        """Whether nothing that rests on it may be shown."""
        return count in self.secret or count not in self.protected


def _hide(table: Table, hidden: _Hidden, minimum: int) -> Table:
    """The table without what rests on a secret count, « n.s. » included (its base is zero); a note says why."""
    rows = tuple(_hidden_row(row, hidden) for row in table.rows)
    if not any(SECRET in row.values for row in rows):
        return table
    return replace(table, rows=rows, notes=(*table.notes, say(_NOTE, minimum=minimum)))


def _hidden_row(row: Row, hidden: _Hidden) -> Row:
    if not row.rests_on:
        return row
    values = tuple(
        SECRET if any(hidden.hides(count) for count in rests_on) else value
        for value, rests_on in zip(row.values, row.rests_on, strict=True)
    )
    return replace(row, values=values)


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────────


def counted(facts: YearFacts, minimum: int) -> tuple[Counts, ...]:
    """Every count of cases and of answers of the year and of the one that it recalls. `minimum`: of a listed flow."""
    found: list[Counts] = []
    for year in (facts.year, facts.before):
        if year is None:
            continue
        recalled = year is facts.before
        for collection in CASES:
            counts = _cases(facts, year, collection, None if recalled else minimum)
            found += [counts] if counts.members else []
        for service in ITEMS:
            counts = _answers(facts, year, service)
            found += [counts] if counts.members else []
    return tuple(found)


def _cases(facts: YearFacts, year: Year, collection: CaseCollection, flows_from: int | None) -> Counts:
    """`flows_from`: None for a year that is recalled, of which no cross is shown."""
    cube, number = Cube(facts, collection, year), year.period.year
    homes = cube.homes
    crosses: tuple[Cross, ...] = ()
    if flows_from is not None:
        crosses = tuple(
            Cross(name=one.name, first=one.first, second=one.second, everywhere=False)
            for one in collection.crosses
            if collection.dimension(one.first).asked(number) and collection.dimension(one.second).asked(number)
        )
        if collection.flow is not None:
            listed = tuple(first_flows(cube, collection.flow, flows_from))
            flow = collection.flow
            crosses += (Cross(name=flow.name, first=flow.first, second=flow.second, everywhere=False, listed=listed),)
    dimensions = tuple(_dimension(one, collection, number) for one in collection.dimensions if one.asked(number))
    shown = {TOTAL, *(one.name for one in dimensions), *(one.name for one in crosses)}
    return Counts.of(
        collection.slug,
        number,
        (
            (one.member, Trait(one.dimension, one.modality, one.other), one.count)
            for one in year.tallies.get(collection.slug, ())
            if one.dimension in shown
        ),
        {
            member: Home(platform=homes.platform(member), region=homes.region(member))
            for member in homes.members
            if cube.state(member).known
        },
        dimensions,
        crosses,
    )


def _dimension(one: Characteristic, collection: CaseCollection, year: int) -> Dimension:
    """Only of places is `UNKNOWN` shown: elsewhere it is no unknown, since a reader may be sure that it is empty."""
    codes = tuple(code for code in one.codes if one.asked(year, code))
    if one.reading is Reading.PLACE:
        codes = (*codes, UNKNOWN)
    rollup = collection.derived.get(one.name, "")
    return Dimension(
        name=one.name,
        modalities=codes,
        exclusive=not one.multiple,
        everywhere=one.reading is not Reading.PLACE,
        rollup=rollup,
        rolls=tuple((code, region_of(code, year) or UNKNOWN) for code in codes) if rollup else (),
    )


def _answers(facts: YearFacts, year: Year, service: Service) -> Counts:
    answers = Answers(facts, service, year)
    homes = answers.homes
    known = [member for member in homes.members if answers.state(member).known]
    return Counts.of(
        f"{_OF_ANSWERS}{service.value}",
        year.period.year,
        (
            counts
            for member in known
            for item in ITEMS[service]
            for grade in GRADES
            for counts in _each(member, item, grade, answers.figure(member, item, grade).value.number or 0)
        ),
        {member: Home(platform=homes.platform(member)) for member in known},
        (
            Dimension(name=_ITEM, modalities=tuple(ITEMS[service])),
            Dimension(name=_GRADE, modalities=tuple(GRADES)),
        ),
        (Cross(name=f"{_ITEM}{CROSS}{_GRADE}", first=_ITEM, second=_GRADE),),
    )


def _each(member: str, item: str, grade: str, number: Number) -> Sequence[tuple[str, Trait, int]]:
    """What a number of answers adds to."""
    traits = (Trait(TOTAL), Trait(_ITEM, item), Trait(_GRADE, grade), Trait(f"{_ITEM}{CROSS}{_GRADE}", item, grade))
    return [(member, trait, int(number)) for trait in traits] if number else []
