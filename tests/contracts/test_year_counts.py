"""Cases counted inside the database, over both: every case in exactly one modality, whatever the year's form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from statistics import median as middle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from ingest.catalogue import load_catalogue
from ingest.database.collections import tables_of
from ingest.database.engine import Database
from ingest.ledger.year_counts import Counting, median
from publication.counted import TOTAL
from publication.tables.cil_pass.dimensions import (
    ASSISTANCE_CASES,
    CASES,
    LIST_COLUMNS,
    MOBILITE_CASES,
    UNKNOWN,
    CaseCollection,
    Reading,
)
from publication.year import Tally

COLLECTIONS = {one.slug: one for one in load_catalogue().collections}
TABLES = tables_of(load_catalogue().collections)
HOMES = {"CIL001": "PF01", "CIL002": "PF01", "CIL003": "PF02"}


def case_of(collection: CaseCollection, year: int, **cells: Any) -> dict[str, Any]:
    """A case with something in every column that the year's form has."""
    found: dict[str, Any] = {}
    for one in collection.dimensions:
        column = one.column_of(year)
        if column:
            found[column] = {
                Reading.CLASSES: 27,
                Reading.CODES: one.codes[0],
                Reading.YES_NO: True,
                Reading.PLACE: "75010",
            }[one.reading]
    return {**found, "code_cil": "CIL001", collection.amount: 1200, **cells}


def counted(
    database: Database, collection: CaseCollection, year: int, sections: Mapping[int, tuple[str, list[dict[str, Any]]]]
) -> Counting:
    """The rows of those sections (number → who deposited, cases), loaded."""
    table = TABLES[collection.slug].table
    rows = [
        {"submission_id": "x", "section_id": number, "row": place, "period": str(year), **case}
        for number, (_, cases) in sections.items()
        for place, case in enumerate(cases, 2)
    ]
    with database.write() as connection:
        for row in rows:
            connection.execute(insert(table), row)
    return Counting(
        connection=None,  # type: ignore[arg-type]
        collection=collection,
        table=table,
        year=year,
        owners={number: owner for number, (owner, _) in sections.items()},
        homes=HOMES,
    )


def tallies(database: Database, counting: Counting) -> tuple[Tally, ...]:
    with database.read() as connection:
        counting.connection = connection
        return counting.tallies()


def of(found: tuple[Tally, ...], dimension: str) -> Counter[tuple[str, ...]]:
    """(CIL/CCI, modality[, other]) → how many."""
    return Counter(
        {
            (one.member, one.modality, *([one.other] if one.other else [])): one.count
            for one in found
            if one.dimension == dimension
        }
    )


@pytest.mark.parametrize("collection", CASES, ids=lambda one: one.slug)
def test_what_is_declared_is_in_the_forms(collection: CaseCollection) -> None:
    """Columns of 2005 and of 2003, and every code that a form allows."""
    schema = COLLECTIONS[collection.slug]
    stored = {column.name: column for column in schema.stored_columns}
    assert collection.service is schema.service
    for one in collection.dimensions:
        for year in (2004, 2005):
            if one.column_of(year):
                column = stored[one.column_of(year)]
                if one.reading is Reading.CODES:
                    assert set(column.codes or ()) <= set(one.codes)
        for modality in one.modalities if one.multiple else ():
            assert modality.column in stored
            if modality.former is not None:
                former = stored[modality.former.column]
                assert not modality.former.code or modality.former.code in (former.codes or ())
    assert {collection.member, collection.amount} <= stored.keys()


def test_what_is_read_of_the_lists_is_in_their_forms() -> None:
    for slug, names in LIST_COLUMNS.items():
        assert set(names) <= {column.name for column in COLLECTIONS[slug].stored_columns}, slug
    assert "modalites_financieres" not in LIST_COLUMNS["partenariats"]
    assert "description" not in LIST_COLUMNS["incidents"]


def test_classes_hold_their_bounds(database: Database) -> None:
    amounts = {0: "lt1000", 999: "lt1000", 1000: "1000_1499", 1499: "1000_1499", 1500: "1500_1999", 3000: "ge3000"}
    cases = [case_of(ASSISTANCE_CASES, 2005, ressources_nettes_mensuelles=one) for one in amounts]
    found = tallies(database, counted(database, ASSISTANCE_CASES, 2005, {7: ("PF01", cases)}))
    assert of(found, "ressources") == Counter(("CIL001", code) for code in amounts.values())
    assert of(found, TOTAL) == {("CIL001", ""): 6}


def test_places_are_departements_and_what_is_outside_is_told(database: Database) -> None:
    places = {"20090": "2A", "20200": "2B", "97410": "974", "08000": "08", "97500": UNKNOWN, "97600": UNKNOWN}
    cases = [case_of(ASSISTANCE_CASES, 2005, code_postal_demandeur=one) for one in places]
    found = tallies(database, counted(database, ASSISTANCE_CASES, 2005, {7: ("PF01", cases)}))
    assert of(found, "departement") == Counter(("CIL001", code) for code in places.values())
    moves = [
        case_of(MOBILITE_CASES, 2005, code_postal_depart=one, code_postal_arrivee=other)
        for one, other in (("2A", "974"), ("20000", "97400"), ("59", "69001"))
    ]
    found = tallies(database, counted(database, MOBILITE_CASES, 2005, {8: ("PF01", moves)}))
    assert of(found, "depart×arrivee") == {("CIL001", "2A", "974"): 2, ("CIL001", "59", "69"): 1}


