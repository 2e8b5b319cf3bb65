"""Which deposit is in force: one pure rule over the deposits that remain (contract §6, Judging; §3, `withdraw`).

The rule is a fold over the deposits of one account, collection and period in order of receipt, so that a
withdrawal is simply the same fold without the deposit withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.verdicts import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One judged section, as far as the rule needs it. `complete` = accepted without any error."""

    section_id: int
    submission_id: str
    received_at: datetime
    verdict: Verdict
    complete: bool
    has_rows: bool
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """The section in force (or none), and the nil return that waits for a second one (or none)."""

    section: Candidate | None = None
    waiting_nil: Candidate | None = None


def resolve(candidates: Iterable[Candidate]) -> InForce:
    """Apply the rule to all deposits of one account, collection and period.

    - rejected, duplicate and destroyed deposits change nothing;
    - a partial deposit never takes the place of a complete one;
    - a nil return over figures waits for a second one.
    """
    state = InForce()
    for candidate in sorted(candidates, key=lambda one: (one.received_at, one.submission_id, one.section_id)):
        if candidate.withdrawn or not candidate.verdict.loads:
            continue
        state = _step(state, candidate)
    return state


def _step(state: InForce, candidate: Candidate) -> InForce:
    current = state.section
    if candidate.verdict is Verdict.NIL:
        over_figures = current is not None and current.has_rows
        if over_figures and state.waiting_nil is None:
            return InForce(section=current, waiting_nil=candidate)
        return InForce(section=candidate)
    if current is not None and current.complete and not candidate.complete:
        return InForce(section=current, waiting_nil=None)
    return InForce(section=candidate)
