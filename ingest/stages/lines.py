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
from ingest.stages.reserved import ReservedCells, without_apostrophe
from ingest.stages.typed import Flags

_LOOKS_LIKE_TOTAL = r"^(sous[\s-]*)?tota|^ensemble|^totaux|^t o t a l"
_TOTAL_HEADING = re.compile(r"(?:sous_?)?tota|ensemble|t_o_t_a_l")
_NOTE = re.compile(
    r"\(\s*[0-9]{1,2}\s*\)|[*†]|(?:nb|n\.b\.|nota|note|remarque|source|commentaire)s?\b[\s:.]*", re.IGNORECASE
)
_CLOSING = re.compile(
    r"(?:fait à|fait le|date|visa|signature|cachet|l[ea] (?:responsable|direct(?:eur|rice)|président)|certifié)\b",
    re.IGNORECASE,
)
_LOOKS_LIKE_NOTE = (
    r"^(?:\([ 0-9]+\)|[*†]|fait |date|visa|sign|cachet|l[ea] (?:resp|dir|pr)|certif|n\.?b|not|rem|sour|com)"
)
_FEWEST_TITLES = 2
_SENTENCE_WORDS = 4
_FIGURE = re.compile(r"[-+]?[0-9][0-9\s.,]*[€%]?")
_WHOLE_TOTAL = re.compile(
    r"t_o_t_a_l|tota(?:l|ux)_(?:general_|de_la_|pour_la_)?"
    r"(?:pf_?[0-9]{2}|plate_?forme|cil_pass|service|trimestre|[1-4]e?r?_trimestre|t[1-4])(?:_\w+)?"
)


