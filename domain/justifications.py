"""What a depositor says to confirm a warning, and what is remembered of it (contract §6, §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What exactly was confirmed: this rule, on this column of this record, with this value.

    `record` is the record's key as text, empty for a whole column or table. `value` is all that the question weighs
    (« 5 / 3 » when two columns are compared). Another value is another question.
    """

    code: str
    column: str
    record: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Justification:
    """One warning confirmed in a deposit, by what was written in its `justification` column (`row`: where).

    `message`: the question, as the depositor read it.
    """

    subject: Subject
    text: str
    row: int | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A warning confirmed before: by whom (the account), when, in which deposit."""

    text: str
    author: str
    confirmed_at: datetime
    submission_id: str
