"""File names as strangers give them: any bytes but `/` and NUL. Kept as bytes, shown escaped."""

from __future__ import annotations

import os
import re
from enum import Enum, auto
from typing import Final

from rules.personal_shapes import blotted

_TEMPORARY_ENDINGS: Final = (b".part", b".filepart", b".tmp", b".partial", b".crdownload", b".download")
_TRANSFER_BEGINNING: Final = b".in."
_LOCK_BEGINNINGS: Final = (b"~$", b".~lock")
_SURROGATES: Final = range(0xDC80, 0xDD00)
_ONE_BYTE: Final = 0x100
_BASIC_PLANE: Final = 0x10000
_SPACES: Final = frozenset("\u00a0\u202f")
"""No-break spaces: ordinary in French names, though Python calls them unprintable."""


class NameKind(Enum):
    """What a name says of its file."""

    PLAIN = auto()
    HIDDEN = auto()
    TRANSFER = auto()
    """Not finished yet: `.part`, `.filepart`, `.tmp`, lftp's `.in.…`."""
    LOCK = auto()
    """An office suite's own note that a file is open: never a deposit, never worth a word."""


def kind_of(name: bytes) -> NameKind:
    """Tell what a name says (contract §6): only PLAIN ones are deposits."""
    lowered = name.lower()
    if lowered.startswith(_LOCK_BEGINNINGS):
        return NameKind.LOCK
    if lowered.startswith(_TRANSFER_BEGINNING):
        return NameKind.TRANSFER
    if lowered.startswith(b"."):
        return NameKind.HIDDEN
    return NameKind.TRANSFER if lowered.endswith(_TEMPORARY_ENDINGS) else NameKind.PLAIN


def printable(name: bytes) -> str:
    r"""Show a name on one line, safe anywhere text goes: bytes that are not UTF-8 and controls become `\xNN`.

    Bidirectional and invisible characters become `\uNNNN`, so that `gpj.csv` cannot pass for `vsc.jpg`.
    The result is never empty, holds no surrogate and is not cut: at most four characters a byte. A NIR in it is
    blotted out: names are kept, shown and mailed (contract §6, Anonymity).
    """
    return blotted("".join(_shown(each) for each in name.decode("utf-8", "surrogateescape"))) or "?"


def _shown(character: str) -> str:
    code = ord(character)
    if code in _SURROGATES:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable() or character in _SPACES:
        return character
    if code < _ONE_BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BASIC_PLANE else f"\\U{code:08x}"


def raw(name: str) -> bytes:
    """Give back the bytes of a name that `os.scandir` decoded."""
    return os.fsencode(name)


def alternative(name: bytes, number: int) -> bytes:
    """`a.csv` → `a~2.csv`, at most 255 bytes: a free name for bytes that find theirs taken."""
    match = re.fullmatch(rb"(.+?)(\.[A-Za-z0-9]{1,5})?", name, re.DOTALL)
    stem, ending = (match[1], match[2] or b"") if match else (name, b"")
    mark = b"~%d" % number
    return stem[: 255 - len(mark) - len(ending)] + mark + ending
