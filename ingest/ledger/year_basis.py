"""Which sections the tables of a year rest on, and who owes what for it."""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.engine import Connection

from domain.organisations import Directory
from domain.periods import FIRST_YEAR, LAST_YEAR, Period
from ingest.ledger.obligations import duties
from ingest.ledger.publishing import Sources, owner_of, sections_of
from publication.facts import periods_needed
from publication.year import Year
from schemas.collection import Collection

_ANY_ZONE = ZoneInfo("Europe/Paris")


def years_of(period: Period) -> tuple[Period, ...]:
    """A year, and the one that it recalls."""
    return (Period(period.year - 1), period) if period.year > FIRST_YEAR else (period,)


def neighbours_of(period: Period) -> tuple[Period, ...]:
    """The years whose editions show figures of one of `years_of`; none for a quarter, where nothing is secret."""
    if period.quarter:
        return ()
    return tuple(Period(year) for year in range(max(FIRST_YEAR, period.year - 1), min(LAST_YEAR, period.year + 1) + 1))


def owing(directory: Directory, collections: Iterable[Collection], period: Period) -> dict[str, frozenset[str]]:
    """Slug → the organisations that owe it for that year, whatever was granted to them."""
    found: dict[str, set[str]] = {}
    for one in duties(directory, collections, (period,), first_period=period, zone=_ANY_ZONE):
        found.setdefault(one.slug, set()).add(one.organisation)
    return {collection: frozenset(who) for collection, who in found.items()}


def year_sections(  # noqa: PLR0913 - by keyword: as things are now, were at an instant, or as an edition rested
    connection: Connection,
    sources: Sources,
    collections: Iterable[Collection],
    period: Period,
    *,
    at: datetime | None = None,
    sections: Group[int] | None = None,
) -> list[Row[Any]]:
    """Of the year's own collections, of the year before, and of the quarters that both look at."""
    yearly = sections_of(connection, collections, years_of(period), at=at, sections=sections)
    quarters = {one for year in years_of(period) for one in periods_needed(Period(year.year, 4))}
    return [*yearly, *sections_of(connection, sources.collections, sorted(quarters), at=at, sections=sections)]


def with_presence(year: Year, expected: Mapping[str, frozenset[str]], rows: Iterable[Row[Any]]) -> Year:
    """With who owes what, whose deposits are in force, and which of them lack records: `rows` are sections of it."""
    present: dict[str, set[str]] = {}
    partial: dict[str, dict[str, tuple[str, ...]]] = {}
    nil: dict[str, set[str]] = {}
    for row in rows:
        (nil if row.nil else present).setdefault(row.slug, set()).add(owner_of(row))
        if not (row.nil or row.complete):
            partial.setdefault(row.slug, {})[owner_of(row)] = tuple(sorted(row.missing_lines))
    return replace(
        year,
        expected=expected,
        present={slug: frozenset(who) for slug, who in present.items()},
        partial=partial,
        nil={slug: frozenset(who) for slug, who in nil.items()},
    )
