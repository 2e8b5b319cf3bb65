"""Example tables, worked out from the columns: what a good file looks like, with invented figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from domain.organisations import Organisation, OrganisationType
from domain.periods import Period, Periodicity
from schemas.collection import Collection
from schemas.columns import Column, Kind

INVENTED: Final = (
    Organisation(code="CIL101", type=OrganisationType.CIL, nom="CIL des Trois-Rivières", departement="08"),
    Organisation(code="CCI102", type=OrganisationType.CCI, nom="CCI du Haut-Pays", departement="2A"),
    Organisation(code="CIL103", type=OrganisationType.CIL, nom="CIL de la Côte", departement="44"),
)
"""Members of nobody's: a code that begins with zero, one with a letter, an ordinary one."""
_FIRST_COUNTS: Final = (12, 7, 0)
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


def example_table(collection: Collection, period: Period, members: Sequence[Organisation] = INVENTED) -> Example:
    """A file that would be accepted, one line a member, by département; the last one had no activity.

    Columns that only repeat the account and the name of the file are left out.
    """
    columns = [column for column in collection.columns if column.context is None]
    ordered = sorted(members, key=lambda one: (one.departement or "", one.code))
    last = len(ordered) - 1
    rows = []
    for index, member in enumerate(ordered):
        rank = 2 if index == last else index % 2
        quantity = 0
        cells = []
        for column in columns:
            if column.quantity:
                quantity += 1
            told = collection.examples.get(column.name, ())
            own = str(index + 1) if column.key and column.kind is Kind.COUNT else None
            cells.append(own or (told[index % len(told)] if told else _cell(column, member, period, rank, quantity)))
        rows.append(tuple(cells))
    return Example(
        names=tuple(column.name for column in columns),
        titles=tuple(column.label for column in columns),
        rows=tuple(rows),
        figures=tuple(column.kind in {Kind.COUNT, Kind.AMOUNT} for column in columns),
    )


def example_value(column: Column, example: Example, period: Period, sender: str) -> str:
    """One cell of any column: the example's first line, else what the folder and the file's name say."""
    if column.name in example.names:
        return example.rows[0][example.names.index(column.name)]
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
