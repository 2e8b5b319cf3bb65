"""What must be true of the workbook of decisions: one code and one French sentence a check."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.messages import typeset

_CODES = (f"DECISIONS.R{number:02}" for number in range(1, 10))
FILLED, UNUSED, WHO, WHAT, OWED, UNTIL, DEPOSIT, ANOMALY, AGREES = _CODES
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        code: typeset(sentence)
        for code, sentence in {
            FILLED: "Chaque décision dit ce qu'il lui faut : le compte, la collecte et la période (et le jour pour "
            "« prolonger »), le dépôt, ou l'anomalie.",
            UNUSED: "Ce qui ne sert pas à la décision reste vide.",
            WHO: "Le compte, ou le code de l'organisme, est à l'annuaire ; ALL désigne tout le monde.",
            WHAT: "La collecte existe, et la période est l'une des siennes.",
            OWED: "Ce que l'on prolonge ou dont on dispense est encore dû.",
            UNTIL: "Le délai accordé est à venir, et plus tard que l'échéance en vigueur.",
            DEPOSIT: "Le dépôt que l'on retire existe, et il est en vigueur.",
            ANOMALY: "L'anomalie à laquelle on répond existe, et elle attend une réponse.",
            AGREES: "Ce qui est écrit à côté d'un dépôt ou d'une anomalie s'accorde avec lui.",
        }.items()
    }
)
"""Errors: nothing is applied unless the whole file is right."""
TAKEN, KNOWN = "DECISIONS.R40", "DECISIONS.R41"
"""Remarks: what is decided; what was decided before."""
REMARKS: Mapping[str, str] = MappingProxyType(
    {
        TAKEN: typeset("Ce que la décision change est dit."),
        KNOWN: typeset("Une décision déjà prise n'est pas prise deux fois."),
    }
)
