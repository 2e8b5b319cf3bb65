"""What makes a file nominative: shapes of cells and titles of columns (G-12; contract §6, Anonymity; S2-15, S2-17).

A file that is nominative is destroyed, so a false alarm costs a deposit: outside the collections of cases only a
complete NIR with its right key counts, and a nominative title counts only when its column is filled with such things.
Nothing here returns or keeps a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from domain.text import fold
from rules.personal_names import ORGANISATION_WORDS, is_name
from rules.personal_shapes import (
    NIR_LENGTH,
    NIR_SEARCH,
    contains_nir,
    is_bare_nir,
    is_birth_date,
    is_email,
    is_iban,
    is_phone,
    valid_nir,
)
from rules.personal_titles import Nominative, nominative_title, shows_persons

__all__ = [
    "NIR_LENGTH",
    "NIR_SEARCH",
    "NO_NAMES",
    "KnownNames",
    "Nominative",
    "contains_nir",
    "fills",
    "is_bare_nir",
    "is_birth_date",
    "is_email",
    "is_iban",
    "is_phone",
    "kind_of",
    "names_organisation",
    "nominative_title",
    "shows_persons",
    "valid_nir",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownNames:
    """The names of the register, folded, and the words that they are made of: what is not a person's name."""

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """From names as they are written."""
        folded = frozenset(fold(name) for name in names)
        return cls(names=folded, words=frozenset(word for name in folded for word in name.split()))


KINDS: Mapping[str, str] = {
    "nir": "numéro de sécurité sociale (NIR)",
    "email": "adresse de courriel",
    "phone": "numéro de téléphone",
    "iban": "numéro de compte bancaire (IBAN)",
    "birth": "date de naissance",
    "address": "adresse",
    "name": "nom de personne",
    "employer": "employeur",
    "registration": "matricule",
    "free": "texte libre",
    "title": "colonne nominative",
    "person": "données sur une personne",
}
"""What breaks anonymity, by the last word of the cause of a finding: for those who must not read its sentence."""


def kind_of(cause: str) -> str:
    """What a finding of G-12 is about, in French."""
    return KINDS.get(cause.rpartition(":")[2], "donnée nominative")


NO_NAMES = KnownNames()
_SCIENTIFIC = re.compile(r"\d[,.]\d+E\+1[24]", re.IGNORECASE)
"""What a spreadsheet leaves of a NIR that it took for a number."""


_NO_VALUE = frozenset(
    (
        "",
        "neant",
        "nd",
        "n d",
        "nc",
        "n c",
        "ns",
        "na",
        "n a",
        "so",
        "s o",
        "sans objet",
        "inconnu",
        "inconnue",
        "oui",
        "non",
        "o",
        "n",
        "x",
        "aucun",
        "aucune",
        "total",
        "anonyme",
        "confidentiel",
        "masque",
    )
)


def fills(kind: Nominative, value: str, known: KnownNames = NO_NAMES) -> bool:
    """Whether a cell under a nominative title holds such a datum; `known`: names of the register.

    A column « Téléphone » of small counts, or « Nom » of organisations, is not filled with anything personal.
    """
    folded = fold(value)
    if folded in _NO_VALUE:
        return False
    digits = sum(sign.isdigit() for sign in value)
    letters = sum(sign.isalpha() for sign in value)
    enough = {
        Nominative.NAME: letters > 1 and not names_organisation(folded, known),
        Nominative.EMPLOYER: letters > 1 and folded not in known.names,
        Nominative.ADDRESS: letters > 2,  # noqa: PLR2004 - « rue »
        Nominative.EMAIL: "@" in value,
        Nominative.PHONE: digits > 8,  # noqa: PLR2004 - nine figures without the leading zero
        Nominative.NIR: digits > 11 or _SCIENTIFIC.fullmatch(value.strip()) is not None,  # noqa: PLR2004 - cut short
        Nominative.BANK: digits > 9,  # noqa: PLR2004 - an account's number
        Nominative.PERSON: is_name(value, known.names),
        Nominative.BIRTH: digits >= 4 or letters > 2,  # noqa: PLR2004 - a year, a place
        Nominative.REGISTRATION: digits + letters > 2,  # noqa: PLR2004 - not a count
        Nominative.REMARKS: letters > 2,  # noqa: PLR2004 - a word
    }
    return enough[kind]


def names_organisation(folded: str, known: KnownNames = NO_NAMES) -> bool:
    """Whether a folded text is the name or the code of an organisation, not of a person."""
    words = folded.split()
    if folded in known.names or ORGANISATION_WORDS.intersection(words):
        return True
    telling = [word for word in words if len(word) > 2]  # noqa: PLR2004 - not « de », « du »
    misspelt = bool(telling) and known.words.issuperset(telling)
    return misspelt or re.fullmatch(r"[a-z]{2,4}\d{2,4}", folded) is not None
