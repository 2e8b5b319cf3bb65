"""Example tables, worked out from the columns: what a good file looks like, with invented figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from domain.organisations import Organisation, OrganisationType, Service
from domain.periods import Period, Periodicity
from schemas.collection import Collection
from schemas.columns import Column, Kind

INVENTED: Final = (
    Organisation(code="CIL101", type=OrganisationType.CIL, nom="CIL des Trois-Rivières", departement="08"),
    Organisation(code="CCI102", type=OrganisationType.CCI, nom="CCI du Haut-Pays", departement="2A"),
    Organisation(code="CIL103", type=OrganisationType.CIL, nom="CIL de la Côte", departement="44"),
)
"""Members of nobody's: a code that begins with zero, one with a letter, an ordinary one."""
Members = Sequence[Organisation] | Mapping[Service, Sequence[Organisation]]
"""Whose lines an example shows: the same for every service, or those of each."""
_FIRST_COUNTS: Final = (12, 7, 0)
_NO_ACTIVITY: Final = 2
_YEARS_BACK: Final = 4
_PRICE: Final = Decimal("312.50")
_DEFAULT: Final = Period(2005, 1)
_SENDER_NUMBER: Final = "03"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A table as people see it, and the same as CSV text. `figures`: which columns hold figures."""

    names: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[bool, ...]

    @property
    def text(self) -> str:
        """What a CSV file holds: semicolons, one line a record."""
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(self.titles)
        writer.writerows(self.rows)
        return stream.getvalue()


def example_period(collection: Collection, wanted: Period | None = None) -> Period:
    """A period of the collection's length: `wanted` or the one that holds it, within the collection's life."""
    asked = wanted or _DEFAULT
    if collection.periodicity.length is Periodicity.YEAR:
        asked = Period(asked.year)
    elif not asked.quarter:
        asked = Period(asked.year, 1)
    first, last = collection.first_period, collection.last_period
    if first is not None and first.periodicity is asked.periodicity and asked < first:
        return first
    if last is not None and last.periodicity is asked.periodicity and last < asked:
        return last
    return asked


def example_sender(collection: Collection, organisation: str | None = None) -> str:
    """The code of an organisation that may send it."""
    return organisation or f"{min(collection.senders).value}{_SENDER_NUMBER}"


def example_table(collection: Collection, period: Period, members: Members | None = None) -> Example:
    """A file that would be accepted: the lines of these CIL/CCI by département, then what adds them up.

    Columns that only repeat the account and the name of the file are left out. The figures of a CIL/CCI fall down to
    no activity at all where the collection gives none of its own.
    """
    columns = [column for column in collection.columns if column.context is None]
    rows: list[dict[str, str]] = []
    for line in _lines(collection, _invented(collection) if members is None else members):
        values = _own_cells(collection, line, period, len(rows)) if line.member else _sums(collection, line, rows)
        rows.append(values)
    return Example(
        names=tuple(column.name for column in columns),
        titles=tuple(column.label for column in columns),
        rows=tuple(tuple(row[column.name] for column in columns) for row in rows),
        figures=tuple(column.kind in {Kind.COUNT, Kind.AMOUNT} for column in columns),
    )


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Whose line it is (None: it adds others up), what stands there besides, and how much activity it shows."""

    member: Organisation | None
    told: Mapping[str, str]
    rank: int = 0


def _invented(collection: Collection) -> Sequence[Organisation]:
    """One fewer where each has several lines: an example is read at a glance."""
    return INVENTED[:2] if collection.lines_of_member else INVENTED


def _lines(collection: Collection, members: Members) -> Iterator[_Line]:
    """The lines of every service where each CIL/CCI owes its own; else as many as there are examples of a key."""
    services: tuple[Service | None, ...] = (None,)
    if collection.service_column is not None:
        services = collection.services if collection.expected_lines else collection.services[:1]
    most = min((len(collection.examples[name]) for name in collection.key if name in collection.examples), default=None)
    for service in services:
        known = members if isinstance(members, Sequence) else members[service or collection.services[0]]
        ordered = sorted(known, key=lambda one: (one.departement or "", one.code))[:most]
        for index, member in enumerate(ordered):
            rank = _NO_ACTIVITY if index == len(ordered) - 1 else index % _NO_ACTIVITY
            yield from (_Line(member=member, told=told, rank=rank) for told in collection.lines_for(service))
        yield from (_Line(member=None, told=told) for told in collection.cumuls_for(service))


def _own_cells(collection: Collection, line: _Line, period: Period, index: int) -> dict[str, str]:
    """The cells of one CIL/CCI; those that do not concern the line stay empty."""
    assert line.member is not None  # noqa: S101 - told by the caller
    cells: dict[str, str] = {}
    quantity = 0
    for column in collection.columns:
        quantity += column.quantity
        given = collection.examples.get(column.name, ())
        if column.name in line.told:
            cells[column.name] = line.told[column.name]
        elif given:
            cells[column.name] = _dated(given[index % len(given)], period)
        elif column.key and column.kind is Kind.COUNT:
            cells[column.name] = str(index + 1)
        else:
            cells[column.name] = _cell(column, line.member, period, line.rank, quantity)
    strange = {one.name for one in collection.columns if one.when and cells[one.when[0]] not in one.when[1]}
    return {name: "" if name in strange else cell for name, cell in cells.items()}


def _sums(collection: Collection, line: _Line, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The cells of a line that adds up those of the CIL/CCI where the same things stand."""
    alike = [
        name for name, told in line.told.items() if any(one.get(name) == told for one in collection.lines_of_member)
    ]
    added = [row for row in rows if all(row[name] == line.told[name] for name in alike)]
    return {
        column.name: str(sum(int(row[column.name]) for row in added))
        if column.quantity
        else line.told.get(column.name, "")
        for column in collection.columns
    }


def _dated(text: str, period: Period) -> str:
    """`{0}` is the year of the example, `{1}` the one before."""
    return text.format(*(period.year - back for back in range(_YEARS_BACK)))


def example_value(column: Column, example: Example, period: Period, sender: str) -> str:
    """One cell of any column: the first that the example fills in, else what the folder and the file's name say."""
    if column.name in example.names:
        place = example.names.index(column.name)
        return next((row[place] for row in example.rows if row[place]), "")
    return sender if column.context == "platform" else _cell(column, INVENTED[0], period, 0, 1)


def _cell(column: Column, member: Organisation, period: Period, rank: int, quantity: int) -> str:
    """Figures fall from one column to the next, so that parts stay within their whole."""
    if column.register == "departement":
        return member.departement or ""
    if column.register == "nom":
        return member.nom
    if column.kind is Kind.COUNT:
        return str(_FIRST_COUNTS[rank] // max(quantity, 1))
    if column.kind is Kind.AMOUNT:
        return f"{_FIRST_COUNTS[rank] * _PRICE:.{column.decimals}f}".replace(".", ",")
    codes = list(column.codes or "A")
    simple = {
        Kind.MEMBER: member.code,
        Kind.CODE: codes[rank % len(codes)],
        Kind.DATE: f"{period.starts_on + timedelta(days=17 + 5 * rank):%d/%m/%Y}",
        Kind.YES_NO: "ON"[rank % 2],
        Kind.YEAR: str(period.year),
        Kind.QUARTER: str(period.quarter),
    }
    return simple.get(column.kind, f"Exemple {rank + 1}")
