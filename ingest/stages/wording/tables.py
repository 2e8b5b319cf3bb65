"""The sentences about the table itself (G-02, G-04, G-06, G-08, G-24, G-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.cells import column_letters
from domain.findings import Finding
from domain.periods import Period
from ingest.stages.headers import Row
from ingest.stages.wording.periods import of_period
from rules.generic import generic_finding
from rules.messages import both, quoted, say
from schemas.collection import Collection

_SHOWN_CELLS = 8
_FEWEST_MARKS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: technical name and written title of its column, its text, its row, the index of its column."""

    name: str
    label: str
    text: str
    row: int
    index: int


def whole_column_differs(
    code: str, collection: Collection, place: Place, expected: str, told: Period | None = None
) -> Finding:
    """A whole context column contradicts the account (G-02) or the period (G-04); `told`: the period it tells."""
    label = place.label
    what = say("ce dépôt est celui de" if code == "G-02" else "le dépôt est celui")
    hint = say(
        "Corrigez cette colonne ou supprimez-la (elle est facultative) ; si c'est le nom du fichier qui se trompe, "
        "corrigez-le."
    )
    if told is not None:
        hint = say("Avez-vous repris le fichier {period} ? Vérifiez les chiffres. ", period=of_period(told)) + hint
    return generic_finding(
        code,
        say("La colonne {label} ne correspond pas au dépôt : ", label=quoted(label)) + f"{what} {expected}.",
        row=place.row,
        column=place.name,
        cell=f"{column_letters(place.index)}{place.row}",
        label=label,
        value=None if collection.cases else place.text,
        expected=expected.removeprefix("du ").removeprefix("de l’"),
        hint=hint,
        cause=f"{code}:{place.name}",
    )


def our_sheet_alone() -> Finding:
    """What was saved is the sheet of our answer that lists what to mend, without the data."""
    return generic_finding(
        "G-06",
        say("Ce fichier ne contient que la feuille « À corriger » de notre réponse, pas vos données."),
        hint=say(
            "Rouvrez le classeur annoté et déposez-le entier, au format Excel (.xlsx) ; ou affichez d'abord la feuille "
            "de vos données, puis enregistrez-la en CSV."
        ),
        cause="G-06:our-sheet",
    )


def no_header(collection: Collection, preview: Sequence[Row]) -> Finding:
    """No title row: says what was expected and what the first line holds."""
    expected = [column.label for column in collection.columns if column.context is None]
    found = ""
    if preview and (packed := _in_one_column(preview)) is not None and not collection.cases:
        return generic_finding(
            "G-06",
            say("Tout le tableau est dans une seule colonne (la colonne {letter}).", letter=column_letters(packed)),
            row=preview[0][0],
            expected=say("une colonne par titre : {titles}", titles=" | ".join(expected)),
            hint=say(
                "Dans Excel : sélectionnez cette colonne, puis Données > Convertir, séparateur point-virgule ; "
                "enregistrez, puis déposez de nouveau. Ou déposez le fichier d'origine, sans l'ouvrir."
            ),
            cause="G-06:one-column",
        )
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
            "Mettez les titres sur une ligne, au-dessus des chiffres : {titles}. Puis déposez de nouveau. S'il n'y a "
            "eu aucune activité, écrivez seulement NEANT.",
            titles=" | ".join(expected),
        ),
        cause="G-06:header",
    )


def _in_one_column(preview: Sequence[Row]) -> int | None:
    """The column that holds every line whole, its cells between separators: a CSV opened and saved again."""
    places = set()
    for _row, cells in preview:
        filled = [(index, text) for index, text in enumerate(cells) if text and text.strip()]
        if len(filled) != 1 or max(filled[0][1].count(mark) for mark in ";\t|,") < _FEWEST_MARKS:
            return None
        places.add(filled[0][0])
    return places.pop() if len(places) == 1 else None


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
        hint=say(
            "Mettez dans la colonne le chiffre du trimestre seul, et enlevez le mot « cumul » de son titre : Guichet "
            "calcule lui-même le cumul."
        ),
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
            "État néant : aucune activité n'est déclarée pour {code}{lines}.",
            code=collection.code,
            lines=", sur toutes les lignes attendues" if collection.expected_lines else "",
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
