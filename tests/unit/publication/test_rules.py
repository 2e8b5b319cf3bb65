"""The rules of the quarterly tables, one by one (contract §10, D0 to D8bis)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.organisations import Adhesion, Delegation, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from domain.releases import Coverage, CoverageState
from publication.coverage import coverage_of, is_complete
from publication.facts import Facts, Line, Quarter, dependents, expected_of, periods_needed
from publication.table import Row, RowKind, Table
from publication.tables.cil_pass import quarterly_tables
from publication.tables.cil_pass.national import SERIES_BREAK
from publication.tables.cil_pass.syntheses import INCOMPLETE_NOTE, MOVED_NOTE
from publication.values import MISSING, NO_BASE, NOT_CONCERNED, Value

T1, T2, T3, T4 = (Period(2005, number) for number in (1, 2, 3, 4))
ASA, MOB = Service.ASA, Service.MOB
NAMES = {
    "CIL001": ("CIL de l’Écluse", "59"),
    "CIL002": ("CIL d’Eauze", "59"),
    "CIL003": ("CIL de la Balagne", "2A"),
    "CIL004": ("CIL du Nivernais", "21"),
    "CIL005": ("CIL des Tropiques", "974"),
    "CIL006": ("CIL du Rhin", "67"),
}


def a_directory(
    adhesions: Mapping[str, str] | None = None,
    delegations: tuple[Delegation, ...] = (),
    moved: tuple[Adhesion, ...] = (),
) -> Directory:
    """Two platforms; every CIL/CCI adheres to PF01 for both services unless told otherwise."""
    homes = dict.fromkeys(NAMES, "PF01") if adhesions is None else dict(adhesions)
    platforms = [
        Organisation(code=code, type=OrganisationType.PF, nom=f"Plate-forme {code}") for code in ("PF01", "PF02")
    ]
    members = [
        Organisation(code=code, type=OrganisationType.CIL, nom=name, departement=department)
        for code, (name, department) in NAMES.items()
    ]
    stays = tuple(
        Adhesion(code_cil=code, code_plateforme=platform, service=service, dates=Span())
        for code, platform in homes.items()
        for service in Service
    )
    return Directory(
        version=1, organisations=(*platforms, *members), adhesions=(*stays, *moved), delegations=delegations
    )


def a_line(member: str, platform: str, *figures: int | str) -> Line:
    names = ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires")
    return Line(
        member=member,
        platform=platform,
        figures={name: int(figure) for name, figure in zip(names, figures, strict=False)},
    )


def some_facts(
    directory: Directory,
    given: Mapping[Period, Mapping[str, int]],
    period: Period = T1,
    nil: Mapping[Period, frozenset[str]] | None = None,
    platforms: Mapping[tuple[Period, str], str] | None = None,
) -> Facts:
    """`given`: for the assistance, the first figure of each line in force; the other two follow from it."""
    quarters = {}
    for when in {*given, *(nil or {})}:
        expected = expected_of(directory, ASA, when)
        lines = {
            member: a_line(
                member,
                (platforms or {}).get((when, member), expected.get(member, "PF01")),
                figure,
                figure // 2,
                figure // 4,
            )
            for member, figure in given.get(when, {}).items()
        }
        empty = (nil or {}).get(when, frozenset())
        quarters[ASA, when] = Quarter(service=ASA, period=when, expected=expected, lines=lines, nil=empty)
    return Facts(period=period, directory=directory, quarters=quarters)


def the(facts: Facts, code: str) -> Table:
    return next(table for table in quarterly_tables(facts) if table.code == code)


def row_of(table: Table, member: str, block: str | None = None) -> Row:
    return next(
        row
        for row in table.rows
        if row.keys["code_cil"] == member and (block is None or row.keys[table.block or ""] == block)
    )


def first(table: Table, member: str, place: int = 0) -> Value:
    return row_of(table, member).values[place]


EVERYBODY = dict.fromkeys(NAMES, 10)


# ── D1, D2 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_stand_by_departement_as_the_insee_orders_them_then_by_name_without_accents() -> None:
    table = the(some_facts(a_directory(), {T1: EVERYBODY}), "D1")

    order = [row.keys["code_cil"] for row in table.rows]
    assert order == ["CIL003", "CIL004", "CIL002", "CIL001", "CIL006", "CIL005", "TOTAL"]


def test_an_expected_line_without_data_is_nd_and_outside_the_total() -> None:
    table = the(some_facts(a_directory(), {T1: {"CIL001": 12, "CIL002": 5}}), "D1")

    assert first(table, "CIL003") == MISSING
    assert first(table, "TOTAL") == Value(17)


def test_a_total_of_nothing_is_nd_and_not_zero() -> None:
    table = the(some_facts(a_directory(), {T1: {}}), "D1")

    assert set(row_of(table, "TOTAL").values) == {MISSING}


def test_a_zero_is_a_zero() -> None:
    table = the(some_facts(a_directory(), {T1: {"CIL001": 0}}), "D1")

    assert first(table, "CIL001") == Value(0)
    assert first(table, "TOTAL") == Value(0)


def test_a_nil_return_counts_zero_with_a_note() -> None:
    directory = a_directory({"CIL001": "PF01", "CIL002": "PF02"})
    table = the(some_facts(directory, {T1: {"CIL001": 8}}, nil={T1: frozenset({"PF02"})}), "D1")

    assert first(table, "CIL002") == Value(0)
    assert row_of(table, "CIL002").notes == ("état néant",)
    assert row_of(table, "CIL001").notes == ()


def test_a_line_in_force_of_nobody_expected_is_shown_and_summed() -> None:
    """A mandant's own line, older cases that end."""
    given = Delegation(code_mandant="CIL002", code_realisateur="CIL001", service=ASA, dates=Span())
    directory = a_directory(delegations=(given,))
    facts = some_facts(directory, {T1: {"CIL001": 8, "CIL002": 3}})

    assert "CIL002" not in facts.quarter(ASA, T1).expected
    assert first(the(facts, "D1"), "CIL002") == Value(3)
    assert first(the(facts, "D1"), "TOTAL") == Value(11)


