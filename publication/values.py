"""One figure of a published table: a number, or the reason why there is none (D0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

Number = int | Decimal


class Absence(StrEnum):
    """Why a cell holds no number."""

    MISSING = "n.d."
    """Expected and not received, or nothing to compute it from."""
    NO_BASE = "n.s."
    """A percentage of zero."""
    NOT_CONCERNED = ""
    """Nothing was expected."""
    SECRET = "s."  # noqa: S105 - statistical secrecy
    """It counts too few cases, or would give away a cell that does (contract §10, Secrecy)."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number or an absence. `incomplete`: a sum in which an expected part is missing; marked, yet given."""

    number: Number | None = None
    absence: Absence | None = None
    incomplete: bool = False

    def __post_init__(self) -> None:
        """Refuse a value that is both or neither."""
        if (self.number is None) == (self.absence is None):
            msg = "a value is a number or an absence"
            raise ValueError(msg)

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return self.number is not None


MISSING = Value(absence=Absence.MISSING)
NO_BASE = Value(absence=Absence.NO_BASE)
NOT_CONCERNED = Value(absence=Absence.NOT_CONCERNED)
SECRET = Value(absence=Absence.SECRET)
_TENTH = Decimal("0.1")


def total(values: Iterable[Value]) -> Value:
    """The sum of what is known; `n.d.` when nothing is; `s.` when a part is. A missing part is not told here."""
    parts = tuple(values)
    if SECRET in parts:
        return SECRET
    numbers = [value.number for value in parts if value.number is not None]
    return Value(sum(numbers)) if numbers else MISSING


def evolution(now: Value, before: Value) -> Value:
    """(now - before) / before in %, one decimal; `n.s.` on a base of zero, `n.d.` when a side has no data (D0)."""
    if now.number is None or before.number is None:
        return _unknown(now, before)
    if before.number == 0:
        return NO_BASE
    return Value(rounded(Decimal(100) * (now.number - before.number) / Decimal(before.number)))


def share(part: Value, whole: Value) -> Value:
    """Part / whole in %, one decimal."""
    if part.number is None or whole.number is None:
        return _unknown(part, whole)
    return NO_BASE if whole.number == 0 else Value(rounded(Decimal(100) * part.number / Decimal(whole.number)))


def points(now: Value, before: Value) -> Value:
    """The difference of two percentages, in points, one decimal; `n.d.` when a side has none."""
    if now.number is None or before.number is None:
        return MISSING
    return Value(rounded(Decimal(now.number) - Decimal(before.number)))


def quotient(part: Value, whole: Value, decimals: str = "0.01") -> Value:
    """Part / whole, rounded to `decimals`."""
    if part.number is None or whole.number is None:
        return _unknown(part, whole)
    if whole.number == 0:
        return NO_BASE
    return Value((Decimal(part.number) / Decimal(whole.number)).quantize(Decimal(decimals), ROUND_HALF_UP))


def _unknown(*sides: Value) -> Value:
    """What comes of a side without a number: a secret stays one."""
    return SECRET if SECRET in sides else MISSING


def rounded(number: Decimal) -> Decimal:
    """One decimal, halves away from zero; never « -0,0 »."""
    return number.quantize(_TENTH, ROUND_HALF_UP) + 0
