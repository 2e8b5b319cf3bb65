"""The tables and sheets of a year, read side by side and edition after edition, give no secret figure away."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache

import pytest

from domain.organisations import Service
from domain.periods import Period
from domain.releases import EditionKind
from publication import yearly as module
from publication.content import content_of
from publication.counted import NATION, REGION, Count
from publication.edition import Edition
from publication.restitution import restitution
from publication.table import Kind, Table
from publication.tables.cil_pass.dimensions import ASSISTANCE_CASES, MOBILITE_CASES, CaseCollection, Reading
from publication.tables.cil_pass.position import Situations
from publication.tables.cil_pass.yearly import yearly_tables
from publication.values import Absence
from publication.words import banner
from publication.year import Record, Tally, Year, YearFacts
from publication.yearly import Earlier, Secrets, yearly
from schemas.codes import region_of
from tests.attack_kit import Reader
from tests.publication_kit import few_members, network

MINIMUM = 11
DIRECTORY = few_members(network())
YEAR = Period.parse("2005")
MULTIPLE = {"services", "produits", "partenaires", "aides"}
PLACES = {"rang", "sur"}
"""Columns of a sheet that say where a figure stands among those shown."""
COLLECTIONS = (ASSISTANCE_CASES, MOBILITE_CASES)
ASA = ASSISTANCE_CASES.slug
Cases = Mapping[str, Mapping[str, int]]
"""How many, by slug and CIL/CCI."""


def homes(service: Service) -> dict[str, str]:
    """CIL/CCI → platform of 31 December."""
    return {
        one.code_cil: one.code_plateforme
        for one in DIRECTORY.adhesions
        if one.service is service and one.dates.covers(YEAR.ends_on)
    }


def tallies(collection: CaseCollection, cases: Mapping[str, int], seed: int) -> tuple[Tally, ...]:
    """As many invented cases for each CIL/CCI, counted; the first are the same whatever their number."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for member, number in cases.items():
        chance = random.Random(f"{member} {seed}")  # noqa: S311 - a seeded drawing
        for _ in range(number):
            has: dict[str, list[str]] = {}
            for one in collection.dimensions:
                codes = one.codes[:12] if one.reading is Reading.PLACE else one.codes
                if one.multiple:
                    has[one.name] = [code for at, code in enumerate(codes) if chance.random() < 0.7 / (at + 1)]
                else:
                    has[one.name] = chance.choices(codes, [1 / (at + 1) ** 2 for at in range(len(codes))])
            found[member, "total", "", ""] += 1
            found.update((member, name, code, "") for name, codes in has.items() for code in codes)
            found.update(
                (member, cross.name, one, other)
                for cross in collection.counted_crosses
                for one in has[cross.first]
                for other in has[cross.second]
            )
    platforms = homes(collection.service)
    return tuple(
        Tally(
            collection=collection.slug,
            platform=platforms[member],
            member=member,
            dimension=dimension,
            modality=modality,
            other=other,
            count=number,
        )
        for (member, dimension, modality, other), number in sorted(found.items())
    )


def answers(seed: int) -> tuple[Record, ...]:
    """Surveys of both services."""
    chance = random.Random(seed)  # noqa: S311 - a seeded drawing
    found = []
    for service, (member, platform) in [(one, home) for one in Service for home in sorted(homes(one).items())]:
        served = chance.choice([5, 30, 300])
        for item in [f"{service.value}{number}" for number in range(1, 5)]:
            grades = [chance.choice([0, 3, 12, 25]) for _ in range(4)]
            values = {"niveau_ligne": "C", "code_cil": member, "service": service.value, "item": item}
            names = ("nb_tres_satisfait", "nb_satisfait", "nb_peu_satisfait", "nb_pas_satisfait")
            figures = dict(zip(names, grades, strict=True))
            found.append(
                Record(
                    platform=platform,
                    values={**values, "nb_prestations": served + sum(grades), "nb_total": sum(grades), **figures},
                )
            )
    return tuple(found)


def facts(cases: Cases, seed: int) -> YearFacts:
    """A year in which everybody has deposited."""
    platforms = frozenset(homes(Service.ASA).values())
    slugs = list(cases)
    year = Year(
        period=YEAR,
        tallies={one.slug: tallies(one, cases[one.slug], seed) for one in COLLECTIONS},
        records={"satisfaction": answers(seed)},
        expected=dict.fromkeys([*slugs, "satisfaction"], platforms),
        present=dict.fromkeys([*slugs, "satisfaction"], platforms),
    )
    return YearFacts(period=YEAR, directory=DIRECTORY, year=year)


