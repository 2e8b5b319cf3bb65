"""« Où en sommes-nous ? »: the figures of one CIL/CCI, or of one platform, beside those of the nation (S0-6, D15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.organisations import Directory, Service
from domain.periods import Period
from publication.table import Kind, Row, RowKind, Table
from publication.values import MISSING, Number, Value, share

RANKED_FROM = 5
"""No rank among fewer (contract §10, D15)."""
_BY_MEMBER = ("D4", "D6")
_BY_PLATFORM = ("D5", "D7")


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """One indicator: own `value`, `rank` among `of` with data (1 is the largest; equals share it), and the nation's.

    `rank` None: no figure of its own, or too few to be ranked (contract §10). `lowest` to `highest`: the spread of all
    figures.
    """

    table: str
    column: str
    group: str
    label: str
    kind: Kind
    value: Value
    rank: int | None
    of: int
    share: Value
    total: Value
    lowest: Value
    lower_quartile: Value
    median: Value
    upper_quartile: Value
    highest: Value


def performer_of(directory: Directory, member: str, service: Service, period: Period) -> str:
    """Whose line tells the activity of a CIL/CCI: its own, or that of who performs for it the whole period (S0-8)."""
    given = directory.delegation_covering(member, service, period)
    return member if given is None else given.code_realisateur


def of_member(tables: Iterable[Table], member: str) -> tuple[Position, ...]:
    """The quarter and the cumul of each indicator of the services in which the CIL/CCI has a line."""
    found: list[Position] = []
    for table in _among(tables, _BY_MEMBER):
        lines = [row for row in table.rows if row.kind is RowKind.LINE]
        own = next((row for row in lines if row.keys["code_cil"] == member), None)
        found += [] if own is None else _positions(table, own, lines)
    return tuple(found)


def of_platform(tables: Iterable[Table], platform: str) -> tuple[Position, ...]:
    """The same for a platform, among platforms: the totals of its block."""
    found: list[Position] = []
    for table in _among(tables, _BY_PLATFORM):
        blocks = [row for row in table.rows if row.kind is RowKind.BLOCK_TOTAL]
        own = next((row for row in blocks if row.keys["code_plateforme"] == platform), None)
        found += [] if own is None else _positions(table, own, blocks)
    return tuple(found)


def _among(tables: Iterable[Table], codes: Sequence[str]) -> list[Table]:
    return [table for table in tables if table.code in codes]


def _positions(table: Table, own: Row, rows: Sequence[Row]) -> list[Position]:
    nation = next(row for row in table.rows if row.kind is RowKind.TOTAL)
    return [_position(table, place, own, rows, nation) for place in range(len(table.columns))]


def _position(table: Table, place: int, own: Row, rows: Sequence[Row], nation: Row) -> Position:
    column, value = table.columns[place], own.values[place]
    known = sorted(number for row in rows if (number := row.values[place].number) is not None)
    ranked = value.number is not None and len(known) >= RANKED_FROM
    rank = 1 + sum(number > value.number for number in known) if ranked and value.number is not None else None
    return Position(
        table=table.code,
        column=column.name,
        group=column.group,
        label=column.label,
        kind=column.kind,
        value=value,
        rank=rank,
        of=len(known),
        share=share(value, nation.values[place]),
        total=nation.values[place],
        lowest=quantile(known, Decimal(0)),
        lower_quartile=quantile(known, Decimal("0.25")),
        median=quantile(known, Decimal("0.5")),
        upper_quartile=quantile(known, Decimal("0.75")),
        highest=quantile(known, Decimal(1)),
    )


def quantile(ordered: Sequence[Number], part: Decimal) -> Value:
    """By linear interpolation between the two nearest ranks, as spreadsheets do (QUARTILE.INC); two decimals."""
    if not ordered:
        return MISSING
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    exact = Decimal(ordered[below]) + (place - below) * (Decimal(ordered[above]) - Decimal(ordered[below]))
    number = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Value(int(number) if number == number.to_integral_value() else number)
