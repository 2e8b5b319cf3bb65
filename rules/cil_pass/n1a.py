"""Rules of N1A « Suivi de l’activité du CIL-PASS assistance » (C1, corrected by contract §6).

Engagements against diagnostics belong to four quarters, never to one: a rule of the history, not of this file.
"""

from __future__ import annotations

from domain.findings import Severity
from rules.cil_pass.quarterly import shared_rules
from rules.predicates import at_most
from rules.ratios import within_over
from rules.rule import RuleSet
from schemas.cil_pass.n1a import COLLECTION

RULES = RuleSet(
    collection="N1A",
    rules=(
        *shared_rules("N1A"),
        at_most(
            "N1A.R08",
            Severity.WARNING,
            "diagnostics_complementaires",
            "diagnostics_prealables",
            sentence="Les diagnostics complémentaires ne dépassent pas les diagnostics préalables.",
            message="Il y a plus de diagnostics complémentaires ({diagnostics_complementaires}) que de diagnostics "
            "préalables "
            "({diagnostics_prealables}).",
            hint="Vérifiez que les deux chiffres n'ont pas été inversés ; sinon, rien à faire.",
        ),
        within_over(
            "N1A.R10",
            part="engagements_reciproques",
            whole="diagnostics_prealables",
            periods=int(COLLECTION.parameters["engagements_trimestres"]),
            margin=COLLECTION.parameters["engagements_marge"],
            sentence="Sur quatre trimestres, les engagements réciproques ne dépassent pas les diagnostics préalables.",
            message="Sur les quatre derniers trimestres, il y a plus d'engagements réciproques ({part}) que de "
            "diagnostics préalables ({whole}).",
            hint="Un engagement réciproque s'appuie sur un diagnostic préalable.",
        ),
    ),
)