@cache
def some_cases(seed: int) -> Cases:
    chance = random.Random(seed)  # noqa: S311 - a seeded drawing
    sizes = [60, 150, 400]
    return {
        one.slug: {member: chance.choice(sizes) for member in sorted(homes(one.service))[:6]} for one in COLLECTIONS
    }


# ── what a reader has ────────────────────────────────────────────────────────────────────────────────────────────────


def shown(tables: Iterable[Table]) -> dict[Count, int | None]:
    """Every count that a table gives, or hides."""
    found: dict[Count, int | None] = {}
    for table, row, kind, value, rests_on in _cells(tables):
        if kind is Kind.COUNT and len(rests_on) == 1 and (value.known or value.absence is Absence.SECRET):
            number = None if value.number is None else int(value.number)
            assert found.setdefault(rests_on[0], number) == number, (table.code, row.keys)
    return found


def _cells(tables: Iterable[Table]) -> Iterable[tuple]:
    for table in tables:
        for row in table.rows:
            kinds = row.kinds or tuple(column.kind for column in table.columns)
            rests = row.rests_on or ((),) * len(kinds)
            for column, kind, value, rests_on in zip(table.columns, kinds, row.values, rests, strict=True):
                if column.name not in PLACES:
                    yield table, row, kind, value, rests_on


def read(reader: Reader, published: Sequence[Table], true: Mapping[Count, int]) -> None:
    """One edition: an unknown is a figure with its true value, as who knows what has changed would have it."""
    seen = shown(published)
    name = {count: (count, true[count]) for count in seen}
    for count, number in seen.items():
        reader.sees(name[count], number)
    for _, _, kind, value, rests_on in _cells(published):
        if kind is Kind.PERCENT and value.known and len(rests_on) == 2 and all(one in name for one in rests_on):
            reader.share(name[rests_on[0]], name[rests_on[1]], Fraction(value.number))
    by_group: dict[tuple, dict[str, Count]] = defaultdict(dict)
    for one in seen:
        by_group[one.collection, one.dimension, one.modality, one.other][one.group] = one
    for (collection, dimension, _, _), groups in by_group.items():
        service = Service.MOB if "mobilite" in collection or dimension.startswith("MOB") else Service.ASA
        _members(reader, groups, homes(service), name)
    like: dict[tuple[str, str], list[Count]] = defaultdict(list)
    for one in seen:
        like[one.collection, one.group].append(one)
    for one in seen:
        _modalities(reader, one, like[one.collection, one.group], name)


def _members(reader: Reader, groups: Mapping[str, Count], platforms: Mapping[str, str], name: Mapping) -> None:
    apart: dict[str, list[str]] = defaultdict(list)
    for member, platform in platforms.items():
        if member in groups:
            apart[NATION].append(member)
            apart[platform].append(member)
            department = DIRECTORY.by_code[member].departement
            apart[REGION + (region_of(department or "", 2005) or "HORS REGISTRE")].append(member)
    for group, members in apart.items():
        if group in groups:
            reader.adds_up([name[groups[member]] for member in members], name[groups[group]])


def _modalities(  # noqa: C901 - one way of adding up after another
    reader: Reader, whole: Count, like: Sequence[Count], name: Mapping
) -> None:
    """What stands below one figure, among those of the same organisation."""
    if whole.dimension == "total":
        for dimension in {one.dimension for one in like} - {"total", "region"}:
            parts = [one for one in like if one.dimension == dimension]
            if dimension in MULTIPLE:
                for part in parts:
                    reader.at_most(name[part], name[whole])
            elif "×" not in dimension or dimension == "depart×arrivee":
                reader.adds_up([name[one] for one in parts], name[whole])
    elif whole.collection == "satisfaction":
        if not whole.modality:
            grades = [one for one in like if one.dimension == whole.dimension and one.modality]
            reader.adds_up([name[one] for one in grades], name[whole])
        if whole.dimension in {"ASA", "MOB"}:
            items = [one for one in like if one.modality == whole.modality and one.dimension[:-1] == whole.dimension]
            reader.adds_up([name[one] for one in items], name[whole])
    elif whole.dimension == "region":
        parts = [
            one
            for one in like
            if one.dimension == "departement" and (region_of(one.modality, 2005) or "nd") == whole.modality
        ]
        reader.adds_up([name[one] for one in parts], name[whole])
    elif "×" not in whole.dimension:
        _crossed(reader, whole, like, name)


