"""How long things are kept, and from which day they must be gone (contract §12, C0-14, S1-24; ADR 13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_MONTHS = 12
PATIENCE = timedelta(days=7)
"""A deposit whose answer has not left yet waits for it, but no longer than this after its day."""


class Rule(StrEnum):
    """Why something was destroyed."""

    EXERCICE = "exercice"
    """Cases: a year after the closing of their exercice."""
    LATE = "late"
    """Cases that came when those of their exercice were destroyed already: the day after their receipt."""
    UNKNOWN = "unknown"
    """A file whose collection or period nobody could tell, which may hold cases: by the day of its receipt."""
    RAW = "raw"
    """The original of a deposit that holds no case."""
    REGISTER = "register"
    """The original of a register that another one replaced: it holds contacts who may have left."""
    ANONYMITY = "anonymity"
    """It broke anonymity (G-12)."""

    @property
    def whole(self) -> bool:
        """Whether everything made of the file goes with it, not its bytes alone."""
        return self is not Rule.RAW


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """How long things are kept, as the settings say."""

    cases_months: int = 12
    raw_years: int = 10
    mail_years: int = 3
    contact_days: int = 365
    notice_days: int = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is known of one table of a deposit: whether it holds cases (None: nobody could tell), and its exercice."""

    cases: bool | None
    exercice: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """From this civil day on it must be gone, by this rule; `exercice`: the one that the rule reckons with."""

    on: date
    rule: Rule
    exercice: int | None = None


def closing_end(exercice: int, months: int = 12) -> date:
    """The first day on which the cases of an exercice must be gone: it closes on 31 December, then the months run."""
    years, month = divmod(months, _MONTHS)
    return date(exercice + 1 + years, month + 1, 1)


def end_of_cases(told: Told, received_on: date, lengths: Lengths) -> End | None:
    """When a table that holds, or may hold, cases must be gone; None when it holds none.

    An exercice after that of the receipt is a mistake of the file, and prolongs nothing. What nobody could tell is
    held to be of the last exercice that had ended: nothing older can have a later end.
    """
    if told.cases is False:
        return None
    known = told.cases is True and told.exercice is not None
    exercice = min(told.exercice, received_on.year) if known and told.exercice is not None else received_on.year - 1
    usual, next_day = closing_end(exercice, lengths.cases_months), received_on + timedelta(days=1)
    if not known:
        return End(on=max(usual, next_day), rule=Rule.UNKNOWN, exercice=exercice)
    if usual < next_day:
        return End(on=next_day, rule=Rule.LATE, exercice=exercice)
    return End(on=usual, rule=Rule.EXERCICE, exercice=exercice)


def end_of_file(tables: Iterable[Told], received_on: date, lengths: Lengths) -> End:
    """When the original, and the answer made of it, must be gone: with the first of its tables.

    A file without any table is one that nobody could read.
    """
    known = tuple(tables) or (Told(cases=None, exercice=None),)
    ends = [end for one in known if (end := end_of_cases(one, received_on, lengths)) is not None]
    if ends:
        return min(ends, key=lambda end: (end.on, end.rule))
    return End(on=years_after(received_on, lengths.raw_years), rule=Rule.RAW)


def years_after(day: date, years: int) -> date:
    """The day after so many years have run; from 29 February, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(now: datetime, years: int, zone: ZoneInfo) -> datetime:
    """The instant before which something is older than so many years."""
    local = now.astimezone(zone)
    try:
        return local.replace(year=local.year - years)
    except ValueError:
        return local.replace(year=local.year - years, month=3, day=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lot:
    """What goes together in what people read: a collection and an exercice (empty: nobody could tell), by one rule."""

    rule: Rule
    collection: str | None
    exercice: int | None
    deposits: int = 0
    rows: int = 0
    files: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What else had come to its end: messages, mails that arrived, contacts who left."""

    messages: int = 0
    arrived: int = 0
    contacts: int = 0

    @property
    def nothing(self) -> bool:
        """Whether nothing had."""
        return not (self.messages or self.arrived or self.contacts)
