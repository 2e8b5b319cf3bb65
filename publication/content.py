"""What an edition says, of a quarter or of a year: the one place that knows which tables belong to which period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.releases import Coverage
from publication.aggregates import content_hash
from publication.coverage import coverage_of, coverage_of_year
from publication.facts import Facts
from publication.table import Table
from publication.tables.cil_pass import quarterly_tables
from publication.year import Year, YearFacts
from publication.yearly import Secrets, withheld, yearly

Basis = Facts | YearFacts
"""What the tables of a period are made from."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Figures and coverage. `names`: organisations by code, as far as the documents name them beside the tables.

    `sheets`: tables for one organisation each, by code. `secrecy`: which cells are hidden, as kept with the edition.
    `withheld`: sentences on what is hidden as a whole.
    """

    tables: tuple[Table, ...]
    coverage: tuple[Coverage, ...]
    names: Mapping[str, str]
    sheets: Mapping[str, tuple[Table, ...]] = field(default_factory=dict)
    secrecy: Mapping[str, Any] | None = None
    withheld: tuple[str, ...] = ()

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of all figures and of the coverage."""
        return content_hash(self.tables, self.coverage, self.sheets)


def says_anything(basis: Basis) -> bool:
    """Whether anything is expected, or in force, for the period itself."""
    if isinstance(basis, YearFacts):
        year = basis.year
        return any(year.expected.values()) or any(year.present.values()) or any(year.nil.values())
    return any(quarter.members for (_, period), quarter in basis.quarters.items() if period == basis.period)


def years_in(basis: Basis) -> tuple[Year, ...]:
    """The years whose cases were counted for it; none for a quarter."""
    if not isinstance(basis, YearFacts):
        return ()
    return tuple(one for one in (basis.before, basis.year) if one is not None)


def covered(basis: Basis, labels: Mapping[str, str]) -> tuple[Coverage, ...]:
    """What the tables rest on, platform by platform. `labels`: names of the collections of a year."""
    return coverage_of_year(basis, labels) if isinstance(basis, YearFacts) else coverage_of(basis)


def content_of(basis: Basis, labels: Mapping[str, str], secrets: Secrets) -> Content:
    """What the tables of the period say. `labels`: names of the collections of a year, by slug."""
    coverage = covered(basis, labels)
    names = {one.platform: basis.name(one.platform) for one in coverage}
    if not isinstance(basis, YearFacts):
        return Content(tables=quarterly_tables(basis), coverage=coverage, names=names)
    tables, sheets, secrecy = yearly(basis, secrets)
    return Content(
        tables=tables,
        coverage=coverage,
        names={**names, **{code: basis.name(code) for code in sheets}},
        sheets=sheets,
        secrecy=secrecy,
        withheld=withheld(secrecy),
    )
