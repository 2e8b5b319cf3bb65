"""What an XLSX sheet says beyond its values, read from its XML: errors, formulas without value, true extent.

The reader that we use gives error cells and uncomputed formulas as empty. Only sheets in which the package check
saw such cells are scanned. The parts have passed that check: no DTD, sizes bounded.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

__all__ = [
    "SheetFacts",
    "SheetPart",
    "Workbook",
    "measure_sheet",
    "parse_reference",
    "read_workbook",
    "scan_sheet",
    "stated_dimension",
]

CHUNK_BYTES = 1 << 20
CARRY_BYTES = 1 << 16
_P = rb"(?:[\w.-]{1,20}:)?"
_FORMULA = rb"<" + _P + rb"f\b[^<>]*/>|<" + _P + rb"f\b[^<>]*>[^<]*</" + _P + rb"f>"
_CELL_WITH_FORMULA = re.compile(
    rb"<" + _P + rb"c\b(?P<attributes>[^<>]*)>\s*(?:" + _FORMULA + rb")\s*"
    rb"(?:(?P<uncached></" + _P + rb"c>|<" + _P + rb"v\s*/>|<" + _P + rb"v>\s*</" + _P + rb"v>)"
    rb"|(?P<zero><" + _P + rb"v>0</))?",
)
_ERROR_CELL = re.compile(
    rb"<" + _P + rb"c\b(?P<attributes>[^<>]*\bt=[\"']e[\"'][^<>]*)>\s*(?:(?:" + _FORMULA + rb")\s*)?"
    rb"<" + _P + rb"v\b[^<>]*>\s*(?P<text>[^<]{1,20}?)\s*</",
)
_VALUED_CELL = re.compile(rb"<" + _P + rb"c\b(?P<attributes>[^<>/]*)>")
_REFERENCE = re.compile(rb"\br=[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_ERROR_TEXT = re.compile(r"#[A-Z0-9/!?_]{1,20}\Z")
_TEXT_FORMULA = re.compile(rb"\bt=[\"']str[\"']")
_DIMENSION = re.compile(
    rb"<" + _P + rb"dimension\b[^<>]*\bref=[\"'](?:[A-Z]{1,3}[0-9]{1,7}:)?([A-Z]{1,3})([0-9]{1,10})[\"']",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it; `part` is None when the package does not have it."""

    name: str
    visible: bool
    part: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbook:
    """The list of sheets; `calculated_on_load`: the writer left the computing to the spreadsheet program."""

    sheets: tuple[SheetPart, ...]
    calculated_on_load: bool = False


@dataclass(kw_only=True, slots=True)
class SheetFacts:
    """What a scan found; places are (row, column) from 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncached: list[tuple[int, int]] = field(default_factory=list)
    uncached_count: int = 0
    zeros: list[tuple[int, int]] = field(default_factory=list)
    """Formulas worth 0: nothing remarkable, unless the writer left the computing to the spreadsheet program."""
    zero_count: int = 0
    last_row: int = 0


def read_workbook(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> Workbook | None:
    """The sheets of a workbook and their parts; None when its XML cannot be read (the readers will say so)."""
    try:
        path = _workbook_path(archive, entries)
        root = _parse(archive, entries, path)
        folder, file_name = posixpath.split(path)
        links = {
            one.get("Id", ""): posixpath.normpath(posixpath.join(folder, one.get("Target", ""))).lstrip("/")
            for one in _parse(archive, entries, f"{folder}/_rels/{file_name}.rels")
        }
    except (KeyError, ParseError, DefusedXmlException, LookupError, ValueError, zipfile.BadZipFile):
        return None
    sheets = tuple(
        SheetPart(
            name=sheet.get("name", ""),
            visible=sheet.get("state", "visible") == "visible",
            part=links.get(_relation_id(sheet)) if links.get(_relation_id(sheet)) in entries else None,
        )
        for sheet in _descendants(root, "sheet")
    )
    on_load = any(one.get("fullCalcOnLoad") in {"1", "true"} for one in _descendants(root, "calcPr"))
    return Workbook(sheets=sheets, calculated_on_load=on_load)


def _workbook_path(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> str:
    if "_rels/.rels" in entries:
        for one in _parse(archive, entries, "_rels/.rels"):
            if one.get("Type", "").endswith("/officeDocument"):
                return one.get("Target", "").lstrip("/")
    return "xl/workbook.xml"


def _parse(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], name: str) -> Element:
    root: Element = fromstring(archive.read(entries[name]), forbid_dtd=True)
    return root


def _descendants(root: Element, local_name: str) -> Iterator[Element]:
    return (one for one in root.iter() if one.tag.rpartition("}")[2] == local_name)


def _relation_id(sheet: Element) -> str:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")


def scan_sheet(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, listed: int = 50) -> SheetFacts:
    """Errors and formulas of one sheet; at most `listed` places of uncomputed formulas are kept, all are counted."""
    facts = SheetFacts()
    for window, limit in _windows(archive, info):
        for match in _CELL_WITH_FORMULA.finditer(window, 0, limit):
            place = parse_reference(match["attributes"])
            if match["zero"]:
                facts.zero_count += 1
                _keep(facts.zeros, place, listed)
            elif match["uncached"] and not _TEXT_FORMULA.search(match["attributes"]):
                facts.uncached_count += 1
                _keep(facts.uncached, place, listed)
        for match in _ERROR_CELL.finditer(window, 0, limit):
            place, text = parse_reference(match["attributes"]), match["text"].decode("ascii", "replace")
            if place:
                facts.errors[place] = text if _ERROR_TEXT.match(text) else "#N/A"
    return facts


def _keep(places: list[tuple[int, int]], place: tuple[int, int] | None, limit: int) -> None:
    if place is not None and len(places) < limit:
        places.append(place)


def measure_sheet(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """How many rows and columns a sheet has up to its last cell with content."""
    rows = columns = 0
    for window, limit in _windows(archive, info):
        for match in _VALUED_CELL.finditer(window, 0, limit):
            place = parse_reference(match["attributes"])
            if place:
                rows, columns = max(rows, place[0] + 1), max(columns, place[1] + 1)
    return rows, columns


def stated_dimension(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int] | None:
    """The rows and columns that a sheet states before its data; None when it does not."""
    with archive.open(info) as part:
        match = _DIMENSION.search(part.read(1 << 14))
    return (int(match[2]), _column_number(match[1]) + 1) if match else None


def parse_reference(attributes: bytes) -> tuple[int, int] | None:
    """The place (row, column from 0) in the attributes of a cell."""
    match = _REFERENCE.search(attributes)
    return (int(match[2]) - 1, _column_number(match[1])) if match else None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _windows(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """A part in windows cut between rows, so that no cell is seen twice or in two halves."""
    carry = b""
    with archive.open(info) as part:
        while chunk := part.read(CHUNK_BYTES):
            window = carry + chunk
            cut = window.rfind(b"</row>")
            if cut < 0:
                cut = window.rfind(b":row>")
            if cut < 0 and len(window) < CARRY_BYTES * 256:
                carry = window
                continue
            carry = window[cut:] if cut >= 0 else b""
            yield window, cut if cut >= 0 else len(window)
    yield carry, len(carry)
