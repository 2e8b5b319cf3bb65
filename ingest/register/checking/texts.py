"""No text of the register can be taken for a formula, nor hides anything: what is exported opens as it was written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from domain.findings import Finding
from domain.organisations import Adhesion, Contact, Delegation, ObligationRule, Organisation
from ingest.register.checking.findings import on
from ingest.register.snapshot import Snapshot

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def check_texts(snapshot: Snapshot) -> Iterator[Finding]:
    """One finding for each free text that begins like a formula, or holds a character that nobody sees."""
    for line in snapshot.lines():
        for column, text in _texts(line.value).items():
            if text and text.startswith(FORMULA_STARTS):
                yield on(
                    line.place,
                    "ANN.R33",
                    f"« {text} » commence par un signe qu’un tableur prend pour une formule.",
                    column=column,
                    value=text,
                    expected="un texte qui ne commence pas par =, +, - ou @",
                    hint="Retirez ce signe, ou faites-le précéder d’un mot.",
                )

            if text and any(unicodedata.category(character) in _HIDDEN for character in text):
                yield on(
                    line.place,
                    "ANN.R34",
                    f"la colonne « {column} » contient un caractère de commande, invisible.",
                    column=column,
                    expected="un texte lisible",
                    hint="Effacez la cellule, puis saisissez-la de nouveau.",
                )


_HIDDEN = frozenset({"Cc", "Cs"})


def _texts(row: Any) -> dict[str, str | None]:
    match row:
        case Organisation():
            return {"code": row.code, "nom": row.nom}
        case Adhesion():
            return {"code_cil": row.code_cil, "code_plateforme": row.code_plateforme}
        case Delegation():
            return {"code_mandant": row.code_mandant, "code_realisateur": row.code_realisateur}
        case Contact():
            return {"organisation": row.organisation, "nom": row.nom}
        case ObligationRule():
            return {"code": row.code, "collection": row.collection, "motif": row.motif}
        case _:
            return {}
