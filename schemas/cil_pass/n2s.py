"""N2S « Enquêtes de satisfaction »: yearly, four items for each CIL/CCI and service, and their cumul (S1-12, C4)."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from domain.organisations import OrganisationType
from domain.periods import Periodicity
from schemas.cil_pass.yearly import CIL_ALIASES, nom_du_cil
from schemas.collection import Collection
from schemas.columns import (
    Compte,
    Entier,
    Jour,
    Texte,
    annee,
    code,
    compte,
    date_du_jour,
    membre,
    plateforme,
    service,
)

CIL, CUMUL = "C", "P"
NIVEAUX: Mapping[str, str] = {CIL: "CIL/CCI", CUMUL: "Plate-Forme"}
ITEMS: Mapping[str, str] = {
    "ASA1": "L’accueil",
    "ASA2": "Le diagnostic",
    "ASA3": "Les solutions présentées",
    "ASA4": "La réactivité du CIL/CCI",
    "MOB1": "L’entretien individuel avec la famille",
    "MOB2": "Les logements proposés",
    "MOB3": "L’accompagnement lors de la visite",
    "MOB4": "La mise en service du logement",
}
ITEM_WORDS: Mapping[str, str] = {
    "Accueil": "ASA1",
    "Diagnostic": "ASA2",
    "Les solutions proposées": "ASA3",
    "Solutions présentées": "ASA3",
    "Solutions proposées": "ASA3",
    "La réactivité": "ASA4",
    "Réactivité du CIL/CCI": "ASA4",
    "L’entretien individuel": "MOB1",
    "Entretien individuel avec la famille": "MOB1",
    "Logements proposés": "MOB2",
    "Accompagnement lors de la visite": "MOB3",
    "Mise en service du logement": "MOB4",
}
"""« présentées » in one model of S1-12, « proposées » in the other; and without their articles."""


def _line(level: str, item: str) -> Mapping[str, str]:
    return {"niveau_ligne": level, "service": item[:3], "item": f"{item} {ITEMS[item]}"}


class Satisfaction(pa.DataFrameModel):
    """One item of the questionnaire, for one CIL/CCI or for the platform as a whole."""

    code_plateforme: Texte = plateforme()
    exercice: Entier = annee("Exercice")
    periode_debut: Jour = date_du_jour(
        "Période du", aliases=("Période début", "Début de période", "Du"), required=False, optional=True
    )
    periode_fin: Jour = date_du_jour(
        "Période au", aliases=("Période fin", "Fin de période", "Au"), required=False, optional=True
    )
    niveau_ligne: Texte = code(
        NIVEAUX,
        "Niveau",
        aliases=("Niveau de la ligne", "CIL/CCI ou Plate-Forme"),
        key=True,
        spoken={"CIL": CIL, "CCI": CIL, "Plateforme": CUMUL, "PF": CUMUL, "Cumul": CUMUL},
        note="C pour un CIL/CCI, P pour le cumul de la Plate-Forme.",
    )
    code_cil: Texte = membre(
        "CIL/CCI",
        name_column="nom_cil",
        aliases=CIL_ALIASES,
        when=("niveau_ligne", (CIL,)),
        note="Vide sur les lignes de cumul de la Plate-Forme.",
    )
    nom_cil: Texte = nom_du_cil()
    service: Texte = service()
    item: Texte = code(
        ITEMS,
        "Item",
        aliases=("Question", "Critère", "Rubrique"),
        key=True,
        spoken=ITEM_WORDS,
        note="Le code ou les mots.",
    )
    nb_prestations: Compte = compte(
        "Nb de prestations réalisées",
        aliases=("Nb prestations réalisées", "Nombre de prestations réalisées", "Nb de prestations"),
        note="Prestations terminées dans la période, que la personne ait répondu ou non.",
    )
    nb_total: Compte = compte(
        "Nombre total par ligne",
        aliases=("Nb total par ligne", "Nombre total", "Total par ligne", "Nombre de réponses"),
        note="Réponses reçues : la somme des quatre colonnes suivantes.",
    )
    nb_tres_satisfait: Compte = compte(
        "Nombre de “très satisfait”", aliases=("Nb de très satisfait", "Très satisfait", "Nombre de très satisfaits")
    )
    nb_satisfait: Compte = compte(
        "Nombre de “satisfait”", aliases=("Nb de satisfait", "Satisfait", "Nombre de satisfaits")
    )
    nb_peu_satisfait: Compte = compte(
        "Nombre de “peu satisfait”", aliases=("Nb de peu satisfait", "Peu satisfait", "Nombre de peu satisfaits")
    )
    nb_pas_satisfait: Compte = compte(
        "Nombre de “pas satisfait”", aliases=("Nb de pas satisfait", "Pas satisfait", "Nombre de pas satisfaits")
    )


COLLECTION = Collection(
    code="N2S",
    slug="satisfaction",
    label="Enquêtes de satisfaction",
    title="Enquêtes de satisfaction CIL-PASS – exercice",
    model=Satisfaction,
    periodicity=Periodicity.YEAR,
    due_days=45,
    senders=frozenset({OrganisationType.PF}),
    tolerance=0,
    expected_lines=True,
    record="item, quatre pour chaque CIL/CCI et service, puis le cumul de la Plate-Forme",
    total_labels=("Total",),
    lines_of_member=tuple(_line(CIL, item) for item in ITEMS),
    cumuls=tuple(_line(CUMUL, item) for item in ITEMS),
    parameters={
        "retour_minimum": 0.10,
        "reponses_tout_tres_satisfait": 20,
        "baisse_points": 15,
        "ecart_prestations": 0.20,
        "ecart_prestations_unites": 5,
        "reponses_minimum": 10,
    },
    examples={
        "periode_debut": ("01/01/{0}",),
        "periode_fin": ("31/12/{0}",),
        "nb_prestations": ("60", "60", "58", "60", "25", "25", "25", "25"),
        "nb_total": ("40", "40", "38", "40", "14", "14", "13", "14"),
        "nb_tres_satisfait": ("22", "18", "15", "25", "6", "8", "5", "9"),
        "nb_satisfait": ("14", "16", "17", "12", "6", "5", "6", "4"),
        "nb_peu_satisfait": ("3", "4", "4", "2", "2", "1", "1", "1"),
        "nb_pas_satisfait": ("1", "2", "2", "1", "0", "0", "1", "0"),
    },
    frequent_mistakes={
        "La ligne de la Plate-Forme n’est plus la somme de ses CIL/CCI.": "Recalculez-la chaque fois que vous corrigez "
        "un CIL/CCI : le tout s’accepte ou se rejette ensemble.",
        "Les réponses de tous les items sont comptées une seule fois.": "Remplissez une ligne par item : quatre pour "
        "chaque CIL/CCI et chaque service.",
    },
)
