"""What goes with a message, and what is said when it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from notifications.message import Attachment
from rendering.escaping import visible
from rendering.french import agree, say

_MEDIA_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}
_NOTE: Final = "LISEZ-MOI.txt"


def attached(name: str, content: bytes) -> Attachment:
    """A file with the media type that its name tells."""
    media_type = _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    return Attachment(name=name, content=content, media_type=media_type)


def left_behind(names: Sequence[str], submission_id: str) -> Attachment:
    """The note that goes in the place of files that could not: where they wait."""
    sentence = say(
        "{these} n’{have} pas pu être {joined} à ce message. {it} dans votre compte, sur le serveur de dépôt :",
        these=agree(len(names), "Ce fichier", "Ces fichiers"),
        have=agree(len(names), "a", "ont"),
        joined=agree(len(names), "joint"),
        it=agree(len(names), "Il vous attend", "Ils vous attendent"),
    )
    listed = [f"    retours/{submission_id}/{visible(name)}" for name in names]
    lines = [
        sentence,
        "",
        *listed,
        "",
        say("Le message, lui, est complet. Si le fichier n'y est plus, répondez au message : une personne vous lira."),
    ]
    # Windows' Notepad, also the old one, shows accents and line ends right with these.
    return Attachment(
        name=_NOTE, content="\ufeff".encode() + "\r\n".join([*lines, ""]).encode(), media_type="text/plain"
    )
