"""French wording shared by the rules: typography, numbers, dates, names, and the sentences of the generic checks.

`say` sets a template in proper French typography before the depositor's own words are put in, so that those are
never altered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from domain.organisations import Organisation, Service
from domain.periods import Period

NO_BREAK = "\u00a0"
NARROW = "\u202f"
LONGEST_QUOTE = 100
"""Characters of a cell that an answer quotes."""

_QUARTERS = {1: "1er", 2: "2e", 3: "3e", 4: "4e"}
_SERVICES = {Service.ASA: "CIL-PASS assistance", Service.MOB: "CIL-PASS mobilité"}


@lru_cache(maxsize=1024)
def typeset(text: str) -> str:
    """French spaces: no-break before `:` `»` `%` `€` and after `«`, narrow no-break before `;` `!` `?`."""
    text = re.sub(r" ([:»%€])", NO_BREAK + r"\1", text)
    text = re.sub(r" ([;!?])", NARROW + r"\1", text)
    return text.replace("« ", "«" + NO_BREAK).replace("'", "’")


def say(template: str, **words: object) -> str:
    """The template in French typography, with the words put in as they are."""
    return typeset(template).format(**words) if words else typeset(template).replace("{{", "{").replace("}}", "}")


def number(value: Decimal | float) -> str:
    """`1 234` or `1 234,50`, with narrow no-break spaces."""
    exact = value if isinstance(value, Decimal) else Decimal(str(round(value, 2)))
    if exact == exact.to_integral_value():
        return f"{int(exact):,}".replace(",", NARROW)
    return f"{exact:,.2f}".replace(",", NARROW).replace(".", ",")


def euros(value: Decimal | float) -> str:
    """`1 234,50 €`."""
    return f"{number(value)}{NO_BREAK}€"


def day(value: date) -> str:
    """`31/03/2005`."""
    return f"{value:%d/%m/%Y}"


def shown(text: str) -> str:
    """A cell as an answer quotes it: at most 100 characters."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"


def quoted(text: str) -> str:
    """« text », cut at 100 characters."""
    return f"«{NO_BREAK}{shown(text)}{NO_BREAK}»"


def member(organisation: Organisation) -> str:
    """`CIL Exemple (CIL001)`."""
    return f"{organisation.nom} ({organisation.code})"


def service_name(service: Service) -> str:
    """`CIL-PASS assistance`."""
    return _SERVICES[service]


def period_name(period: Period) -> str:
    """`1er trimestre 2005`, or `année 2005`."""
    if period.quarter:
        return f"{_QUARTERS[period.quarter]}{NO_BREAK}trimestre{NO_BREAK}{period.year}"
    return f"année{NO_BREAK}{period.year}"


def all_of(period: Period) -> str:
    """`tout le trimestre`, or `toute l’année`."""
    return "tout le trimestre" if period.quarter else "toute l’année"


def whole(period: Period) -> str:
    """`le trimestre entier`, or `l’année entière`."""
    return "le trimestre entier" if period.quarter else "l’année entière"


def either(words: Iterable[str]) -> str:
    """`a`, `a ou b`, `a, b ou c`."""
    return _joined(list(words), "ou")


def both(words: Iterable[str]) -> str:
    """`a`, `a et b`, `a, b et c`."""
    return _joined(list(words), "et")


def _joined(words: Sequence[str], last: str) -> str:
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def plural(count: int, singular: str, plural_form: str | None = None) -> str:
    """`1 ligne`, `2 lignes`."""
    word = singular if count < 2 else (plural_form or singular + "s")  # noqa: PLR2004 - French plural starts at two
    return f"{number(count)}{NO_BREAK}{word}"
