"""What a workbook says outside its visible cells: comments, hidden names, properties, old caches, text boxes.

Nobody reads it here, and it leaves with the file all the same: it is written beside the sheets, as text, to be
searched for personal data (G-12). Runs in the child only, on packages that passed their check.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO, Final
from xml.parsers import expat

import pyarrow as pa

from ingest.reading.limits import ReadingLimits
from ingest.reading.packages import Package, check_directory_size
from ingest.reading.raw import RawSheet
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import ROW, SheetWriter, text_columns
from rules.personal_shapes import grouped_nir

__all__ = [
    "ASIDES_NAME",
    "Aside",
    "asides_of_book",
    "asides_of_package",
    "bears_nir",
    "suspects",
    "write_asides",
]

ASIDES_NAME: Final = "asides.arrow"
MOST_TEXTS: Final = 200_000
MOST_NESTED_BYTES: Final = 32 << 20
PARSED_BYTES: Final = 16 << 20
"""Larger parts are searched for long numbers only."""
CHUNK_BYTES: Final = 1 << 20
CARRY_BYTES: Final = 64
_FEW: Final = 2_000


class Aside(StrEnum):
    """Where a text stands when it is in no visible cell."""

    COMMENT = "comment"
    PROPERTY = "property"
    NAME = "name"
    DRAWING = "drawing"
    CACHE = "cache"
    LINK = "link"
    TRACKED = "tracked"
    PART = "part"


Text = tuple[Aside, str]

_KINDS: Final = (
    (re.compile(r"comments?[^/]*\.xml\Z|/threadedComments/", re.IGNORECASE), Aside.COMMENT),
    (re.compile(r"\AdocProps/|/persons/|\Ameta\.xml\Z|\AcustomXml/", re.IGNORECASE), Aside.PROPERTY),
    (re.compile(r"/drawings?/|/charts?/|vmlDrawing|/diagrams/|/ctrlProps/|\AObject", re.IGNORECASE), Aside.DRAWING),
    (re.compile(r"/pivotCache/|/queryTables/|/externalLinks/|/tables/|/revisions/", re.IGNORECASE), Aside.CACHE),
    (re.compile(r"\.rels\Z", re.IGNORECASE), Aside.LINK),
    (re.compile(r"(?:\A|/)workbook\.xml\Z", re.IGNORECASE), Aside.NAME),
)
_XML: Final = re.compile(r"\.(?:xml|rels|vml)\Z", re.IGNORECASE)
_SHEET: Final = re.compile(r"/(?:worksheets|dialogsheets|macrosheets)/[^/]+\.xml\Z")
_RUNS: Final = frozenset({"r", "t", "rPr", "span", "s", "a", "b", "i", "font", "sz", "color", "rFont", "family", "br"})
"""Elements in the middle of a text: a number may be cut in two by its colour."""
_LONG: Final = re.compile(rb"[1-478](?:[ .\-/_]{0,3}[0-9ABab]){12,14}(?![0-9])")
_CONTINUED: Final = re.compile(rb"[0-9]\Z|[0-9][.,]\Z")
_ATTRIBUTE: Final = 6


def asides_of_package(path: Path, package: Package, visible: Iterable[str]) -> Iterator[Text]:
    """The texts of an office package outside the cells of its sheets; `visible`: parts that are read as sheets."""
    read = frozenset(visible)
    with zipfile.ZipFile(path) as archive:
        for name, info in package.entries.items():
            if name == "content.xml" or info.is_dir():
                continue  # of an ODS: its reader gives what it leaves out
            if _SHEET.search(name) and name in read:
                yield from ((Aside.PART, text) for text in _around_cells(archive, info))
            elif _XML.search(name) and info.file_size <= PARSED_BYTES and not name.endswith("sharedStrings.xml"):
                kind = next((kind for pattern, kind in _KINDS if pattern.search(name)), Aside.PART)
                yield from _texts(archive.read(info), kind)
            else:
                yield from ((Aside.PART, text) for text in _long_numbers(archive, info))


def asides_of_book(streams: Iterable[bytes]) -> Iterator[Text]:
    """Long numbers anywhere in the streams of an XLS, whether its texts take one byte a sign or two."""
    for data in streams:
        for text in suspects(data):
            yield Aside.PART, text
        for text in suspects(data.replace(b"\0", b"")):
            yield Aside.PART, text


def suspects(data: bytes) -> Iterator[str]:
    """What may be a NIR in bytes of any kind."""
    for match in _LONG.finditer(data):
        before = data[max(0, match.start() - 2) : match.start()]
        if not _CONTINUED.search(before):
            yield match[0].decode("ascii")


def bears_nir(path: Path, limits: ReadingLimits) -> bool:
    """Whether a complete NIR stands in a file that no reader takes: in its bytes, or in what it packs."""
    try:
        with path.open("rb") as source:
            if any(map(grouped_nir, _suspects_of(source))):
                return True
            source.seek(0)
            return source.read(2) == b"PK" and _packs_nir(source, limits, _Left(limits.max_unpacked_bytes))
    except (
        RefusedError,
        OSError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ):
        return False  # what cannot even be unpacked is refused, and kept no longer than what is


@dataclass(slots=True)
class _Left:
    """How much may still be unpacked of a file that is refused anyway, packages in packages together."""

    n_bytes: int


def _packs_nir(source: BinaryIO, limits: ReadingLimits, left: _Left, *, nested: bool = False) -> bool:
    size = source.seek(0, io.SEEK_END)
    check_directory_size(source, size, limits)  # the library would build an object for each of a million entries
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist()[: limits.max_zip_entries]:
            ratio = info.file_size / max(info.compress_size, 4096)
            if left.n_bytes < info.file_size or info.flag_bits & 1 or ratio > limits.max_unpack_ratio:
                continue
            left.n_bytes -= info.file_size
            with archive.open(info) as part:
                if any(map(grouped_nir, _suspects_of(part))):
                    return True
            if not nested and info.filename.lower().endswith((".xlsx", ".xlsm", ".ods", ".zip", ".docx")):
                with archive.open(info) as part:
                    inner = io.BytesIO(part.read(MOST_NESTED_BYTES))
                with suppress(RefusedError, zipfile.BadZipFile):  # one that is damaged hides nothing in the others
                    if _packs_nir(inner, limits, left, nested=True):
                        return True
    return False


def _suspects_of(source: IO[bytes]) -> Iterator[str]:
    carry = b""
    while chunk := source.read(CHUNK_BYTES):
        window = carry + chunk
        yield from suspects(window)
        if b"\0" in window:
            yield from suspects(window.replace(b"\0", b""))
        carry = window[-CARRY_BYTES:]


def _long_numbers(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[str]:
    with archive.open(info) as part:
        yield from _suspects_of(part)


def _around_cells(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[str]:
    """Headers, footers, hints and lists that stand after the cells of a sheet."""
    tail = b""
    with archive.open(info) as part:
        while chunk := part.read(CHUNK_BYTES):
            window = tail + chunk
            cut = window.rfind(b"</row>")
            tail = (window if cut < 0 else window[cut:])[-CHUNK_BYTES:]
    for found in re.finditer(rb">([^<>]{6,})<|=\"([^\"<>]{6,})\"", tail):
        yield (found[1] or found[2]).decode("utf-8", "replace")


def _texts(data: bytes, kind: Aside) -> list[Text]:
    """The texts and the longer attributes of one part; a text that is styled in places is one.

    Who wrote a comment is a property of the workbook, not what the comment says.
    """
    texts: list[Text] = []
    current: list[str] = []
    written: list[Aside] = [kind]
    said = Aside.PROPERTY if kind is Aside.COMMENT else kind

    def flush() -> None:
        text = "".join(current).strip()
        current.clear()
        if text:
            texts.append((written[0], text))

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local not in _RUNS:
            flush()
            written[0] = Aside.PROPERTY if local == "author" else kind
        texts.extend((said, value) for value in attributes.values() if len(value) >= _ATTRIBUTE)

    def end(name: str) -> None:
        if name.rpartition(":")[2] not in _RUNS:
            flush()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype  # the package check refused it: never is an entity expanded
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = current.append
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's own call
    except (expat.ExpatError, ValueError, LookupError):
        texts.extend((kind, text) for text in suspects(data))  # a part that no reader needs may be damaged
    flush()
    return texts


def _no_doctype(*_: object) -> None:
    raise ValueError("DTD")


def write_asides(texts: Iterable[Text], folder: Path, limits: ReadingLimits) -> RawSheet | None:
    """Write them beside the sheets: kind and text; None when there is nothing. At most MOST_TEXTS are kept."""
    rows: list[list[str | None]] = []
    seen: set[Text] = set()
    path = folder / ASIDES_NAME
    with SheetWriter(path, limits) as writer:
        for kind, text in texts:
            short = text[: limits.max_cell_chars]
            if not short or (kind, short) in seen or len(seen) >= MOST_TEXTS:
                continue
            seen.add((kind, short))
            rows.append([kind.value, short])
            if len(rows) >= _FEW:
                _write(writer, rows, len(seen) - len(rows))
                rows = []
        _write(writer, rows, len(seen) - len(rows))
    if not seen:
        return None
    return RawSheet(index=-1, name=None, visible=False, path=path, n_rows=writer.n_rows, n_columns=writer.n_columns)


def _write(writer: SheetWriter, rows: list[list[str | None]], first: int) -> None:
    if rows:
        numbers = pa.array(range(first + 1, first + 1 + len(rows)), type=ROW)
        writer.write_numbered(numbers, text_columns(rows))
