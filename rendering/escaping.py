"""Untrusted text, made harmless for each place where it is shown (contract §12).

HTML needs nothing here: the templates escape by themselves (`rendering.environment`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
SHOWN_NAME_CHARS: Final = 80
"""A file name is shown cut at this many characters (reliability checklist C)."""
HEADER_CHARS: Final = 200

_TAIL_CHARS: Final = 12
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ESCAPED_BYTES: Final = range(0xDC80, 0xDD00)
_PLAIN: Final = re.compile(r"[\x20-\x7e\xa0-\xac\xae-\u0377\u2010-\u2027\u202f€≤≥]*")
"""What nearly all texts are made of: nothing hidden, no need to look at each character."""
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 \u00a0\u202f]*(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BLANKS: Final = re.compile(r"[ \t\r\n\v\f]+")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def visible(text: str, limit: int | None = SHOWN_NAME_CHARS) -> str:
    r"""The text on one line, with every character that hides or deceives written as an escape.

    Controls, line and bidirectional marks become `\n`, `\x1b`, `\u202e`; bytes that were no UTF-8 become
    `\xff`. Longer than `limit` characters, the middle gives way to « … » so that the extension stays readable.
    """
    shown = text if _PLAIN.fullmatch(text) else "".join(_shown(character) for character in text)
    if limit is None or len(shown) <= limit:
        return shown
    tail = min(_TAIL_CHARS, limit // 3)
    head = limit - tail - 1
    return f"{shown[:head]}{ELLIPSIS}{shown[len(shown) - tail :]}"


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code in _ESCAPED_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:  # noqa: PLR2004 - one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - two bytes


def header(text: str, limit: int = HEADER_CHARS) -> str:
    """The text fit for one mail header: one line, nothing hidden, cut."""
    return visible(_BLANKS.sub(" ", text).strip(" "), limit)


def paragraph(text: str) -> str:
    """Text of several lines with everything hidden shown, its own line breaks kept."""
    return "\n".join(visible(line, None) for line in text.splitlines())


def terminal(text: str) -> str:
    """The text fit for a terminal: no escape sequence, no line of its own, nothing reversed."""
    return visible(text, None)


def csv_cell(text: str) -> str:
    """The text of a CSV cell that no spreadsheet takes for a formula; plain numbers are left alone (ASVS 1.2.10)."""
    if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot carry (lone surrogates) escaped, everything else as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
