"""The sentences about the table itself (G-02, G-04, G-06, G-08, G-24, G-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.findings import Finding
from ingest.stages.headers import Row
from ingest.stages.sections import column_letters
from rules.generic import generic_finding
from rules.messages import both, quoted, say
from schemas.collection import Collection

_SHOWN_CELLS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: technical name and written title of its column, its text, its row, the index of its column."""

    name: str
    label: str
    text: str
    row: int
    index: int


def whole_column_differs(code: str, collection: Collection, place: Place, expected: str) -> Finding:
    """A whole context column contradicts the account (G-02) or the period (G-04)."""
    label = place.label
    what = say("ce dépôt est celui de" if code == "G-02" else "le dépôt est celui")
    return generic_finding(
        code,
        say("La colonne {label} ne correspond pas au dépôt : ", label=quoted(label)) + f"{what} {expected}.",
        row=place.row,
        column=place.name,
        cell=f"{column_letters(place.index)}{place.row}",
        label=label,
        value=None if collection.cases else place.text,
        expected=expected.removeprefix("du ").removeprefix("de l’"),
        hint=say(
            "Corrigez cette colonne ou supprimez-la (elle est facultative) ; si c'est le nom du fichier qui se trompe, "
            "corrigez-le.",
        ),
        cause=f"{code}:{place.name}",
    )


def no_header(collection: Collection, preview: Sequence[Row]) -> Finding:
    """No title row: says what was expected and what the first line holds."""
    expected = [column.label for column in collection.columns if not column.optional and column.context is None]
    found = ""
    if preview and not collection.cases:
        number, cells = preview[0]
        told = [text.strip() for text in cells if text and text.strip()]
        shown = " | ".join(told[:_SHOWN_CELLS]) + (" | …" if len(told) > _SHOWN_CELLS else "")
        found = say(
            " La première ligne remplie (ligne {row}) contient : {cells}.", row=str(number), cells=quoted(shown)
        )
    return generic_finding(
        "G-06",
        say("La ligne de titres des colonnes est introuvable.") + found,
        expected=say("les titres : {titles}", titles=" | ".join(expected)),
        hint=say(
            "Mettez ces titres sur une ligne, au-dessus des chiffres, puis déposez de nouveau. S'il "
            "n'y a eu aucune activité, "
            "écrivez seulement NEANT."
        ),
        cause="G-06:header",
    )


def cumul_only(collection: Collection, names: Sequence[str], index: int, row: int) -> Finding:
    """Columns that give the cumul since 1 January where the quarter is wanted."""
    labels = both(quoted(collection.by_name[name].label) for name in names)
    letters = column_letters(index)
    return generic_finding(
        "G-06",
        say("Pour {labels}, le tableau ne donne que le cumul depuis le 1er janvier.", labels=labels),
        row=row,
        column=names[0],
        cell=f"{letters}{row}",
        label=collection.by_name[names[0]].label,
        expected=say("le chiffre du trimestre"),
        hint=say("Mettez dans la colonne le chiffre du trimestre seul : Guichet calcule lui-même le cumul."),
        cause="G-06:cumul",
    )


def no_row() -> Finding:
    """A file without anything in it."""
    return generic_finding(
        "G-08",
        say("Le fichier ne contient aucune ligne."),
        hint=say(
            "Vérifiez que vous avez enregistré le bon fichier. S'il n'y a eu aucune activité, "
            "écrivez NEANT dans la première "
            "cellule."
        ),
        cause="G-08:empty",
    )


def nil_and_lines(row: int) -> Finding:
    """`NEANT` beside other lines: one of the two is a mistake."""
    return generic_finding(
        "G-08",
        say("La ligne {row} dit NEANT, mais le tableau contient aussi d'autres lignes.", row=str(row)),
        row=row,
        hint=say("Supprimez la ligne NEANT, ou les autres lignes s'il n'y a vraiment eu aucune activité."),
        cause="G-08:nil",
    )


def nil_told(collection: Collection) -> Finding:
    """`NEANT` was understood."""
    return generic_finding(
        "G-24",
        say(
            "État néant : aucune activité n'est déclarée pour {code}, sur toutes les lignes attendues.",
            code=collection.code,
        ),
        hint=say("S'il y a eu de l'activité, déposez le tableau rempli : c'est lui qui comptera."),
        cause="G-24",
    )


def extension_told(told: str, found: str) -> Finding:
    """The content is a table of another format than the extension says."""
    return generic_finding(
        "G-25",
        say(
            "Le nom du fichier finit par .{told}, mais son contenu est au format {found} : il a été lu comme tel.",
            told=told,
            found=found.upper(),
        ),
        hint=say("Rien à faire cette fois ; enregistrez plutôt sous le bon format."),
        cause="G-25:extension",
    )
