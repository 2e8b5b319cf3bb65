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
    """One judged section, as far as the rule needs it. `complete` = accepted without any error.

    `accumulates`: a deposit of events, which updates those before it record by record and replaces none.
    """

    section_id: int
    submission_id: str
    received_at: datetime
    verdict: Verdict
    complete: bool
    has_rows: bool
    withdrawn: bool = False
    accumulates: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """The section in force (or none), and the nil return that waits for a second one (or none).

    Of events several deposits are in force together: `section` is the last of them, `along` those before it.
    """

    section: Candidate | None = None
    waiting_nil: Candidate | None = None
    along: tuple[Candidate, ...] = ()

    @property
    def section_ids(self) -> frozenset[int]:
        """The numbers of all the sections in force."""
        return frozenset(one.section_id for one in (self.section, *self.along) if one is not None)


def resolve(candidates: Iterable[Candidate]) -> InForce:
    """Apply the rule to all deposits of one account, collection and period.

    - rejected, duplicate and destroyed deposits change nothing;
    - a partial deposit never takes the place of a complete one;
    - a nil return over figures waits for a second one;
    - events add up: each deposit stays in force beside the later ones, and a nil return takes none away.
    """
    state = InForce()
    for candidate in sorted(candidates, key=lambda one: (one.received_at, one.submission_id, one.section_id)):
        if candidate.withdrawn or not candidate.verdict.loads:
            continue
        state = _step(state, candidate)
    return state


def _step(state: InForce, candidate: Candidate) -> InForce:
    current = state.section
    if candidate.accumulates:
        return _added(state, candidate)
    if candidate.verdict is Verdict.NIL:
        over_figures = current is not None and current.has_rows
        if over_figures and state.waiting_nil is None:
            return InForce(section=current, waiting_nil=candidate)
        return InForce(section=candidate)
    if current is not None and current.complete and not candidate.complete:
        return InForce(section=current, waiting_nil=None)
    return InForce(section=candidate)


def _added(state: InForce, candidate: Candidate) -> InForce:
    current = state.section
    if current is None or not current.has_rows:
        return InForce(section=candidate)
    if not candidate.has_rows:
        return state
    return InForce(section=candidate, along=(*state.along, current))
