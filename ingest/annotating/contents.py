"""What an XLSX holds that matters before it is annotated: its size, results of formulas, what will be lost."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from ingest.reading.limits import ReadingLimits
from ingest.reading.packages import Package, inspect_package
from ingest.reading.sheetxml import read_workbook
from rendering.workbooks.finishing import CACHED_TYPES, CachedValue
from rendering.workbooks.remarks import Loss

__all__ = ["Contents", "contents_of"]

_CHUNK: Final = 1 << 20
_OVERLAP: Final = 64
_CELL: Final = re.compile(rb"<(?:[\w.-]{1,20}:)?c[\s>]")
_BY_NAME: Final = (
    (re.compile(r"\Axl/vbaProject\.bin\Z"), Loss.MACROS),
    (re.compile(r"\Axl/media/"), Loss.IMAGES),
    (re.compile(r"\Axl/(?:ctrlProps|activeX)/"), Loss.CONTROLS),
    (re.compile(r"\Axl/embeddings/"), Loss.OBJECTS),
    (re.compile(r"\Axl/(?:slicers|timelines)/"), Loss.SLICERS),
    (re.compile(r"\Axl/threadedComments/"), Loss.THREADS),
    (re.compile(r"\Axl/charts/chart"), Loss.CHART_LOOKS),
    (re.compile(r"\A_xmlsignatures/"), Loss.SIGNATURE),
    (re.compile(r"\Axl/(?:connections\.xml\Z|queryTables/)"), Loss.CONNECTIONS),
)
_BY_CONTENT: Final = (
    (re.compile(r"\Axl/drawings/[^/]+\.xml\Z"), re.compile(rb"<xdr:(?:sp|cxnSp|grpSp)[\s>]"), Loss.SHAPES),
    (re.compile(r"/worksheets/[^/]+\.xml\Z"), re.compile(rb":sparklineGroups?[\s>]"), Loss.SPARKLINES),
    (re.compile(r"/worksheets/[^/]+\.xml\Z"), re.compile(rb"<x14:dataValidations?[\s>]"), Loss.NEW_VALIDATIONS),
    (re.compile(r"/worksheets/[^/]+\.xml\Z"), re.compile(rb"<x14:conditionalFormattings?[\s>]"), Loss.NEW_FORMATS),
)


@dataclass(kw_only=True, slots=True)
class Contents:
    """`n_cells` stops counting soon after the bound asked for; `cached`: results of formulas by sheet and cell.

    `recalculate`: the spreadsheet program must compute on opening, because a formula has no result yet.
    """

    n_cells: int = 0
    losses: list[Loss] = field(default_factory=list)
    cached: dict[str, dict[str, CachedValue]] = field(default_factory=dict)
    recalculate: bool = False


def contents_of(path: Path, limits: ReadingLimits, most_cells: int) -> Contents:
    """Look through a workbook; nothing but its size is known of one with more than `most_cells`.

    Raises:
        RefusedError: the package does not pass the checks that reading makes too.
    """
    with path.open("rb") as source:
        package = inspect_package(source, path.stat().st_size, limits)
    contents = Contents()
    with zipfile.ZipFile(path) as archive:
        for name, info in package.entries.items():
            if "/worksheets/" in name and name.endswith(".xml"):
                for window, fresh in _windows(archive, info):
                    contents.n_cells += sum(1 for _ in _CELL.finditer(window, fresh))
                    if contents.n_cells > most_cells:
                        return contents
        contents.losses = _losses(archive, package)
        _take_results(archive, package, contents)
    return contents


def _windows(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """A part piece by piece, each behind the end of the former one; where a match of one more byte is new."""
    tail = b""
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            yield tail + chunk, max(0, len(tail) - 1)
            tail = chunk[-_OVERLAP:]


def _losses(archive: zipfile.ZipFile, package: Package) -> list[Loss]:
    found = {kind for name in package.entries for pattern, kind in _BY_NAME if pattern.search(name)}
    for name, info in package.entries.items():
        wanted = [(content, kind) for pattern, content, kind in _BY_CONTENT if pattern.search(name)]
        if wanted:
            for window, _ in _windows(archive, info):
                found.update(kind for content, kind in wanted if content.search(window))
    return [kind for kind in Loss if kind in found]


def _take_results(archive: zipfile.ZipFile, package: Package, contents: Contents) -> None:
    book = read_workbook(archive, package.entries)
    contents.recalculate = book is None or (book.calculated_on_load and bool(package.with_formulas))
    for sheet in book.sheets if book is not None else ():
        if sheet.part in package.with_formulas:
            scan = _Scan()
            try:
                contents.cached[sheet.name] = scan.read(archive, package.entries[sheet.part])
            except (expat.ExpatError, ValueError, LookupError):
                contents.losses.append(Loss.RESULTS)
                contents.recalculate = True
            contents.recalculate |= scan.formulas > len(scan.found)


class _Scan:
    """Collects the last results of a sheet's formulas. The part has passed the package check: no DTD, bounded."""

    def __init__(self) -> None:
        self.found: dict[str, CachedValue] = {}
        self._place = self._kind = ""
        self.formulas = 0
        self._formula = False
        self._text: list[str] | None = None

    def read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> dict[str, CachedValue]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        with archive.open(info) as part:
            parser.ParseFile(part)
        return self.found

    @staticmethod
    def _refuse(*_: object) -> None:
        raise ValueError("DTD")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._place, self._kind = attributes.get("r", ""), attributes.get("t", "n")
            self._formula = False
        elif name == "f":
            self._formula = True
            self.formulas += 1
        elif name == "v" and self._formula:
            self._text = []

    def _data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end(self, tag: str) -> None:
        if self._text is not None and tag.rpartition(":")[2] == "v":
            text = "".join(self._text)
            if (text or self._kind == "str") and self._kind in CACHED_TYPES:
                self.found[self._place] = CachedValue(kind=self._kind, text=text)
            self._text = None
