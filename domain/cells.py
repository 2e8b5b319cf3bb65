"""How a spreadsheet names its columns."""

from __future__ import annotations


def column_letters(index: int) -> str:
    """Spreadsheet letters of a column: 0 → `A`, 27 → `AB`."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
