"""The public corpus of odd and hostile files: where it is, and the outcome that its index requires of each."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.reading.raw import UnreadableReason

CORPUS = Path(__file__).parent / "corpus"
R = UnreadableReason
FAMILIES: dict[str, set[UnreadableReason]] = {
    "empty": {R.EMPTY},
    "type": {
        R.ARCHIVE,
        R.PDF,
        R.WORD,
        R.PRESENTATION,
        R.IMAGE,
        R.HTML,
        R.XML,
        R.NUMBERS,
        R.XLSB,
        R.OTHER_SPREADSHEET,
        R.EXECUTABLE,
        R.BINARY,
        R.MACRO_ONLY,
    },
    "corrupt": {R.CORRUPT, R.ZIP_SUSPICIOUS},
    "encrypted": {R.ENCRYPTED},
    "encoding": {R.UNDECODABLE},
    "structure": {R.UNBALANCED_QUOTES, R.BINARY},
    "schema": {R.TOO_MANY_COLUMNS, R.TOO_MANY_ROWS},
    "header": set(),
    "too-large": {
        R.TOO_BIG,
        R.TOO_MANY_CELLS,
        R.TOO_MANY_COLUMNS,
        R.TOO_MANY_ROWS,
        R.UNPACKED_TOO_BIG,
        R.ZIP_BOMB,
        R.TIME_LIMIT,
        R.MEMORY_LIMIT,
    },
    "dtd": {R.DTD},
}
JUDGED_LATER = {"header", "structure", "schema"}
"""Rejections that are the judge's: here the table must come through."""
DIFFERENT: dict[str, set[str]] = {
    # The index asks for a rejection of the type; the product takes .xls, and a table by its content.
    "spreadsheet.xls": {"table"},
    "type_excel.xlsx": {"table"},
    # A compound file whose chains loop is damaged, whatever it pretends to be.
    "oleloop.xls": {R.CORRUPT},
    "oleloop.xlsx": {R.CORRUPT},
    # No cell in any visible sheet.
    "two_sheets_one_hidden_one_not.xlsx": {R.EMPTY},
    "urlImage.bad.xlsx": {R.EMPTY},
    # A header alone: a table here, empty for the judge.
    "header_only.csv": {"table"},
}


def index() -> list[tuple[str, str]]:
    """Each file to drop, with the outcome that the index requires."""
    found, folder = [], ""
    for line in (CORPUS / "INDEX.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\S+) \(\d+\)", line):
            folder = heading[1]
        elif line.startswith("| ") and folder and not folder.startswith("09"):
            columns = [column.strip() for column in line.split(" | ")]
            if columns[0] != "| file":
                found.append((f"{folder}/{columns[0].removeprefix('| ')}", columns[5]))
    return found


def allowed(name: str, required: str) -> set[str]:
    """Why a file may be refused, `table` when it may be read; never that the child crashed."""
    if name in DIFFERENT:
        return {str(word) for word in DIFFERENT[name]}
    words: set[str] = set()
    if required.startswith("any outcome"):
        words |= {"table", *R} - {R.CRASHED}
    if "table" in required:
        words.add("table")
    for code in re.findall(r"reject:([a-z-]+)", required):
        words |= {str(word) for word in FAMILIES[code]}
        if code in JUDGED_LATER:
            words.add("table")
    return words