def test_a_mandant_without_line_appears_in_the_note_of_its_performer_alone() -> None:
    given = Delegation(code_mandant="CIL002", code_realisateur="CIL001", service=ASA, dates=Span())
    table = the(some_facts(a_directory(delegations=(given,)), {T1: EVERYBODY | {"CIL002": 1}}), "D1")
    alone = the(some_facts(a_directory(delegations=(given,)), {T1: {"CIL001": 8}}), "D1")

    assert row_of(table, "CIL001").notes == ("réalise aussi pour : CIL d’Eauze",)
    assert "CIL002" not in {row.keys["code_cil"] for row in alone.rows}


@pytest.mark.parametrize(
    ("dates", "note"),
    [
        (Span(first=date(2005, 2, 15)), "réalise aussi pour : CIL d’Eauze (depuis le 15/02/2005)"),
        (Span(last=date(2005, 2, 15)), "réalise aussi pour : CIL d’Eauze (jusqu’au 15/02/2005)"),
        (Span(first=date(2005, 1, 1), last=date(2005, 3, 31)), "réalise aussi pour : CIL d’Eauze"),
        (Span(last=date(2004, 12, 31)), None),
        (Span(first=date(2005, 4, 1)), None),
    ],
)
def test_a_delegation_of_part_of_the_quarter_says_since_or_until_when(dates: Span, note: str | None) -> None:
    given = Delegation(code_mandant="CIL002", code_realisateur="CIL001", service=ASA, dates=dates)
    table = the(some_facts(a_directory(delegations=(given,)), {T1: EVERYBODY}), "D1")

    assert row_of(table, "CIL001").notes == ((note,) if note else ())


def test_a_delegation_for_one_service_is_not_told_in_the_other() -> None:
    given = Delegation(code_mandant="CIL002", code_realisateur="CIL001", service=MOB, dates=Span())
    table = the(some_facts(a_directory(delegations=(given,)), {T1: EVERYBODY}), "D1")

    assert row_of(table, "CIL001").notes == ()


