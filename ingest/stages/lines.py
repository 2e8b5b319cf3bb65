"""Tells records from what is not one: blank lines, TOTAL lines, notes under the table (C0-4, S1-7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.organisations import Directory
from domain.text import normalise_header
from ingest.stages.layout import Layout
from ingest.stages.typed import Flags

_LOOKS_LIKE_TOTAL = r"^(sous[\s-]*)?tota|^ensemble|^totaux"
_NOTE = re.compile(
    r"\(\s*[0-9]{1,2}\s*\)|[*†]|(?:nb|n\.b\.|nota|note|remarque|source|commentaire)s?\b[\s:.]*", re.IGNORECASE
)
_CLOSING = re.compile(r"(?:fait à|fait le|date|visa|signature|le responsable|certifié)", re.IGNORECASE)


@dataclass(kw_only=True)
class SortedLines:
    """One raw batch sorted out. `texts`: trimmed text by column index, records only.

    `totals`: row and texts of the TOTAL lines; `notes`: rows of comments. `overflow`: position, column index and text
    of a cell beyond the last title that may be a figure pushed out of its column (CSV only).
    """

    rows: list[int]
    texts: dict[int, pa.Array]
    totals: list[tuple[int, dict[int, str]]] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    overflow: list[tuple[int, int, str]] = field(default_factory=list)


class LineSorter:
    """Sorts the lines of a section, batch after batch."""

    def __init__(self, layout: Layout, body_from: int, directory: Directory | None, *, ragged: bool = False) -> None:
        """`body_from`: first row below the titles. `ragged`: a CSV, whose lines may have too many cells."""
        self._layout = layout
        self._body_from = body_from
        self._directory = directory
        self._headings = layout.collection.total_headings
        self._after_total = False
        titled = [*layout.positions.values(), *layout.ignored, *(i for i, title in layout.strangers.items() if title)]
        self._beyond = [index for index in layout.strangers if ragged and index > max(titled, default=0)]
        self.filled: dict[int, int] = {}

    def sort(self, batch: pa.RecordBatch) -> SortedLines:
        """Sort one batch of raw text (column `row`, then `c0`…)."""
        rows = batch.column(0)
        if batch.num_rows and rows[0].as_py() < self._body_from:
            batch = batch.filter(pc.greater_equal(rows, self._body_from))
        numbers = np.asarray(batch.column(0))
        wanted = [index for index in range(batch.num_columns - 1) if index not in self._layout.ignored]
        texts = {index: _trimmed(batch.column(index + 1)) for index in wanted}
        if not texts:
            return SortedLines(rows=[], texts={})
        full = {index: _full(text) for index, text in texts.items()}
        count = np.sum(list(full.values()), axis=0)
        keep: Flags = count > 0
        found = SortedLines(rows=[], texts={})
        for position in self._candidates(texts, count):
            if self._set_aside(position, int(numbers[position]), texts, found):
                keep[position] = False
        figures = {index: _figures(texts[index]) for index in self._beyond if index in texts}
        self._note_filled(
            numbers,
            {index: there & ~figures[index] if index in figures else there for index, there in full.items()},
            keep,
        )
        if not keep.all():
            mask = pa.array(keep)
            texts = {index: text.filter(mask) for index, text in texts.items()}
            numbers = numbers[keep]
        found.rows = numbers.tolist()
        found.texts = texts
        for index, places in figures.items():
            found.overflow.extend(
                (int(place), index, texts[index][place].as_py()) for place in np.flatnonzero(places[keep])
            )
        return found

    def _candidates(self, texts: dict[int, pa.Array], count: np.ndarray) -> list[int]:
        """Positions worth a closer look: one cell only, or a first cell that begins like a total."""
        alone = count == 1
        if self._headings:
            for text in texts.values():
                alone |= np.asarray(pc.match_substring_regex(text, _LOOKS_LIKE_TOTAL, ignore_case=True))
        return [int(position) for position in np.flatnonzero(alone)]

    def _set_aside(self, position: int, row: int, texts: dict[int, pa.Array], found: SortedLines) -> bool:
        cells = {index: value for index, text in texts.items() if (value := text[position].as_py())}
        first = next(iter(cells.values()))
        heading = self._total_heading(first)
        if heading is not None:
            if heading in self._headings:
                found.totals.append((row, cells))
                self._after_total = True
            else:
                found.notes.append(row)
            return True
        if len(cells) == 1 and (_NOTE.match(first) or (self._after_total and self._closes(first))):
            found.notes.append(row)
            return True
        return False

    def _total_heading(self, text: str) -> str | None:
        """The normalised heading of a line of totals (or of a subtotal), None for a record."""
        heading = normalise_header(text)
        if not self._headings or re.match(_LOOKS_LIKE_TOTAL.replace(r"[\s-]*", "_?"), heading) is None:
            return None
        if heading in self._headings:
            return heading
        known = self._directory is not None and self._directory.member(text) is not None
        return None if known else heading

    @staticmethod
    def _closes(text: str) -> bool:
        return _CLOSING.match(text) is not None or len(text.split()) > 3  # noqa: PLR2004 - a sentence, not a code

    def _note_filled(self, numbers: np.ndarray, full: dict[int, Flags], keep: Flags) -> None:
        for index in self._layout.strangers:
            if index not in self.filled and index in full and (full[index] & keep).any():
                self.filled[index] = int(numbers[np.argmax(full[index] & keep)])


def _trimmed(column: pa.Array) -> pa.Array:
    text = pc.utf8_trim_whitespace(column)
    return pc.fill_null(text, "") if text.null_count else text


def _figures(text: pa.Array) -> Flags:
    return np.asarray(pc.match_substring_regex(text, r"^[0-9]+$"))


def _full(text: pa.Array) -> Flags:
    return np.asarray(pc.not_equal(text, ""))
