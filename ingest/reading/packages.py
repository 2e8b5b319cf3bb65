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

__all__ = ["Package", "check_directory_size", "inspect_package"]

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
_CODECS = ("utf-8", "utf-16-le", "utf-16-be")


def _spelt(*words: str) -> tuple[bytes, ...]:
    return tuple(word.encode(codec) for word in words for codec in _CODECS)


_DECLARING = _spelt("<!ENTITY", "<!ATTLIST", "<!ELEMENT", "<!NOTATION")
_DOCTYPES = (*_spelt("<!DOCTYPE"), *_DECLARING)
_UNREAD = re.compile(r"\.svg\Z|\A(?:Basic|Dialogs)/|\AMETA-INF/manifest\.xml\Z", re.IGNORECASE)
"""Pictures, and parts for which OpenOffice names a DTD that declares nothing here: no reader of ours parses them."""
_MAPS = "xl/xmlMaps.xml"
"""XML maps may name a schema elsewhere; nobody needs one in a deposit."""
_XML_PART = re.compile(r"\.(?:xml|rels|vml|rdf)\Z", re.IGNORECASE)
_BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_DECLARATION = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml\s")
_DECLARED_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_DECLARATION_BYTES = 1_000
"""A longer XML declaration is none that a spreadsheet program writes."""
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
    check_directory_size(source, size, limits)
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


def check_directory_size(source: BinaryIO, size: int, limits: ReadingLimits) -> None:
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
    known: set[str] = set()
    for info in infos:
        # Some French accounting packages write `xl\workbook.xml`; readers take it.
        name = info.filename.replace("\\", "/")
        if name.casefold() in known:  # the parts of an office package have one name whatever its case
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="duplicate")
        odd = name.startswith("/") or {".", ".."} & set(name.split("/")) or re.match(r"[A-Za-z]:", name)
        if odd or "\0" in info.orig_filename:  # which readers cut there, or not
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="path")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="link")
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise RefusedError(UnreadableReason.ENCRYPTED)
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise RefusedError(UnreadableReason.ZIP_SUSPICIOUS, kind="method", method=info.compress_type)
        entries[name] = info
        known.add(name.casefold())
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
    named = _XML_PART.search(name) is not None
    watch = _XmlWatch(name, seen) if named else None
    undecided = not named  # a part is XML by its content too: what calls it a sheet is written by the same hand
    size = checksum = 0
    for chunk in _inflated(source, info):
        size += len(chunk)
        seen.total += len(chunk)
        if seen.total > limits.max_unpacked_bytes:
            raise RefusedError(UnreadableReason.UNPACKED_TOO_BIG, limit=limits.max_unpacked_bytes)
        if size > max(RATIO_MATTERS_ABOVE_BYTES, limits.max_unpack_ratio * info.compress_size):
            raise RefusedError(UnreadableReason.ZIP_BOMB, limit=limits.max_unpack_ratio)
        if undecided and (start := chunk.lstrip(_BLANK)):
            undecided = False
            if start.startswith((b"<", *_FOREIGN_STARTS)):
                watch = _XmlWatch(name, seen)
        if watch is not None:
            watch.look(chunk)
        if named:
            checksum = zlib.crc32(chunk, checksum)
    if watch is not None:
        watch.end(size)
        if named and checksum != info.CRC:
            raise RefusedError(UnreadableReason.CORRUPT, kind="checksum")


class _XmlWatch:
    """Looks at one XML part as it is inflated: DTD, encoding, form, and what sheets hold."""

    def __init__(self, name: str, seen: _Seen) -> None:
        self._name = name
        self._seen = seen
        self._is_sheet = "/worksheets/" in name
        self._words = _DECLARING if _UNREAD.search(name) else _DOCTYPES
        self._first, self._rooted = True, False
        self._tail = b""
        self._formula, self._error = b"<f", b't="e"'
        self._parser: expat.XMLParserType | None = None
        self._left_to_parse = 0
        if _ESSENTIAL_PART.search(name):
            self._left_to_parse = PARSED_BYTES
            self._parser = expat.ParserCreate()
            self._parser.StartDoctypeDeclHandler = self._refuse_doctype
            self._parser.StartElementHandler = self._root

    def _root(self, *_: object) -> None:
        self._rooted = True
        if self._parser is not None:
            self._parser.StartElementHandler = None

    def look(self, chunk: bytes) -> None:
        """The next bytes of the part."""
        if not chunk:
            return
        first, window = self._first, self._tail + chunk
        self._first = False
        if first and _foreign_encoding(window):
            raise RefusedError(UnreadableReason.DTD)
        # In a part that is parsed below, a DTD can only stand before the root element.
        if not self._rooted and any(word in window for word in self._words):
            raise RefusedError(UnreadableReason.DTD)
        if self._name == _MAPS and b"schemaLocation" in window.replace(b"\0", b""):
            raise RefusedError(UnreadableReason.DTD, kind="schema")
        if self._is_sheet:
            self._look_at_cells(window, first=first)
        self._tail = window[-OVERLAP_BYTES:]
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
    # In UTF-16 the declaration is read as ASCII too: its encoding must be one of those.
    head = start[: 2 * _DECLARATION_BYTES].replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if _DECLARATION.match(head) is None:
        return False
    declaration, ended, _ = head[:_DECLARATION_BYTES].partition(b"?>")
    encodings = _DECLARED_ENCODING.findall(declaration)
    endless = not ended and len(head) >= _DECLARATION_BYTES
    return endless or any(one.strip().lower() not in _SAFE_ENCODINGS for one in encodings)


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