def test_the_footnotes_are_those_of_the_documents() -> None:
    one, two = (the(some_facts(a_directory(), {T1: EVERYBODY}), code) for code in ("D1", "D2"))

    assert [note[:3] for note in one.footnotes] == ["(1)", "(2)", "(3)"]
    assert "préconisations formulées et communiquées au salarié" in one.footnotes[0]
    assert "Le CIL/CCI est celui qui initie le contrat" in two.footnotes[0]
    assert "entreprises assujetties concernées par les dossiers aboutis" in two.footnotes[2]


# ── D4 to D7 ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cumul_sums_the_quarters_since_january_and_is_marked_when_one_is_missing() -> None:
    given = {T1: {"CIL001": 4, "CIL002": 6}, T2: {"CIL001": 5}, Period(2004, 4): {"CIL001": 100}}
    table = the(some_facts(a_directory(), given, period=T2), "D4")

    assert first(table, "CIL001", 1) == Value(9)
    assert row_of(table, "CIL002").values[:2] == (MISSING, Value(6, incomplete=True))
    assert INCOMPLETE_NOTE in table.notes


def test_a_cumul_of_nothing_is_nd() -> None:
    table = the(some_facts(a_directory(), {T1: {"CIL001": 4}}), "D4")

    assert first(table, "CIL002", 1) == MISSING
    assert table.notes == ()


def test_a_figure_that_a_line_lacks_makes_its_cumul_incomplete() -> None:
    facts = some_facts(a_directory({"CIL001": "PF01"}), {T1: {"CIL001": 4}, T2: {"CIL001": 3}}, period=T2)
    quarter = facts.quarters[ASA, T2]
    bare = Line(member="CIL001", platform="PF01", figures={"diagnostics_prealables": 3})
    quarters = {**facts.quarters, (ASA, T2): replace(quarter, lines={"CIL001": bare})}

    row = row_of(the(replace(facts, quarters=quarters), "D4"), "CIL001")
    assert row.values[:4] == (Value(3), Value(7), MISSING, Value(2, incomplete=True))


def test_who_is_no_more_expected_has_an_empty_quarter_and_keeps_its_cumul() -> None:
    gone = Adhesion(code_cil="CIL006", code_plateforme="PF01", service=ASA, dates=Span(last=date(2005, 3, 31)))
    directory = a_directory({"CIL001": "PF01"}, moved=(gone,))
    table = the(some_facts(directory, {T1: {"CIL001": 1, "CIL006": 7}, T2: {"CIL001": 2}}, period=T2), "D5")

    assert row_of(table, "CIL006").values[:2] == (NOT_CONCERNED, Value(7))
    assert row_of(table, "CIL006").keys["code_plateforme"] == "PF01"
    assert row_of(table, "TOTAL", "PF01").values[:2] == (Value(2), Value(10))


def test_who_left_before_giving_anything_this_year_is_not_shown() -> None:
    gone = Adhesion(code_cil="CIL006", code_plateforme="PF01", service=ASA, dates=Span(last=date(2004, 12, 31)))
    directory = a_directory({"CIL001": "PF01"}, moved=(gone,))
    table = the(some_facts(directory, {Period(2004, 4): {"CIL006": 7}, T1: {"CIL001": 2}}), "D5")

    assert "CIL006" not in {row.keys["code_cil"] for row in table.rows}


