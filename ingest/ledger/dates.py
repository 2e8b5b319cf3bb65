"""The dates of an obligation, from its deposits: pure, and the same in whatever order they were judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.compliance import ComplianceDates
from domain.in_force import Candidate, InForce, resolve


@dataclass(frozen=True, kw_only=True, slots=True)
class Deposited:
    """One judged section and, when it was withdrawn, since when."""

    candidate: Candidate
    withdrawn_at: datetime | None = None


def compliance_dates(deposits: Iterable[Deposited]) -> ComplianceDates:
    """Replay the deposits in order of receipt: a date counts when the deposit came into force in its turn.

    A later withdrawal or supersession erases no date; a partial deposit kept out by a complete one, and a nil
    return that waits, correct nothing.
    """
    ordered = sorted(deposits, key=lambda one: _turn(one.candidate))
    dates = ComplianceDates()
    seen: list[Deposited] = []
    state, withdrawn = InForce(), 0
    for one in ordered:
        gone = sum(1 for former in seen if _gone(former, one.candidate.received_at))
        if gone != withdrawn:
            withdrawn = gone
            state = resolve(former.candidate for former in seen if not _gone(former, one.candidate.received_at))
        state = _next(state, one.candidate)
        accepted = state.section is one.candidate
        dates = dates.with_deposit(
            one.candidate.received_at,
            accepted=accepted,
            complete=accepted and one.candidate.complete,
        )
        seen.append(one)
    return dates


def _turn(candidate: Candidate) -> tuple[datetime, str, int]:
    return (candidate.received_at, candidate.submission_id, candidate.section_id)


def _gone(one: Deposited, at: datetime) -> bool:
    return one.withdrawn_at is not None and one.withdrawn_at <= at


def _next(state: InForce, candidate: Candidate) -> InForce:
    """The rule is a fold, so what is in force and what waits stand for all that came before."""
    return resolve(one for one in (state.section, state.waiting_nil, candidate) if one is not None)
