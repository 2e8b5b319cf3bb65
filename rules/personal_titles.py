"""Titles of columns that hold something about persons (G-12), told from those about organisations and counts."""

from __future__ import annotations

from enum import StrEnum

from domain.text import normalise_header


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
    BANK = "compte bancaire"
    PERSON = "personne"
    REMARKS = "observations en texte libre"


# Words are those of `normalise_header`: no accent, lower case.
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
        "identite",
        "dossier",
        "locataires",
        "interesse",
        "assures",
        "usager",
        "candidat",
        "occupant",
        "menage",
        "benef",
        "sal",
        "dem",
        "naissance",
        "epouse",
        "patronyme",
        "1",
        "2",
    )
)
_NAMES = frozenset(("nom", "noms", "patronyme", "patronymes", "identite", "identites"))
FIRST_NAMES = frozenset(("prenom", "prenoms", "pren"))
_BIRTHS = frozenset(("naissance", "ddn", "datenaissance", "naiss", "nee", "nais"))
_ADDRESSES = frozenset(("adresse", "adresses", "adr", "rue", "voie", "domicile", "coordonnees"))
_PHONES = frozenset(
    ("telephone", "telephones", "tel", "tels", "teleph", "telephonique", "gsm", "portable", "telecopie", "fax"),
)
_EMAILS = frozenset(("courriel", "courriels", "email", "emails", "mail", "mails", "mel"))
_NIRS = frozenset(("nir", "nss", "secu", "nnss", "nosecu", "insee", "nirpp"))
_EMPLOYERS = frozenset(("employeur", "employeurs"))
_BANKS = frozenset(("iban", "rib", "bic", "bancaire", "bancaires"))
_ALONE = frozenset(
    (
        "demandeur",
        "demandeurs",
        "demandeuse",
        "salarie",
        "salaries",
        "salariee",
        "beneficiaire",
        "beneficiaires",
        "benef",
        "locataire",
        "locataires",
        "conjoint",
        "conjointe",
        "allocataire",
        "assure",
        "emprunteur",
        "titulaire",
        "interesse",
        "usager",
        "client",
        "clients",
        "candidat",
        "occupant",
        "personne",
        "personnes",
    )
)
"""A column called « Salarié » holds persons, if it is filled with names."""
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
    if words & FIRST_NAMES or (words & _NAMES and words <= _NAMES | _PERSONS | _LINKING):
        return Nominative.NAME
    if words & _NIRS or {"securite", "sociale"} <= words or key in {"n_ss", "no_ss", "num_ss", "numero_ss"}:
        return Nominative.NIR
    if words & _BIRTHS or key in {"ne_le", "ne_e_le", "nele", "ne", "ne_e"}:
        return Nominative.BIRTH
    if words & _BANKS:
        return Nominative.BANK
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
    if words & _ALONE and words <= _ALONE | _PERSONS | _LINKING:
        return Nominative.PERSON
    return Nominative.REMARKS if cases and words & _REMARKS else None


def shows_persons(title: str) -> bool:
    """Whether this title alone shows that a list is about persons: a first name, a birth, a NIR."""
    kind = nominative_title(title)
    first_name = kind is Nominative.NAME and bool(FIRST_NAMES.intersection(normalise_header(title).split("_")))
    return first_name or kind in {Nominative.BIRTH, Nominative.NIR}
