"""What the yearly lists have in common: who declares, for which exercice, about which CIL/CCI (C4, C7, C8, C9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.columns import texte

CIL_ALIASES = ("Code CIL", "Code CIL/CCI", "Code CCI", "CIL/CCI qui réalise le service")
FAMILLES: Mapping[str, str] = {
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
"""The families of partners: those of « Recours à des partenaires » (S1-14, C5)."""


def nom_du_cil() -> Any:
    """`nom_cil`: the registered name, which may stand in for the code."""
    return texte(
        "Nom du CIL/CCI",
        aliases=("Nom du CIL", "Nom CIL/CCI", "Nom CIL", "CIL ou CCI"),
        required=False,
        optional=True,
        register="nom",
    )