def test_the_cumul_of_who_moved_follows_it_with_a_footnote() -> None:
    moves = (
        Adhesion(code_cil="CIL006", code_plateforme="PF01", service=ASA, dates=Span(last=date(2005, 5, 14))),
        Adhesion(code_cil="CIL006", code_plateforme="PF02", service=ASA, dates=Span(first=date(2005, 5, 15))),
    )
    directory = a_directory({"CIL001": "PF01", "CIL002": "PF02"}, moved=moves)
    given = {T1: {"CIL001": 1, "CIL002": 2, "CIL006": 7}, T2: {"CIL001": 1, "CIL002": 2, "CIL006": 5}}
    facts = some_facts(directory, given, period=T2)
    table = the(facts, "D5")

    row = row_of(table, "CIL006")
    assert (row.keys["code_plateforme"], row.values[:2]) == ("PF02", (Value(5), Value(12)))
    assert row.notes == ("cumul repris de PF01",)
    assert MOVED_NOTE in table.notes
    assert row_of(table, "TOTAL", "PF02").values[:2] == (Value(7), Value(16))
    assert row_of(table, "TOTAL", "PF01").values[:2] == (Value(1), Value(2))
    assert MOVED_NOTE not in the(facts, "D4").notes


def test_regions_come_in_alphabetical_order_and_the_nation_last() -> None:
    table = the(some_facts(a_directory(), {T1: EVERYBODY}), "D4")

    blocks = list(dict.fromkeys(row.keys["region"] for row in table.rows))
    assert blocks == ["Alsace", "Bourgogne", "Corse", "Nord-Pas-de-Calais", "Réunion", "NATIONAL"]
    assert [row.keys["code_cil"] for row in table.rows[-3:]] == ["CIL005", "TOTAL", "TOTAL"]
    assert table.rows[-1].kind is RowKind.TOTAL


def test_regions_are_those_of_the_period() -> None:
    old = the(some_facts(a_directory(), {Period(2015, 4): EVERYBODY}, period=Period(2015, 4)), "D4")
    new = the(some_facts(a_directory(), {Period(2016, 1): EVERYBODY}, period=Period(2016, 1)), "D4")

    assert row_of(old, "CIL006").keys["region"] == "Alsace"
    assert row_of(new, "CIL006").keys["region"] == "Grand Est"
    assert row_of(new, "CIL001").keys["region"] == "Hauts-de-France"


def test_who_has_no_known_departement_comes_last_and_is_summed() -> None:
    directory = a_directory()
    nowhere = replace(directory.by_code["CIL004"], departement=None)
    organisations = tuple(nowhere if one.code == "CIL004" else one for one in directory.organisations)
    table = the(some_facts(replace(directory, organisations=organisations), {T1: EVERYBODY}), "D4")

    assert [row.keys["region"] for row in table.rows][-3:] == ["HORS REGISTRE", "HORS REGISTRE", "NATIONAL"]
    assert table.rows[-1].values[0] == Value(60)


# ── D3 ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def national(facts: Facts, indicator: str = "diagnostics_prealables") -> tuple[Value, ...]:
    return next(row for row in the(facts, "D3").rows if row.keys["indicateur"] == indicator).values


def test_the_national_table_has_amounts_variation_cumul_recall_and_evolution() -> None:
    one = a_directory({"CIL001": "PF01"})
    given = {
        Period(2004, 1): {"CIL001": 10},
        Period(2004, 2): {"CIL001": 10},
        Period(2004, 3): {"CIL001": 99},
        T1: {"CIL001": 20},
        T2: {"CIL001": 25},
    }

    assert national(some_facts(one, given, period=T2)) == (
        Value(25),
        Value(Decimal("25.0")),
        Value(45),
        Value(20),
        Value(Decimal("125.0")),
    )


def test_who_lacks_data_on_a_side_is_left_out_of_both_sides_of_a_percentage_and_named() -> None:
    two = a_directory({"CIL001": "PF01", "CIL002": "PF01"})
    facts = some_facts(two, {T1: {"CIL001": 10, "CIL002": 1000}, T2: {"CIL001": 15}}, period=T2)

    assert national(facts)[:3] == (Value(15), Value(Decimal("50.0")), Value(1025))
    notes = the(facts, "D3").notes
    assert len(notes) == 1
    assert "la variation sur le trimestre précédent ne tient pas compte" in notes[0]
    assert "CIL d’Eauze" in notes[0]


