"""Shapes of personal data in a cell: NIR, telephone, e-mail, IBAN, birth date (G-12; S2-15, S2-17). Keeps no value."""

from __future__ import annotations

import re
from datetime import date

from domain.text import fold, without_hidden

_GAP = r"[\s.\-/_\u00a0\u2009\u202f]{0,3}"
_KEY_TOLD = r"[Cc][Ll][EeÉé]\s*:?\s*"
NIR_SEARCH = (
    r"[1-478]"
    + (_GAP + "[0-9]") * 5
    + _GAP
    + "[0-9ABab]"
    + (_GAP + "[0-9]") * 6
    + _GAP
    + f"(?:{_KEY_TOLD})?[0-9]"
    + _GAP
    + "[0-9]"
)
"""A first sieve for the search of NIR in a column (RE2 and `re`): 15 signs, gaps allowed; `contains_nir` decides."""
NIR_LENGTH, NIR_WITHOUT_KEY = 15, 13
BLOT = "█" * NIR_LENGTH
"""What stands in the place of a NIR where a text must be written all the same."""
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_SHAPE = re.compile(
    r"(?P<sex>[1-478])(?P<year>\d\d)(?P<month>\d\d)(?P<place>\d\d|2A|2B)(?P<town>\d{3})(?P<order>\d{3})(?P<key>\d\d)?",
)
_MONTHS = frozenset({*range(1, 13), 20, *range(30, 43), *range(50, 100)})
"""Months of birth, and what the register of persons writes when they are not known."""
_NOT_SIGNS = re.compile(r"[\s.\-/_\u00a0\u2009\u202f]")
_BY_GROUPS = _GAP.join(
    (
        r"(?<![0-9])(?<![0-9][.,])(?P<nir>[1-478]",
        r"\d\d",
        r"\d\d",
        r"(?:\d\d|2[ABab])",
        r"\d{3}",
        r"\d{3}",
    )
)
_GROUPED = re.compile(rf"{_BY_GROUPS}(?:{_GAP}(?P<key>(?:{_KEY_TOLD})?\d\d))?)(?![0-9])")
"""A NIR among other words: parted only where it is read, so that two telephone numbers in a row are none."""

_PHONE = re.compile(
    r"(?<![0-9])(?<![0-9][.,])"
    r"(?:(?:\+|00)\s?33[\s.\-\u00a0]?(?:\(0\)[\s.\-\u00a0]?)?|\(?0)[1-9]\)?"
    r"(?:[\s.\-/_\u00a0\u202f]{0,2}\d\d){4}(?![0-9])",
)
_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]+(?:\.[\w\-]+)+", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
_IBAN_SEARCH = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?:[ \u00a0\u202f\-.]?[A-Z0-9]{1,4}){3,9}")
_DAY = re.compile(
    r"(?:(?P<d>\d{1,2})[/.\- ](?P<m>\d{1,2})[/.\- ](?P<y>\d{4}|\d\d)"
    r"|(?P<y2>\d{4})[\-/.](?P<m2>\d\d)[\-/.](?P<d2>\d\d))(?: \d\d:\d\d(?::\d\d)?)?",
)
_MONTHS_BY_NAME = ("janv", "fevr", "mars", "avri", "mai", "juin", "juil", "aout", "sept", "octo", "nove", "dece")
_DAY_IN_WORDS = re.compile(rf"(?P<d>\d{{1,2}})(?:er)? (?P<m>(?:{'|'.join(_MONTHS_BY_NAME)})[a-z]*) (?P<y>\d{{4}})")
_BORN = re.compile(
    r"(?<![^\W_])n[ée]+(?:\(e\)|·e|-e)?s?\s+(?:le|en|vers)\s+(?:\d|1er)|\bddn\s*:?\s*\d"
    r"|\b(?:date|ann[ée]e|lieu) de naissance\s*:?\s*\w",
    re.IGNORECASE,
)
_NUMBERED = r"(?<![0-9])\d{1,4}\s?(?:bis|ter|quater|[a-dA-D])?\s?,?\s+"
_STREET = re.compile(
    _NUMBERED
    + r"(?:rue|avenue|av\.|boulevard|bd|bld|bvd|all[ée]es?|impasse|imp\.|chemin|ch\.|route|rte|quai|ruelle|venelle|"
    r"faubourg|fbg|lotissement|lot\.|hameau|rond[- ]point)\s+\w",
    re.IGNORECASE,
)
_SQUARE = re.compile(
    _NUMBERED + r"(?i:place|pl\.|cours|square|passage|r[ée]sidence|cit[ée]|villa|clos|esplanade|voie|mont[ée]e)\s+"
    r"(?:(?:de|du|des|la|le|les)\s+|l['’]|d['’])*[A-ZÀ-Ý]",
)
_CENTURY = 100
_OLDEST_YEAR = 1900


