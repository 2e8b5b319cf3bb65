"""What makes a file nominative: shapes of cells and titles of columns (G-12; contract §6, Anonymity; S2-15, S2-17).

A file that is nominative is destroyed, so a false alarm costs a deposit: outside the collections of cases only a
complete NIR with its right key counts, and a nominative title counts only when its column is filled with such things.
Nothing here returns or keeps a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from domain.text import fold, normalise_header

__all__ = [
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
    "names_organisation",
    "nominative_title",
    "shows_persons",
    "valid_nir",
]

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


class Nominative(StrEnum):
    """What a nominative column holds; the French of the answer."""

    NAME = "nom ou prénom"
    BIRTH = "date ou lieu de naissance"
    ADDRESS = "adresse"
    PHONE = "téléphone"
    EMAIL = "courriel"
    NIR = "numéro de sécurité sociale"
    EMPLOYER = "employeur"
    REGISTRATION = "matricule"
    REMARKS = "observations en texte libre"


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


NO_NAMES = KnownNames()


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


# Titles. Words are those of `normalise_header`: no accent, lower case.
_COUNTING = frozenset(
    (
        "nb",
        "nbre",
        "nombre",
        "total",
        "montant",
        "taux",
        "part",
        "pourcentage",
        "effectif",
        "effectifs",
        "moyenne",
        "volume",
    )
)
"""A title that counts things is never about one person."""
_COLLECTIVE = frozenset(
    (
        "cil",
        "cci",
        "cilcci",
        "plateforme",
        "plateformes",
        "plate",
        "pf",
        "organisme",
        "organismes",
        "organisation",
        "structure",
        "structures",
        "uesl",
        "siege",
        "agence",
        "agences",
        "partenaire",
        "partenaires",
        "etablissement",
        "operateur",
        "filiale",
        "antenne",
        "association",
        "fournisseur",
        "prestataire",
        "commune",
        "departement",
        "region",
        "ville",
        "service",
        "produit",
        "fichier",
        "dispositif",
        "programme",
        "residence",
        "bailleur",
        "signataire",
    )
)
"""Words after which a name, an address or a telephone is an organisation's or a place's."""
_LINKING = frozenset(
    ("de", "du", "des", "d", "la", "le", "les", "l", "et", "ou", "en", "au", "a", "n", "no", "num", "numero"),
)
_PERSONS = frozenset(
    (
        "prenom",
        "prenoms",
        "nom",
        "noms",
        "famille",
        "naissance",
        "usage",
        "usuel",
        "marital",
        "jeune",
        "fille",
        "patronymique",
        "complet",
        "demandeur",
        "demandeurs",
        "salarie",
        "salaries",
        "salariee",
        "beneficiaire",
        "beneficiaires",
        "conjoint",
        "personne",
        "personnes",
        "client",
        "clients",
        "assure",
        "allocataire",
        "locataire",
        "emprunteur",
        "chef",
        "foyer",
        "enfant",
        "interlocuteur",
        "contact",
        "correspondant",
        "referent",
        "conseiller",
        "conseillere",
        "agent",
        "monsieur",
        "madame",
        "mr",
        "mme",
        "m",
        "civilite",
        "titulaire",
        "1",
        "2",
    )
)
_NAMES = frozenset(("nom", "noms", "patronyme", "patronymes"))
_FIRST_NAMES = frozenset(("prenom", "prenoms"))
_BIRTHS = frozenset(("naissance", "ddn", "datenaissance", "naiss", "nee"))
_ADDRESSES = frozenset(("adresse", "adresses", "adr", "rue", "voie"))
_PHONES = frozenset(("telephone", "telephones", "tel", "telephonique", "gsm", "portable"))
_EMAILS = frozenset(("courriel", "courriels", "email", "emails", "mail", "mails", "mel"))
_NIRS = frozenset(("nir", "nss", "secu", "nnss"))
_EMPLOYERS = frozenset(("employeur", "employeurs"))
_REGISTRATIONS = frozenset(("matricule", "matricules"))
_REMARKS = frozenset(("observation", "observations", "commentaire", "commentaires", "remarque", "remarques"))


def nominative_title(title: str, *, cases: bool = False) -> Nominative | None:
    """What personal datum a column of this title holds, if any; `cases`: free remarks count too (G-12).

    « Nom du CIL », « Tél. du siège », « Nombre de contacts par téléphone » are not about persons.
    """
    key = normalise_header(title)
    words = frozenset(key.split("_"))
    if words & _COUNTING or len(words) > 12:  # noqa: PLR2004 - a sentence, not a title
        return None
    if words & _FIRST_NAMES or (words & _NAMES and words <= _NAMES | _PERSONS | _LINKING):
        return Nominative.NAME
    if words & _NIRS or {"securite", "sociale"} <= words or key in {"n_ss", "no_ss", "num_ss", "numero_ss"}:
        return Nominative.NIR
    if words & _BIRTHS or key in {"ne_le", "ne_e_le", "nele"}:
        return Nominative.BIRTH
    return None if words & _COLLECTIVE else _weak_title(words, cases=cases)


def _weak_title(words: frozenset[str], *, cases: bool) -> Nominative | None:
    kinds = (
        (_EMAILS, Nominative.EMAIL),
        (_PHONES, Nominative.PHONE),
        (_ADDRESSES, Nominative.ADDRESS),
        (_EMPLOYERS, Nominative.EMPLOYER),
        (_REGISTRATIONS, Nominative.REGISTRATION),
    )
    if words <= {"mobile"} | _LINKING and "mobile" in words:
        return Nominative.PHONE
    for titles, kind in kinds:
        if words & titles:
            return Nominative.EMAIL if kind is Nominative.ADDRESS and "electronique" in words else kind
    return Nominative.REMARKS if cases and words & _REMARKS else None


def shows_persons(title: str) -> bool:
    """Whether this title alone shows that a list is about persons: a first name, a birth, a NIR."""
    kind = nominative_title(title)
    first_name = kind is Nominative.NAME and bool(_FIRST_NAMES.intersection(normalise_header(title).split("_")))
    return first_name or kind in {Nominative.BIRTH, Nominative.NIR}


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
        Nominative.NIR: digits > 11,  # noqa: PLR2004 - a NIR cut short is one all the same
        Nominative.BIRTH: digits >= 4 or letters > 2,  # noqa: PLR2004 - a year, a place
        Nominative.REGISTRATION: digits + letters > 2,  # noqa: PLR2004 - not a count
        Nominative.REMARKS: letters > 2,  # noqa: PLR2004 - a word
    }
    return enough[kind]


_ORGANISATION_WORDS = frozenset(
    (
        "cil",
        "cci",
        "chambre",
        "comite",
        "association",
        "uesl",
        "gie",
        "sa",
        "sarl",
        "sas",
        "sci",
        "union",
        "groupe",
        "groupement",
        "office",
        "mairie",
        "plate",
        "plateforme",
        "logement",
        "habitat",
        "entreprise",
        "entreprises",
        "societe",
        "interprofessionnel",
        "interprofessionnelle",
        "patronal",
        "amicale",
        "federation",
        "total",
    )
)


def names_organisation(folded: str, known: KnownNames = NO_NAMES) -> bool:
    """Whether a folded text is the name or the code of an organisation, not of a person."""
    words = folded.split()
    if folded in known.names or _ORGANISATION_WORDS.intersection(words):
        return True
    telling = [word for word in words if len(word) > 2]  # noqa: PLR2004 - not « de », « du »
    misspelt = bool(telling) and known.words.issuperset(telling)
    return misspelt or re.fullmatch(r"[a-z]{2,4}\d{2,4}", folded) is not None
