"""Shared checks within a record: each function makes a rule under the code it is given, so that it is defined once."""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.findings import Severity
from rules.messages import typeset
from rules.rule import Booleans, RecordRule, Values


def at_most(  # noqa: PLR0913 - the parts of a rule
    code: str,
    severity: Severity,
    smaller: str,
    larger: str,
    *,
    sentence: str,
    message: str,
    hint: str | None = None,
) -> RecordRule:
    """`smaller` ≤ `larger` in every record."""

    def holds(low: Values, high: Values) -> Booleans:
        return np.asarray(low <= high)

    formula = f"{{{smaller}}}<={{{larger}}}"
    return record(
        code, severity, (smaller, larger), holds, sentence=sentence, message=message, hint=hint, formula=formula
    )


def record(  # noqa: PLR0913 - the parts of a rule
    code: str,
    severity: Severity,
    columns: tuple[str, ...],
    holds: Any,
    *,
    sentence: str,
    message: str,
    expected: str | None = None,
    hint: str | None = None,
    shown: str | None = None,
    formula: str | None = None,
) -> RecordRule:
    """A relation within a record, its French typeset. `message` and `formula` may name the columns in braces."""
    return RecordRule(
        code=code,
        severity=severity,
        columns=columns,
        holds=holds,
        sentence=typeset(sentence),
        message=typeset(message),
        expected=None if expected is None else typeset(expected),
        hint=None if hint is None else typeset(hint),
        shown=shown,
        formula=formula,
    )
