"""How often what is owed came complete and in time (contract §8). Not timeliness: that counts from the period's end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from domain.compliance import ComplianceStatus
from domain.periods import Period, Periodicity
from domain.steps import Standing

PERIODS: Final = 4
"""How many periods a rolling rate looks back on."""
_TENTH: Final = Decimal("0.1")

Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """`punctual` of `due` obligations came complete, accepted, from a deposit received by the due instant."""

    due: int = 0
    punctual: int = 0

    @property
    def percent(self) -> Decimal | None:
        """From 0 to 100, one decimal; 100 only when nothing was late. None when nothing was due: there is no rate."""
        if not self.due:
            return None
        exact = Decimal(self.punctual) * 100 / self.due
        shown = exact.quantize(_TENTH, ROUND_HALF_UP)
        return shown if self.punctual == self.due or shown < Decimal(100) else Decimal("99.9")


def counts(standing: Standing) -> bool:
    """Whether it is settled one way or the other: neither waived nor still open before its due instant."""
    if standing.status in {ComplianceStatus.ON_TIME, ComplianceStatus.LATE, ComplianceStatus.OVERDUE}:
        return True
    return standing.status is ComplianceStatus.INCOMPLETE and standing.days_late > 0


def rate(standings: Iterable[Standing]) -> Rate:
    """The rate of these obligations. A nil return counts as complete; an empty file is never accepted."""
    due = punctual = 0
    for one in standings:
        if counts(one):
            due += 1
            punctual += one.status is ComplianceStatus.ON_TIME
    return Rate(due=due, punctual=punctual)


def recent(standings: Iterable[Standing], periods: int = PERIODS) -> tuple[Standing, ...]:
    """Those of the last `periods` quarters, and years, of which anything is settled; in their order."""
    known = tuple(standings)
    spans = {kind: _last(known, kind, periods) for kind in Periodicity}
    return tuple(one for one in known if one.period in spans[one.period.periodicity])


def _last(standings: Iterable[Standing], kind: Periodicity, periods: int) -> frozenset[Period]:
    """The last settled period of that length and those just before it, without gap."""
    settled = {one.period for one in standings if one.period.periodicity is kind and counts(one)}
    if not settled:
        return frozenset()
    found = [max(settled)]
    while len(found) < periods and found[-1] > min(settled):
        found.append(found[-1].preceding)
    return frozenset(found)


def rolling(standings: Iterable[Standing], periods: int = PERIODS) -> Rate:
    """The rate over the last `periods` periods."""
    return rate(recent(standings, periods))


def rates(standings: Iterable[Standing], group: Callable[[Standing], Group]) -> Mapping[Group, Rate]:
    """The rate of each group: by platform, by collection, by period."""
    groups: dict[Group, list[Standing]] = {}
    for one in standings:
        groups.setdefault(group(one), []).append(one)
    return {name: rate(members) for name, members in groups.items()}
