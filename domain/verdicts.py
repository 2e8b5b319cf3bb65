"""What becomes of a section, and of the file that holds it (contract §6)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict on one section."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_WARNINGS = "accepted_with_warnings"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    NIL = "nil"
    DESTROYED = "destroyed"

    @property
    def loads(self) -> bool:
        """Whether a deposit with this verdict may come into force."""
        return self in _LOADING


_LOADING = frozenset({Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS, Verdict.PARTIALLY_ACCEPTED, Verdict.NIL})
_FROM_BEST_TO_WORST = (
    Verdict.ACCEPTED,
    Verdict.NIL,
    Verdict.DUPLICATE,
    Verdict.ACCEPTED_WITH_WARNINGS,
    Verdict.PARTIALLY_ACCEPTED,
)


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """The file's verdict from its sections': the common one, else partial when some are rejected, else the worst.

    A file without a section (unreadable, unidentified) is rejected.
    """
    if not verdicts:
        return Verdict.REJECTED
    if len(set(verdicts)) == 1:
        return verdicts[0]
    if Verdict.DESTROYED in verdicts:
        return Verdict.DESTROYED
    if Verdict.REJECTED in verdicts:
        return Verdict.PARTIALLY_ACCEPTED
    return max(verdicts, key=_FROM_BEST_TO_WORST.index)