def test_who_was_not_expected_on_a_side_counts_in_a_percentage() -> None:
    new = Adhesion(code_cil="CIL002", code_plateforme="PF01", service=ASA, dates=Span(first=date(2005, 4, 1)))
    directory = a_directory({"CIL001": "PF01"}, moved=(new,))
    facts = some_facts(directory, {T1: {"CIL001": 10}, T2: {"CIL001": 10, "CIL002": 5}}, period=T2)

    assert national(facts)[1] == Value(Decimal("50.0"))
    assert the(facts, "D3").notes == ()


def test_a_base_of_zero_is_ns_and_no_data_is_nd() -> None:
    one = a_directory({"CIL001": "PF01"})

    assert national(some_facts(one, {T1: {"CIL001": 0}, T2: {"CIL001": 5}}, period=T2))[1] == NO_BASE
    assert national(some_facts(one, {T2: {"CIL001": 5}}, period=T2))[1] == MISSING
    assert national(some_facts(one, {T1: {"CIL001": 5}, T2: {}}, period=T2))[:2] == (MISSING, MISSING)
    assert national(some_facts(one, {T1: {}}), "montant_facture_ht") == (MISSING,) * 5


def test_the_series_break_is_told_when_2005_stands_beside_2004() -> None:
    one = a_directory({"CIL001": "PF01"})

    def told(period: Period, *with_data: Period) -> bool:
        quarters = {
            (MOB, when): Quarter(
                service=MOB,
                period=when,
                expected=expected_of(one, MOB, when),
                lines={"CIL001": Line(member="CIL001", platform="PF01", figures={"dossiers_individuels": 3})},
            )
            for when in with_data
        }
        return SERIES_BREAK in the(Facts(period=period, directory=one, quarters=quarters), "D3").notes

    assert told(T1, T1, Period(2004, 4))
    assert told(T4, T4, Period(2004, 1))
    assert not told(T2, T2, T1)
    assert not told(Period(2006, 1), Period(2006, 1), T1)
    assert not told(Period(2004, 4), Period(2004, 4), Period(2004, 3))


# ── D8bis ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ratios_of_a_line_and_of_the_nation() -> None:
    table = the(
        some_facts(a_directory({"CIL001": "PF01", "CIL002": "PF01"}), {T1: {"CIL001": 8, "CIL002": 24}}), "D8bis"
    )

    assert row_of(table, "CIL001").values[:3] == (
        Value(Decimal("50.0")),
        Value(Decimal("25.0")),
        Value(Decimal("25.0")),
    )
    assert row_of(table, "TOTAL").values[2] == Value(Decimal("100.0"))


# ── coverage, and which period depends on which ──────────────────────────────────────────────────────────────────────


def test_coverage_tells_complete_partial_missing_and_nil() -> None:
    directory = a_directory({"CIL001": "PF01", "CIL002": "PF01", "CIL003": "PF02"})

    def of(given: Mapping[str, int], *nil: str) -> list[tuple[str, str]]:
        found = coverage_of(some_facts(directory, {T1: given}, nil={T1: frozenset(nil)}))
        return [(one.platform, one.state.value) for one in found]

    assert of({"CIL001": 1, "CIL002": 1, "CIL003": 0}) == [("PF01", "complete"), ("PF02", "complete")]
    assert of({"CIL001": 1}) == [("PF01", "partial"), ("PF02", "missing")]
    assert of({"CIL001": 1, "CIL002": 1}, "PF02") == [("PF01", "complete"), ("PF02", "nil")]


def test_a_coverage_is_complete_with_nil_returns() -> None:
    states = (CoverageState.COMPLETE, CoverageState.NIL)
    whole = [Coverage(platform="PF01", service=ASA, state=one) for one in states]

    assert is_complete(whole)
    assert not is_complete([*whole, Coverage(platform="PF02", service=ASA, state=CoverageState.PARTIAL)])


@pytest.mark.parametrize("quarter", [Period(2003, 1), Period(2003, 4), T1, T3, T4])
def test_dependents_are_the_periods_that_need_it(quarter: Period) -> None:
    every = [Period(year, number) for year in range(2003, 2008) for number in (1, 2, 3, 4)]

    assert set(dependents(quarter)) == {one for one in every if quarter in periods_needed(one)}
