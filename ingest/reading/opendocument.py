"""ODS to text tables, streamed: memory does not grow with the sheet, however far its blank rows repeat.

One pass of expat over `content.xml`. The usual readers refuse indented XML, lose error cells, or take 850 MB for a
10 kB file; this one also sees formulas that were saved without a value.
"""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa

from ingest.reading.cells import reference
from ingest.reading.limits import ReadingLimits
from ingest.reading.odf_values import cell_text
from ingest.reading.packages import Package
from ingest.reading.raw import RawSheet, ReadNote
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import MAX_ROW_NUMBER, ROW, SheetWriter, text_columns

__all__ = ["read_opendocument"]

CHUNK_BYTES = 1 << 18
CELLS_PER_BATCH = 1_000_000
LISTED_CELLS = 50
LISTED_RANGES = 200
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 "
_CELLS = frozenset({_TABLE + "table-cell", _TABLE + "covered-table-cell"})
_SKIPPED = frozenset({_OFFICE + "annotation", _TABLE + "tracked-changes", _TABLE + "shapes", _OFFICE + "forms"})
_PARAGRAPHS = frozenset({_TEXT + "p", _TEXT + "h"})
_REMARKABLE = frozenset(_TABLE + name for name in ("formula", "number-columns-spanned", "number-rows-spanned"))
_ROW_END = _TABLE + "table-row"
_ERROR_TEXT = re.compile(r"#[A-ZÀ-Ü0-9/!?_ \u00a0]{1,20}\Z|Err:\d{3}\Z")


def read_opendocument(
    path: Path, folder: Path, package: Package, limits: ReadingLimits, spoken: list[str]
) -> list[RawSheet]:
    """Read every sheet of an ODS into `folder/sheet-N.arrow`, the hidden ones too (see `RawSheet`).

    `spoken` receives the texts of comments, text boxes and tracked changes.

    Raises:
        RefusedError: encrypted, damaged, with a DTD, or a limit passed.
    """
    with zipfile.ZipFile(path) as archive:
        manifest = package.entries.get("META-INF/manifest.xml")
        if manifest is not None and b"encryption-data" in archive.read(manifest):
            raise RefusedError(UnreadableReason.ENCRYPTED)
        if "content.xml" not in package.entries:
            raise RefusedError(UnreadableReason.CORRUPT, kind="content")
        document = _Document(folder, limits, spoken)
        try:
            with archive.open(package.entries["content.xml"]) as content:
                while chunk := content.read(CHUNK_BYTES):
                    document.parser.Parse(chunk, False)  # noqa: FBT003 - expat's own call
                document.parser.Parse(b"", True)  # noqa: FBT003 - same
        except (expat.ExpatError, zipfile.BadZipFile, ValueError) as error:
            raise RefusedError(UnreadableReason.CORRUPT, kind="xml") from error
        finally:
            document.close()
        return document.sheets


