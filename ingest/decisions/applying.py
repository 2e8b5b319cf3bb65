"""Takes the decisions of an accepted workbook, in the transaction of its verdict, and tells whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.anomalies import Anomaly
from domain.arrangements import Arranged
from domain.decisions import Decision
from domain.errors import Retry
from domain.judgement import Judgement
from domain.notices import Notice
from domain.verdicts import Verdict
from ingest.decisions.results import Refusal, Taken, Weighed
from ingest.decisions.weighing import Weighing
from ingest.ledger.deciding import Deciding

_APPLIED = frozenset({Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS})


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Who writes to the organisations, in the words of the verbs."""

    granted: Callable[[Sequence[Arranged]], Sequence[Notice]]
    answered: Callable[[Anomaly], Sequence[Notice]]


def weigh_all(
    decisions: Sequence[Decision], weighing: Weighing, deciding: Deciding
) -> Mapping[int, tuple[Weighed, ...]]:
    """Each in its turn, on what the former ones changed; by row."""
    return {one.row: weighing.weigh(one, deciding) for one in decisions}


@dataclass(frozen=True, kw_only=True)
class DecisionsDeposit:
    """A workbook once judged. `test`: it never counts."""

    judgement: Judgement
    decisions: tuple[Decision, ...]
    weighing: Weighing
    telling: Telling
    test: bool

    def apply(self, deciding: Deciding) -> Sequence[Notice]:
        """Take them all; the messages that this causes. Retry when one cannot be taken any more: judge again."""
        if self.test or self.judgement.verdict not in _APPLIED:
            return ()
        found = [one for told in weigh_all(self.decisions, self.weighing, deciding).values() for one in told]
        if any(isinstance(one, Refusal) for one in found):
            raise Retry("what the decisions are about has changed meanwhile; they must be judged again")
        taken = [one for one in found if isinstance(one, Taken)]
        notices = list(self.telling.granted(_last([each for one in taken for each in one.granted])))
        for one in taken:
            if one.answered is not None:
                notices += self.telling.answered(one.answered)
        return notices


def _last(granted: Sequence[Arranged]) -> tuple[Arranged, ...]:
    """What holds in the end for each obligation: two lines about the same make one message."""
    held: dict[tuple[str, str, str], Arranged] = {}
    for one in granted:
        key = (one.organisation, one.collection, one.period.code)
        former = held.get(key)
        held[key] = one if former is None else replace(one, former_due_at=former.former_due_at)
    return tuple(held.values())
