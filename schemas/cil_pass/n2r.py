"""N2R « Rapport annuel d’activité »: yearly, on UESL’s request, one record a CIL/CCI and service (Charte §5, C8).

Both services share the table: on each line the columns of the other service stay empty.
"""

from __future__ import annotations

import pandera.pandas as pa

from domain.organisations import OrganisationType
from domain.periods import Periodicity
from schemas.cil_pass.yearly import CIL_ALIASES, nom_du_cil
from schemas.collection import Collection
from schemas.columns import Compte, Entier, Montant, Texte, annee, compte, membre, montant, plateforme, service

ASSISTANCE, MOBILITE = ("service", ("ASA",)), ("service", ("MOB",))


class RapportActivite(pa.DataFrameModel):
    """One CIL/CCI, for one service."""

    code_plateforme: Texte = plateforme()
    exercice: Entier = annee("Exercice")
    code_cil: Texte = membre("CIL/CCI", name_column="nom_cil", aliases=CIL_ALIASES)
    nom_cil: Texte = nom_du_cil()
    service: Texte = service()
    nb_contacts_visite: Compte = compte("Nb de contacts salariés : visite", aliases=("Contacts par visite", "Visites"))
    nb_contacts_telephone: Compte = compte(
        "Nb de contacts salariés : téléphone", aliases=("Contacts par téléphone", "Appels téléphoniques")
    )
    nb_contacts_courrier: Compte = compte(
        "Nb de contacts salariés : courrier", aliases=("Contacts par courrier", "Courriers")
    )
    nb_contacts_courriel: Compte = compte(
        "Nb de contacts salariés : courriel", aliases=("Contacts par courriel", "Contacts par e-mail")
    )
    nb_contacts_autre: Compte = compte(
        "Nb de contacts salariés : autre", aliases=("Contacts autres", "Autres contacts", "Contacts par un autre moyen")
    )
    nb_contacts_total: Compte = compte(
        "Nb de contacts salariés : total",
        aliases=("Nb de contacts salariés", "Contacts : total", "Total des contacts"),
        note="La somme des cinq colonnes précédentes.",
    )
    nb_relations_contractualisees: Compte = compte(
        "Nb de relations contractualisées", aliases=("Relations contractualisées",), when=ASSISTANCE
    )
    nb_cas_satisfaction: Compte = compte(
        "Nb de cas traités à la satisfaction du salarié", aliases=("Cas traités à la satisfaction",), when=ASSISTANCE
    )
    nb_cas_enquetes: Compte = compte(
        "Nb de cas enquêtés", aliases=("Cas enquêtés",), when=ASSISTANCE, note="Les cas sur lesquels porte l’enquête."
    )
    nb_entreprises_touchees: Compte = compte("Nb d’entreprises touchées", aliases=("Entreprises touchées",))
    nb_partenaires_contactes: Compte = compte(
        "Nb de sous-traitants ou partenaires contactés", aliases=("Partenaires contactés",), when=ASSISTANCE
    )
    nb_dossiers_sous_traitants: Compte = compte(
        "Nb de dossiers menés à bonne fin par les sous-traitants",
        aliases=("Dossiers menés à bonne fin par les sous-traitants", "Dossiers des sous-traitants"),
        when=ASSISTANCE,
    )
    nb_missions_realisees: Compte = compte("Nb de missions réalisées", aliases=("Missions réalisées",), when=MOBILITE)
    chiffre_affaires_ht: Montant = montant(
        12, 2, "Chiffre d’affaires HT", aliases=("Chiffre d’affaires", "Chiffre d’affaires HT en €"), when=MOBILITE
    )
    nb_accords_partenariats: Compte = compte(
        "Nb d’accords de partenariats",
        aliases=("Accords de partenariats", "Nb d’accords de partenariat"),
        when=MOBILITE,
    )


COLLECTION = Collection(
    code="N2R",
    slug="rapport_activite",
    label="Rapport annuel d’activité",
    title="Rapport annuel d’activité CIL-PASS – exercice",
    model=RapportActivite,
    periodicity=Periodicity.YEAR,
    due_days=None,
    senders=frozenset({OrganisationType.PF}),
    tolerance=0,
    expected_lines=True,
    record="CIL/CCI et service",
    total_labels=("Total Plate-Forme", "Total de la Plate-Forme"),
    parameters={"ecart_chiffre_affaires": 0.01},
    examples={
        "nb_contacts_visite": ("120", "45", "0"),
        "nb_contacts_telephone": ("310", "96", "0"),
        "nb_contacts_courrier": ("42", "8", "0"),
        "nb_contacts_courriel": ("25", "12", "0"),
        "nb_contacts_autre": ("3", "0", "0"),
        "nb_contacts_total": ("500", "161", "0"),
        "nb_relations_contractualisees": ("38", "14", "0"),
        "nb_cas_satisfaction": ("51", "19", "0"),
        "nb_cas_enquetes": ("60", "25", "0"),
        "nb_entreprises_touchees": ("74", "22", "0"),
        "nb_partenaires_contactes": ("16", "7", "0"),
        "nb_dossiers_sous_traitants": ("9", "2", "0"),
        "nb_missions_realisees": ("87", "31", "0"),
        "chiffre_affaires_ht": ("104400,00", "37975,50", "0,00"),
        "nb_accords_partenariats": ("5", "2", "0"),
    },
    frequent_mistakes={
        "Les colonnes de l’autre service sont remplies de zéros.": "Laissez-les vides : elles ne concernent pas la "
        "ligne.",
    },
)
