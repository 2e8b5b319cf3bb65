"""Shapes of personal data in a cell: NIR, telephone, e-mail, IBAN, birth date (G-12; S2-15, S2-17). Keeps no value."""

from __future__ import annotations

import re
from datetime import date

_GAP = r"[\s.\-\u00a0\u2009\u202f]{0,2}"
NIR_SEARCH = r"[1-478]" + (_GAP + "[0-9]") * 5 + _GAP + "[0-9ABab]" + (_GAP + "[0-9]") * 8
"""A first sieve for the search of NIR in a column (RE2 and `re`): 15 signs, gaps allowed; `contains_nir` decides."""
NIR_LENGTH, NIR_WITHOUT_KEY = 15, 13
_CANDIDATE = re.compile(rf"(?<![0-9])(?<![0-9][.,])(?=({NIR_SEARCH})(?![0-9]))")
"""Not the figures of a longer number, nor the decimals of a quotient (`0,142857142857143` has fifteen)."""
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_SHAPE = re.compile(
    r"(?P<sex>[1-478])(?P<year>\d\d)(?P<month>\d\d)(?P<place>\d\d|2A|2B)(?P<town>\d{3})(?P<order>\d{3})(?P<key>\d\d)?",
)
_MONTHS = frozenset({*range(1, 13), 20, *range(30, 43), *range(50, 100)})
"""Months of birth, and what the register of persons writes when they are not known."""
_NOT_SIGNS = re.compile(r"[\s.\-\u00a0\u2009\u202f]")

_PHONE = re.compile(r"(?:(?:\+|00)33[\s.\-]?(?:\(0\)[\s.\-]?)?|0)[1-9](?:[\s.\-/\u00a0\u202f]?\d\d){4}")
_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]+(?:\.[\w\-]+)+", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
_DAY = re.compile(
    r"(?:(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})|(?P<y2>\d{4})-(?P<m2>\d\d)-(?P<d2>\d\d))(?: 00:00:00)?",
)
_OLDEST_YEAR = 1900


def valid_nir(text: str) -> bool:
    """Whether `text` is one complete NIR: 15 signs, plausible month and département, right key (Corsica included)."""
    signs = _NOT_SIGNS.sub("", text).upper()
    return len(signs) == NIR_LENGTH and _plausible_nir(signs)


def contains_nir(text: str) -> bool:
    """Whether a complete NIR with its right key stands somewhere in `text`."""
    candidates = (match[1] for match in _CANDIDATE.finditer(text))
    return any(valid_nir(one) for one in candidates if not _DECIMAL.fullmatch(one))


def is_bare_nir(text: str) -> bool:
    """Whether `text` has the shape of a NIR with or without its key: for the collections of cases only."""
    signs = _NOT_SIGNS.sub("", text).upper()
    return len(signs) in {NIR_LENGTH, NIR_WITHOUT_KEY} and _plausible_nir(signs, check_key=False)


def _plausible_nir(signs: str, *, check_key: bool = True) -> bool:
    match = _SHAPE.fullmatch(signs)
    if match is None or int(match["month"]) not in _MONTHS:
        return False
    if match["place"] == "00" or match["town"] == "000" or match["order"] == "000":
        return False
    if not check_key:
        return True
    number = int(signs[:NIR_WITHOUT_KEY].replace("2A", "19").replace("2B", "18"))
    return match["key"] is not None and int(match["key"]) == 97 - number % 97


def is_phone(text: str) -> bool:
    """A French telephone number, alone in its cell."""
    return _PHONE.fullmatch(text.strip()) is not None


def is_email(text: str) -> bool:
    """An e-mail address anywhere in the cell."""
    return _EMAIL.search(text) is not None


def is_iban(text: str) -> bool:
    """An IBAN with its right key (mod 97), alone in its cell."""
    signs = re.sub(r"[\s\u00a0\u202f\-]", "", text).upper()
    if _IBAN.fullmatch(signs) is None:
        return False
    turned = signs[4:] + signs[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def is_birth_date(text: str, period_starts_on: date) -> bool:
    """A calendar day at least 15 years before the period: it can only be somebody's birth."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return False
    year = int(match["y"] or match["y2"])
    try:
        day = date(year, int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
    except ValueError:
        return False
    return _OLDEST_YEAR <= day.year <= period_starts_on.year - 15
