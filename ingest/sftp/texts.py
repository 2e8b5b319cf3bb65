"""What depositors read when the server refuses (French; clients show it, or only its code)."""

from __future__ import annotations

from typing import Final

_MEGABYTE: Final = 1_000_000

READ_ONLY: Final = "Ce dossier est en lecture seule. Déposez vos fichiers dans le dossier depot ou essai."
AT_ROOT: Final = "Rien ne se dépose à la racine. Ouvrez le dossier depot (ou essai), puis recommencez."
LINKS: Final = "Les liens ne sont pas acceptés. Déposez le fichier lui-même."
TOO_DEEP: Final = "Un seul niveau de sous-dossier est possible. Déposez vos fichiers directement dans le dossier depot."
NOT_FOUND: Final = "Fichier ou dossier introuvable."
NOT_A_FILE: Final = "Ce nom est celui d'un dossier ou d'un objet qui n'est pas un fichier."
NOT_A_FOLDER: Final = "Ce nom n'est pas celui d'un dossier."
BAD_NAME: Final = "Ce nom de fichier ne peut pas être utilisé. Choisissez un nom plus simple."
EXISTS: Final = "Un fichier de ce nom existe déjà."
FOLDERS_STAY: Final = "Les dossiers ne se renomment pas et ne se déplacent pas."
FIXED_FOLDER: Final = "Ce dossier fait partie du guichet. Il ne se supprime pas."
NOT_IN_PLACE: Final = "Un fichier déposé ne se modifie pas sur place. Renvoyez le fichier corrigé en entier."
RESUME_IMPOSSIBLE: Final = "Reprise impossible. Renvoyez le fichier en entier."
TAKEN_OVER: Final = "Ce transfert a été repris par une autre connexion."
TOO_MANY_HANDLES: Final = "Trop de fichiers ouverts en même temps. Fermez-en, puis recommencez."
NOT_STORED: Final = (
    "Le guichet ne peut pas enregistrer ce fichier pour le moment. Il n'est pas déposé. Réessayez plus tard."
)
READING_ONLY: Final = "Ce fichier est ouvert en lecture seule."
ACCOUNT_CLOSED: Final = "Ce compte a été fermé ou ses accès ont changé. Reconnectez-vous."
TOO_MANY_SESSIONS: Final = "Trop de connexions ouvertes pour ce compte. Fermez-en une."
STOPPING: Final = "Le guichet redémarre. Reconnectez-vous dans un instant."


def file_too_big(limit_bytes: int) -> str:
    """Say that one file passes the limit."""
    return f"Fichier trop gros. La limite est de {_megabytes(limit_bytes)} par fichier."


def quota_full(limit_bytes: int) -> str:
    """Say that what waits in the account's folders passes its quota."""
    return (
        f"Espace de dépôt plein ({_megabytes(limit_bytes)}). Attendez que vos dépôts soient traités, puis recommencez."
    )


def too_many_files(limit: int) -> str:
    """Say that too many files wait in the account's folders."""
    return f"Trop de fichiers en attente (limite {limit}). Attendez que vos dépôts soient traités, puis recommencez."


def _megabytes(size: int) -> str:
    if size < _MEGABYTE:
        return f"{size}\N{NO-BREAK SPACE}octets"
    count = f"{size // _MEGABYTE:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{count}\N{NO-BREAK SPACE}Mo"
