"""Native cell values of workbooks to the one text form that the judge parses, as a CSV would spell it.

Numbers with a point and without group separators, `VRAI`/`FAUX`, `2005-03-31`, `2005-03-31 10:15:00`, `10:15:00`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from domain.cells import column_letters
from ingest.reading.streams import text_array

__all__ = ["Cell", "cell_array", "date_text", "duration_text", "number_text", "reference"]

Cell = int | float | str | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None

EXACT_BELOW = 1e15
"""Spreadsheets keep 15 significant digits: a longer whole number has lost its last ones."""
SHORT_CHARS = 16
"""Up to 15 digits and a point: nothing to round."""
FEW_VALUES = 500

_SECONDS_PER_HOUR, _SECONDS_PER_MINUTE = 3600, 60


def cell_array(values: Sequence[Cell]) -> pa.Array:
    """One column of native values as text; empty cells become null."""
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return text_array(values)  # type: ignore[arg-type]  # the line above has looked
    if kinds <= {str, float, type(None)}:
        if len(values) > FEW_VALUES and (quick := _number_array(values)) is not None:
            return quick
        return text_array([number_text(value) if type(value) is float else value for value in values])  # type: ignore[misc]  # same
    return text_array([_TEXT.get(type(value), str)(value) for value in values])


def _number_array(values: Sequence[Cell]) -> pa.Array | None:
    """A long column of ordinary numbers, by Arrow; None when one of them needs more care, or is a word."""
    try:
        texts = pa.array([None if value == "" else value for value in values], type=pa.float64()).cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    unusual = pc.or_(pc.greater(pc.binary_length(texts), SHORT_CHARS), pc.match_substring_regex(texts, "e|^-0$|n"))
    return None if pc.any(unusual).as_py() else texts


def number_text(value: float) -> str:
    """A number at the 15 significant digits that spreadsheets keep and show: `12`, `0.3`, `1.5e+20`.

    From 10**15 on the exponent stays: the last digits are lost, and the number must not pass for an exact one.
    """
    text = repr(value)
    if len(text) <= SHORT_CHARS and "e" not in text and value:
        return text.removesuffix(".0")
    if value.is_integer() and abs(value) < EXACT_BELOW:
        return str(int(value))
    text = f"{value:.15g}"
    if "e-" in text:
        return format(Decimal(text), "f")
    return text


def date_text(value: dt.datetime) -> str:
    """A date, with its time unless it is midnight; seconds rounded, since serial dates carry noise."""
    rounded = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
    return rounded.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00").rjust(10, "0")


def duration_text(value: dt.timedelta) -> str:
    """Hours, minutes and seconds; hours may pass 24."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, _SECONDS_PER_HOUR)
    return f"{sign}{hours:02d}:{rest // _SECONDS_PER_MINUTE:02d}:{rest % _SECONDS_PER_MINUTE:02d}"


def _time_text(value: dt.time) -> str:
    since_midnight = dt.timedelta(
        hours=value.hour,
        minutes=value.minute,
        seconds=value.second,
        microseconds=value.microsecond,
    )
    return duration_text(since_midnight)


_TEXT: dict[type, Callable[..., str | None]] = {
    str: lambda value: value,
    type(None): lambda _: None,
    float: number_text,
    int: str,
    bool: lambda value: "VRAI" if value else "FAUX",
    dt.datetime: date_text,
    dt.date: dt.date.isoformat,
    dt.time: _time_text,
    dt.timedelta: duration_text,
}


def reference(row: int, column: int) -> str:
    """The reference of a cell counted from 0: `reference(8, 4)` is `E9`."""
    return f"{column_letters(column)}{row + 1}"