@dataclass(slots=True)
class _Sheet:
    """The sheet being read."""

    index: int
    name: str
    visible: bool
    writer: SheetWriter | None
    path: Path | None
    row: int = 0
    rows: list[list[str | None]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    cells: int = 0
    errors: list[str] = field(default_factory=list)
    error_count: int = 0
    uncached: list[str] = field(default_factory=list)
    uncached_count: int = 0
    merged: list[str] = field(default_factory=list)
    merged_count: int = 0


class _Document:
    """Handlers of expat for one `content.xml`."""

    def __init__(self, folder: Path, limits: ReadingLimits, spoken: list[str]) -> None:
        self.sheets: list[RawSheet] = []
        self._spoken = spoken
        self._speech: list[str] = []
        self._folder = folder
        self._limits = limits
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._sheet: _Sheet | None = None
        self._nested = 0
        self._skipping = 0
        self._row: list[str | None] = []
        self._blank_columns = 0
        self._repeat_row = 1
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._in_paragraph = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def close(self) -> None:
        """Close the stream of a sheet left half read."""
        if self._sheet is not None and self._sheet.writer is not None:
            self._sheet.writer.abandon()

    def _refuse_doctype(self, *_: object) -> None:
        raise RefusedError(UnreadableReason.DTD)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipping or name in _SKIPPED or (self._cell is not None and name.startswith(_DRAW)):
            self._skipping += 1
            if name in _PARAGRAPHS:
                self._speech.clear()  # not the author of a comment
            elif name in _CELLS:  # of a tracked change
                self._spoken.append(attributes.get(_OFFICE + "value") or attributes.get(_OFFICE + "date-value") or "")
        elif name in _CELLS:
            self._start_cell(attributes)
        elif name.startswith(_TEXT):
            self._start_text(name, attributes)
        elif name == _ROW_END and not self._nested:
            self._row, self._blank_columns = [], 0
            self._repeat_row = _count(attributes, "number-rows-repeated")
        elif name == _TABLE + "table":
            self._start_table(attributes)
        elif name == _STYLE + "style":
            self._style = attributes.get(_STYLE + "name", "") if attributes.get(_STYLE + "family") == "table" else ""
        elif name == _STYLE + "table-properties" and attributes.get(_TABLE + "display") == "false":
            self._hidden_styles.add(self._style)

    def _end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            if name in _PARAGRAPHS:
                self._spoken.append("".join(self._speech))
        elif name in _CELLS:
            if not self._nested:
                self._end_cell()
        elif name.startswith(_TEXT):
            if name in _PARAGRAPHS:
                self._in_paragraph = max(0, self._in_paragraph - 1)
        elif name == _ROW_END and not self._nested:
            self._end_row()
        elif name == _TABLE + "table":
            self._end_table()

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if self._cell is None:
            return
        kind = name[len(_TEXT) :]
        if kind in {"p", "h"}:
            self._in_paragraph += 1
            self._paragraphs.append("")
        elif self._in_paragraph:
            if kind == "s":
                count = min(_count(attributes, "c", _TEXT), self._limits.max_cell_chars + 1)
                self._paragraphs[-1] += " " * count
            elif kind == "tab":
                self._paragraphs[-1] += "\t"
            elif kind == "line-break":
                self._paragraphs[-1] += "\n"

    def _characters(self, text: str) -> None:
        if self._skipping:
            self._speech.append(text)
        if self._in_paragraph and not self._skipping:
            self._paragraphs[-1] += text

    def _start_table(self, attributes: dict[str, str]) -> None:
        if self._sheet is not None:
            self._nested += 1
            return
        index = len(self.sheets)
        visible = attributes.get(_TABLE + "style-name", "") not in self._hidden_styles - {""}
        path = self._folder / f"sheet-{index}.arrow"
        self._sheet = _Sheet(
            index=index,
            name=attributes.get(_TABLE + "name", ""),
            visible=visible,
            path=path,
            writer=SheetWriter(path, self._limits),
        )

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if not self._nested:
            self._cell, self._paragraphs, self._in_paragraph = attributes, [], 0

    def _end_cell(self) -> None:
        attributes, sheet = self._cell, self._sheet
        self._cell, self._in_paragraph = None, 0
        if attributes is None or sheet is None or sheet.writer is None:
            return
        repeat = _count(attributes, "number-columns-repeated")
        value = cell_text(attributes, self._paragraphs)
        column = len(self._row) + self._blank_columns
        if not _REMARKABLE.isdisjoint(attributes) or attributes.get(_CALCEXT + "value-type") == "error":
            self._remark(sheet, attributes, value, column)
        if not value:
            self._blank_columns += repeat
            return
        if column + repeat > self._limits.max_columns:
            raise RefusedError(
                UnreadableReason.TOO_MANY_COLUMNS,
                limit=self._limits.max_columns,
                columns=column + repeat,
                row=sheet.row + 1,
            )
        self._row += [None] * self._blank_columns + [value] * repeat
        self._blank_columns = 0

    def _remark(self, sheet: _Sheet, attributes: dict[str, str], value: str | None, column: int) -> None:
        spanned = _count(attributes, "number-columns-spanned"), _count(attributes, "number-rows-spanned")
        here = reference(sheet.row, column)
        if spanned != (1, 1):
            sheet.merged_count += 1
            if len(sheet.merged) < LISTED_RANGES:
                last = reference(sheet.row + min(spanned[1], 1 << 20) - 1, column + min(spanned[0], 1 << 14) - 1)
                sheet.merged.append(f"{here}:{last}")
        if attributes.get(_CALCEXT + "value-type") == "error" or (
            value is not None and _TABLE + "formula" in attributes and _ERROR_TEXT.match(value)
        ):
            sheet.error_count += 1
            if len(sheet.errors) < LISTED_CELLS:
                sheet.errors.append(here)
        elif _TABLE + "formula" in attributes and _OFFICE + "value-type" not in attributes and not value:
            sheet.uncached_count += 1
            if len(sheet.uncached) < LISTED_CELLS:
                sheet.uncached.append(here)

    def _end_row(self) -> None:
        sheet = self._sheet
        if sheet is None or sheet.writer is None:
            return
        row, repeat = self._row, self._repeat_row
        if not row:
            sheet.row += repeat
            return
        if sheet.row + repeat > MAX_ROW_NUMBER or repeat > self._limits.max_rows:
            raise RefusedError(UnreadableReason.TOO_MANY_ROWS, limit=self._limits.max_rows, rows=sheet.row + repeat)
        for _ in range(repeat):
            sheet.row += 1
            sheet.rows.append(row)
            sheet.numbers.append(sheet.row)
            sheet.cells += len(row)
            if len(sheet.rows) >= self._limits.batch_rows or sheet.cells > CELLS_PER_BATCH:
                _flush(sheet)

    def _end_table(self) -> None:
        if self._nested:
            self._nested -= 1
            return
        sheet, self._sheet = self._sheet, None
        if sheet is None:
            return
        n_rows = n_columns = 0
        if sheet.writer is not None:
            with sheet.writer:
                _flush(sheet)
            n_rows, n_columns = sheet.writer.n_rows, sheet.writer.n_columns
        self.sheets.append(
            RawSheet(
                index=sheet.index,
                name=sheet.name,
                visible=sheet.visible,
                path=sheet.path,
                n_rows=n_rows,
                n_columns=n_columns,
                notes=_notes(sheet) if sheet.visible else (),
            ),
        )


def _flush(sheet: _Sheet) -> None:
    if sheet.writer is not None and sheet.rows:
        sheet.writer.write_numbered(pa.array(sheet.numbers, type=ROW), text_columns(sheet.rows))
    sheet.rows, sheet.numbers, sheet.cells = [], [], 0


def _notes(sheet: _Sheet) -> tuple[ReadNote, ...]:
    remarks = (
        (NoteCode.MERGED_CELLS, sheet.merged_count, sheet.merged),
        (NoteCode.ERROR_CELL, sheet.error_count, sheet.errors),
        (NoteCode.FORMULA_UNCACHED, sheet.uncached_count, sheet.uncached),
    )
    return tuple(ReadNote(code=code, count=count, cells=tuple(cells)) for code, count, cells in remarks if count)


def _count(attributes: dict[str, str], name: str, namespace: str = _TABLE) -> int:
    """A repetition or span: at least 1, whatever the file says."""
    text = attributes.get(namespace + name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else 1  # noqa: PLR2004 - 64 bits
