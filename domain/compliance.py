"""Where an organisation stands with what it owes (contract §8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class ComplianceStatus(StrEnum):
    """Status of one obligation."""

    UPCOMING = "upcoming"
    OPEN = "open"
    TO_CORRECT = "to_correct"
    INCOMPLETE = "incomplete"
    ON_TIME = "on_time"
    LATE = "late"
    OVERDUE = "overdue"
    WAIVED = "waived"

    @property
    def owes(self) -> bool:
        """Whether something is still expected from the organisation."""
        return self in _OWING


_OWING = frozenset(
    {ComplianceStatus.OPEN, ComplianceStatus.TO_CORRECT, ComplianceStatus.INCOMPLETE, ComplianceStatus.OVERDUE},
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplianceDates:
    """The append-only dates of an obligation: each is set once and never moved earlier or erased.

    All are *receipt* instants of deposits that count; `last_corrected_at` alone moves forward.
    """

    first_received_at: datetime | None = None
    first_accepted_at: datetime | None = None
    complete_at: datetime | None = None
    last_corrected_at: datetime | None = None

    def with_deposit(self, received_at: datetime, *, accepted: bool, complete: bool) -> ComplianceDates:
        """The dates after a deposit received at `received_at` was judged; judging order does not matter."""

        def earliest(known: datetime | None, counts: bool) -> datetime | None:  # noqa: FBT001 - local
            if not counts:
                return known
            return received_at if known is None else min(known, received_at)

        corrected = self.last_corrected_at
        if accepted and self.first_accepted_at is not None and received_at > self.first_accepted_at:
            corrected = received_at if corrected is None else max(corrected, received_at)
        return replace(
            self,
            first_received_at=earliest(self.first_received_at, counts=True),
            first_accepted_at=earliest(self.first_accepted_at, accepted),
            complete_at=earliest(self.complete_at, complete),
            last_corrected_at=corrected,
        )


def status_at(  # noqa: PLR0913 - everything that a status follows from
    now: datetime,
    *,
    opens_at: datetime,
    due: datetime,
    dates: ComplianceDates,
    complete_now: bool,
    waived: bool = False,
) -> ComplianceStatus:
    """The status of an obligation at `now`; pure.

    Punctual means complete and accepted, from a deposit received by the due instant. `complete_now` says
    whether what is in force today is complete (a withdrawal reopens the obligation).
    """
    if waived:
        return ComplianceStatus.WAIVED
    if complete_now and dates.complete_at is not None:
        return ComplianceStatus.ON_TIME if dates.complete_at <= due else ComplianceStatus.LATE
    if dates.first_accepted_at is not None:
        return ComplianceStatus.INCOMPLETE
    if now > due:
        return ComplianceStatus.OVERDUE
    if now < opens_at:  # a deposit before the end of its period is refused, and leaves nothing to correct yet
        return ComplianceStatus.UPCOMING
    return ComplianceStatus.OPEN if dates.first_received_at is None else ComplianceStatus.TO_CORRECT