@dataclass(kw_only=True)
class SortedLines:
    """One raw batch sorted out. `texts`: trimmed text by column index, records only.

    `totals`: row and texts of the TOTAL lines; `notes`: rows of comments; `titles`: rows that repeat the titles.
    `second_table`: the row of other titles, under which nothing is read. `overflow`: position, column index and text
    of a cell beyond the last title that may be a figure pushed out of its column (CSV only).
    """

    rows: list[int]
    texts: dict[int, pa.Array]
    totals: list[tuple[int, dict[int, str]]] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    titles: list[int] = field(default_factory=list)
    second_table: int | None = None
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
        self._signed = False
        self._titles = {layout.positions[name]: normalise_header(title) for name, title in layout.labels.items()}
        spellings = {*layout.labels.values(), *(one.label for one in layout.collection.columns)}
        self._spellings = pa.array(sorted({text.strip() for text in spellings} | layout.collection.by_name.keys()))
        self._ended = False
        titled = [*layout.positions.values(), *layout.ignored, *(i for i, title in layout.strangers.items() if title)]
        self._beyond = [index for index in layout.strangers if ragged and index > max(titled, default=0)]
        self.filled: dict[int, int] = {}
        self.reserved = ReservedCells()

    def sort(self, batch: pa.RecordBatch) -> SortedLines:
        """Sort one batch of raw text (column `row`, then `c0`…)."""
        rows = batch.column(0)
        if batch.num_rows and rows[0].as_py() < self._body_from:
            batch = batch.filter(pc.greater_equal(rows, self._body_from))
        numbers = np.asarray(batch.column(0))
        self.reserved.take(batch, self._layout.reserved)
        wanted = [index for index in range(batch.num_columns - 1) if index not in self._layout.ignored]
        if not wanted:
            return SortedLines(rows=[], texts={})
        # The columns one after the other in one array: few calls of Arrow's, each of which costs on a small batch.
        cells = _trimmed(pa.concat_arrays([batch.column(index + 1) for index in wanted]))
        if "guichet_depot" in self._layout.reserved:
            cells = without_apostrophe(cells)
        shape = (len(wanted), batch.num_rows)
        texts = {index: cells.slice(place * shape[1], shape[1]) for place, index in enumerate(wanted)}
        filled = np.asarray(pc.not_equal(cells, "")).reshape(shape)
        full = dict(zip(wanted, filled, strict=True))
        count = filled.sum(axis=0)
        keep: Flags = count > 0
        keep &= ~self._left_blank(batch, full)
        found = SortedLines(rows=[], texts={})
        if self._ended:
            keep[:] = False
        for position in self._candidates(cells, filled):
            if keep[position] and self._set_aside(position, int(numbers[position]), texts, found):
                keep[position] = False
            if found.second_table is not None:
                self._ended = True
                keep[position:] = False
                break
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

    def _left_blank(self, batch: pa.RecordBatch, full: dict[int, Flags]) -> Flags:
        """Expected lines that our kit put in, with what the register knows, and that nobody filled: still missing."""
        layout, own = self._layout, self._layout.reserved
        given = {layout.positions.get(name) for name in layout.collection.register_columns}
        told = [there for index, there in full.items() if index not in given]
        if not told or not {"guichet_depot", "guichet_ligne"} <= own.keys():
            return np.zeros(batch.num_rows, dtype=np.bool_)
        depot, line = (
            np.asarray(pc.not_equal(_trimmed(batch.column(own[name] + 1)), ""))
            for name in ("guichet_depot", "guichet_ligne")
        )
        blank: Flags = depot & ~line & ~np.logical_or.reduce(told)
        return blank

    def _candidates(self, cells: pa.Array, filled: Flags) -> list[int]:
        """Positions worth a closer look: one cell only, or a cell that begins like a total or a note."""
        alone = filled.sum(axis=0) == 1
        pattern = f"{_LOOKS_LIKE_TOTAL}|{_LOOKS_LIKE_NOTE}" if self._headings else _LOOKS_LIKE_NOTE
        like = np.asarray(pc.match_substring_regex(cells, pattern, ignore_case=True))
        alone |= like.reshape(filled.shape).any(axis=0)
        titles = np.asarray(pc.is_in(cells, value_set=self._spellings)).reshape(filled.shape).sum(axis=0)
        alone |= titles >= _FEWEST_TITLES
        return [int(position) for position in np.flatnonzero(alone)]

    def _set_aside(self, position: int, row: int, texts: dict[int, pa.Array], found: SortedLines) -> bool:
        cells = {index: value for index, text in texts.items() if (value := text[position].as_py())}
        first = next(iter(cells.values()))
        if self._repeats_titles(row, cells, found):
            return True
        heading = self._total_heading(first)
        if heading is not None:
            if heading in self._headings or _WHOLE_TOTAL.fullmatch(heading):
                found.totals.append((row, cells))
                self._after_total = True
            else:
                found.notes.append(row)
            return True
        if len(cells) == 1:
            index = next(iter(cells))
            note = _NOTE.match(first) is not None or self._is_sentence(index, first)
            note |= self._after_total and self._closes(first)
            note |= self._signed and not _has_figures(cells)
        else:  # « Fait à Bordeaux, le 14/04/2005 » in one cell, « Le responsable » in another
            note = (_NOTE.match(first) or _CLOSING.match(first)) is not None and not _has_figures(cells)
            self._signed |= note and _CLOSING.match(first) is not None
        if note:
            found.notes.append(row)
        return note

    def _repeats_titles(self, row: int, cells: dict[int, str], found: SortedLines) -> bool:
        """Whether a line holds titles again: ours at their places, or those of a second table."""
        known = self._layout.collection.header_names
        titles = {index: title for index, text in cells.items() if (title := normalise_header(text)) in known}
        names = self._layout.positions
        placed = [
            index
            for index, title in titles.items()
            if names.get(known[title]) == index or self._titles.get(index) == title
        ]
        mostly = 2 * len(titles) > len(cells)
        if len(titles) < _FEWEST_TITLES or (not mostly and len(placed) < _FEWEST_TITLES):
            return False
        strangers = {index: text for index, text in cells.items() if index not in titles}
        ours = mostly or all(self._layout.strangers.get(index) == text for index, text in strangers.items())
        if len(placed) == len(titles) and ours:
            found.titles.append(row)
        else:
            found.second_table = row
        return True

    def _is_sentence(self, index: int, text: str) -> bool:
        """Whether a cell alone on its line is a comment, and not a record that names its CIL/CCI and nothing else."""
        if len(text.split()) < _SENTENCE_WORDS or (self._directory is not None and self._directory.member(text)):
            return False
        member = self._layout.collection.member_column
        naming = () if member is None else (member.name, member.stand_in)
        named = any(self._layout.positions.get(name or "") == index for name in naming)
        return not named or text.endswith((".", "!", "?"))

    def _total_heading(self, text: str) -> str | None:
        """The normalised heading of a line of totals (or of a subtotal), None for a record."""
        heading = normalise_header(text)
        if not self._headings or _TOTAL_HEADING.match(heading) is None:
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


def _has_figures(cells: dict[int, str]) -> bool:
    return any(_FIGURE.fullmatch(text) for text in cells.values())


def _figures(text: pa.Array) -> Flags:
    return np.asarray(pc.match_substring_regex(text, r"^[0-9]+$"))
