"""What an annotated copy says of itself: its comments, what it could not keep, and why it is a plain copy."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Final

from rendering.french import count, number, say, typeset

AUTHOR: Final = "Guichet"
_OPENING: Final = "Guichet :\n"
_OURS: Final = re.compile(r"(?:\A|\n)Guichet :\r?\n.*", re.DOTALL)
_COMMENT_WIDTH: Final = 330
_CHARS_PER_LINE: Final = 48
_LINE_PIXELS: Final = 17
_TALLEST: Final = 420


def with_ours(theirs: str, ours: str) -> str:
    """A comment: theirs first, if there is one."""
    kept = without_ours(theirs)
    return f"{kept}\n{_OPENING}{ours}" if kept else f"{_OPENING}{ours}"


def without_ours(text: str) -> str:
    """The comment without what an earlier annotated copy added; empty when all of it was ours."""
    return _OURS.sub("", text)


def size(text: str) -> tuple[int, int]:
    """Width and height in pixels, so that the text shows whole."""
    lines = sum(max(1, math.ceil(len(line) / _CHARS_PER_LINE)) for line in text.split("\n"))
    return _COMMENT_WIDTH, min(_TALLEST, (lines + 1) * _LINE_PIXELS)


class Loss(StrEnum):
    """What the library cannot keep in a workbook that it opens and saves."""

    MACROS = "macros"
    IMAGES = "images"
    SHAPES = "shapes"
    CONTROLS = "controls"
    OBJECTS = "objects"
    SLICERS = "slicers"
    SPARKLINES = "sparklines"
    NEW_VALIDATIONS = "new_validations"
    NEW_FORMATS = "new_formats"
    THREADS = "threads"
    CHART_LOOKS = "chart_looks"
    SIGNATURE = "signature"
    CONNECTIONS = "connections"
    RESULTS = "results"


_LOSSES: Final = {
    Loss.MACROS: "les macros",
    Loss.IMAGES: "les images et les logos",
    Loss.SHAPES: "les formes dessinées et les zones de texte",
    Loss.CONTROLS: "les boutons et les cases à cocher",
    Loss.OBJECTS: "les objets incorporés (documents, équations…)",
    Loss.SLICERS: "les segments et les frises chronologiques",
    Loss.SPARKLINES: "les petits graphiques dans les cellules",
    Loss.NEW_VALIDATIONS: "les listes déroulantes qui prennent leurs valeurs dans une autre feuille",
    Loss.NEW_FORMATS: "certaines mises en forme conditionnelles (barres, icônes, références à une autre feuille)",
    Loss.THREADS: "les fils de discussion (leur texte reste, en commentaire simple)",
    Loss.CHART_LOOKS: "une partie de la mise en forme des graphiques",
    Loss.SIGNATURE: "la signature électronique",
    Loss.CONNECTIONS: "les connexions à d'autres sources de données",
    Loss.RESULTS: "le résultat de certaines formules, qui sera recalculé à l'ouverture",
}


def loss(kind: Loss) -> str:
    """The loss in words."""
    return typeset(_LOSSES[kind])


def few_comments(kept: int) -> str:
    """Beyond the bound on comments."""
    return say(
        "un commentaire dans chaque cellule en cause : seules les {kept} premières en ont un ; les autres sont "
        "colorées et la colonne « guichet_messages » dit pourquoi",
        kept=number(kept),
    )


class WhyPlain(StrEnum):
    """Why a copy holds the values only."""

    FORMAT = "format"
    SIZE = "size"
    LIBRARY = "library"
    LIMITS = "limits"


_OLD_FORMATS: Final = {
    "ods": "d'un classeur OpenDocument, seules les valeurs sont reprises",
    "xls": "d'un classeur à l'ancien format XLS, seules les valeurs sont reprises",
}


def why_plain(why: WhyPlain, file_format: str, limit: int) -> str:
    """The sentence on what a plain copy left out, and why; empty for a CSV, which had nothing but its values."""
    if file_format == "csv":
        return ""
    reasons = {
        WhyPlain.FORMAT: _OLD_FORMATS.get(file_format, "seules les valeurs sont reprises"),
        WhyPlain.SIZE: f"au-delà de {count(limit, 'cellule')}, seules les valeurs sont reprises",
        WhyPlain.LIBRARY: "nous n'avons pas pu rouvrir ce classeur pour y écrire, seules les valeurs sont reprises",
        WhyPlain.LIMITS: "ce classeur est trop lourd pour être repris tel quel, seules les valeurs le sont",
    }
    return typeset(f"la mise en page, les formules, les images et les feuilles masquées : {reasons[why]}")


def cut_cells(quantity: int) -> str:
    """Cells longer than a workbook can hold."""
    return say(
        "la fin de {cells}, plus {long} que ce qu'une cellule de classeur peut contenir",
        cells=count(quantity, "cellule"),
        long="longue" if quantity == 1 else "longues",
    )


def cut_rows(quantity: int) -> str:
    """Rows beyond the last one of a workbook."""
    return say("{rows} au-delà de la dernière ligne possible d'un classeur", rows=count(quantity, "ligne"))


def cut_sheets(quantity: int) -> str:
    """Sheets beyond those that are copied."""
    return say("{sheets} sans données attendues", sheets=count(quantity, "feuille"))
