"""What the two collections of cases have in common: anonymous, one record a finished case (S1-14 to S1-17, C5, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandera.pandas as pa

from domain.periods import Period
from schemas.columns import Entier, Texte, annee, entier, membre, plateforme

FORMAT_2003 = "format de 2003"
LAST_YEAR_OF_2003 = Period(2004)
"""The exercices up to this one are written in the 2003 format (S1, reading j)."""

RANK = "1, 2, 3… Ce n’est pas votre numéro de dossier, car le fichier est anonyme."
MEMBER = "Le CIL/CCI qui a réalisé le service. Il adhère à la Plate-forme au 31 décembre."


class Dossier(pa.DataFrameModel):
    """One finished case: whose, and the household."""

    code_plateforme: Texte = plateforme()
    exercice: Entier = annee("Exercice")
    numero_ordre: Entier = entier(
        "N° d’ordre",
        1,
        999_999_999,
        aliases=("Numéro d’ordre", "N° ordre", "Ordre", "Rang"),
        key=True,
        note=RANK,
    )
    code_cil: Texte = membre(
        "CIL/CCI",
        aliases=("Code CIL", "Code CIL/CCI", "Code CCI", "CIL/CCI qui réalise le service", "CIL ou CCI"),
        key=False,
        note=MEMBER,
    )


FOYER_MAXIMUM = 20
REVENUS_MAXIMUM = 10
RESSOURCES_MAXIMUM = 1_000_000


def ressources(note: str) -> Any:
    """Net monthly resources of the household, in euros; `note`: what counts, which differs by service and year."""
    return entier(
        "Ressources nettes mensuelles moyennes",
        0,
        RESSOURCES_MAXIMUM,
        unit="€",
        aliases=(
            "Ressources nettes mensuelles",
            "Ressources mensuelles nettes",
            "Ressources nettes mensuelles moyennes du foyer",
            "Ressources",
        ),
        note=f"En euros, sans centimes. {note}",
    )


def personnes() -> Any:
    """Persons of the household."""
    return entier(
        "Nb de personnes au foyer",
        1,
        FOYER_MAXIMUM,
        aliases=("Nombre de personnes au foyer", "Personnes au foyer", "Nb personnes au foyer", "Nb de personnes"),
    )


def revenus() -> Any:
    """Persons of the household who have an income (S1, reading g)."""
    return entier(
        "Nb de revenus au foyer",
        0,
        REVENUS_MAXIMUM,
        aliases=("Nombre de revenus au foyer", "Revenus au foyer", "Nb revenus au foyer", "Nb de revenus"),
        note="Nombre de personnes du foyer qui ont un revenu.",
    )


MISTAKES: Mapping[str, str] = {
    "Le numéro d’ordre est celui du dossier dans votre logiciel.": "Numérotez les lignes 1, 2, 3… : le fichier doit "
    "rester anonyme.",
    "Une colonne dit le nom, l’adresse, la date de naissance ou l’employeur.": "Retirez-la : le fichier serait "
    "détruit.",
    "Une prestation qui n’a pas eu lieu est laissée vide.": "Écrivez N (non). Une case vide n’est pas un non.",
    "Des dossiers en cours sont comptés.": "Ne donnez que les dossiers terminés au cours de l’exercice.",
}
"""For the guide: what people get wrong with cases."""
