"""N2M « Informations collectées par dossier traité – CIL-PASS mobilité »: yearly, one record a case (S1-17, C6).

The exercices up to 2004 have the 2003 format (S0-23), which says neither from where nor to where.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.organisations import OrganisationType, Service
from domain.periods import Periodicity
from schemas.cil_pass.cases import (
    FORMAT_2003,
    LAST_YEAR_OF_2003,
    MISTAKES,
    Dossier,
    personnes,
    ressources,
    revenus,
)
from schemas.codes import PCS
from schemas.collection import Collection, FormerFormat
from schemas.columns import Entier, OuiNon, Texte, code, code_postal, entier, oui_non, texte

MUTATIONS: Mapping[str, str] = {"1": "interne", "2": "embauche"}
MODALITES_2003: Mapping[str, str] = {"1": "individuelle", "2": "collective"}

_PLACE = "Code postal, ou code du département. En métropole ou dans un DOM."
_MOBILI_PASS = ("MOBILI-PASS", "MOBILIPASS", "Aide MOBILIPASS")


class _DossierMobilite(Dossier):
    """What both formats ask for."""

    ressources_nettes_mensuelles: Entier = ressources(
        "Du foyer, y compris revenus fonciers, pensions, primes, allocations familiales, APL..."
    )
    nb_personnes_foyer: Entier = personnes()
    nb_revenus_foyer: Entier = revenus()
    age_salarie: Entier = entier("Age du salarié en mobilité", 16, 75, aliases=("Age du salarié", "Age"))
    csp_salarie: Texte = code(
        PCS, "CSP du salarié en mobilité", aliases=("CSP du salarié", "CSP"), note="Code INSEE à 1 position (PCS)."
    )


class DossierMobilite(_DossierMobilite):
    """One finished case of CIL-PASS mobilité."""

    code_postal_depart: Texte = code_postal(
        "Département de départ",
        departement=True,
        aliases=("Code postal de départ", "Code postal départ", "Département départ", "Départ"),
        note=_PLACE,
    )
    code_postal_arrivee: Texte = code_postal(
        "Département d’arrivée",
        departement=True,
        aliases=("Code postal d’arrivée", "Code postal arrivée", "Département arrivée", "Arrivée"),
        note=_PLACE,
    )
    nature_mutation: Texte = code(MUTATIONS, "Nature de la mutation", aliases=("Nature de mutation", "Mutation"))
    entretien_individuel: OuiNon = oui_non(
        "Entretien individuel avec la famille", aliases=("Entretien individuel", "Entretien")
    )
    recherche_accession: OuiNon = oui_non(
        "Recherche du logement\u00a0: accession",
        aliases=("Accession", "Recherche de logement : accession", "Recherche accession"),
    )
    recherche_locatif: OuiNon = oui_non(
        "Recherche du logement\u00a0: locatif",
        aliases=("Locatif", "Recherche de logement : locatif", "Recherche locatif"),
    )
    accompagnement_individuel: OuiNon = oui_non(
        "Accompagnement individuel de la famille", aliases=("Accompagnement individuel", "Accompagnement")
    )
    mise_en_service: OuiNon = oui_non("Mise en service du logement", aliases=("Mise en service",))
    prestation_hors_charte: OuiNon = oui_non(
        "Prestation(s) éventuelle(s) hors Charte",
        aliases=("Prestation hors Charte", "Prestations hors Charte", "Prestations éventuelles hors Charte"),
    )
    aide_mobili_pass: OuiNon = oui_non("Aide MOBILI-PASS", aliases=_MOBILI_PASS)
    pret_relais_mobilite: OuiNon = oui_non("Prêt relais mobilité", aliases=("Prêt relais",))
    autre_produit_1pct: OuiNon = oui_non("Autre produit du 1\u00a0%", aliases=("Autre produit",))


class DossierMobilite2003(_DossierMobilite):
    """The same, as the 2003 scheme asks for it (S0-23)."""

    nature_mutation: Texte = code(MUTATIONS, "Nature de la mutation", aliases=("Nature de mutation", "Mutation"))
    modalite_mobilite: Texte = code(MODALITES_2003, "Modalité de la mobilité", aliases=("Modalité",))
    entretien_individuel: OuiNon = oui_non(
        "Entretien individuel avec la famille", aliases=("Entretien individuel", "Entretien")
    )
    recherche_logement: OuiNon = oui_non("Recherche du logement", aliases=("Recherche de logement", "Recherche"))
    mise_en_service: OuiNon = oui_non("Mise en service du logement", aliases=("Mise en service",))
    code_prestation_hors_charte: Texte = texte(
        "Prestation éventuelle hors Charte",
        aliases=("Prestation hors Charte", "prestation_hors_charte"),
        required=False,
        max_length=5,
        pattern=r"[A-Za-z0-9]{1,5}",
        note="Un code de cinq lettres ou chiffres au plus ; vide quand il n’y en a pas.",
    )
    aide_mobili_pass: OuiNon = oui_non("Aide MOBILI-PASS", aliases=_MOBILI_PASS)
    pret_relais_mobilite: OuiNon = oui_non("Prêt relais mobilité", aliases=("Prêt relais",))
    autre_produit_1pct: OuiNon = oui_non("Autre produit du 1\u00a0%", aliases=("Autre produit",))


COLLECTION = Collection(
    code="N2M",
    slug="dossiers_mobilite",
    label="Dossiers traités du CIL-PASS mobilité",
    title="Informations collectées par dossier traité – CIL-PASS mobilité",
    model=DossierMobilite,
    former=(FormerFormat(until=LAST_YEAR_OF_2003, model=DossierMobilite2003, label=FORMAT_2003),),
    periodicity=Periodicity.YEAR,
    due_days=45,
    senders=frozenset({OrganisationType.PF}),
    service=Service.MOB,
    tolerance=0.10,
    cases=True,
    record="dossier terminé au cours de l’exercice",
    parameters={
        "ressources_maximum": 15_000,
        "personnes_maximum": 12,
        "age_maximum": 67,
        "lignes_identiques": 2,
        "ecart_trimestres": 0.20,
    },
    examples={
        "ressources_nettes_mensuelles": ("2850", "1640", "3900"),
        "nb_personnes_foyer": ("4", "1", "2"),
        "nb_revenus_foyer": ("2", "1", "2"),
        "age_salarie": ("38", "26", "51"),
        "csp_salarie": ("4", "6", "3"),
        "code_postal_depart": ("59000", "2A", "44100"),
        "code_postal_arrivee": ("08000", "20200", "974"),
        "nature_mutation": ("1", "2", "1"),
        "entretien_individuel": ("O", "O", "O"),
        "recherche_accession": ("O", "N", "N"),
        "recherche_locatif": ("N", "O", "O"),
        "accompagnement_individuel": ("O", "N", "N"),
        "mise_en_service": ("N", "O", "O"),
        "prestation_hors_charte": ("N", "N", "N"),
        "aide_mobili_pass": ("O", "O", "N"),
        "pret_relais_mobilite": ("N", "N", "O"),
        "autre_produit_1pct": ("N", "N", "N"),
    },
    frequent_mistakes=MISTAKES,
)