def test_several_answers_are_counted_each_and_crossed(database: Database) -> None:
    cases = [
        case_of(ASSISTANCE_CASES, 2005, type_situation="5", svc_autre=True, svc_solution_logement=True),
        case_of(ASSISTANCE_CASES, 2005, type_situation="5", svc_autre=True, svc_solution_logement=False),
        case_of(ASSISTANCE_CASES, 2005, type_situation="1", svc_autre=False, svc_solution_logement=True),
    ]
    found = tallies(database, counted(database, ASSISTANCE_CASES, 2005, {7: ("PF01", cases)}))
    assert of(found, "services") == {("CIL001", "svc_autre"): 2, ("CIL001", "svc_solution_logement"): 2}
    assert of(found, "situation×services") == {
        ("CIL001", "5", "svc_autre"): 2,
        ("CIL001", "5", "svc_solution_logement"): 1,
        ("CIL001", "1", "svc_solution_logement"): 1,
    }
    assert of(found, "csp×situation") == {("CIL001", "1", "5"): 2, ("CIL001", "1", "1"): 1}


def test_the_form_of_2003_gives_what_it_asks_for(database: Database) -> None:
    cases = [
        case_of(
            ASSISTANCE_CASES,
            2004,
            type_situation="9",
            age_chef_famille=60,
            diagnostic_complementaire=True,
            produits_1pct="SP AU",
            partenaires="AUCUN",
        ),
        case_of(
            ASSISTANCE_CASES,
            2004,
            diagnostic_complementaire=False,
            produits_1pct="SP",
            partenaires="BF PF",
        ),
    ]
    found = tallies(database, counted(database, ASSISTANCE_CASES, 2004, {7: ("PF01", cases)}))
    assert of(found, "services") == {("CIL001", "svc_diagnostic_complementaire"): 1}
    assert of(found, "produits") == {("CIL001", "prod_securi_pass"): 2, ("CIL001", "prod_autre"): 1}
    assert of(found, "partenaires") == {
        ("CIL001", "part_banque_de_france"): 1,
        ("CIL001", "part_partenaires_financiers"): 1,
    }
    assert of(found, "age") == {("CIL001", "ge56"): 1, ("CIL001", "26_35"): 1}
    assert of(found, "departement") == {}
    moves = [
        case_of(MOBILITE_CASES, 2004, entretien_individuel=True, code_prestation_hors_charte=code)
        for code in ("X1", "", None)
    ]
    found = tallies(database, counted(database, MOBILITE_CASES, 2004, {8: ("PF01", moves)}))
    assert of(found, "services") == {
        ("CIL001", "entretien_individuel"): 3,
        ("CIL001", "prestation_hors_charte"): 1,
    }


def test_a_member_is_told_by_the_platform_that_owes_it_else_by_the_last_one(database: Database) -> None:
    one, two = case_of(ASSISTANCE_CASES, 2005), case_of(ASSISTANCE_CASES, 2005, code_cil="CIL003")
    stray = case_of(ASSISTANCE_CASES, 2005, code_cil="CIL009")
    sections = {
        7: ("PF01", [one, one, stray]),
        8: ("PF02", [one, two, stray, stray]),
    }
    found = tallies(database, counted(database, ASSISTANCE_CASES, 2005, sections))
    assert of(found, TOTAL) == {("CIL001", ""): 2, ("CIL003", ""): 1, ("CIL009", ""): 2}
    assert {one.member: one.platform for one in found} == {"CIL001": "PF01", "CIL003": "PF02", "CIL009": "PF02"}


def test_medians_of_the_nation_of_platforms_and_of_members(database: Database) -> None:
    def cases(member: str, *amounts: int) -> list[dict[str, Any]]:
        return [case_of(ASSISTANCE_CASES, 2005, code_cil=member, ressources_nettes_mensuelles=one) for one in amounts]

    sections = {
        7: ("PF01", [*cases("CIL001", 900, 1000, 2001), *cases("CIL002", 1, 2)]),
        8: ("PF02", cases("CIL003", 5000)),
    }
    counting = counted(database, ASSISTANCE_CASES, 2005, sections)
    with database.read() as connection:
        counting.connection = connection
        found = {one.group: (one.count, one.median) for one in counting.levels()}
    assert found == {
        "": (6, 950),
        "PF01": (5, 900),
        "PF02": (1, 5000),
        "CIL001": (3, 1000),
        "CIL002": (2, Decimal("1.5")),
        "CIL003": (1, 5000),
    }


def test_nothing_in_force_counts_nothing(database: Database) -> None:
    counting = counted(database, ASSISTANCE_CASES, 2005, {})
    assert tallies(database, counting) == ()
    assert counting.levels() == ()


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=60))
def test_the_median_is_the_middle(amounts: list[int]) -> None:
    assert median(Counter(amounts)) == middle(amounts)