def _crossed(reader: Reader, whole: Count, like: Sequence[Count], name: Mapping) -> None:
    for dimension in {one.dimension for one in like if "×" in one.dimension} - {"depart×arrivee"}:
        first, second = dimension.split("×")
        if whole.dimension not in {first, second}:
            continue
        mine = first == whole.dimension
        parts = [
            one
            for one in like
            if one.dimension == dimension and (one.modality if mine else one.other) == whole.modality
        ]
        if (second if mine else first) in MULTIPLE:
            for part in parts:
                reader.at_most(name[part], name[whole])
        else:
            reader.adds_up([name[one] for one in parts], name[whole])


def everything(year: YearFacts, secrets: Secrets) -> tuple[list[Table], Mapping]:
    tables, sheets, document = yearly(year, secrets)
    return [*tables, *(table for one in sheets.values() for table in one)], document


def truth(year: YearFacts) -> dict[Count, int]:
    """What the tables would say without secrecy."""
    situations = Situations(facts=year)
    sheets = [table for one in situations.organisations for table in situations.tables(one)]
    return {count: number for count, number in shown([*yearly_tables(year), *sheets]).items() if number is not None}


@cache
def first_edition() -> tuple[YearFacts, list[Table], Mapping]:
    """One year as it is published before any other edition: the tests begin with it."""
    year = facts(some_cases(1), 5)
    return (year, *everything(year, Secrets(minimum=MINIMUM)))


@pytest.mark.slow
def test_two_editions_and_all_sheets() -> None:
    """Cases are added for one CIL/CCI."""
    cases = some_cases(1)
    one = min(cases[ASA])
    changed = facts({**cases, ASA: {**cases[ASA], one: cases[ASA][one] + 30}}, 5)
    year, published, document = first_edition()
    after, _ = everything(changed, Secrets(minimum=MINIMUM, earlier=(Earlier(secrecy=document),)))
    reader = Reader()
    for facts_of_it, tables in ((year, published), (changed, after)):
        seen = shown(tables)
        assert not [count for count, number in seen.items() if number is not None and number < MINIMUM]
        assert any(number is None for number in seen.values())
        assert any(number is not None for number in seen.values())
        read(reader, tables, truth(facts_of_it))
    assert not reader.finds()


def test_the_attack_succeeds_where_only_small_figures_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it would be seen if nothing protected them."""

    def primary(counts, minimum, _earlier):
        hidden = frozenset(cell for cell, number in counts.cells() if number < minimum)
        return module.Published(counts=counts, minimum=minimum, hidden=hidden)

    monkeypatch.setattr(module, "protect", primary)
    year = facts(some_cases(1), 5)
    published, _ = everything(year, Secrets(minimum=MINIMUM))
    reader = Reader()
    read(reader, published, truth(year))
    assert reader.finds_any()


def test_same_facts_same_cells() -> None:
    """And an edition made after one that says the same hides the same."""
    year, published, document = first_edition()
    again, _ = everything(year, Secrets(minimum=MINIMUM))
    after, _ = everything(year, Secrets(minimum=MINIMUM, earlier=(Earlier(secrecy=document),)))
    rebuilt, _ = everything(year, Secrets(minimum=MINIMUM, own=Earlier(secrecy=document)))
    assert published == again == after == rebuilt


def test_where_nothing_may_be_shown_the_readers_and_the_central_body_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pattern was found for the cases of the assistance."""
    plain = module.protect

    def nothing(counts, minimum, earlier):
        if counts.collection != ASA:
            return plain(counts, minimum, earlier)
        return module.Published(counts=counts, minimum=minimum, hidden=frozenset(cell for cell, _ in counts.cells()))

    monkeypatch.setattr(module, "protect", nothing)
    own, others = (sorted(homes(one))[:2] for one in Service)
    cases = {ASA: dict.fromkeys(own, 300), MOBILITE_CASES.slug: dict.fromkeys(others, 300)}
    year = facts(cases, 5)
    year = replace(year, year=replace(year.year, records={}))
    content = content_of(year, {}, Secrets(minimum=MINIMUM))
    (told,) = content.withheld
    wanted = "Aucun chiffre sur les dossiers du CIL-PASS assistance de l’année 2005 n’est montré dans cette édition"
    assert told.replace("\u00a0", " ").startswith(wanted)
    assert "moins de 11 dossiers" in told
    edition = Edition(
        period=YEAR,
        kind=EditionKind.OFFICIAL,
        number=1,
        dated_on=date(2006, 2, 15),
        tables=content.tables[:1],
        coverage=content.coverage,
        names=content.names,
        sheets=content.sheets,
        withheld=content.withheld,
    )
    code = min(edition.sheets)
    assert told in banner(edition)
    assert told in banner(edition.sheet(code))
    assert told in restitution(edition, DIRECTORY, code).banner
    monkeypatch.undo()
    assert content_of(year, {}, Secrets(minimum=MINIMUM)).withheld == ()
