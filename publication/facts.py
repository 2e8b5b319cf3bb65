"""What the tables are made from: rows in force and the register, as values; no table reads anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import FIRST_YEAR, Period
from domain.text import fold
from publication.values import MISSING, NOT_CONCERNED, Number, Value
from schemas.codes import department_rank


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The figures of one CIL/CCI in force for a quarter; `platform`: code of the organisation that deposited them."""

    member: str
    platform: str
    figures: Mapping[str, Number]


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """One service in one quarter: what was expected of whom, and what is in force.

    `expected`: CIL/CCI → the platform that owes its line. `nil`: platforms whose « état néant » is in force.
    """

    service: Service
    period: Period
    expected: Mapping[str, str]
    lines: Mapping[str, Line]
    nil: frozenset[str] = frozenset()

    def value(self, member: str, indicator: str) -> Value:
        """The figure of a CIL/CCI: its line, 0 under a nil return, `n.d.` when expected, else not concerned."""
        line = self.lines.get(member)
        if line is not None:
            number = line.figures.get(indicator)
            return MISSING if number is None else Value(number)
        if self.is_nil(member):
            return Value(0)
        return MISSING if member in self.expected else NOT_CONCERNED

    def is_nil(self, member: str) -> bool:
        """Whether its platform says that there was no activity."""
        return member not in self.lines and self.expected.get(member) in self.nil

    def lacks(self, member: str) -> bool:
        """Whether something is expected of it that is not there."""
        return member in self.expected and member not in self.lines and not self.is_nil(member)

    @property
    def missing(self) -> tuple[str, ...]:
        """CIL/CCI expected without data."""
        return tuple(sorted(member for member in self.expected if self.lacks(member)))

    @property
    def members(self) -> frozenset[str]:
        """CIL/CCI expected, or with a line in force."""
        return frozenset(self.expected) | frozenset(self.lines)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the tables of `period` depend on (contract §10): a value, so that an edition can be made again.

    `quarters`: by service and period; one that is absent was never deposited nor expected.
    """

    period: Period
    directory: Directory
    quarters: Mapping[tuple[Service, Period], Quarter] = field(default_factory=dict)

    def quarter(self, service: Service, period: Period) -> Quarter:
        """A service in a quarter; empty when nothing is known of it."""
        found = self.quarters.get((service, period))
        return found or Quarter(service=service, period=period, expected={}, lines={})

    @cached_property
    def year_to_date(self) -> tuple[Period, ...]:
        """The quarters since 1 January."""
        return quarters_until(self.period)

    def name(self, member: str) -> str:
        """The registered name, else the code."""
        one = self.directory.by_code.get(member)
        return member if one is None else one.nom

    def department(self, member: str) -> str:
        """The registered département of the seat; empty when unknown."""
        one = self.directory.by_code.get(member)
        return "" if one is None or one.departement is None else one.departement


def quarters_until(period: Period) -> tuple[Period, ...]:
    """The quarters of its year, until that one."""
    return tuple(Period(period.year, number) for number in range(1, period.quarter + 1))


def periods_needed(period: Period) -> tuple[Period, ...]:
    """Every quarter that the tables of `period` look at: cumuls, variation, last year's recall."""
    last_year = Period(period.year - 1, period.quarter) if period.year > FIRST_YEAR else None
    recalled = () if last_year is None else quarters_until(last_year)
    before = () if period == Period(FIRST_YEAR, 1) else (period.preceding,)
    return tuple(sorted({*quarters_until(period), *recalled, *before}))


def dependents(period: Period) -> tuple[Period, ...]:
    """The periods whose tables look at `period`: itself, the next one, later cumuls, next year's recalls."""
    later = [Period(period.year, number) for number in range(period.quarter, 5)]
    recalls = [Period(period.year + 1, number) for number in range(period.quarter, 5)]
    return tuple(sorted({*later, period.following, *recalls}))


def expected_of(directory: Directory, service: Service, period: Period) -> dict[str, str]:
    """CIL/CCI → platform that owes its line for that quarter (contract §6, Who owes)."""
    return {
        member: one.code
        for one in directory.organisations
        if one.type is OrganisationType.PF and one.actif.covers(period.ends_on)
        for member in directory.expected_lines(one.code, service, period)
    }


def in_order(facts: Facts, members: Iterable[str]) -> list[str]:
    """By département in the order of the INSEE, then by name without accents, then by code (D0)."""
    return sorted(members, key=lambda one: (department_rank(facts.department(one)), fold(facts.name(one)), one))
