"""What the two quarterly matrices have in common: who, where and when (C1, C2)."""

from __future__ import annotations

import pandera.pandas as pa

from schemas.codes import DEPARTEMENTS
from schemas.columns import Entier, Texte, annee, code, membre, plateforme, texte, trimestre


class LigneTrimestrielle(pa.DataFrameModel):
    """One CIL/CCI, for one quarter and one service."""

    code_plateforme: Texte = plateforme()
    annee: Entier = annee()
    trimestre: Entier = trimestre()
    departement: Texte = code(
        DEPARTEMENTS,
        "Dpt.",
        aliases=("Dépt.", "Dép.", "Département", "Code département"),
        width=2,
        required=False,
        optional=True,
        register="departement",
    )
    code_cil: Texte = membre(
        "CIL/CCI qui réalise le service",
        name_column="nom_cil",
        aliases=("Code CIL", "Code CIL/CCI", "Code CCI"),
    )
    nom_cil: Texte = texte(
        "CIL/CCI",
        aliases=("Nom du CIL", "Nom du CIL/CCI", "Nom CIL/CCI", "CIL ou CCI"),
        required=False,
        optional=True,
        register="nom",
    )
