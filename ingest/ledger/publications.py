"""How the ledger answers for the tables of a quarter, and for those of a year: the same questions, two sources."""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from domain.organisations import Directory
from domain.periods import Period, Periodicity
from domain.releases import Coverage
from ingest.database.collections import CollectionTable
from ingest.ledger.publishing import (
    Gathered,
    Sources,
    gather,
    gather_periods,
    input_of,
    sections_in_force,
    sections_of,
)
from ingest.ledger.standing import Calendar
from ingest.ledger.tallies import KeptYear, close, last_kept
from ingest.ledger.year_basis import owing, with_presence, year_sections, years_of
from ingest.ledger.year_facts import YearReader, punctuality_of
from publication.content import covered
from publication.facts import Facts, expected_of
from publication.year import Year, YearFacts
from schemas.collection import Collection


class Publication(Protocol):
    """What is published of the periods of one length."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Those whose due dates and deposits decide."""
        ...

    def expects(self, directory: Directory, period: Period) -> bool:
        """Whether anything is to be in its tables; where nothing is in force nor expected, there is no table."""
        ...

    def gather(  # noqa: PLR0913 - by keyword: as things are now, were at an instant, or as an edition rested
        self,
        connection: Connection,
        period: Period,
        directory: Directory,
        *,
        now: datetime | None = None,
        at: datetime | None = None,
        sections: Group[int] | None = None,
        kept: Mapping[Period, KeptYear] | None = None,
    ) -> Gathered:
        """The facts of `period`; `kept`: what the edition kept of its years, in the place of what can go.

        `now`: the moment at which one is made, for who is in time by then.
        """
        ...

    def sections_in_force(self, connection: Connection, period: Period) -> frozenset[int]:
        """Numbers of the sections that the facts of `period` would rest on now."""
        ...

    def covered(self, connection: Connection, period: Period, directory: Directory) -> tuple[Coverage, ...]:
        """What is there of the period itself, at less cost than all facts."""
        ...

    def close(self, connection: Connection, period: Period, directory: Directory, secret_minimum: int) -> bool:
        """Keep what the cases of `period` count, which are about to be destroyed; False when nothing is to be kept."""
        ...


Publications = Mapping[Periodicity, Publication]


def publications_of(calendar: Calendar, tables: Mapping[str, CollectionTable]) -> Publications:
    """Every publication that the catalogue allows."""
    sources = Sources.of(calendar.collections, tables)
    yearly = tuple(one for one in calendar.collections if one.periodicity is not Periodicity.QUARTER)
    return {
        Periodicity.QUARTER: Quarterly(sources=sources),
        Periodicity.YEAR: Yearly(collections=yearly, tables=tables, sources=sources, calendar=calendar),
    }


