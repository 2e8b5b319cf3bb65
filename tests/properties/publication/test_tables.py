"""Whatever is in force, totals are sums, documents carry the same figures, and changes tell every differing cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.organisations import Service
from domain.periods import Period
from publication.aggregates import as_document, content_hash, from_document, value_from, value_text
from publication.artifacts.csv import csv_bytes
from publication.changes import changes
from publication.coverage import coverage_of
from publication.facts import Facts, Line, Quarter, expected_of, periods_needed
from publication.table import RowKind, Table
from publication.tables.cil_pass import quarterly_tables
from publication.values import Absence, Value
from tests.publication_kit import FIGURES, network

NETWORK = network()
EUROS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
COUNTS = st.one_of(st.integers(0, 5), st.integers(0, 10**6))
PERIODS = st.sampled_from([Period(2004, 1), Period(2005, 1), Period(2005, 3), Period(2005, 4)])


@st.composite
def some_facts(draw: st.DrawFn, period: Period | None = None) -> Facts:
    """A network in which anybody may be missing, nil, or there unexpectedly."""
    when = draw(PERIODS) if period is None else period
    seed = draw(st.randoms(use_true_random=False))
    quarters = {}
    for service in Service:
        for quarter in periods_needed(when):
            expected = expected_of(NETWORK, service, quarter) if quarter >= Period(2004, 1) else {}
            given_by = {member: seed.choice(["there", "there", "missing"]) for member in expected}
            if seed.random() < 0.2:
                given_by["CIL044"] = "there"
            lines = {
                member: Line(
                    member=member,
                    platform=expected.get(member, "PF05"),
                    figures={
                        name: Decimal(seed.randrange(10**7)) / 100
                        if name == "montant_facture_ht"
                        else seed.randrange(9)
                        for name in FIGURES[service]
                    },
                )
                for member, state in given_by.items()
                if state == "there"
            }
            nil = frozenset({"PF02"}) if seed.random() < 0.3 else frozenset()
            quarters[service, quarter] = Quarter(
                service=service, period=quarter, expected=expected, lines=lines, nil=nil
            )
    return Facts(period=when, directory=NETWORK, quarters=quarters)


def _sum(values: Sequence[Value]) -> Any:
    known = [value.number for value in values if value.number is not None]
    return sum(known) if known else Absence.MISSING


def _said(value: Value) -> Any:
    return value.absence if value.number is None else value.number


@settings(max_examples=25, deadline=None)
@given(some_facts())
def test_blocks_add_up_to_their_lines_and_to_the_nation(facts: Facts) -> None:
    for table in quarterly_tables(facts)[3:7]:
        lines = [row for row in table.rows if row.kind is RowKind.LINE]
        blocks = [row for row in table.rows if row.kind is RowKind.BLOCK_TOTAL]
        nation = table.rows[-1]
        for place in range(len(table.columns)):
            for block in blocks:
                own = [
                    row.values[place] for row in lines if row.keys[table.block or ""] == block.keys[table.block or ""]
                ]
                assert _said(block.values[place]) == _sum(own)
            assert _said(nation.values[place]) == _sum([block.values[place] for block in blocks])


@settings(max_examples=25, deadline=None)
@given(some_facts())
def test_every_table_of_a_service_says_the_same_total(facts: Facts) -> None:
    tables = {table.code: table for table in quarterly_tables(facts)}
    for lines, region, platform, first in (("D1", "D4", "D5", 0), ("D2", "D6", "D7", 3)):
        for place in range(3):
            quarter = _said(tables[lines].rows[-1].values[place])
            assert _said(tables[region].rows[-1].values[2 * place]) == quarter
            assert _said(tables[platform].rows[-1].values[2 * place]) == quarter
            national = tables["D3"].rows[first + place].values
            assert _said(national[0]) == quarter
            cumul = _said(national[2])
            assert _said(tables[region].rows[-1].values[2 * place + 1]) == cumul
            assert _said(tables[platform].rows[-1].values[2 * place + 1]) == cumul


def _figures(text: str) -> Decimal | None:
    return None if text in {"", "n.d.", "n.s."} else Decimal(text.replace(",", "."))


@settings(max_examples=25, deadline=None)
@given(some_facts())
def test_the_columns_of_every_csv_add_up_to_its_total_line(facts: Facts) -> None:
    for table in quarterly_tables(facts):
        if table.code in {"D3", "D8bis"}:
            continue
        header, *rows = list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8-sig")), delimiter=";"))
        lines = [row for row in rows if row[1] != "TOTAL"]
        for place in range(3, len(header)):
            known = [figure for row in lines if (figure := _figures(row[place])) is not None]
            assert _figures(rows[-1][place]) == (sum(known) if known else None)


@settings(max_examples=15, deadline=None)
@given(some_facts())
def test_aggregates_come_back_as_they_were_also_through_json(facts: Facts) -> None:
    tables, coverage = quarterly_tables(facts), coverage_of(facts)
    back = tuple(from_document(json.loads(json.dumps(as_document(table)))) for table in tables)

    assert back == tables
    assert [csv_bytes(table) for table in back] == [csv_bytes(table) for table in tables]
    assert content_hash(back, coverage) == content_hash(tables, coverage)


VALUES = st.one_of(
    st.sampled_from([Value(absence=one) for one in Absence]),
    st.builds(Value, st.one_of(COUNTS, EUROS), incomplete=st.booleans()),
    st.builds(Value, st.integers(-(10**6), -1).map(lambda tenths: Decimal(tenths) / 10)),
)


@given(VALUES)
def test_a_value_is_written_and_read_exactly(value: Value) -> None:
    assert value_from(value_text(value)) == value


def _cells(tables: Sequence[Table]) -> dict[tuple[str, ...], Value]:
    return {
        (table.code, *table.identity(row), column.name): value
        for table in tables
        for row in table.rows
        for column, value in zip(table.columns, row.values, strict=True)
    }


@settings(max_examples=20, deadline=None)
@given(st.data(), PERIODS)
def test_changes_tell_every_differing_cell_and_nothing_else(data: st.DataObject, period: Period) -> None:
    before = quarterly_tables(data.draw(some_facts(period)))
    after = quarterly_tables(data.draw(some_facts(period)))
    old, new = _cells(before), _cells(after)

    told = {
        (one.table, *next(t for t in after if t.code == one.table).identity(_row(one.row)), one.column): (
            one.before,
            one.after,
        )
        for one in changes(before, after)
    }
    wanted = {key: (old.get(key), new.get(key)) for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert told == wanted
    assert changes(after, after) == ()


def _row(keys: Any) -> Any:
    return type("KeysOnly", (), {"keys": keys})()


@settings(max_examples=20, deadline=None)
@given(st.data(), PERIODS)
def test_the_hash_changes_when_and_only_when_figures_or_coverage_do(data: st.DataObject, period: Period) -> None:
    one, other = data.draw(some_facts(period)), data.draw(some_facts(period))
    said = [(quarterly_tables(facts), coverage_of(facts)) for facts in (one, other)]

    same = changes(said[0][0], said[1][0]) == () and said[0][1] == said[1][1]
    assert (content_hash(*said[0]) == content_hash(*said[1])) is same
    assert content_hash(*said[0]) == content_hash(quarterly_tables(one), coverage_of(one))
