"""What reading one cell gives: a value, a problem, or a value with a remark. Messages are French and quote nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rules.messages import say


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a text is not a value of its column. `kind` is stable and groups findings; `message` ends a sentence.

    `blind_hint`: what is said instead among cases, where the hint lets the text be guessed.
    """

    kind: str
    message: str
    hint: str | None = None
    code: str = "G-10"
    blind_hint: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A value that was understood, and that the depositor should know how."""

    kind: str
    message: str
    hint: str | None = None
    code: str = "G-19"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """The outcome: `value` is None when the cell is empty or has a problem."""

    value: Any = None
    problem: Problem | None = None
    notice: Notice | None = None


NOTHING = Parsed()


def problem(kind: str, message: str, hint: str | None = None, *, code: str = "G-10") -> Parsed:
    """A text that is not a value; the words are typeset here."""
    return Parsed(problem=Problem(kind=kind, message=say(message), hint=None if hint is None else say(hint), code=code))


SPREADSHEET_ERRORS = {
    "#DIV/0!": "une division par zéro",
    "#REF!": "une référence à une cellule supprimée",
    "#VALUE!": "un calcul sur un texte",
    "#VALEUR!": "un calcul sur un texte",
    "#NAME?": "un nom de fonction inconnu",
    "#NOM?": "un nom de fonction inconnu",
    "#N/A": "une valeur introuvable",
    "#NUM!": "un calcul impossible",
    "#NOMBRE!": "un calcul impossible",
    "#NULL!": "une plage vide",
    "#NUL!": "une plage vide",
    "#SPILL!": "un résultat qui déborde",
    "#CALC!": "un calcul impossible",
    "#GETTING_DATA": "une donnée en cours de chargement",
}


def spreadsheet_error(text: str) -> Parsed | None:
    """The problem of a cell that shows a spreadsheet's error, or None for any other text."""
    if not text.startswith("#"):
        return None
    if set(text) == {"#"}:
        return problem(
            "hashes",
            "la cellule ne contient que des dièses",
            "Élargissez la colonne dans le tableur, puis enregistrez de nouveau.",
        )
    what = SPREADSHEET_ERRORS.get(text.upper())
    if what is None:
        return None
    return problem(
        "spreadsheet-error",
        f"la cellule affiche une erreur du tableur ({what})",
        "Corrigez la formule, ou remplacez-la par sa valeur, puis enregistrez de nouveau.",
    )