@dataclass(frozen=True, kw_only=True)
class Quarterly:
    """The tables of a quarter."""

    sources: Sources

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Of the published services."""
        return self.sources.collections

    def expects(self, directory: Directory, period: Period) -> bool:
        """Whether any CIL/CCI is to be in its tables."""
        services = (one.published.service for one in self.sources.by_slug.values())
        return any(expected_of(directory, service, period) for service in services)

    def gather(  # noqa: PLR0913 - as the protocol has it
        self,
        connection: Connection,
        period: Period,
        directory: Directory,
        *,
        now: datetime | None = None,  # noqa: ARG002 - the past alone counts here
        at: datetime | None = None,
        sections: Group[int] | None = None,
        kept: Mapping[Period, KeptYear] | None = None,  # noqa: ARG002 - no cases here
    ) -> Gathered:
        """From the rows."""
        return gather(connection, self.sources, period, directory, at=at, sections=sections)

    def sections_in_force(self, connection: Connection, period: Period) -> frozenset[int]:
        """Of this quarter, and of those that its tables recall."""
        return sections_in_force(connection, self.sources, period)

    def covered(self, connection: Connection, period: Period, directory: Directory) -> tuple[Coverage, ...]:
        """Of this quarter alone."""
        return covered(gather_periods(connection, self.sources, period, directory, periods=(period,)).facts, {})

    def close(
        self,
        connection: Connection,  # noqa: ARG002 - no cases
        period: Period,  # noqa: ARG002
        directory: Directory,  # noqa: ARG002
        secret_minimum: int,  # noqa: ARG002
    ) -> bool:
        """Nothing of a quarter is destroyed."""
        return False


@dataclass(frozen=True, kw_only=True)
class Yearly:
    """The tables of a year, which rest on its own collections, on its quarters, and on the year before."""

    collections: tuple[Collection, ...]
    tables: Mapping[str, CollectionTable]
    sources: Sources
    calendar: Calendar

    def expects(self, directory: Directory, period: Period) -> bool:
        """Whether anybody owes a collection of the year."""
        return any(owing(directory, self.collections, period).values())

    def gather(  # noqa: PLR0913 - as the protocol has it
        self,
        connection: Connection,
        period: Period,
        directory: Directory,
        *,
        now: datetime | None = None,
        at: datetime | None = None,
        sections: Group[int] | None = None,
        kept: Mapping[Period, KeptYear] | None = None,
    ) -> Gathered:
        """From the rows; of cases that are destroyed since, what the last edition counted that had them."""
        rows = year_sections(connection, self.sources, self.collections, period, at=at, sections=sections)
        counted = self._destroyed(connection, period, rows) if kept is None else kept
        reader = YearReader(
            connection=connection, collections=self.collections, tables=self.tables, directory=directory
        )
        quarters = gather(connection, self.sources, Period(period.year, 4), directory, at=at, sections=sections).facts
        year = replace(
            self._year(reader, period, rows, counted),
            quarters=quarters if isinstance(quarters, Facts) else None,
            punctuality=self._punctuality(connection, directory, period, kept, now or at),
        )
        before = years_of(period)[0]
        known = before != period and any(row.period == before.code for row in rows)
        facts = YearFacts(
            period=period,
            directory=directory,
            year=year,
            before=self._year(reader, before, rows, counted) if known else None,
        )
        labels = {one.slug: one.label for one in self.collections}
        return Gathered(facts=facts, inputs=tuple(map(input_of, rows)), labels=labels)

    def sections_in_force(self, connection: Connection, period: Period) -> frozenset[int]:
        """Of this year, of its quarters, and of the year before."""
        return frozenset(row.id for row in year_sections(connection, self.sources, self.collections, period))

    def covered(self, connection: Connection, period: Period, directory: Directory) -> tuple[Coverage, ...]:
        """From the sections in force alone."""
        rows = sections_of(connection, self.collections, (period,))
        year = with_presence(Year(period=period), owing(directory, self.collections, period), rows)
        labels = {one.slug: one.label for one in self.collections}
        return covered(YearFacts(period=period, directory=directory, year=year), labels)

    def close(self, connection: Connection, period: Period, directory: Directory, secret_minimum: int) -> bool:
        """As in force now; unless some of these cases are destroyed already: then what was kept stays."""
        rows = sections_of(connection, self.collections, (period,))
        if not any(self._is_of_cases(row) for row in rows) or not self._all_lie_here(connection, period, rows):
            return False
        reader = YearReader(
            connection=connection, collections=self.collections, tables=self.tables, directory=directory
        )
        year = reader.with_figures(Year(period=period), [row for row in rows if self._is_of_cases(row)])
        close(connection, period, KeptYear.of(year, secret_minimum))
        return True

    def _year(
        self, reader: YearReader, period: Period, rows: Sequence[Row[Any]], counted: Mapping[Period, KeptYear]
    ) -> Year:
        mine = [row for row in rows if row.period == period.code]
        expected = owing(reader.directory, self.collections, period)
        year = reader.with_figures(with_presence(Year(period=period), expected, mine), mine)
        return counted[period].cases_of(year) if period in counted else year

    def _punctuality(
        self,
        connection: Connection,
        directory: Directory,
        period: Period,
        kept: Mapping[Period, KeptYear] | None,
        now: datetime | None,
    ) -> Mapping[str, tuple[int, int]]:
        if kept is not None:
            return kept.get(period, KeptYear()).punctuality
        return {} if now is None else punctuality_of(connection, self.calendar, directory, period, now)

    def _destroyed(self, connection: Connection, period: Period, rows: Sequence[Row[Any]]) -> dict[Period, KeptYear]:
        """The years with accepted cases that lie here no more, as they were counted when they were destroyed.

        One is enough: a correction that comes after the others are destroyed adds up with nothing.
        """
        return {
            year: last_kept(connection, year)
            for year in years_of(period)
            if not self._all_lie_here(connection, year, rows)
        }

    def _all_lie_here(self, connection: Connection, year: Period, rows: Sequence[Row[Any]]) -> bool:
        mine = [row for row in rows if row.period == year.code and self._is_of_cases(row)]
        return all(self._lies_here(connection, row.slug, row.id) for row in mine)

    def _is_of_cases(self, row: Row[Any]) -> bool:
        return not row.nil and any(one.slug == row.slug and one.a_year_only for one in self.collections)

    def _lies_here(self, connection: Connection, slug: str, section_id: int) -> bool:
        records = self.tables[slug].table
        query = select(records.c.section_id).where(records.c.section_id == section_id).limit(1)
        return connection.execute(query).first() is not None
