"""ZIP packages, looked at before any reader opens them: size, entries, entities, kind.

The declared sizes are checked first, then every entry is inflated and counted: sizes can lie. Nothing is kept.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ingest.reading.limits import ReadingLimits
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["Package", "inspect_package"]

CHUNK_BYTES = 1 << 18
RATIO_MATTERS_ABOVE_BYTES = 20_000_000
"""A small part may compress very well (a thousand equal rows) without being a bomb."""
DIRECTORY_BYTES_PER_ENTRY = 512
OVERLAP_BYTES = 64
PARSED_BYTES = 16 << 20
"""How much of a part is checked for form: a spreadsheet program refuses malformed XML, readers may guess."""
_ESSENTIAL_PART = re.compile(
    r"\.rels\Z|workbook\.xml\Z|sharedStrings\.xml\Z|/worksheets/[^/]+\.xml\Z|\A\[Content_Types\]\.xml\Z",
)
_ENCRYPTED_FLAG = 0x1
_DOCTYPES = tuple(
    word.encode(codec) for word in ("<!DOCTYPE", "<!ENTITY") for codec in ("utf-8", "utf-16-le", "utf-16-be")
)
_MAPS = "xl/xmlMaps.xml"
"""XML maps may name a schema elsewhere; nobody needs one in a deposit."""
_XML_PART = re.compile(r"\.(?:xml|rels|vml|rdf)\Z", re.IGNORECASE)
_DECLARED_ENCODING = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{0,40})[\"']")
_SAFE_ENCODINGS = frozenset(b"utf-8 utf8 us-ascii ascii iso-8859-1 utf-16 utf-16le utf-16be".split())
# Encodings in which `<!DOCTYPE` would not show: UTF-32, EBCDIC.
_FOREIGN_STARTS = (b"\0\0\0<", b"<\0\0\0", b"\0\0\xfe\xff", b"\xff\xfe\0\0", b"\x4c\x6f\xa7\x94")


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A package that passed: its entries by normalised name, and what was seen while inflating them."""

    entries: dict[str, zipfile.ZipInfo]
    with_formulas: frozenset[str] = frozenset()
    with_errors: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Seen:
    total: int = 0
    formulas: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)


def inspect_package(source: BinaryIO, size: int, limits: ReadingLimits) -> Package:
    """Check a ZIP file without extracting it.

    Raises:
        RefusedError: damaged, too many or doubtful entries, too large, a bomb, or XML with a DTD.
    """
    _check_directory_size(source, size, limits)
    try:
        with zipfile.ZipFile(source) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, EOFError) as error:
        raise RefusedError(UnreadableReason.CORRUPT) from error
    entries = _check_names(infos, limits)
    _check_declared(infos, limits)
    seen = _Seen()
    for name, info in entries.items():
        _inflate(source, name, info, seen, limits)
    return Package(entries=entries, with_formulas=frozenset(seen.formulas), with_errors=frozenset(seen.errors))


def _check_directory_size(source: BinaryIO, size: int, limits: ReadingLimits) -> None:
    """Refuse a huge central directory before the library builds an object for each entry."""
    source.seek(max(0, size - (1 << 16) - 22))
    tail = source.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise RefusedError(UnreadableReason.CORRUPT)
    count, length = struct.unpack_from("<HL", tail, at + 10)
    record = tail.rfind(b"PK\x06\x06", 0, at)
    if record >= 0 and record + 56 <= len(tail):
        count, length = struct.unpack_from("<QQ", tail, record + 32)
    if count > limits.max_zip_entries or length > limits.max_zip_entries * DIRECTORY_BYTES_PER_ENTRY:
        raise RefusedError(UnreadableReason.ZIP_ENTRIES, limit=limits.max_zip_entries, entries=count)


def _check_names(infos: list[zipfile.ZipInfo], limits: ReadingLimits) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > limits.max_zip_entries:
        raise RefusedError(UnreadableReason.ZIP_ENTRIES, limit=limits.max_zip_entries, entries=len(infos))
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        # Some French accounting packages write `xl\workbook.xml`; readers take it.
        name = info.filename.replace("\\", "/")
        if name in entries:
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="duplicate")
        if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="path")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="link")
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise RefusedError(UnreadableReason.ENCRYPTED)
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="method", method=info.compress_type)
        entries[name] = info
    return entries


def _check_declared(infos: list[zipfile.ZipInfo], limits: ReadingLimits) -> None:
    total = sum(info.file_size for info in infos)
    if total > limits.max_unpacked_bytes:
        raise RefusedError(UnreadableReason.UNPACKED_TOO_BIG, limit=limits.max_unpacked_bytes, bytes=total)
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="overlap")
        end = info.header_offset + info.compress_size


