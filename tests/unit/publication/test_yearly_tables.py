"""The yearly tables, rule by rule: what is known, missing, nil, moved, former, and what a figure rests on (D10-D15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.organisations import Adhesion, Delegation, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from publication.counted import NATION, REGION, TOTAL, Count
from publication.table import Kind, Row, RowKind, Table
from publication.tables.cil_pass.agreements import end_of
from publication.tables.cil_pass.dimensions import (
    AGREEMENTS,
    ASSISTANCE_CASES,
    CASES,
    GRADES,
    INCIDENTS,
    ITEMS,
    MOBILITE_CASES,
    SATISFACTION,
    CaseCollection,
)
from publication.tables.cil_pass.yearly import situation_tables, yearly_tables
from publication.values import MISSING, NOT_CONCERNED, Value
from publication.year import Level, Record, Tally, Year, YearFacts

PLACES = {"CIL001": ("PF01", "69"), "CIL002": ("PF01", "2A"), "CIL003": ("PF02", "69"), "CIL004": ("PF02", "59")}
N, BEFORE = Period(2006), Period(2005)
SLUGS = (*(one.slug for one in CASES), SATISFACTION, AGREEMENTS)
BOTH = frozenset({"PF01", "PF02"})


def directory(moved: bool = False, delegations: tuple[Delegation, ...] = ()) -> Directory:
    """Four CIL of two platforms; `moved`: CIL002 was of PF02 until the end of 2005."""
    adhesions = [
        Adhesion(code_cil=member, code_plateforme=platform, service=service, dates=Span())
        for member, (platform, _) in PLACES.items()
        for service in Service
        if not (moved and member == "CIL002")
    ]
    if moved:
        for platform, dates in (("PF02", Span(last=date(2005, 12, 31))), ("PF01", Span(first=date(2006, 1, 1)))):
            adhesions.append(Adhesion(code_cil="CIL002", code_plateforme=platform, service=Service.ASA, dates=dates))
    return Directory(
        version=1,
        organisations=(
            *(Organisation(code=one, type=OrganisationType.PF, nom=f"Plate-forme {one}") for one in sorted(BOTH)),
            *(
                Organisation(code=one, type=OrganisationType.CIL, nom=f"CIL {one}", departement=place)
                for one, (_, place) in PLACES.items()
            ),
        ),
        adhesions=tuple(adhesions),
        delegations=delegations,
    )


def tally(  # noqa: PLR0917 - a count is these
    member: str, dimension: str, modality: str, count: int, other: str = "", slug: str = ""
) -> Tally:
    return Tally(
        collection=slug or ASSISTANCE_CASES.slug,
        platform=PLACES[member][0],
        member=member,
        dimension=dimension,
        modality=modality,
        other=other,
        count=count,
    )


def year(period: Period = N, tallies: Iterable[Tally] = (), **more: Any) -> Year:
    found: dict[str, tuple[Tally, ...]] = {}
    for one in tallies:
        found[one.collection] = (*found.get(one.collection, ()), one)
    told = {
        "expected": dict.fromkeys(SLUGS, BOTH),
        "present": dict.fromkeys(SLUGS, BOTH),
        **more,
    }
    return Year(period=period, tallies=found, **told)


def facts(now: Year, before: Year | None = None, known: Directory | None = None) -> YearFacts:
    return YearFacts(period=now.period, directory=known or directory(), year=now, before=before)


def table(found: Iterable[Table], code: str) -> Table:
    return next(one for one in found if one.code == code)


def row(one: Table, **keys: str) -> Row:
    (found,) = [row for row in one.rows if all(row.keys.get(name) == word for name, word in keys.items())]
    return found


def d11(of: YearFacts, **keys: str) -> tuple[Value, ...]:
    return row(table(yearly_tables(of), "D11"), **keys).values


def test_a_modality_shows_its_number_its_share_and_the_year_before() -> None:
    now = year(N, [tally("CIL001", TOTAL, "", 40), tally("CIL001", "situation", "5", 30)])
    before = year(BEFORE, [tally("CIL001", TOTAL, "", 50), tally("CIL001", "situation", "5", 25)])
    figures = d11(facts(now, before), caracteristique="situation", modalite="5")
    assert figures == (Value(30), Value(Decimal("75.0")), Value(25), Value(Decimal("50.0")), Value(Decimal("25.0")))
    assert d11(facts(now), caracteristique="situation", modalite="5")[2:] == (MISSING,) * 3


def test_what_is_missing_nil_or_not_asked_is_told_apart() -> None:
    slug = ASSISTANCE_CASES.slug
    now = year(
        N,
        [tally("CIL003", TOTAL, "", 12)],
        present={slug: frozenset({"PF02"})},
    )
    tables = yearly_tables(facts(now))
    by_platform = table(tables, "D11P")
    assert row(by_platform, code_plateforme="PF01", caracteristique=TOTAL).values[0] == MISSING
    assert row(by_platform, code_plateforme="PF02", caracteristique=TOTAL).values[0] == Value(12)
    assert row(table(tables, "D11"), caracteristique=TOTAL).values[0] == Value(12)
    assert any("PF01 – Plate-forme PF01" in note for note in by_platform.notes)
    nil = replace(now, nil={slug: frozenset({"PF01"})})
    by_platform = table(yearly_tables(facts(nil)), "D11P")
    assert row(by_platform, code_plateforme="PF01", caracteristique=TOTAL).values[0] == Value(0)
    assert any("état néant" in note for note in by_platform.notes)


def test_a_mandant_without_cases_is_not_concerned() -> None:
    given_away = Delegation(code_mandant="CIL001", code_realisateur="CIL002", service=Service.ASA, dates=Span())
    known = directory(delegations=(given_away,))
    now = year(N, [tally("CIL002", TOTAL, "", 30)])
    assert not any(one.code.startswith("D15A") for one in situation_tables(facts(now, known=known), "CIL001"))
    assert any(one.code == "D15M" for one in situation_tables(facts(now, known=known), "CIL001"))


def test_the_form_of_2003_leaves_what_it_did_not_ask_for_blank() -> None:
    former = year(Period(2004), [tally("CIL001", TOTAL, "", 40), tally("CIL001", "situation", "9", 15)])
    now = year(Period(2005), [tally("CIL001", TOTAL, "", 40)])
    both = facts(now, former)
    assert d11(both, caracteristique="situation", modalite="9")[2] == Value(15)
    assert d11(both, caracteristique="departement", modalite="69")[2] == MISSING
    assert d11(both, caracteristique="services", modalite="svc_autre")[2] == MISSING
    assert d11(both, caracteristique="services", modalite="svc_diagnostic_complementaire")[2] == Value(0)
    assert ASSISTANCE_CASES.series_break in table(yearly_tables(both), "D11").notes
    assert ASSISTANCE_CASES.series_break not in table(yearly_tables(facts(year(N), now)), "D11").notes


def test_who_changed_platform_stays_where_it_was_the_year_before() -> None:
    now = year(N, [tally("CIL002", TOTAL, "", 20)])
    before = year(BEFORE, [replace(tally("CIL002", TOTAL, "", 30), platform="PF02")])
    by_platform = table(yearly_tables(facts(now, before, directory(moved=True))), "D11P")
    assert row(by_platform, code_plateforme="PF01", caracteristique=TOTAL).values[0] == Value(20)
    assert row(by_platform, code_plateforme="PF01", caracteristique=TOTAL).values[2] == Value(0)
    assert row(by_platform, code_plateforme="PF02", caracteristique=TOTAL).values[2] == Value(30)
    assert any("CIL CIL002 (PF02 puis PF01)" in note for note in by_platform.notes)


def test_flows_list_what_has_enough_cases_and_group_the_rest() -> None:
    slug = MOBILITE_CASES.slug
    pairs = [("69", "75", 30), ("59", "75", 30), ("69", "13", 11), ("69", "2A", 10), ("nd", "75", 19)]
    tallies = [tally("CIL001", TOTAL, "", 100, slug=slug)]
    tallies += [tally("CIL001", "depart×arrivee", one, count, other, slug) for one, other, count in pairs]
    flows = table(yearly_tables(facts(year(N, tallies))), "D12F")
    listed = [(one.keys["depart"], one.keys["arrivee"], one.values[0].number) for one in flows.rows]
    assert listed == [
        ("59", "75", 30),
        ("69", "75", 30),
        ("69", "13", 11),
        ("autres", "autres", 29),
        ("TOTAL", "", 100),
    ]
    fewer = table(yearly_tables(facts(year(N, tallies)), flows_from=10), "D12F")
    assert [one.values[0].number for one in fewer.rows] == [30, 30, 11, 10, 19, 100]


# ── satisfaction ─────────────────────────────────────────────────────────────────────────────────────────────────


def survey(member: str, grades: tuple[int, int, int, int], served: int = 100, platform: str = "") -> list[Record]:
    """The same answers to the four questions."""
    return [
        Record(
            platform=platform or PLACES[member][0],
            values={
                "niveau_ligne": "C",
                "code_cil": member,
                "service": "ASA",
                "item": item,
                "nb_prestations": served,
                "nb_total": sum(grades),
                **dict(zip(GRADES, grades, strict=True)),
            },
        )
        for item in ITEMS[Service.ASA]
    ]


def test_surveys_add_up_and_the_whole_service_counts_services_once() -> None:
    lines = (*survey("CIL001", (20, 10, 5, 5)), *survey("CIL003", (10, 0, 0, 10), served=50))
    now = year(N, records={SATISFACTION: lines})
    tables = yearly_tables(facts(now))
    found = row(table(tables, "D10"), item="ASA1")
    assert [value.number for value in found.values[:4]] == [150, 60, 30, Decimal("50.0")]
    assert found.values[10:12] == (Value(Decimal("40.0")), Value(Decimal("66.7")))
    whole = row(table(tables, "D10"), item="ASA")
    assert [value.number for value in whole.values[:2]] == [150, 240]
    assert whole.values[10] == Value(Decimal("40.0"))
    assert row(table(tables, "D10P"), code_plateforme="PF01", item="ASA1").values[1] == Value(40)
    own = table(situation_tables(facts(now), "CIL002"), "D15AS")
    assert row(own, niveau="cil", item="ASA1").values[1] == MISSING


# ── agreements, incidents, punctuality ───────────────────────────────────────────────────────────────────────────


def agreement(**values: Any) -> Record:
    told = {
        "code_accord": "A1",
        "service": "ASA",
        "statut": "nouveau",
        "partenaire_nom": "ADIL",
        "activite_principale": "Conseil",
        "famille_partenaire": "BS",
        "formalise": True,
        "date_signature": date(2005, 1, 31),
        "duree_validite_mois": 12,
        "objet": "Conseil aux salariés",
        "modalites_financieres": "secret",
    }
    return Record(platform="PF01", values={**told, **values})


@pytest.mark.parametrize(
    ("signed", "months", "end"),
    [
        (date(2005, 1, 31), 1, date(2005, 2, 27)),
        (date(2004, 2, 29), 12, date(2005, 2, 27)),
        (date(2005, 1, 1), 12, date(2005, 12, 31)),
        (date(2005, 3, 15), 22, date(2007, 1, 14)),
        (None, 12, None),
        (date(2005, 1, 1), None, None),
    ],
)
def test_an_agreement_ends_the_day_before_its_anniversary(signed: date, months: int, end: date) -> None:
    assert end_of(agreement(date_signature=signed, duree_validite_mois=months)) == end


def test_agreements_are_listed_by_family_with_what_changed_and_what_ends_soon() -> None:
    records = (
        agreement(code_accord="A1", famille_partenaire="AU", partenaire_nom="Zèbre"),
        agreement(code_accord="A2", famille_partenaire="BS", partenaire_nom="Écluse", statut="amende"),
        agreement(code_accord="A3", famille_partenaire="BS", partenaire_nom="Abri", statut="caduc"),
        agreement(code_accord="A4", statut="reconduit", date_signature=date(2006, 2, 1), partenaire_nom="Fin"),
        agreement(code_accord="A5", statut="caduc", date_signature=date(2006, 2, 1), partenaire_nom="Fin 2"),
    )
    tables = yearly_tables(facts(year(N, records={AGREEMENTS: records})))
    listed = table(tables, "D13")
    assert [one.keys["code_accord"] for one in listed.rows] == ["A3", "A2", "A4", "A5", "A1"]
    assert "secret" not in repr(listed)
    lists = [(one.keys["liste"], one.keys["code_accord"]) for one in table(tables, "D13L").rows]
    assert lists == [
        ("nouveaux", "A1"),
        ("amendes", "A2"),
        ("caducs", "A3"),
        ("caducs", "A5"),
        ("echeance", "A4"),
    ]
    counts = table(tables, "D13C")
    assert [value.number for value in row(counts, code_plateforme="NATIONAL", famille="TOTAL").values] == [
        3, 3, 1, 1, 1, 2,
    ]  # fmt: skip
    assert [value.number for value in row(counts, code_plateforme="PF02", famille="TOTAL").values] == [0] * 6


def test_incidents_are_counted_by_nature_family_and_gravity() -> None:
    records = tuple(
        Record(platform="PF01", values={"nature": nature, "famille_partenaire": "BS", "gravite": gravity})
        for nature, gravity in (("autre", "1"), ("autre", "3"), ("confidentialite", "3"))
    )
    found = table(yearly_tables(facts(year(N, records={INCIDENTS: records}))), "D14I")
    assert row(found, critere="nature", code="autre").values[:2] == (Value(2), MISSING)
    assert row(found, critere="gravite", code="3").values[0] == Value(2)
    assert row(found, critere="TOTAL").values[0] == Value(3)


def test_punctuality_is_what_was_kept_of_what_was_due() -> None:
    found = table(yearly_tables(facts(year(N, punctuality={"PF01": (3, 4), "PF02": (0, 4)}))), "D14V")
    assert row(found, code_plateforme="PF01").values == (Value(3), Value(4), Value(Decimal("75.0")))
    assert row(found, code_plateforme="TOTAL").values[2] == Value(Decimal("37.5"))


# ── position ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_rank_nor_spread_under_five_units() -> None:
    now = year(N, [tally(member, TOTAL, "", 20) for member in PLACES])
    own = row(table(situation_tables(facts(now), "CIL001"), "D15A"), indicateur="dossiers")
    assert own.values == (
        Value(20), Value(Decimal("25.0")), Value(80), *(NOT_CONCERNED,) * 7,
    )  # fmt: skip


def test_rank_and_spread_leave_out_what_is_secret() -> None:
    known = directory()
    members = [f"CIL{number:03d}" for number in range(1, 8)]
    known = replace(
        known,
        organisations=(
            *known.organisations,
            *(Organisation(code=one, type=OrganisationType.CIL, nom=one, departement="69") for one in members[4:]),
        ),
        adhesions=(
            *known.adhesions,
            *(Adhesion(code_cil=one, code_plateforme="PF01", service=Service.ASA, dates=Span()) for one in members[4:]),
        ),
    )
    sizes = dict(zip(members, (50, 40, 30, 20, 12, 11, 3), strict=True))
    tallies = [
        Tally(collection=ASSISTANCE_CASES.slug, platform="PF01", member=one, dimension=TOTAL, count=size)
        for one, size in sizes.items()
    ]
    of = facts(year(N, tallies), known=known)
    hidden = frozenset({Count(collection=ASSISTANCE_CASES.slug, year=2006, group="CIL007")})
    shown = row(table(situation_tables(of, "CIL004", hidden), "D15A"), indicateur="dossiers").values
    assert shown[:3] == (Value(20), Value(Decimal("12.0")), Value(166))
    assert [value.number for value in shown[3:9]] == [Decimal("27.17"), 25, 14, Decimal("37.5"), 4, 6]
    secret = row(table(situation_tables(of, "CIL007", hidden), "D15A"), indicateur="dossiers")
    assert secret.values[7:9] == (NOT_CONCERNED, NOT_CONCERNED)
    assert secret.rests_on[0] == tuple(hidden)
    every = row(table(situation_tables(of, "CIL004"), "D15A"), indicateur="dossiers").values
    assert every[8] == Value(7)


def test_nobody_else_has_a_sheet() -> None:
    assert situation_tables(facts(year(N)), "UESL") == ()
    assert situation_tables(facts(year(N)), "PF09") == ()


# ── what holds for any year ──────────────────────────────────────────────────────────────────────────────────────


@st.composite
def years(draw: st.DrawFn, period: Period) -> Year:
    """Cases drawn one by one, counted."""
    found: dict[tuple[str, str, str, str, str], int] = {}
    for collection in CASES:
        for _ in range(draw(st.integers(0, 12))):
            member = draw(st.sampled_from(sorted(PLACES)))
            for key in _keys(draw, collection):
                found[collection.slug, member, *key] = found.get((collection.slug, member, *key), 0) + 1
    tallies = [tally(member, *key[:2], count, key[2], slug) for (slug, member, *key), count in found.items()]
    return year(period, tallies, levels=_levels(tallies))


def _keys(draw: st.DrawFn, collection: CaseCollection) -> list[tuple[str, str, str]]:
    """(dimension, modality, other) of one case."""
    chosen = {
        one.name: draw(st.lists(st.sampled_from(one.codes), unique=True, max_size=3))
        if one.multiple
        else [draw(st.sampled_from([*one.codes[:4], "nd"] if one.name in _PLACES else one.codes))]
        for one in collection.dimensions
    }
    keys = [(TOTAL, "", "")]
    keys += [(name, code, "") for name, codes in chosen.items() for code in codes]
    keys += [
        (cross.name, one, other)
        for cross in collection.counted_crosses
        for one in chosen[cross.first]
        for other in chosen[cross.second]
    ]
    return keys


_PLACES = {"departement", "depart", "arrivee"}


def _levels(tallies: Iterable[Tally]) -> tuple[Level, ...]:
    return tuple(
        Level(collection=slug, group=NATION, column="ressources_nettes_mensuelles", count=1, median=1000)
        for slug in {one.collection for one in tallies}
    )


@settings(max_examples=12, deadline=None)
@given(years(N), years(BEFORE))
def test_parts_add_up_and_one_count_has_one_value(now: Year, before: Year) -> None:
    of = facts(now, before)
    tables = [*yearly_tables(of), *(one for who in (*PLACES, *BOTH) for one in situation_tables(of, who))]
    values: dict[Count, int] = {}
    for one in tables:
        for line in one.rows:
            kinds = line.kinds or tuple(column.kind for column in one.columns)
            for value, kind, counts in zip(line.values, kinds, line.rests_on, strict=bool(line.rests_on)):
                if kind is Kind.COUNT and value.number is not None and len(counts) == 1 and one.code not in _RANKED:
                    values.setdefault(counts[0], int(value.number))
                    assert values[counts[0]] == value.number
    for collection in CASES:
        _adds_up(collection, values)


_RANKED = {"D15A", "D15M"}
"""Where a rank stands beside the count that it rests on."""


def _adds_up(collection: CaseCollection, values: dict[Count, int]) -> None:
    def value(group: str, dimension: str, modality: str = "", other: str = "") -> int:
        return values[
            Count(
                collection=collection.slug,
                year=2006,
                group=group,
                dimension=dimension,
                modality=modality,
                other=other,
            )
        ]

    groups = [NATION, *BOTH, *PLACES, *{REGION + one for one in ("Rhône-Alpes", "Corse", "Nord-Pas-de-Calais")}]
    for one in collection.dimensions:
        for group in [NATION] if one.name in _PLACES else groups:
            codes = [code for code in one.codes if code != "976"]
            parts = [value(group, one.name, code) for code in codes]
            parts += [value(group, one.name, "nd")] if one.name in _PLACES else []
            if one.multiple:
                assert max(parts) <= value(group, TOTAL)
            else:
                assert sum(parts) == value(group, TOTAL)
            if one.name not in _PLACES:
                for code in codes:
                    whole = value(NATION, one.name, code)
                    assert whole == sum(value(who, one.name, code) for who in BOTH)
                    assert whole == sum(value(who, one.name, code) for who in PLACES)
                    assert whole == sum(value(who, one.name, code) for who in groups if who.startswith(REGION))
    for cross in collection.crosses:
        first, second = collection.dimension(cross.first), collection.dimension(cross.second)
        for code in first.codes:
            parts = [value(NATION, cross.name, code, other) for other in second.codes]
            whole = value(NATION, first.name, code)
            assert max(parts) <= whole if second.multiple else sum(parts) == whole


@settings(max_examples=12, deadline=None)
@given(years(N))
def test_shares_of_a_single_choice_come_to_a_hundred(now: Year) -> None:
    found = table(yearly_tables(facts(now)), "D11")
    total = row(found, caracteristique=TOTAL).values[0].number
    for name in ("situation", "csp", "age", "region"):
        shares = [
            one.values[1].number
            for one in found.rows
            if one.keys["caracteristique"] == name and one.values[1].number is not None
        ]
        if total:
            assert abs(sum(shares) - 100) <= Decimal("0.05") * len(shares)
        else:
            assert shares == []


def test_rows_say_who_they_are_once() -> None:
    of = facts(year(N, [tally("CIL001", TOTAL, "", 40)]), year(BEFORE))
    for one in [*yearly_tables(of), *situation_tables(of, "CIL001"), *situation_tables(of, "PF01")]:
        identities = [one.identity(line) for line in one.rows]
        assert len(set(identities)) == len(identities), one.code
        assert all(len(line.values) == len(one.columns) for line in one.rows)
        assert all(len(line.kinds) in {0, len(one.columns)} for line in one.rows)
        assert all(len(line.rests_on) in {0, len(one.columns)} for line in one.rows)
        assert RowKind.LINE in {line.kind for line in one.rows} or not one.rows or one.code == "D14V"
