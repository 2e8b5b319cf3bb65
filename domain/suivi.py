"""The « Suivi des échéances » (D9): who owes what, what came, what was said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.compliance import ComplianceStatus
from domain.periods import Period, Periodicity
from domain.punctuality import PERIODS, Rate, rate
from domain.steps import Standing, Step

ORDER: Final = (
    ComplianceStatus.OVERDUE,
    ComplianceStatus.TO_CORRECT,
    ComplianceStatus.INCOMPLETE,
    ComplianceStatus.OPEN,
    ComplianceStatus.LATE,
    ComplianceStatus.ON_TIME,
    ComplianceStatus.WAIVED,
    ComplianceStatus.UPCOMING,
)
"""What asks for attention first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SuiviLine:
    """One obligation. `versions`: deposits made for it; `anomalies`: raised about it, `asked` of them still open."""

    standing: Standing
    versions: int = 0
    anomalies: int = 0
    asked: int = 0
    said: tuple[Step, ...] = ()

    @property
    def past_due(self) -> bool:
        """Whether its due instant is past and something is still owed."""
        return is_past_due(self.standing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What became of the obligations that are not waived."""

    expected: int = 0
    on_time: int = 0
    late: int = 0
    incomplete: int = 0
    missing: int = 0
    """Due, and nothing accepted."""
    awaited: int = 0
    """Not due yet, and nothing accepted."""
    rate: Rate = field(default_factory=Rate)

    @property
    def received(self) -> int:
        """Complete."""
        return self.on_time + self.late


@dataclass(frozen=True, kw_only=True, slots=True)
class Suivi:
    """All lines whose period is over, at `made_at` (civil time); `names`: organisation → its name."""

    made_at: datetime
    lines: tuple[SuiviLine, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def latest(self) -> tuple[SuiviLine, ...]:
        """Of the periods that ended last: a quarter, or a quarter and its year."""
        opened_at = max((one.standing.opens_at for one in self.lines), default=None)
        return tuple(one for one in self.lines if one.standing.opens_at == opened_at)

    @property
    def current(self) -> tuple[SuiviLine, ...]:
        """The latest ones, and whatever is still owed for earlier periods."""
        latest = {one.standing.key for one in self.latest}
        return tuple(one for one in self.lines if one.standing.key in latest or one.standing.status.owes)

    @property
    def shown(self) -> tuple[SuiviLine, ...]:
        """The recent ones, and all lines of the earlier tables in which something is still owed."""
        kept = {_table(one) for one in (*self.recent, *self.current)}
        return tuple(one for one in self.lines if _table(one) in kept)

    def table(self, collection: str, period: Period) -> tuple[SuiviLine, ...]:
        """All lines of one collection and period."""
        return tuple(one for one in self.lines if _table(one) == (collection, period))

    @property
    def recent(self) -> tuple[SuiviLine, ...]:
        """Of the last four quarters and the last four years that ended."""
        kept = {period for kind in Periodicity for period in self._periods(kind)[-PERIODS:]}
        return tuple(one for one in self.lines if one.standing.period in kept)

    def _periods(self, kind: Periodicity) -> list[Period]:
        return sorted({one.standing.period for one in self.lines if one.standing.period.periodicity is kind})

    def name(self, organisation: str) -> str:
        """Its name in the register, else its code."""
        return self.names.get(organisation, organisation)


def _table(line: SuiviLine) -> tuple[str, Period]:
    return (line.standing.collection, line.standing.period)


def is_past_due(standing: Standing) -> bool:
    """Whether the due instant is past and something is still owed."""
    if standing.status is ComplianceStatus.INCOMPLETE:
        return standing.days_late > 0
    return standing.status is ComplianceStatus.OVERDUE


def ordered(lines: Iterable[SuiviLine]) -> tuple[SuiviLine, ...]:
    """By state, then the latest first, then by organisation."""
    return tuple(
        sorted(
            lines,
            key=lambda one: (
                not one.past_due,
                ORDER.index(one.standing.status),
                -one.standing.days_late,
                one.standing.organisation,
                one.standing.period,
            ),
        )
    )


def totals(lines: Iterable[SuiviLine]) -> Totals:
    """The figures under a table; each obligation counts once."""
    known = [one.standing for one in lines]
    counted = dict.fromkeys(ComplianceStatus, 0)
    for one in known:
        counted[one.status] += 1
    return Totals(
        expected=len(known) - counted[ComplianceStatus.WAIVED],
        on_time=counted[ComplianceStatus.ON_TIME],
        late=counted[ComplianceStatus.LATE],
        incomplete=counted[ComplianceStatus.INCOMPLETE],
        missing=counted[ComplianceStatus.OVERDUE],
        awaited=counted[ComplianceStatus.OPEN]
        + counted[ComplianceStatus.TO_CORRECT]
        + counted[ComplianceStatus.UPCOMING],
        rate=rate(known),
    )