def _inflate(source: BinaryIO, name: str, info: zipfile.ZipInfo, seen: _Seen, limits: ReadingLimits) -> None:
    """Count the real bytes of an entry and look for what readers must not meet."""
    watch = _XmlWatch(name, seen) if _XML_PART.search(name) else None
    size = checksum = 0
    for chunk in _inflated(source, info):
        size += len(chunk)
        seen.total += len(chunk)
        if seen.total > limits.max_unpacked_bytes:
            raise RefusedError(UnreadableReason.UNPACKED_TOO_BIG, limit=limits.max_unpacked_bytes)
        if size > max(RATIO_MATTERS_ABOVE_BYTES, limits.max_unpack_ratio * info.compress_size):
            raise RefusedError(UnreadableReason.ZIP_BOMB, limit=limits.max_unpack_ratio)
        if watch is not None:
            watch.look(chunk)
            checksum = zlib.crc32(chunk, checksum)
    if watch is not None:
        watch.end(size)
        if checksum != info.CRC:
            raise RefusedError(UnreadableReason.CORRUPT, kind="checksum")


class _XmlWatch:
    """Looks at one XML part as it is inflated: DTD, encoding, form, and what sheets hold."""

    def __init__(self, name: str, seen: _Seen) -> None:
        self._name = name
        self._seen = seen
        self._is_sheet = "/worksheets/" in name
        self._tail = b""
        self._formula, self._error = b"<f", b't="e"'
        self._parser: expat.XMLParserType | None = None
        self._left_to_parse = 0
        if _ESSENTIAL_PART.search(name):
            self._left_to_parse = PARSED_BYTES
            self._parser = expat.ParserCreate()
            self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def look(self, chunk: bytes) -> None:
        """The next bytes of the part."""
        first, window = not self._tail, self._tail + chunk
        if first and _foreign_encoding(window):
            raise RefusedError(UnreadableReason.DTD)
        # In a part that is parsed below, a DTD can only stand before the root element.
        if (first or self._parser is None) and any(word in window for word in _DOCTYPES):
            raise RefusedError(UnreadableReason.DTD)
        if self._name == _MAPS and b"schemaLocation" in window.replace(b"\0", b""):
            raise RefusedError(UnreadableReason.DTD, kind="schema")
        if self._is_sheet:
            self._look_at_cells(window, first=first)
        self._tail = chunk[-OVERLAP_BYTES:]
        if self._parser is not None and self._left_to_parse > 0:
            self._left_to_parse -= len(chunk)
            self._parse(chunk, final=False)

    def _look_at_cells(self, window: bytes, *, first: bool) -> None:
        if first:
            self._formula = b"<f" if b"<worksheet" in window else b":f"
            self._error = b"t='e'" if b"='" in window else b't="e"'
        if self._name not in self._seen.formulas and self._formula in window:
            self._seen.formulas.add(self._name)
        if self._name not in self._seen.errors and self._error in window:
            self._seen.errors.add(self._name)

    def end(self, size: int) -> None:
        """The part is over: it must be whole, unless it was too long to be parsed here."""
        if size and self._left_to_parse > 0:
            self._parse(b"", final=True)

    def _parse(self, data: bytes, *, final: bool) -> None:
        if self._parser is None:
            return
        try:
            self._parser.Parse(data, final)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise RefusedError(UnreadableReason.CORRUPT, kind="xml") from error

    @staticmethod
    def _refuse_doctype(*_: object) -> None:
        raise RefusedError(UnreadableReason.DTD)


def _foreign_encoding(start: bytes) -> bool:
    if start.startswith(_FOREIGN_STARTS):
        return True
    declared = _DECLARED_ENCODING.match(start.removeprefix(b"\xef\xbb\xbf"))
    return declared is not None and declared[1].strip().lower() not in _SAFE_ENCODINGS


def _inflated(source: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of an entry as its data give them, whatever size the directory declares.

    Raises:
        RefusedError: the entry is not where the directory says, or its data are damaged.
    """
    source.seek(info.header_offset)
    header = source.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":  # noqa: PLR2004 - size of a local header
        raise RefusedError(UnreadableReason.CORRUPT)
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    source.seek(name_bytes + extra_bytes, 1)
    left = info.compress_size
    if info.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (data := source.read(min(left, CHUNK_BYTES))):
            left -= len(data)
            yield data
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while left > 0 and not inflater.eof and (data := source.read(min(left, CHUNK_BYTES))):
            left -= len(data)
            while data and not inflater.eof:
                yield inflater.decompress(data, CHUNK_BYTES)
                data = inflater.unconsumed_tail
        while not inflater.eof and (rest := inflater.decompress(b"", CHUNK_BYTES)):
            yield rest
    except zlib.error as error:
        raise RefusedError(UnreadableReason.CORRUPT) from error
    if info.file_size and not inflater.eof:
        raise RefusedError(UnreadableReason.CORRUPT, kind="truncated")
