"""N1M « Suivi de l’activité du CIL-PASS mobilité »: quarterly, one record a CIL/CCI (S1-8, S1-9, C2)."""

from __future__ import annotations

from domain.organisations import OrganisationType, Service
from domain.periods import Periodicity
from schemas.cil_pass.quarterly import LigneTrimestrielle
from schemas.collection import Collection
from schemas.columns import Compte, Montant, Texte, compte, membre, montant
from schemas.history import History


class SuiviMobilite(LigneTrimestrielle):
    """One CIL/CCI that initiates the contract, for one quarter."""

    code_cil: Texte = membre(
        "CIL/CCI qui réalise le service",
        name_column="nom_cil",
        aliases=("Code CIL", "Code CIL/CCI", "Code CCI"),
        note="Opérations réalisées via une filiale titre V, sous-traitées ou non. Le CIL/CCI est celui qui initie le "
        "contrat.",
    )
    dossiers_individuels: Compte = compte(
        "Nb de dossiers individuels",
        aliases=("Nombre de dossiers individuels", "Dossiers individuels"),
        note="Nombre d’opérations abouties, facturées par la filiale titre V, sous-traitées ou non, et ne concernant "
        "que la prestation CIL-PASS mobilité.",
    )
    entreprises_concernees: Compte = compte(
        "Nb d’entreprises concernées",
        aliases=("Nombre d’entreprises concernées", "Entreprises concernées"),
        note="Nombre d’entreprises assujetties concernées par les dossiers aboutis.",
    )
    montant_facture_ht: Montant = montant(
        12,
        2,
        "Montant facturé HT en €",
        aliases=(
            "Montant facturé HT",
            "Montant facturé",
            "Montant HT",
            "Montant facturé HT (€)",
            "Montant facturé HT en euros",
        ),
        note="Montant hors taxes des opérations abouties, facturées par la filiale titre V, sous-traitées ou non, "
        "et ne concernant que la prestation CIL-PASS mobilité.",
    )


COLLECTION = Collection(
    code="N1M",
    slug="mobilite_trimestrielle",
    label="Suivi de l’activité du CIL-PASS mobilité",
    title="Suivi de l’activité du CIL-PASS mobilité – trimestre",
    model=SuiviMobilite,
    periodicity=Periodicity.QUARTER,
    due_days=30,
    senders=frozenset({OrganisationType.PF}),
    service=Service.MOB,
    tolerance=0.50,
    expected_lines=True,
    total_labels=("Total service CIL-PASS mobilité", "Total CIL-PASS mobilité"),
    parameters={"cout_moyen_minimum": 100, "cout_moyen_maximum": 10_000, "cout_moyen_ecart": 0.5},
    history=History(paid_cases={"montant_facture_ht": "dossiers_individuels"}),
    frequent_mistakes={
        "Le montant est toutes taxes comprises.": "Donnez le montant hors taxes.",
        "Des dossiers aboutis mais pas encore facturés sont comptés.": "Comptez le dossier, son entreprise et son "
        "montant le trimestre où la filiale titre V l'a facturé.",
        "Toutes les entreprises sont comptées.": "Ne comptez que les entreprises assujetties.",
    },
)
