"""How French people write dates, numbers and plurals. The only door to babel.

Instants are written with the civil time that they carry: convert them with `astimezone` first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal

from domain.periods import Period

NBSP: Final = "\u00a0"
"""No-break space: inside « », before a colon, between a number and its unit."""
NNBSP: Final = "\u202f"
"""Narrow no-break space: before ; ! ? and between thousands."""

_LOCALE: Final = "fr_FR"
_KILO: Final = 1000
_FIRST_PLURAL: Final = 2
_TYPESET: Final = (
    (re.compile(r" :(?=\s|$)"), f"{NBSP}:"),
    (re.compile(r" ([;!?])"), rf"{NNBSP}\1"),
    (re.compile(r"n° "), f"n°{NBSP}"),
    (re.compile(r"« "), f"«{NBSP}"),
    (re.compile(r" »"), f"{NBSP}»"),
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
)


def typeset(text: str) -> str:
    """Put the no-break spaces and the apostrophes of French typography in a text of ours."""
    for pattern, replacement in _TYPESET:
        text = pattern.sub(replacement, text)
    return text


_sentence: Final = lru_cache(maxsize=512)(typeset)
"""For sentences of ours, which are few and come back in every answer."""


def say(template: str, **values: object) -> str:
    """Typeset a sentence of ours, then fill in the values, which are left as they are."""
    return _sentence(template).format(**values)


@lru_cache(maxsize=4096)
def _whole(value: int) -> str:
    """Counts come back all the time, and the library takes its time."""
    return str(format_decimal(value, locale=_LOCALE))


def number(value: int | Decimal, decimals: int | None = None) -> str:
    """`1 234,50` with a narrow no-break space between thousands; `decimals` fixes the number of decimals."""
    if decimals is None:
        if isinstance(value, int):
            return _whole(value)
        return str(format_decimal(value, locale=_LOCALE, decimal_quantization=False))
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return str(format_decimal(value, format=pattern, locale=_LOCALE))


def count(quantity: int, singular: str, plural: str | None = None) -> str:
    """`0 ligne`, `1 ligne`, `1 234 lignes`; the plural is the singular with an s unless given."""
    return f"{number(quantity)}{NBSP}{agree(quantity, singular, plural)}"


def agree(quantity: int, singular: str, plural: str | None = None) -> str:
    """The word alone, in the number that French asks for (plural from two on)."""
    if abs(quantity) < _FIRST_PLURAL:
        return singular
    return plural if plural is not None else f"{singular}s"


@lru_cache(maxsize=512)
def long_date(day: date) -> str:
    """`samedi 30 avril 2005`, `dimanche 1er mai 2005`."""
    text = str(format_date(day, "EEEE d MMMM y", locale=_LOCALE))
    return text.replace(" 1 ", " 1er ", 1) if day.day == 1 else text


def time_of_day(instant: datetime) -> str:
    """`23 h 59`, `9 h 05`."""
    return f"{instant.hour}{NBSP}h{NBSP}{instant.minute:02d}"


def long_instant(instant: datetime) -> str:
    """`samedi 30 avril 2005 à 23 h 59`."""
    return f"{long_date(instant.date())} à {time_of_day(instant)}"


def exact_instant(instant: datetime) -> str:
    """`samedi 30 avril 2005 à 23 h 59 min 59 s`, where a second can matter."""
    return f"{long_instant(instant)}{NBSP}min{NBSP}{instant.second:02d}{NBSP}s"


def short_date(day: date) -> str:
    """`30/04/2005`."""
    return f"{day:%d/%m/}{day.year:04d}"


def short_instant(instant: datetime) -> str:
    """`30/04/2005 à 10 h 15`."""
    return f"{short_date(instant.date())} à {time_of_day(instant)}"


def period_name(period: Period | str) -> str:
    """`1er trimestre 2005`, `2e trimestre 2005`, `année 2005`; a code that is no period is left as it is."""
    if isinstance(period, str):
        try:
            period = Period.parse(period)
        except ValueError:
            return str(period)
    if not period.quarter:
        return f"année {period.year}"
    return f"{ordinal(period.quarter)} trimestre {period.year}"


def of_period(period: Period | str) -> str:
    """`du 1er trimestre 2005`, `de l’année 2005`."""
    named = period_name(period)
    return f"de l’{named}" if named.startswith("année") else f"du {named}"


def ordinal(rank: int) -> str:
    """`1er`, `2e`, `3e`."""
    return "1er" if rank == 1 else f"{rank}e"


def file_size(octets: int) -> str:
    """`812 octets`, `12 ko`, `1,2 Mo` (powers of ten, one decimal under ten)."""
    if octets < _KILO:
        return count(octets, "octet")
    size = Decimal(octets)
    for unit in ("ko", "Mo", "Go"):
        size /= _KILO
        if size < _KILO or unit == "Go":
            break
    decimals = 1 if size < 10 else 0  # noqa: PLR2004 - one decimal under ten
    return f"{number(size, decimals)}{NBSP}{unit}"


def days_left(days: int) -> str:
    """`il reste 12 jours`, `il reste 1 jour`, `c'est aujourd'hui`, `3 jours de retard`."""
    if days < 0:
        return days_late(-days)
    if days == 0:
        return typeset("c'est aujourd'hui")
    return f"il reste {count(days, 'jour')}"


def days_late(days: int) -> str:
    """`3 jours de retard`; zero civil days is still late within the day."""
    return "moins d’un jour de retard" if days == 0 else f"{count(days, 'jour')} de retard"


def joined(words: Sequence[str], last: str = "et") -> str:
    """`a`, `a et b`, `a, b et c`."""
    if len(words) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
