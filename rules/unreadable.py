"""What to tell a depositor whose file gives no table, reason by reason (G-05, G-08, G-14; contract §6 The inbox, §12).

Keyed by the stable words of reading, and by those of the inbox's oddities (`folder`, `unfinished`, `archive`…), so that
the same trouble is told in the same words wherever it is met. Each text says what is wrong, then what to do in an
office program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.findings import Finding
from rules.generic import generic_finding
from rules.messages import number, say, typeset

__all__ = ["ADVICE", "Advice", "advice_for", "unreadable_finding"]

MEGA = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """One trouble: rule code, what is wrong, what to do; French, in proper typography."""

    code: str
    message: str
    hint: str


_SHARED = {
    "save_as": (
        "Dans Excel : Fichier > Enregistrer sous, type « Classeur Excel (*.xlsx) » ; dans LibreOffice : type "
        "« Classeur ODF (.ods) » ou « Excel 2007-365 (.xlsx) ». Déposez ensuite le nouveau fichier."
    ),
    "one_table": "Déposez le tableau lui-même, au format XLSX, XLS, ODS ou CSV.",
    "split": (
        "Déposez un fichier par collecte et par période, sans les feuilles et les données qui n'en font pas partie."
    ),
    "tidy": (
        "Copiez le tableau seul (Collage spécial > Valeurs) dans un classeur neuf, enregistrez-le au format "
        "XLSX et déposez-le."
    ),
    "again": (
        "Ouvrez le fichier pour vérifier qu'il est complet, enregistrez-le de nouveau, puis déposez-le encore une fois."
    ),
    "ask": "Si cela se reproduit, écrivez à votre correspondant en indiquant le numéro de dépôt.",
}

_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "empty": (
        "G-08",
        "Le fichier est vide : il ne contient aucune donnée.",
        "L'envoi a peut-être été interrompu. {again}",
    ),
    "too_big": (
        "G-14",
        "Le fichier pèse plus que la taille admise{limit_mb}.",
        "{split}",
    ),
    "too_many_rows": (
        "G-14",
        "Le tableau a plus de lignes que le nombre admis{limit}.",
        "Supprimez les lignes vides mises en forme sous le tableau. {split}",
    ),
    "too_many_columns": (
        "G-14",
        "Le tableau a plus de colonnes que le nombre admis{limit}.",
        "Gardez les seules colonnes de la collecte et supprimez celles qui sont à droite du tableau.",
    ),
    "too_many_cells": (
        "G-14",
        "La feuille occupe plus de cellules que le nombre admis{limit}.",
        "Il y a sans doute une cellule remplie très loin du tableau. {tidy}",
    ),
    "cell_too_long": (
        "G-14",
        "Une cellule contient un texte plus long que la longueur admise{limit}{place}.",
        (
            'Dans un CSV, cherchez un guillemet (") ouvert et jamais fermé ; sinon, raccourcissez le texte de la '
            "cellule."
        ),
    ),
    "unpacked_too_big": (
        "G-14",
        "Le classeur, une fois ouvert, est plus grand que la taille admise{limit_mb}.",
        "Il contient sans doute des images ou de très nombreuses cellules mises en forme. {tidy}",
    ),
    "zip_bomb": (
        "G-14",
        "Le classeur est comprimé d'une façon anormale : il n'a pas été ouvert, par sécurité.",
        "{tidy}",
    ),
    "zip_entries": (
        "G-14",
        "Le classeur est fait d'un nombre anormal d'éléments{limit} : il n'a pas été ouvert.",
        "{tidy}",
    ),
    "zip_suspicious": (
        "G-05",
        "Le classeur a une structure interne anormale : il n'a pas été ouvert, par sécurité.",
        "{tidy}",
    ),
    "dtd": (
        "G-05",
        "Le classeur contient des déclarations interdites (DTD) : il n'a pas été ouvert, par sécurité.",
        "{tidy}",
    ),
    "encrypted": (
        "G-05",
        "Le fichier est protégé par un mot de passe : il ne peut pas être lu.",
        (
            "Ouvrez-le dans Excel, Fichier > Informations > Protéger le classeur > Chiffrer avec mot de passe, "
            "effacez le mot de passe, enregistrez et déposez-le de nouveau. (LibreOffice : Fichier > Enregistrer "
            "sous, en décochant « Enregistrer avec mot de passe ».)"
        ),
    ),
    "archive": (
        "G-05",
        "Le fichier est une archive compressée (ZIP, RAR, 7z, GZ…), pas un tableau.",
        "Décompressez-la (clic droit > Extraire tout) et déposez un à un les tableaux qu'elle contient.",
    ),
    "pdf": (
        "G-05",
        "Le fichier est un PDF : on peut le lire, mais Guichet ne peut pas en tirer les chiffres.",
        "Déposez le classeur ou le CSV à partir duquel le PDF a été fait.",
    ),
    "word": (
        "G-05",
        "Le fichier est un document de traitement de texte (Word, Writer, RTF), pas un tableur.",
        ("Copiez le tableau dans un classeur (Excel, LibreOffice Calc), enregistrez-le au format XLSX et déposez-le."),
    ),
    "presentation": (
        "G-05",
        "Le fichier est une présentation (diapositives), pas un tableur.",
        "Copiez le tableau dans un classeur, enregistrez-le au format XLSX et déposez-le.",
    ),
    "mail": (
        "G-05",
        "Le fichier est un courriel enregistré, pas un tableau.",
        "Ouvrez le courriel, enregistrez sa pièce jointe (le classeur ou le CSV), et déposez celle-ci.",
    ),
    "image": (
        "G-05",
        "Le fichier est une image : Guichet ne lit ni les photos ni les copies d'écran.",
        "{one_table}",
    ),
    "html": (
        "G-05",
        "Le fichier est une page web, même si son nom finit comme celui d'un tableur.",
        "C'est ce que produisent certains logiciels en « export Excel ». Ouvrez-le dans Excel. {save_as}",
    ),
    "xml": (
        "G-05",
        "Le fichier est un document XML, pas un tableur.",
        "Ouvrez-le dans Excel. {save_as}",
    ),
    "numbers": (
        "G-05",
        "Le fichier est au format Numbers d'Apple, que Guichet ne lit pas.",
        "Dans Numbers : Fichier > Exporter vers > Excel (ou CSV), puis déposez le fichier obtenu.",
    ),
    "xlsb": (
        "G-05",
        "Le classeur est au format binaire XLSB, que Guichet ne lit pas.",
        "{save_as}",
    ),
    "other_spreadsheet": (
        "G-05",
        "Le fichier est d'un format de tableur que Guichet ne lit pas.",
        "{save_as}",
    ),
    "executable": (
        "G-05",
        "Le fichier est un programme : il n'a pas été ouvert.",
        "{one_table} Si vous n'avez pas voulu déposer de programme, prévenez votre service informatique.",
    ),
    "binary": (
        "G-05",
        "Le fichier n'est ni un classeur ni un texte : son contenu n'est pas reconnu.",
        "Changer l'extension d'un fichier ne change pas son format. {save_as}",
    ),
    "undecodable": (
        "G-05",
        (
            "Le texte du fichier ne peut pas être lu : ses caractères ne suivent aucun codage admis (UTF-8, "
            "UTF-16, Windows-1252)."
        ),
        (
            "Ouvrez-le dans Excel et enregistrez-le au format « CSV UTF-8 (délimité par des virgules) », ou au "
            "format XLSX, puis déposez-le."
        ),
    ),
    "corrupt": (
        "G-05",
        "Le fichier est abîmé ou incomplet : il ne s'ouvre pas.",
        "L'envoi a peut-être été interrompu. {again}",
    ),
    "macro_only": (
        "G-05",
        "Le classeur ne contient que des macros ou des graphiques, aucune feuille de calcul.",
        "{tidy}",
    ),
    "unbalanced_quotes": (
        "G-05",
        "Un guillemet droit est ouvert{place} et n'est jamais fermé : la suite du fichier ne peut pas être lue.",
        "Supprimez ce guillemet, ou enregistrez le tableau au format XLSX, puis déposez-le de nouveau.",
    ),
    "no_visible_sheet": (
        "G-05",
        "Le classeur n'a aucune feuille visible.",
        ("Clic droit sur un onglet > Afficher, choisissez la feuille du tableau, enregistrez et déposez de nouveau."),
    ),
    "time_limit": (
        "G-14",
        "La lecture du fichier a dépassé le temps admis{limit_s}.",
        "{tidy}",
    ),
    "memory_limit": (
        "G-14",
        "La lecture du fichier demande plus de mémoire que ce qui est admis.",
        "{tidy}",
    ),
    "output_limit": (
        "G-14",
        "Le tableau, une fois lu, est plus grand que ce qui est admis.",
        "{split}",
    ),
    "crashed": (
        "G-05",
        "La lecture du fichier s'est arrêtée d'une façon anormale : son contenu a mis le lecteur en défaut.",
        "{tidy} {ask}",
    ),
    # Oddities of the inbox: never read at all.
    "folder": (
        "G-05",
        "Vous avez déposé un dossier : Guichet ne prend que des fichiers.",
        "Déposez un à un, dans « depot », les fichiers qu'il contient, puis supprimez le dossier.",
    ),
    "unfinished": (
        "G-05",
        "Le transfert de ce fichier n'est pas terminé depuis plus d'une heure : il n'a pas été pris.",
        (
            "Reprenez ou recommencez l'envoi. Si le transfert est fini, donnez au fichier son nom définitif "
            "(sans « .part », « .filepart » ni « .tmp »)."
        ),
    ),
}
_UNKNOWN = ("G-05", "Le fichier ne peut pas être lu.", "{save_as} {ask}")


def advice_for(reason: str, detail: Mapping[str, str | int] | None = None) -> Advice:
    """What to say about a trouble; a reason without a text of its own gets a general one.

    `detail` may give `limit` (rows, columns, characters, bytes, seconds: as the reason wants) and `row`, `column`.
    """
    code, message, hint = _TEXTS.get(reason, _UNKNOWN)
    words = _words(detail or {})
    return Advice(code=code, message=say(message, **words), hint=say(hint, **words))


def unreadable_finding(reason: str, detail: Mapping[str, str | int] | None = None) -> Finding:
    """The blocking finding of an unreadable file."""
    advice = advice_for(reason, detail)
    row = detail.get("row") if detail else None
    return generic_finding(
        advice.code,
        advice.message,
        hint=advice.hint,
        row=row if isinstance(row, int) else None,
        cause=f"{advice.code}:{reason}",
    )


def _words(detail: Mapping[str, str | int]) -> dict[str, str]:
    limit = detail.get("limit")
    row, column = detail.get("row"), detail.get("column")
    words = {name: typeset(text) for name, text in _SHARED.items()}
    words |= dict.fromkeys(("limit", "limit_mb", "limit_s", "place"), "")
    if isinstance(limit, int):
        words["limit"] = say(" ({limit})", limit=number(limit))
        words["limit_s"] = say(" ({limit} secondes)", limit=number(limit))
        mega = number(limit // MEGA) if limit >= MEGA else number(limit)
        words["limit_mb"] = say(" ({mega} Mo)" if limit >= MEGA else " ({mega} octets)", mega=mega)
    if isinstance(row, int):
        words["place"] = say(" à la ligne {row}", row=str(row))
        if isinstance(column, int):
            words["place"] = say(" à la ligne {row}, {column}e colonne", row=str(row), column=str(column))
    return words


ADVICE: Mapping[str, Advice] = MappingProxyType({reason: advice_for(reason) for reason in _TEXTS})
"""Every text without its figures, by reason: for the runbook, the guide and the tests."""
