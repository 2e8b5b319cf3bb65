"""N2I « Incidents avec les partenaires »: on event, one record an incident (C9).

A later deposit of the year adds incidents and replaces those of the same number; it never takes one away. The
description is free text and tells of people's affairs: no value of this collection is ever quoted (G-12).
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from domain.organisations import OrganisationType
from domain.periods import Periodicity
from schemas.cil_pass.yearly import CIL_ALIASES, FAMILLES
from schemas.collection import Collection
from schemas.columns import Entier, Jour, Texte, annee, code, date_du_jour, membre, plateforme, service, texte

NATURES: Mapping[str, str] = {
    "indisponibilite": "indisponibilité",
    "non_respect": "non-respect de l’accord",
    "remuneration": "rémunération ou avantage réclamé",
    "confidentialite": "confidentialité",
    "autre": "autre",
}
GRAVEST = "3"
GRAVITES: Mapping[str, str] = {"1": "mineure", "2": "sérieuse", GRAVEST: "majeure"}
_LONGEST = 1_000


class Incident(pa.DataFrameModel):
    """One incident with a partner."""

    code_plateforme: Texte = plateforme()
    exercice: Entier = annee("Exercice")
    numero_incident: Texte = texte(
        "N° d’incident",
        aliases=("Numéro d’incident", "N° incident", "Incident"),
        max_length=20,
        pattern=r"[A-Za-z0-9][A-Za-z0-9./_-]*",
        key=True,
        note="Le même d’un dépôt à l’autre : un dépôt ultérieur met à jour l’incident de ce numéro.",
    )
    date_incident: Jour = date_du_jour("Date de l’incident", aliases=("Date incident", "Date"))
    code_cil: Texte = membre("CIL/CCI", aliases=(*CIL_ALIASES, "Nom du CIL/CCI"), key=False, required=False)
    service: Texte = service(key=False)
    code_accord: Texte = texte(
        "N° d’accord", aliases=("Numéro d’accord", "Code accord"), required=False, optional=True, max_length=20
    )
    famille_partenaire: Texte = code(FAMILLES, "Famille de partenaires", aliases=("Famille", "Famille du partenaire"))
    nature: Texte = code(NATURES, "Nature de l’incident", aliases=("Nature",))
    gravite: Texte = code(GRAVITES, "Gravité", aliases=("Gravité de l’incident", "Gravité (1 à 3)"))
    description: Texte = texte(
        "Description",
        aliases=("Description de l’incident",),
        max_length=_LONGEST,
        free=True,
        note="Les faits, sans rien qui permette de reconnaître une personne.",
    )
    suite_donnee: Texte = texte(
        "Suite donnée", aliases=("Suites données",), required=False, optional=True, max_length=_LONGEST, free=True
    )
    date_cloture: Jour = date_du_jour("Date de clôture", aliases=("Clôture", "Clos le"), required=False, optional=True)


COLLECTION = Collection(
    code="N2I",
    slug="incidents",
    label="Incidents avec les partenaires",
    title="Incidents avec les partenaires – exercice",
    model=Incident,
    periodicity=Periodicity.EVENT,
    due_days=None,
    senders=frozenset({OrganisationType.PF}),
    cases=True,
    record="incident",
    alerts=("N2I.R03",),
    examples={
        "numero_incident": ("{0}-01", "{0}-02", "{0}-03"),
        "date_incident": ("12/01/{0}", "20/01/{0}", "03/02/{0}"),
        "code_accord": ("A-{1}-07", "", ""),
        "famille_partenaire": ("BS", "AI", "AS"),
        "nature": ("non_respect", "indisponibilite", "autre"),
        "gravite": ("2", "1", "1"),
        "description": (
            "Deux logements réservés n’étaient plus disponibles.",
            "Permanence fermée sans préavis pendant une semaine.",
            "Délais de réponse plus longs que prévu.",
        ),
        "suite_donnee": ("Réunion avec le partenaire.", "Permanence rouverte.", ""),
        "date_cloture": ("15/02/{0}", "27/01/{0}", ""),
    },
    frequent_mistakes={
        "Le nom d’un salarié figure dans la description.": "Décrivez les faits sans personne : le fichier entier "
        "serait détruit.",
    },
)
