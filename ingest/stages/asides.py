"""Personal data outside the visible cells: hidden sheets, comments, properties, the file's own name (G-12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import pyarrow.compute as pc

from domain.findings import Finding
from ingest.reading.asides import Aside
from ingest.reading.raw import RawFile
from ingest.stages.searching import matching
from rules.anonymity import NIR_LENGTH, KnownNames, contains_nir
from rules.generic import generic_finding
from rules.messages import say
from rules.personal_shapes import BLOT
from rules.personal_text import Expected, shapes_of

__all__ = ["screen_asides", "screen_name", "unreadable_nir"]

_LONG_NUMBER: Final = r"(?:[0-9][ .\-/_]{0,3}){5}"
_ANYTHING: Final = r"[0-9@]|\pL{2}"
_PLACES: Final = {
    Aside.COMMENT: "Un commentaire ou une note du classeur contient {what}.",
    Aside.PROPERTY: "Les propriétés du classeur contiennent {what}.",
    Aside.NAME: "Un nom de feuille ou de plage du classeur contient {what}.",
    Aside.DRAWING: "Une zone de texte, un graphique ou un bouton du classeur contient {what}.",
    Aside.CACHE: "Un tableau croisé, une liaison ou une copie de données gardée dans le classeur contient {what}.",
    Aside.LINK: "Un lien du classeur contient {what}.",
    Aside.PART: "Une partie cachée du classeur (en-tête, pied de page, liste, ancien contenu) contient {what}.",
}
_WHAT: Final = {"nir": "un numéro de sécurité sociale (NIR)", "person": "des données sur une personne"}
_HINT: Final = (
    "Le fichier a été détruit, sans être archivé. Copiez le tableau seul (Collage spécial > Valeurs) dans un classeur "
    "neuf, vérifiez qu'il ne désigne personne, puis déposez-le."
)
_SEARCHED: Final = frozenset({Aside.COMMENT})
"""Where people write about a case; elsewhere names are those of the authors."""


def screen_asides(raw: RawFile, *, nobody: bool, starts_on: date, known: KnownNames) -> tuple[Finding, ...]:
    """What breaks anonymity outside the cells; `nobody`: some sheet must name nobody, its comments neither."""
    if raw.asides is None:
        return ()
    found: dict[tuple[Aside, str], None] = {}
    for batch in raw.asides.batches():
        for kind in map(Aside, sorted(frozenset(Aside) & frozenset(batch.column(1).unique().to_pylist()))):
            texts = batch.column(2).filter(pc.equal(batch.column(1), kind.value))
            if any(contains_nir(text) for text in matching(texts, _LONG_NUMBER, NIR_LENGTH)):
                found[kind, "nir"] = None
            elif nobody and kind in _SEARCHED and _names_somebody(matching(texts, _ANYTHING, 2), starts_on, known):
                found[kind, "person"] = None
    return tuple(_finding(kind, what) for kind, what in found)


def _names_somebody(texts: list[str], starts_on: date, known: KnownNames) -> bool:
    return any(
        any(True for _shape in shapes_of(_unsigned(text), Expected.TEXT, starts_on, known=known.names))
        for text in texts
    )


def _unsigned(text: str) -> str:
    """A comment without the name of its author, which office programs write first."""
    author, colon, rest = text.partition(":")
    return rest if colon and len(author) < 60 and "\n" not in author else text  # noqa: PLR2004 - a name


def _finding(kind: Aside, what: str) -> Finding:
    message = say(_PLACES[kind], what=_WHAT[what])
    return generic_finding("G-12", message, hint=say(_HINT), cause=f"G-12:{what}")


def screen_name(name: str) -> Iterator[Finding]:
    """The name of the file, in which a NIR was blotted out before it was written anywhere."""
    if BLOT in name:
        yield generic_finding(
            "G-12",
            say("Le nom du fichier contient un numéro de sécurité sociale (NIR)."),
            hint=say(
                "Le fichier a été détruit, sans être archivé. Donnez-lui un nom qui ne désigne personne, vérifiez que "
                "son contenu ne désigne personne non plus, puis déposez-le de nouveau."
            ),
            cause="G-12:nir",
        )


def unreadable_nir() -> Finding:
    """A file that gives no table, and in whose bytes a NIR stands."""
    return generic_finding(
        "G-12",
        say("Le fichier n'est pas un tableau lisible, et il contient un numéro de sécurité sociale (NIR)."),
        hint=say(
            "Le fichier a été détruit, sans être archivé. Déposez le tableau lui-même, au format XLSX, XLS, ODS ou "
            "CSV, sans rien qui désigne une personne."
        ),
        cause="G-12:nir",
    )
