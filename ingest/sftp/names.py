"""File names as clients give them: any bytes but `/` and NUL, so never shown or joined raw."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from rules.personal_shapes import blotted

SHOWN_LIMIT: Final = 80
_ESCAPED_LIMIT: Final = 200
_TEMPORARY_ENDINGS: Final = (b".part", b".filepart", b".tmp")
_HASH_LENGTH: Final = 16
PART_ENDING: Final = ".part"


def is_temporary(name: bytes) -> bool:
    """Whether the name says "not finished yet" (contract §6): the watcher leaves such files."""
    lowered = name.lower()
    return lowered.startswith((b".", b"~$")) or lowered.endswith(_TEMPORARY_ENDINGS)


def shown(name: bytes) -> str:
    """Return the name for logs: printable, on one line, at most 80 characters."""
    text = name.decode("utf-8", "backslashreplace")
    safe = "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
    safe = blotted(safe)
    return safe if len(safe) <= SHOWN_LIMIT else safe[: SHOWN_LIMIT - 1] + "…"


def part_name(relative: bytes) -> str:
    """Return the staging name of a transfer: readable, at most 255 bytes, one per target.

    `relative` is the target below `depot/` or `essai/`. The hash keeps apart long names that
    share their beginning.
    """
    escaped = quote_from_bytes(relative, safe="")[:_ESCAPED_LIMIT]
    digest = hashlib.sha256(relative).hexdigest()[:_HASH_LENGTH]
    return f"{escaped}.{digest}{PART_ENDING}"


def target_of(part: str) -> bytes | None:
    """Return the target that `part_name` (or a private variant) was made from.

    None when `part` is not one of ours; a name too long to be kept whole comes back cut.
    """
    if not part.endswith(PART_ENDING):
        return None
    escaped, dot, digest = part.removesuffix(PART_ENDING).rpartition(".")
    if not dot or len(digest.partition("~")[0]) != _HASH_LENGTH:
        return None
    return unquote_to_bytes(escaped)
