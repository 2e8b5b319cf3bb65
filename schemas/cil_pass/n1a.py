"""N1A « Suivi de l’activité du CIL-PASS assistance »: quarterly, one record a CIL/CCI (S1-6, S1-7, C1)."""

from __future__ import annotations

from domain.organisations import OrganisationType, Service
from domain.periods import Periodicity
from schemas.cil_pass.quarterly import LigneTrimestrielle
from schemas.collection import Collection
from schemas.columns import Compte, compte
from schemas.history import History


class SuiviAssistance(LigneTrimestrielle):
    """One CIL/CCI that performs the service, for one quarter."""

    diagnostics_prealables: Compte = compte(
        "Nb de diagnostics préalables",
        aliases=("Nombre de diagnostics préalables", "Diagnostics préalables"),
        note="Sont comptés les diagnostics que le CIL/CCI considère comme terminés (préconisations formulées et "
        "communiquées au salarié), quel que soit le nombre de contacts et d’entretiens qui ont été nécessaires.",
    )
    engagements_reciproques: Compte = compte(
        "Nb d’engagements réciproques",
        aliases=("Nombre d’engagements réciproques", "Engagements réciproques", "Nb d’engagements réiproques"),
        note="Sont comptés les engagements réciproques signés des deux parties (CIL/CCI et salarié).",
    )
    diagnostics_complementaires: Compte = compte(
        "Nb de diagnostics complémentaires",
        aliases=("Nombre de diagnostics complémentaires", "Diagnostics complémentaires"),
        note="Sont comptés les diagnostics complémentaires demandés à des structures spécialisées.",
    )


COLLECTION = Collection(
    code="N1A",
    slug="assistance_trimestrielle",
    label="Suivi de l’activité du CIL-PASS assistance",
    title="Suivi de l’activité du CIL-PASS assistance – trimestre",
    model=SuiviAssistance,
    periodicity=Periodicity.QUARTER,
    due_days=30,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
    tolerance=0.50,
    expected_lines=True,
    total_labels=("Total service CIL-PASS assistance", "Total CIL-PASS assistance"),
    parameters={"engagements_trimestres": 4, "engagements_marge": 2},
    history=History(),
    frequent_mistakes={
        "Des diagnostics en cours sont comptés.": "Ne comptez que les diagnostics terminés dans le trimestre, "
        "préconisations communiquées au salarié. Les autres compteront le trimestre où ils se terminent.",
        "Des engagements envoyés au salarié mais pas revenus signés sont comptés.": "Ne comptez que ceux que les deux "
        "parties ont signés.",
    },
)
