"""N2A « Informations collectées par dossier traité – CIL-PASS assistance »: yearly, one record a case (S1-14, C5).

The exercices up to 2004 have the 2003 format (S0-22). Its open lists (« liste à établir ») take the codes of 2005.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from schemas.columns import Entier, OuiNon, Texte, code, code_postal, entier, oui_non, plusieurs_codes

CONTRATS: Mapping[str, str] = {
    "1": "CDI",
    "2": "CDD",
    "3": "intérim",
    "4": "autres contrats de travail",
    "9": "sans emploi",
}
SITUATIONS: Mapping[str, str] = {
    "1": "divorce, séparation, décohabitation, ...",
    "2": "fin ou rupture d’un contrat de travail dans les derniers 6 mois",
    "3": "hébergement précaire ou inadapté",
    "4": "sinistre",
    "5": "surendettement",
    "6": "perte de logement",
    "7": "pb de santé",
    "8": "décès",
    "9": "autre",
}
CONTRATS_2003: Mapping[str, str] = {"1": "CDI", "2": "CDD", "3": "intérim", "9": "sans contrat"}
SITUATIONS_2003: Mapping[str, str] = {
    "1": "conflit familial (divorce, séparation, ...)",
    "2": "perte d’emploi",
    "3": "hébergement précaire",
    "4": "sinistre",
    "5": "surendettement",
    "9": "autre",
}
"""The six values of 2003, under the codes that the same things have since 2005 (R B30)."""
NONE_2003 = "AUCUN"
PRODUITS_2003: Mapping[str, str] = {
    NONE_2003: "aucun",
    "SP": "SECURI-PASS",
    "RP": "Renégociation de prêt immobilier",
    "AQ": "Allègement temporaire de quittance",
    "PT": "PASS-TRAVAUX",
    "LP": "LOCA-PASS",
    "PR": "Prêt relais mobilité",
    "RL": "Rachat de logement d’accédant en difficulté",
    "AU": "Autre",
}
PARTENAIRES_2003: Mapping[str, str] = {
    NONE_2003: "aucun",
    "BS": "Bailleurs sociaux",
    "AB": "Autres bailleurs",
    "AS": "Associations",
    "SS": "Services sociaux des collectivités territoriales",
    "PF": "Partenaires financiers",
    "EN": "Entreprises",
    "AI": "Autres Institutionnels",
    "BF": "Banque de France",
    "AU": "Autres",
}


def _service(label: str, *aliases: str) -> Any:
    return oui_non(f"Nature du service apporté\u00a0: {label}", aliases=aliases)


def _produit(label: str, *aliases: str) -> Any:
    return oui_non(f"Produits du 1\u00a0%\u00a0: {label}", aliases=aliases)


def _partenaire(label: str, *aliases: str) -> Any:
    return oui_non(f"Recours à des partenaires\u00a0: {label}", aliases=aliases)


class DossierAssistance(Dossier):
    """One finished case of CIL-PASS assistance."""

    ressources_nettes_mensuelles: Entier = ressources(
        "Du foyer, y compris revenus fonciers et mobiliers, pensions reçues, primes, prestations familiales, déduction "
        "faite des pensions versées."
    )
    nb_personnes_foyer: Entier = personnes()
    nb_revenus_foyer: Entier = revenus()
    age_demandeur: Entier = entier("Age du demandeur", 16, 99, aliases=("Age",))
    type_contrat_travail: Texte = code(
        CONTRATS,
        "Type du contrat de travail du demandeur",
        aliases=("Type du contrat de travail", "Type de contrat de travail", "Contrat de travail", "Type de contrat"),
    )
    csp_demandeur: Texte = code(PCS, "CSP du demandeur", aliases=("CSP",), note="Code INSEE à 1 position (PCS).")
    code_postal_demandeur: Texte = code_postal(
        "Code postal du demandeur", aliases=("Code postal", "CP du demandeur", "CP"), note="Dernier domicile connu."
    )
    type_situation: Texte = code(
        SITUATIONS, "Type de situation", aliases=("Situation", "Type de la situation", "Situation du demandeur")
    )
    diagnostic_prealable: OuiNon = oui_non("Diagnostic préalable")
    svc_solution_logement: OuiNon = _service("Solution logement", "Solution logement")
    svc_solution_logement_temporaire: OuiNon = _service("Solution logement temporaire", "Solution logement temporaire")
    svc_diagnostic_complementaire: OuiNon = _service("Diagnostic complémentaire", "Diagnostic complémentaire")
    svc_accompagnement_social: OuiNon = _service("Accompagnement social", "Accompagnement social")
    svc_aides_financieres: OuiNon = _service(
        "Aides financières (1 % ou externes)", "Aides financières (1 % ou externes)", "Aides financières"
    )
    svc_autre: OuiNon = _service("Autre", "Autre service")
    prod_securi_pass: OuiNon = _produit("SECURI-PASS", "SECURI-PASS", "SECURIPASS")
    prod_renegociation_pret: OuiNon = _produit(
        "Renégociation de prêt immobilier", "Renégociation de prêt immobilier", "Renégociation de prêt"
    )
    prod_allegement_quittance: OuiNon = _produit(
        "Allègement temporaire de quittance", "Allègement temporaire de quittance", "Allègement de quittance"
    )
    prod_pass_travaux: OuiNon = _produit("PASS-TRAVAUX", "PASS-TRAVAUX", "PASSTRAVAUX")
    prod_loca_pass: OuiNon = _produit("LOCA-PASS", "LOCA-PASS", "LOCAPASS")
    prod_pret_relais_mobilite: OuiNon = _produit("Prêt relais mobilité", "Prêt relais mobilité")
    prod_rachat_logement: OuiNon = _produit(
        "Rachat de logement d’accédant en difficulté",
        "Rachat de logement d’accédant en difficulté",
        "Rachat de logement",
    )
    prod_autre: OuiNon = _produit("Autre", "Autre produit du 1\u00a0%", "Autre produit")
    part_bailleurs_sociaux: OuiNon = _partenaire("Bailleurs sociaux", "Bailleurs sociaux")
    part_autres_bailleurs: OuiNon = _partenaire("Autres bailleurs", "Autres bailleurs")
    part_associations: OuiNon = _partenaire("Associations", "Associations")
    part_services_sociaux_ct: OuiNon = _partenaire(
        "Services sociaux des collectivités territoriales",
        "Services sociaux des collectivités territoriales",
        "Services sociaux",
    )
    part_partenaires_financiers: OuiNon = _partenaire("Partenaires financiers", "Partenaires financiers")
    part_entreprises: OuiNon = _partenaire("Entreprises", "Entreprises")
    part_autres_institutionnels: OuiNon = _partenaire("Autres Institutionnels", "Autres Institutionnels")
    part_banque_de_france: OuiNon = _partenaire("Banque de France", "Banque de France")
    part_autres: OuiNon = _partenaire("Autres", "Autres partenaires")


class DossierAssistance2003(Dossier):
    """The same, as the 2003 scheme asks for it: about the « chef de famille », without a place (S0-22)."""

    ressources_nettes_mensuelles: Entier = ressources(
        "Du foyer, y compris revenus fonciers, pensions, primes, allocations familiales, APL..."
    )
    nb_personnes_foyer: Entier = personnes()
    nb_revenus_foyer: Entier = revenus()
    age_chef_famille: Entier = entier("Age du chef de famille", 16, 99, aliases=("Age",))
    type_contrat_chef_famille: Texte = code(
        CONTRATS_2003,
        "Type du contrat de travail",
        aliases=("Type du contrat de travail du chef de famille", "Type de contrat de travail", "Contrat de travail"),
        note="Du chef de famille.",
    )
    csp_chef_famille: Texte = code(
        PCS, "CSP du chef de famille", aliases=("CSP",), note="Code INSEE à 1 position (PCS)."
    )
    type_situation: Texte = code(
        SITUATIONS_2003, "Type de situation", aliases=("Situation", "Type de la situation", "Situation du demandeur")
    )
    diagnostic_prealable: OuiNon = oui_non("Diagnostic préalable")
    diagnostic_complementaire: OuiNon = oui_non("Diagnostic complémentaire")
    produits_1pct: Texte = plusieurs_codes(
        PRODUITS_2003,
        "Produits du 1\u00a0%",
        aliases=("Produits du 1 pour cent",),
        note="AUCUN quand il n’y en a pas.",
    )
    partenaires: Texte = plusieurs_codes(
        PARTENAIRES_2003, "Recours à des partenaires", aliases=("Partenaires",), note="AUCUN quand il n’y en a pas."
    )
    duree_accompagnement_mois: Entier = entier(
        "Durée de l’accompagnement (en mois)",
        0,
        60,
        unit="mois",
        aliases=("Durée de l’accompagnement", "Durée accompagnement"),
    )


COLLECTION = Collection(
    code="N2A",
    slug="dossiers_assistance",
    label="Dossiers traités du CIL-PASS assistance",
    title="Informations collectées par dossier traité – CIL-PASS assistance",
    model=DossierAssistance,
    former=(FormerFormat(until=LAST_YEAR_OF_2003, model=DossierAssistance2003, label=FORMAT_2003),),
    periodicity=Periodicity.YEAR,
    due_days=45,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
    tolerance=0.10,
    cases=True,
    record="dossier terminé au cours de l’exercice (préconisations mises en œuvre, y compris celles qui résultent des "
    "diagnostics complémentaires)",
    parameters={
        "ressources_maximum": 15_000,
        "personnes_maximum": 12,
        "age_maximum": 70,
        "part_autre_situation": 0.30,
        "lignes_identiques": 2,
        "ecart_trimestres": 0.20,
    },
    examples={
        "ressources_nettes_mensuelles": ("1450", "980", "2100"),
        "nb_personnes_foyer": ("4", "1", "3"),
        "nb_revenus_foyer": ("1", "1", "2"),
        "age_demandeur": ("34", "27", "45"),
        "type_contrat_travail": ("1", "9", "2"),
        "csp_demandeur": ("6", "5", "4"),
        "code_postal_demandeur": ("08000", "20090", "44100"),
        "type_situation": ("1", "3", "5"),
        "diagnostic_prealable": ("O", "O", "O"),
        "svc_solution_logement": ("O", "N", "N"),
        "svc_solution_logement_temporaire": ("N", "O", "N"),
        "svc_diagnostic_complementaire": ("N", "O", "N"),
        "svc_accompagnement_social": ("N", "N", "N"),
        "svc_aides_financieres": ("O", "N", "O"),
        "svc_autre": ("N", "N", "N"),
        "prod_securi_pass": ("N", "N", "O"),
        "prod_renegociation_pret": ("N", "N", "N"),
        "prod_allegement_quittance": ("N", "N", "N"),
        "prod_pass_travaux": ("N", "N", "N"),
        "prod_loca_pass": ("O", "N", "N"),
        "prod_pret_relais_mobilite": ("N", "N", "N"),
        "prod_rachat_logement": ("N", "N", "N"),
        "prod_autre": ("N", "N", "N"),
        "part_bailleurs_sociaux": ("O", "N", "N"),
        "part_autres_bailleurs": ("N", "N", "N"),
        "part_associations": ("N", "O", "N"),
        "part_services_sociaux_ct": ("N", "N", "N"),
        "part_partenaires_financiers": ("N", "N", "N"),
        "part_entreprises": ("N", "N", "N"),
        "part_autres_institutionnels": ("N", "N", "N"),
        "part_banque_de_france": ("N", "N", "O"),
        "part_autres": ("N", "N", "N"),
    },
    frequent_mistakes={
        **MISTAKES,
        "Un dossier dont la solution est un plan d’apurement est donné.": "Retirez-le : les plans d’apurement des "
        "remboursements de prêts 1 % ou de LOCA-PASS ne font pas partie du périmètre.",
    },
)
