"""Personal data inside a text, and in a cell of a case: which kinds there are, never what they say (G-12; S2-17)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import date
from enum import StrEnum

from domain.text import fold
from rules.personal_names import is_name, names_in, words_of
from rules.personal_shapes import (
    bears_phone,
    contains_bare_nir,
    contains_iban,
    is_address,
    is_birth_date,
    is_email,
    tells_birth,
)

__all__ = ["CONTACT_LINE", "Expected", "Shape", "shapes_of"]


class Shape(StrEnum):
    """What a cell of a case holds that it must not."""

    NIR = "nir"
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    BIRTH = "birth"
    ADDRESS = "address"
    NAME = "name"
    EMPLOYER = "employer"
    REGISTRATION = "registration"
    FREE = "free"


class Expected(StrEnum):
    """What the column of a cell may hold, as far as persons are concerned."""

    LISTED = "listed"
    """A code, a number, yes or no: no name can stand there."""
    NUMBER = "number"
    """The number of a case: a long row of figures is one, not a telephone."""
    DATE = "date"
    MEMBER = "member"
    """A CIL or a CCI: names like « CIL Jean Moulin »."""
    TEXT = "text"
    """A sentence: « M. Dupont » must not be in it."""
    ANYTHING = "anything"
    """No column of ours: a cell that nobody declared."""


CONTACT_LINE = re.compile(
    r"\s*(?:établi|etabli|contact|fait |renseign|signat|pour (?:tout|tous|le|la)|correspondant|responsable|service|"
    r"rédig|redig|transmis|document|votre|suivi par|dossier suivi)",
    re.IGNORECASE,
)
"""How a line about those who made the table begins."""
_EMPLOYER = re.compile(
    r"\bemployeurs?\s*:\s*\w|\bemployée? (?:chez|par) [A-ZÀ-Ý]|\bsalariée? (?:chez|de chez) [A-ZÀ-Ý]", re.IGNORECASE
)
_REGISTRATION = re.compile(r"\bmatricules?\s*(?:n°|no|num[ée]ro)?\s*:?\s*[A-Z]{0,3}[\-/ ]?[0-9]{2}", re.IGNORECASE)
_SENTENCE_WORDS = 6
_SAYS_NOTHING = words_of(
    """
    non renseigne renseignee communique communiquee connu connue inconnu inconnue precise precisee disponible sans objet
    ne sait pas souhaite repondre refus refuse information donnee demandeur demande par le la les l du de des au aux en
    et ou un une n a est ete sur dans pour voir ci dessous dessus note selon cas autre autres
    """
)


def shapes_of(
    text: str,
    expected: Expected,
    starts_on: date,
    *,
    known: Container[str] = frozenset(),
    labels: Container[str] = frozenset(),
) -> Iterator[Shape]:
    """Which kinds of personal data a cell of a case holds.

    `starts_on`: first day of the period; `known`: folded names of organisations; `labels`: folded words of the lists
    and titles of the collection, which are no free text.
    """
    case_number = expected is Expected.NUMBER and text.strip().isdigit()
    dated = expected is Expected.DATE
    held = (
        (Shape.NIR, contains_bare_nir(text)),
        (Shape.EMAIL, is_email(text)),
        (Shape.PHONE, not case_number and bears_phone(text)),
        (Shape.IBAN, contains_iban(text)),
        (Shape.BIRTH, tells_birth(text) or (not dated and is_birth_date(text, starts_on))),
    )
    yield from (shape for shape, is_held in held if is_held)
    if expected is not Expected.MEMBER:
        yield from _words(text, expected, known, labels)


def _words(text: str, expected: Expected, known: Container[str], labels: Container[str]) -> Iterator[Shape]:
    if is_address(text):
        yield Shape.ADDRESS
    if _EMPLOYER.search(text):
        yield Shape.EMPLOYER
    if _REGISTRATION.search(text):
        yield Shape.REGISTRATION
    listed = expected in {Expected.LISTED, Expected.NUMBER, Expected.DATE}
    if names_in(text, known) or (listed and is_name(text, known) and not _all_in(text, labels)):
        yield Shape.NAME
    elif listed and _is_sentence(text, labels):
        yield Shape.FREE


def _all_in(text: str, labels: Container[str]) -> bool:
    return all(word in labels for word in _folded(text))


def _is_sentence(text: str, labels: Container[str]) -> bool:
    """Words that are neither of the lists nor of those who say that they do not know."""
    words = _folded(text)
    strange = [word for word in words if word not in labels and word not in _SAYS_NOTHING and not word.isdigit()]
    return len(words) >= _SENTENCE_WORDS and 2 * len(strange) > len(words)


def _folded(text: str) -> list[str]:
    return fold(text).split()
