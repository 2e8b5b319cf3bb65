"""What the tables of a year are made from: counts of cases, records of lists, the year's quarters, as values.

No case comes here: cases are counted where they lie, by the dimensions that the tables show, and only the counts are
handed over and kept when the cases are destroyed (contract §12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.organisations import Directory, Service
from domain.periods import Period
from publication.facts import Facts
from publication.values import Number


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Tally:
    """How many cases of one CIL/CCI, deposited by one platform, fall in one modality of a dimension.

    `collection`: slug. `dimension`: name of a characteristic (`situation`), of a cross of two (`situation×services`),
    or `total` (all its cases; modality empty). `modality`, `other`: codes; `other` only for a cross. A case may count
    in several modalities of a multiple-choice dimension. `count` ≥ 1: what is absent is 0.
    """

    collection: str
    platform: str
    member: str
    dimension: str
    modality: str = ""
    other: str = ""
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The median of an amount over the cases of a group: a CIL/CCI, a platform, or `""` for all; `collection`: slug."""

    collection: str
    group: str
    column: str
    count: int
    median: Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One accepted record of a list (N2S, N2R, N2P, N2I), by technical column name; never a case."""

    platform: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Year:
    """One year: what is in force, by slug of its collection.

    `expected`: slug → codes of the platforms that owe it. `nil`: slug → platforms whose « état néant » is
    in force. `present`: slug → platforms with a deposit in force; `partial`: slug → those whose deposit lacks records,
    each with the CIL/CCI of the expected lines that it lacks. `quarters`: the facts of its fourth quarter, for cumuls.
    `punctuality`: platform → (complete and in time, due) over the year's obligations.
    """

    period: Period
    tallies: Mapping[str, tuple[Tally, ...]] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    expected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    present: Mapping[str, frozenset[str]] = field(default_factory=dict)
    partial: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    nil: Mapping[str, frozenset[str]] = field(default_factory=dict)
    quarters: Facts | None = None
    punctuality: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def tally(self, collection: str, dimension: str) -> tuple[Tally, ...]:
        """The counts of one dimension."""
        return tuple(one for one in self.tallies.get(collection, ()) if one.dimension == dimension)

    def without_small_medians(self, minimum: int) -> Year:
        """Those of fewer cases would tell one of them: they are neither shown nor kept."""
        return replace(self, levels=tuple(one for one in self.levels if one.count >= minimum))


@dataclass(frozen=True, kw_only=True)
class YearFacts:
    """Everything that the tables of a year depend on: a value, so that an edition can be made again from it.

    `before`: the year before, for recalls; None when nothing is known of it.
    """

    period: Period
    directory: Directory
    year: Year
    before: Year | None = None

    def without_small_medians(self, minimum: int) -> YearFacts:
        """The same of both years."""
        before = None if self.before is None else self.before.without_small_medians(minimum)
        return replace(self, year=self.year.without_small_medians(minimum), before=before)

    def name(self, code: str) -> str:
        """The registered name, else the code."""
        one = self.directory.by_code.get(code)
        return code if one is None else one.nom

    def department(self, code: str) -> str:
        """The registered département; empty when unknown."""
        one = self.directory.by_code.get(code)
        return "" if one is None or one.departement is None else one.departement

    def platform_of(self, member: str, service: Service) -> str | None:
        """The platform of 31 December."""
        adhesion = self.directory.adhesion_on(member, service, self.period.ends_on)
        return None if adhesion is None else adhesion.code_plateforme