def valid_nir(text: str) -> bool:
    """Whether `text` is one complete NIR: 15 signs, plausible month and département, right key (Corsica included)."""
    signs = _NOT_SIGNS.sub("", text).upper()
    return len(signs) == NIR_LENGTH and _plausible_nir(signs)


def contains_nir(text: str) -> bool:
    """Whether a complete NIR with its right key stands somewhere in `text`; signs that nobody sees part nothing."""
    text = without_hidden(text)
    if valid_nir(text):
        return _DECIMAL.fullmatch(text.strip()) is None
    return grouped_nir(text)


def grouped_nir(text: str) -> bool:
    """Whether a complete NIR stands in a longer text in one piece, or parted where a NIR is read."""
    found = (match for match in _GROUPED.finditer(text) if match["key"])
    return any(valid_nir(_signs(match)) and not _DECIMAL.fullmatch(match["nir"]) for match in found)


def _signs(match: re.Match[str]) -> str:
    return re.sub(r"[^0-9ABab]", "", match["nir"])


def blotted(text: str) -> str:
    """The text with every complete NIR blotted out: for names of files, which are written in many places."""
    return _GROUPED.sub(lambda match: BLOT if match["key"] and valid_nir(_signs(match)) else match[0], text)


def contains_bare_nir(text: str) -> bool:
    """Whether something has the shape of a NIR, with its key, without, or with a wrong one: for cases only."""
    if is_bare_nir(text):
        return _DECIMAL.fullmatch(text.strip()) is None
    found = (_signs(match) for match in _GROUPED.finditer(text) if not _DECIMAL.fullmatch(match["nir"]))
    return any(is_bare_nir(one) for one in found)


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


def bears_phone(text: str) -> bool:
    """A French telephone number anywhere in the text."""
    return _PHONE.search(text) is not None


def is_email(text: str) -> bool:
    """An e-mail address anywhere in the cell."""
    return _EMAIL.search(text) is not None


def is_iban(text: str) -> bool:
    """An IBAN with its right key (mod 97), alone in its cell."""
    signs = re.sub(r"[\s\u00a0\u202f\-.]", "", text).upper()
    if _IBAN.fullmatch(signs) is None:
        return False
    turned = signs[4:] + signs[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def contains_iban(text: str) -> bool:
    """An IBAN with its right key anywhere in the text."""
    if is_iban(text):
        return True
    for match in _IBAN_SEARCH.finditer(text.upper()):
        words = match[0].split()
        if any(is_iban("".join(words[:count])) for count in range(1, len(words) + 1)):
            return True
    return False


def tells_birth(text: str) -> bool:
    """« né le 12/05/1969 », « née en 1969 », « date de naissance : … »."""
    return _BORN.search(text) is not None


def is_address(text: str) -> bool:
    """« 12 rue du Port », « 3 bis, avenue Foch » anywhere in the text."""
    return _STREET.search(text) is not None or _SQUARE.search(text) is not None


def is_birth_date(text: str, period_starts_on: date) -> bool:
    """A calendar day at least 15 years before the period: it can only be somebody's birth."""
    found = _day(text.strip())
    if found is None:
        return False
    year, month, day_of_month = found
    if year < _CENTURY:
        year += 1900 if year > period_starts_on.year % _CENTURY else 2000
    try:
        day = date(year, month, day_of_month)
    except ValueError:
        return False
    return _OLDEST_YEAR <= day.year <= period_starts_on.year - 15


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date as people write it; the year may have two figures."""
    if match := _DAY.fullmatch(text):
        return int(match["y"] or match["y2"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"])
    if match := _DAY_IN_WORDS.fullmatch(fold(text)):
        return int(match["y"]), _MONTHS_BY_NAME.index(match["m"][:4].rstrip()) + 1, int(match["d"])
    return None
