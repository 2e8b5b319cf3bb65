"""Sums since 1 January: what is in force, marked when an expected quarter lacks (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence

from domain.organisations import Service
from domain.periods import Period
from publication.facts import Facts
from publication.values import MISSING, Value


def cumul(facts: Facts, service: Service, member: str, indicator: str, periods: Sequence[Period]) -> Value:
    """The sum of its quarters in force; `n.d.` when there is none; incomplete when an expected one is missing."""
    values = [facts.quarter(service, period).value(member, indicator) for period in periods]
    known = [value.number for value in values if value.number is not None]
    if not known:
        return MISSING
    return Value(sum(known), incomplete=MISSING in values)


def lacks_any(facts: Facts, service: Service, member: str, periods: Sequence[Period]) -> bool:
    """Whether an expected quarter of these is missing."""
    return any(facts.quarter(service, period).lacks(member) for period in periods)


def with_figures(facts: Facts, service: Service, periods: Sequence[Period]) -> frozenset[str]:
    """CIL/CCI with a row in force in one of these quarters, nil returns included."""
    quarters = [facts.quarter(service, period) for period in periods]
    return frozenset(member for one in quarters for member in one.members if member in one.lines or one.is_nil(member))
