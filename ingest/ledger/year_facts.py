"""What the tables of a year are made from, read from the rows of some sections: counts of cases, records of lists.

Cases are counted where they lie (`ingest.ledger.year_counts`); no case, and no free text of a list, is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import Period
from domain.punctuality import rates
from ingest.database.collections import CollectionTable
from ingest.ledger.following import standings
from ingest.ledger.publishing import owner_of
from ingest.ledger.standing import Calendar
from ingest.ledger.year_counts import Counting
from publication.tables.cil_pass.dimensions import CASES, LIST_COLUMNS, CaseCollection
from publication.year import Level, Record, Tally, Year
from schemas.collection import Collection

_IN_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class YearReader:
    """Reads the figures of a year. `collections`: those that the catalogue knows; others are never published."""

    connection: Connection
    collections: Iterable[Collection]
    tables: Mapping[str, CollectionTable]
    directory: Directory

    def with_figures(self, year: Year, rows: Iterable[Row[Any]]) -> Year:
        """The year with what its sections say: `rows` as `sections_of` gives them; of other periods are left alone."""
        known = {one.slug: one for one in self.collections}
        mine = [row for row in rows if row.period == year.period.code and row.slug in known]
        tallies: dict[str, tuple[Tally, ...]] = {}
        levels: tuple[Level, ...] = ()
        for one in CASES:
            if one.slug in known:
                counting = self._counting(one, year.period, [row for row in mine if row.slug == one.slug])
                tallies[one.slug] = counting.tallies()
                levels += counting.levels()
        records = {slug: self._records(known[slug], year.period, mine) for slug in LIST_COLUMNS if slug in known}
        return replace(year, tallies=tallies, levels=levels, records=records)

    def _counting(self, one: CaseCollection, period: Period, rows: Sequence[Row[Any]]) -> Counting:
        return Counting(
            connection=self.connection,
            collection=one,
            table=self.tables[one.slug].table,
            year=period.year,
            owners={row.id: owner_of(row) for row in rows if not row.nil},
            homes=_homes(self.directory, one.service, period),
        )

    def _records(self, collection: Collection, period: Period, rows: Sequence[Row[Any]]) -> tuple[Record, ...]:
        """One for each thing that it tells of: of the platform that owes it, else the last that was judged."""
        slug, keys = collection.slug, [one.name for one in collection.columns if one.key]
        owners = {row.id: owner_of(row) for row in rows if row.slug == slug and not row.nil}
        homes = {service.value: _homes(self.directory, service, period) for service in Service}
        chosen: dict[tuple[Any, ...], tuple[tuple[bool, int], int]] = {}
        found: list[tuple[tuple[Any, ...], int, Record]] = []
        for row in self._lines(slug, keys, sorted(owners)):
            owner, values = owners[row["section_id"]], {name: row[name] for name in LIST_COLUMNS[slug]}
            member = values.get("code_cil")
            # What tells of no CIL/CCI is the platform's own: two of them may number alike.
            thing = (member or owner, *(row[name] for name in keys))
            owes = member is not None and homes.get(str(values.get("service")), {}).get(member) == owner
            rank = (owes, row["section_id"])
            if thing not in chosen or rank >= chosen[thing][0]:
                chosen[thing] = (rank, len(found))
            found.append((thing, len(found), Record(platform=owner, values=values)))
        return tuple(record for thing, place, record in found if chosen[thing][1] == place)

    def _lines(self, slug: str, keys: Sequence[str], numbers: Sequence[int]) -> Iterable[Mapping[str, Any]]:
        table = self.tables[slug].table
        names = dict.fromkeys(("section_id", *keys, *LIST_COLUMNS[slug]))
        for start in range(0, len(numbers), _IN_CHUNK):
            query = (
                select(*(table.c[name] for name in names))
                .where(table.c.section_id.in_(numbers[start : start + _IN_CHUNK]))
                .order_by(table.c.section_id, table.c.row)
            )
            for row in self.connection.execute(query).mappings():
                yield dict(row)


def _homes(directory: Directory, service: Service, period: Period) -> dict[str, str]:
    """CIL/CCI → its platform of 31 December."""
    return {
        one.code_cil: one.code_plateforme
        for one in directory.adhesions
        if one.service is service and one.dates.covers(period.ends_on)
    }


def punctuality_of(
    connection: Connection, calendar: Calendar, directory: Directory, period: Period, now: datetime
) -> dict[str, tuple[int, int]]:
    """Platform → (complete and in time, due), over the obligations of the year and of its quarters settled at `now`."""
    found = [
        one
        for one in standings(connection, calendar, now)
        if one.period.year == period.year and _is_platform(directory, one.organisation)
    ]
    return {
        code: (rate.punctual, rate.due) for code, rate in rates(found, lambda one: one.organisation).items() if rate.due
    }


def _is_platform(directory: Directory, code: str) -> bool:
    one = directory.by_code.get(code)
    return one is not None and one.type is OrganisationType.PF
