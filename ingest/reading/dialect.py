"""Which separator a CSV uses, judged by the headers that the service knows, else by how regular the rows are."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from domain.text import normalise_header

__all__ = ["choose_separator", "count_known_headers", "declared_separator"]

SEPARATORS = (";", "\t", "|", ",")
"""In order of preference: the comma last, since French numbers and sentences are full of them."""
SNIFFED_RECORDS = 50
_DECLARED = re.compile(r'\A"?sep=([;,\t|:^~])"?[ \t]*;*\r?\n?\Z', re.IGNORECASE)
_LOOSE_CELL = re.compile(r'[;,\t|"\r\n]+')


def declared_separator(first_line: str) -> str | None:
    """The separator of a first line `sep=…`, with which Excel is told what follows."""
    match = _DECLARED.match(first_line)
    return match[1] if match else None


def count_known_headers(text: str, words: frozenset[str]) -> int:
    """How many known header words the first lines make, whatever their separator."""
    if not words:
        return 0
    lines = text.splitlines()[:SNIFFED_RECORDS]
    return _known_headers((cell for line in lines for cell in _LOOSE_CELL.split(line)), words)


def choose_separator(head: str, words: frozenset[str]) -> str:
    """The separator that makes most known headers in one record; else the most regular; else `;`."""
    candidates = [separator for separator in SEPARATORS if separator in head]
    best, best_score = ";", (0, 0)
    for separator in candidates:
        records = list(_records(head, separator))
        regular = _regular_records(records)
        if regular and len(candidates) == 1:
            return separator
        hits = max((_known_headers(record, words) for record in records), default=0) if words else 0
        if (hits, regular) > best_score:
            best, best_score = separator, (hits, regular)
    return best


def _known_headers(cells: Iterable[str], words: frozenset[str]) -> int:
    return len({normalise_header(cell) for cell in cells if not cell.isdigit()} & words)


def _records(head: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        for number, record in enumerate(reader):
            if number >= SNIFFED_RECORDS:
                return
            if any(record):
                yield record
    except csv.Error:
        return


def _regular_records(records: Iterable[list[str]]) -> int:
    """How many records share the most common width above 1; few among many is chance (commas in sentences)."""
    widths = Counter(len(record) for record in records)
    chance = widths.total() / 2
    return max((count for width, count in widths.items() if width > 2 or (width > 1 and count >= chance)), default=0)  # noqa: PLR2004 - two columns may come from one stray separator
