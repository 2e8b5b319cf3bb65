"""What becomes of one decision: refused, known already, or taken with what it changed."""

from __future__ import annotations

from dataclasses import dataclass

from domain.anomalies import Anomaly
from domain.arrangements import Arranged


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why it cannot be taken; `column`: the cell to mend."""

    code: str
    column: str
    message: str
    hint: str | None = None
    expected: str | None = None
    value: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """It was taken before: nothing changes, nobody is told again."""

    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What it changed, to be told: what was granted to whom, the question answered."""

    sentence: str
    granted: tuple[Arranged, ...] = ()
    answered: Anomaly | None = None


Weighed = Refusal | Known | Taken
