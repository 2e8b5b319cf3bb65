"""« Où en sommes-nous ? »: rank, share and quartiles of one among all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.organisations import Delegation, Directory, Service, Span
from domain.periods import Period
from publication.position import Position, of_member, of_platform, performer_of, quantile
from publication.tables.cil_pass import quarterly_tables
from publication.values import MISSING, Number, Value
from tests.publication_kit import all_deposits, edited, facts, network

NETWORK = network()
T1 = Period(2005, 1)
TABLES = quarterly_tables(facts(NETWORK, all_deposits(NETWORK, [T1]), T1))


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        # As QUARTILE.INC of LibreOffice 7.4 gives them.
        ([3, 5, 8, 12, 20], ["3", "5", "8", "12", "20"]),
        ([3, 5, 8, 12], ["3", "4.5", "6.5", "9", "12"]),
        ([1, 2], ["1", "1.25", "1.5", "1.75", "2"]),
        ([7], ["7", "7", "7", "7", "7"]),
        ([0, 0, 1, 10, 10, 100], ["0", "0.25", "5.5", "10", "100"]),
    ],
)
def test_quartiles_are_those_of_a_spreadsheet(figures: list[Number], wanted: list[str]) -> None:
    parts = [Decimal(part) for part in ("0", "0.25", "0.5", "0.75", "1")]

    assert [quantile(figures, part) for part in parts] == [Value(Decimal(one)) for one in wanted]


def test_nothing_has_no_quartile() -> None:
    assert quantile([], Decimal("0.5")) == MISSING


def _first(positions: tuple[Position, ...]) -> Position:
    return positions[0]


def test_the_largest_is_first_and_equals_share_their_rank() -> None:
    deposits = [
        edited(one, {"CIL001": "900", "CIL002": "800", "CIL003": "800", "CIL005": "700"})
        if (one.platform, one.collection) == ("PF01", "N1A")
        else one
        for one in all_deposits(NETWORK, [T1])
    ]
    tables = quarterly_tables(facts(NETWORK, deposits, T1))

    ranks = [_first(of_member(tables, code)).rank for code in ("CIL001", "CIL002", "CIL003", "CIL005")]
    assert ranks == [1, 2, 2, 4]


def test_a_member_sees_quarter_and_cumul_of_each_service_beside_the_nation() -> None:
    found = of_member(TABLES, "CIL001")

    assert [(one.table, one.column) for one in found][:2] == [
        ("D4", "diagnostics_prealables_trimestre"),
        ("D4", "diagnostics_prealables_cumul"),
    ]
    assert {one.table for one in found} == {"D4", "D6"}
    assert len(found) == 12
    one = found[0]
    assert one.total == TABLES[0].rows[-1].values[0]
    assert one.of == len([row for row in TABLES[0].rows[:-1] if row.values[0].known])


def test_who_has_no_figure_has_no_rank_and_no_share() -> None:
    without = [one for one in all_deposits(NETWORK, [T1]) if (one.platform, one.collection) != ("PF01", "N1A")]
    one = _first(of_member(quarterly_tables(facts(NETWORK, without, T1)), "CIL001"))

    assert (one.value, one.rank, one.share) == (MISSING, None, MISSING)
    assert one.median.known


def test_a_platform_is_ranked_among_platforms_when_there_are_five_of_them() -> None:
    found = of_platform(TABLES, "PF01")
    fewer = [one for one in all_deposits(NETWORK, [T1]) if one.platform != "PF05"]
    alone = of_platform(quarterly_tables(facts(NETWORK, fewer, T1)), "PF01")

    assert {one.table for one in found} == {"D5", "D7"}
    assert {one.of for one in found} == {5}
    assert all(one.rank is not None for one in found)
    assert {one.rank for one in alone} == {None}
    assert {one.of for one in alone} == {4}


def test_who_is_nowhere_sees_nothing() -> None:
    assert of_member(TABLES, "CIL999") == ()
    assert of_platform(TABLES, "PF99") == ()


def test_a_mandant_is_told_by_its_performer() -> None:
    whole = Delegation(code_mandant="CIL012", code_realisateur="CIL011", service=Service.ASA, dates=Span())
    part = Delegation(
        code_mandant="CIL004", code_realisateur="CIL003", service=Service.MOB, dates=Span(first=date(2005, 2, 15))
    )
    directory = Directory(version=1, delegations=(whole, part))

    assert performer_of(directory, "CIL012", Service.ASA, T1) == "CIL011"
    assert performer_of(directory, "CIL012", Service.MOB, T1) == "CIL012"
    assert performer_of(directory, "CIL004", Service.MOB, T1) == "CIL004"
    assert performer_of(directory, "CIL004", Service.MOB, T1.following) == "CIL003"
