"""What goes with a message, and what is said when it cannot.

A message names its files by a reference: a plain name is a file of its deposit's answer,
`diffusion:ACCOUNT/modeles/NAME` a file handed out to an account, `edition:PERIOD/EDITION/NAME` a document of an edition
of the tables, `courrier:YEAR/NAME` a mail that somebody sent us.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from notifications.message import MESSAGE, Attachment
from rendering.escaping import visible
from rendering.french import agree, say, typeset

HANDED_OUT: Final = "diffusion:"
KEPT_MAIL: Final = "courrier:"
OF_EDITION: Final = "edition:"

_MEDIA_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".eml": MESSAGE,
}
_NOTE: Final = "LISEZ-MOI.txt"
_ORIGINAL: Final = "message.eml"


def attached(reference: str, content: bytes) -> Attachment:
    """A file with the name that people see and the media type that it tells."""
    path = PurePosixPath(reference)
    media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    name = _ORIGINAL if reference.startswith(KEPT_MAIL) else path.name
    return Attachment(name=name, content=content, media_type=media_type)


def needs_deposit(reference: str) -> bool:
    """Whether the file is one of a deposit's answer."""
    return not reference.startswith((HANDED_OUT, KEPT_MAIL, OF_EDITION))


def carries_files(attachments: Sequence[Attachment]) -> bool:
    """Whether anything but our note goes with the message."""
    return any(one.name != _NOTE for one in attachments)


def left_behind(references: Sequence[str], submission_id: str | None) -> Attachment:
    """The note that goes in the place of files that could not: where they wait."""
    mail = [one for one in references if one.startswith(KEPT_MAIL)]
    tables = [one for one in references if one.startswith(OF_EDITION)]
    files = [one for one in references if one not in mail and one not in tables]
    blocks: list[str] = []
    if tables:
        blocks += [_published(len(tables)), "", *(f"    {_place(one, submission_id)}" for one in tables), ""]
    if files:
        blocks += [_waiting(len(files)), "", *(f"    {_place(one, submission_id)}" for one in files), ""]
    if mail:
        blocks += [_kept(len(mail)), "", *(f"    {_place(one, submission_id)}" for one in mail), ""]
    if files:
        gone = "Le message, lui, est complet. Si le fichier n'y est plus, répondez au message : une personne vous lira."
        blocks.append(typeset(gone))
    # Windows' Notepad, also the old one, shows accents and line ends right with these.
    return Attachment(
        name=_NOTE, content="\ufeff".encode() + "\r\n".join([*blocks, ""]).encode(), media_type="text/plain"
    )


def _waiting(number: int) -> str:
    return say(
        "{these} n’{have} pas pu être {joined} à ce message. {it} dans votre compte, sur le serveur de dépôt :",
        these=agree(number, "Ce fichier", "Ces fichiers"),
        have=agree(number, "a", "ont"),
        joined=agree(number, "joint"),
        it=agree(number, "Il vous attend", "Ils vous attendent"),
    )


def _published(number: int) -> str:
    return say(
        "{these} n’{have} pas pu être {joined} à ce message. Si vous avez un compte sur le serveur de dépôt, {it} y "
        "{lies} ; sinon, répondez au message : une personne vous {sends}.",
        these=agree(number, "Ce tableau", "Ces tableaux"),
        have=agree(number, "a", "ont"),
        joined=agree(number, "joint"),
        it=agree(number, "il", "ils"),
        lies=agree(number, "est", "sont"),
        sends=agree(number, "l’enverra", "les enverra"),
    )


def _kept(number: int) -> str:
    return say(
        "{these} n’{have} pas pu être {joined} à celui-ci. {it} : demandez-{them} à la personne qui administre le "
        "guichet, avec la référence qui suit.",
        these=agree(number, "Le message reçu", "Les messages reçus"),
        have=agree(number, "a", "ont"),
        joined=agree(number, "joint"),
        it=agree(number, "Il est conservé", "Ils sont conservés"),
        them=agree(number, "le", "les"),
    )


def _place(reference: str, submission_id: str | None) -> str:
    """Where the reader finds it: in the account's own folders, or by the reference of what we keep."""
    if reference.startswith(KEPT_MAIL):
        return visible(reference.replace(":", "/", 1))
    if reference.startswith(HANDED_OUT):
        return f"diffusion/{visible(reference.removeprefix(HANDED_OUT).partition('/')[2], 200)}"
    if reference.startswith(OF_EDITION):
        period, _, rest = reference.removeprefix(OF_EDITION).partition("/")
        return f"diffusion/{visible(period, 20)}/{visible(rest.rpartition('/')[2], 200)}"
    return f"retours/{submission_id}/{visible(reference)}"
