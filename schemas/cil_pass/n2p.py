"""N2P « Résumé d’accord de partenariat »: yearly, one record an agreement (S1-18, S0-26, C7).

The exercices up to 2004 have the 2003 format: agreements of both services, without the family of the partner.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from domain.organisations import OrganisationType
from domain.periods import Period, Periodicity
from schemas.cil_pass.yearly import FAMILLES
from schemas.collection import CarriedOver, Collection, FormerFormat
from schemas.columns import (
    Entier,
    Jour,
    Montant,
    OuiNon,
    Texte,
    annee,
    code,
    date_du_jour,
    decimal,
    entier,
    oui_non,
    plateforme,
    service,
    texte,
)

NOUVEAU, AMENDE, RECONDUIT, CADUC = "nouveau", "amende", "reconduit", "caduc"
STATUTS: Mapping[str, str] = {NOUVEAU: "nouveau", AMENDE: "amendé", RECONDUIT: "reconduit", CADUC: "caduc"}
UNITES: Mapping[str, str] = {"nombre": "nombre", "€": "euros"}
_LONGEST = 1_000


class _Accord(pa.DataFrameModel):
    """What every agreement says, whatever the format."""

    code_plateforme: Texte = plateforme()
    exercice: Entier = annee("Exercice")
    code_accord: Texte = texte(
        "N° d’accord",
        aliases=("Numéro d’accord", "Code accord", "N° accord"),
        max_length=20,
        key=True,
        note="Le même d’une année à l’autre.",
    )
    statut: Texte = code(
        STATUTS,
        "Statut",
        aliases=("Statut de l’accord", "État de l’accord"),
        spoken={"nouvel accord": NOUVEAU, "modifié": AMENDE, "renouvelé": RECONDUIT, "résilié": CADUC},
    )
    partenaire_nom: Texte = texte(
        "Partenaire – Nom",
        aliases=("Nom du partenaire", "Partenaire"),
        max_length=120,
        note="Un organisme, jamais une personne.",
    )
    activite_principale: Texte = texte("Activité principale", aliases=("Activité du partenaire",), max_length=200)
    formalise: OuiNon = oui_non(
        "Formalisé",
        aliases=("Formalisation", "Faisant l’objet ou non d’une formalisation", "Accord formalisé", "Formalisé O/N"),
    )
    date_signature: Jour = date_du_jour(
        "Date de signature", aliases=("Le cas échéant, date de signature",), when=("formalise", ("O",))
    )
    duree_validite_mois: Entier = entier(
        "Durée de validité initiale",
        1,
        240,
        unit="mois",
        aliases=("Durée de validité", "Durée de validité initiale (mois)", "Durée en mois"),
        required=False,
        note="En mois.",
    )
    volume_previsionnel: Montant = decimal(
        12, 2, "Volumes prévisionnels de l’accord", aliases=("Volume prévisionnel", "Volumes prévisionnels")
    )
    volume_unite: Texte = code(
        UNITES,
        "Unité du volume",
        aliases=("Unité", "Volume unité"),
        required=False,
        optional=True,
        spoken={"nb": "nombre", "euro": "€", "EUR": "€"},
    )
    objet: Texte = texte("Objet", aliases=("Objet de l’accord",), max_length=_LONGEST, free=True)
    champ: Texte = texte(
        "Champ", aliases=("Champ de l’accord",), required=False, optional=True, max_length=_LONGEST, free=True
    )
    modalites_application: Texte = texte(
        "Modalités d’application", required=False, optional=True, max_length=_LONGEST, free=True
    )
    modalites_financieres: Texte = texte(
        "Modalités financières",
        required=False,
        optional=True,
        max_length=_LONGEST,
        free=True,
        note="Pour l’UESL seulement : jamais publiées.",
    )


class Accord(_Accord):
    """One agreement for the CIL-PASS assistance."""

    service: Texte = service(only=("ASA",), key=False)
    famille_partenaire: Texte = code(
        FAMILLES, "Famille de partenaires", aliases=("Famille", "Famille du partenaire"), note="Le code ou les mots."
    )


class Accord2003(_Accord):
    """One agreement, for either service."""

    service: Texte = service(key=False)
    famille_partenaire: Texte = code(
        FAMILLES,
        "Famille de partenaires",
        aliases=("Famille", "Famille du partenaire"),
        required=False,
        optional=True,
    )


COLLECTION = Collection(
    code="N2P",
    slug="partenariats",
    label="Résumés d’accords de partenariat",
    title="Résumés d’accords de partenariat – exercice",
    model=Accord,
    periodicity=Periodicity.YEAR,
    due_days=45,
    senders=frozenset({OrganisationType.PF}),
    record="accord",
    carried_over=CarriedOver(column="statut", ended=(CADUC,)),
    former=(FormerFormat(until=Period(2004), model=Accord2003, label="format de 2003"),),
    examples={
        "code_accord": ("A-{0}-01", "A-{1}-07", "A-{2}-02"),
        "statut": (NOUVEAU, RECONDUIT, CADUC),
        "service": ("ASA", "ASA", "ASA"),
        "partenaire_nom": ("ADIL", "Office public d’HLM", "Entraide logement"),
        "activite_principale": ("Information sur le logement", "Bailleur social", "Hébergement d’urgence"),
        "famille_partenaire": ("AI", "BS", "AS"),
        "formalise": ("O", "O", "N"),
        "date_signature": ("14/03/{0}", "01/10/{1}", ""),
        "duree_validite_mois": ("36", "24", ""),
        "volume_previsionnel": ("60", "12000", ""),
        "volume_unite": ("nombre", "€", ""),
        "objet": (
            "Orientation des salariés en difficulté de logement",
            "Réservation de logements temporaires",
            "Accueil des salariés sans logement",
        ),
        "champ": ("Département", "Agglomération", ""),
        "modalites_application": ("Rendez-vous sous huit jours", "Une demande par dossier", ""),
        "modalites_financieres": ("Gratuit", "Frais de dossier", ""),
    },
    frequent_mistakes={
        "Un accord de l’année précédente a disparu de la liste.": "Reprenez chaque accord de l’année précédente, au "
        "besoin avec le statut « caduc ».",
        "Le numéro de l’accord change d’une année à l’autre.": "Gardez-lui le même numéro tant qu’il vit.",
    },
)
