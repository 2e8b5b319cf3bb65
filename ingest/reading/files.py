"""One untrusted file to its tables: sniff, check, dispatch. Runs in the child only."""

import mimetypes
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import python_calamine as calamine

from domain.text import normalise_header
from ingest.reading.asides import Aside, asides_of_book, asides_of_package, write_asides
from ingest.reading.delimited import read_delimited
from ingest.reading.limits import ReadingLimits
from ingest.reading.ole import CompoundFile, scan_book
from ingest.reading.opendocument import read_opendocument
from ingest.reading.packages import Package, inspect_package
from ingest.reading.raw import FileFormat, RawFile, RawSheet, ReadNote, Vocabulary
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.sniffing import Container, sniff
from ingest.reading.workbooks import Extras, extras_of_book, extras_of_package, read_with_calamine

__all__ = ["read_file"]

WORKBOOKS = frozenset({"xlsx", "xlsm", "xls", "ods"})
TEXT_NAMES = frozenset({"csv", "txt", "tsv", ""})


def read_file(path: Path, name: str, folder: Path, vocabulary: Vocabulary, limits: ReadingLimits) -> RawFile:
    """Read the file at `path`, called `name` by its depositor, into `folder`.

    Raises:
        RefusedError: it gives no table.
        OSError, MemoryError: ours.
    """
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    with path.open("rb") as source:
        size = path.stat().st_size
        try:
            container = sniff(source, size)
            _check_size(container, size, limits)
            if container is Container.TEXT:
                raw = _read_text(source, folder, vocabulary, limits, extension)
            elif container is Container.ZIP:
                raw = _read_package(source, path, size, folder, limits)
            else:
                raw = _read_compound(source, folder, path, limits)
        except RefusedError as refusal:
            raise _by_name(refusal, extension) from refusal
        except zipfile.BadZipFile as error:
            raise RefusedError(UnreadableReason.CORRUPT, kind="entry") from error
    expected = TEXT_NAMES if raw.format == "csv" else {raw.format}
    if extension not in expected:
        note = ReadNote(code=NoteCode.EXTENSION_MISMATCH, detail={"content": raw.format})
        raw = replace(raw, notes=(note, *raw.notes))
    return raw


def _check_size(container: Container, size: int, limits: ReadingLimits) -> None:
    limit = limits.max_csv_bytes if container is Container.TEXT else limits.max_workbook_bytes
    if size > limit:
        raise RefusedError(UnreadableReason.TOO_BIG, limit=limit, bytes=size)


def _by_name(refusal: RefusedError, extension: str) -> RefusedError:
    """Bytes that are nothing, under the name of a workbook: a damaged workbook."""
    renamed = refusal.reason is UnreadableReason.ARCHIVE and refusal.detail.get("kind") == "zip"
    if extension in WORKBOOKS and (renamed or refusal.reason is UnreadableReason.BINARY):
        return RefusedError(UnreadableReason.CORRUPT)
    return refusal


def _read_text(
    source: BinaryIO,
    folder: Path,
    vocabulary: Vocabulary,
    limits: ReadingLimits,
    extension: str,
) -> RawFile:
    raw = read_delimited(source, folder / "sheet-0.arrow", vocabulary, limits)
    # Many programs export CSV under the name `.xls`; elsewhere only headers that we know tell a table from debris.
    exported = extension == "xls" and raw.sheets[0].n_columns > 1 and raw.sheets[0].n_rows > 1
    if extension in WORKBOOKS and not exported and not _has_known_headers(raw.sheets[0], vocabulary):
        raise RefusedError(UnreadableReason.CORRUPT, kind="text")
    return raw


def _has_known_headers(sheet: RawSheet, vocabulary: Vocabulary) -> bool:
    cells = {normalise_header(cell) for _, row in sheet.preview(50) for cell in row if cell}
    return bool(cells & vocabulary.words)


def _read_package(source: BinaryIO, path: Path, size: int, folder: Path, limits: ReadingLimits) -> RawFile:
    package = inspect_package(source, size, limits)
    kind = _package_kind(path, package)
    if kind == "ods":
        spoken: list[str] = []
        raw = _workbook("ods", read_opendocument(path, folder, package, limits, spoken))
        said = chain(((Aside.COMMENT, text) for text in spoken), asides_of_package(path, package, ()))
        return replace(raw, asides=write_asides(said, folder, limits))
    if any("/macrosheets/" in name for name in package.entries):
        raise RefusedError(UnreadableReason.MACRO_ONLY)
    extras = extras_of_package(path, package, limits)
    raw = _read_workbook(kind, path, folder, extras, limits)
    read = [extras.parts.get(sheet.name or "", "") for sheet in raw.sheets if sheet.path is not None]
    return replace(raw, asides=write_asides(asides_of_package(path, package, read), folder, limits))


def _read_compound(source: BinaryIO, folder: Path, path: Path, limits: ReadingLimits) -> RawFile:
    source.seek(0)
    compound = CompoundFile(source.read())
    names = compound.streams
    for stream, reason in _COMPOUND_KINDS:
        if stream in names:
            raise RefusedError(reason)
    if any(name.startswith(_OUTLOOK) for name in names):
        raise RefusedError(UnreadableReason.MAIL)
    book = next((name for name in ("Workbook", "Book", "WORKBOOK", "BOOK") if name in names), None)
    if book is None:
        raise RefusedError(UnreadableReason.BINARY)
    extras = extras_of_book(scan_book(compound.read(book)))
    raw = _read_workbook("xls", path, folder, extras, limits)
    return replace(raw, asides=write_asides(asides_of_book(map(compound.read, sorted(names))), folder, limits))


_COMPOUND_KINDS = (
    ("EncryptedPackage", UnreadableReason.ENCRYPTED),
    ("EncryptionInfo", UnreadableReason.ENCRYPTED),
    ("WordDocument", UnreadableReason.WORD),
    ("PowerPoint Document", UnreadableReason.PRESENTATION),
)
_OUTLOOK = ("__substg1.0_", "__properties_version1.0")
"""How the streams of a message saved by Outlook are called."""


def _read_workbook(kind: FileFormat, path: Path, folder: Path, extras: Extras, limits: ReadingLimits) -> RawFile:
    # The reader goes by extension, which the depositor chose; ours is by content.
    link = folder / f"input.{kind}"
    link.symlink_to(path.resolve())
    try:
        return _workbook(kind, read_with_calamine(link, folder, extras, limits))
    except (RefusedError, MemoryError, OSError):
        raise
    except calamine.PasswordError as error:
        raise RefusedError(UnreadableReason.ENCRYPTED) from error
    except BaseException as error:  # a panic of the Rust library is not an Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        if kind == "xls":
            raise RefusedError(UnreadableReason.CORRUPT, kind="workbook") from error
    finally:
        link.unlink(missing_ok=True)
    return _second_reader()(kind, path, folder, extras, limits)


def _second_reader() -> Callable[[FileFormat, Path, Path, Extras, ReadingLimits], RawFile]:
    # Imported when needed: it costs 100 ms, and one workbook in a hundred needs it. It asks the system's list of types
    # of files, which this process may not open.
    mimetypes.knownfiles.clear()
    from ingest.reading.fallback import read_with_openpyxl  # noqa: PLC0415 - see above

    def read(kind: FileFormat, path: Path, folder: Path, extras: Extras, limits: ReadingLimits) -> RawFile:
        raw = _workbook(kind, read_with_openpyxl(path, folder, extras, limits))
        return replace(raw, notes=(*raw.notes, ReadNote(code=NoteCode.FALLBACK_READER)))

    return read


def _workbook(kind: FileFormat, sheets: list[RawSheet]) -> RawFile:
    read = [sheet for sheet in sheets if sheet.path is not None and sheet.visible]
    if not read:
        raise RefusedError(UnreadableReason.NO_VISIBLE_SHEET, sheets=len(sheets))
    if not any(sheet.n_rows for sheet in read):
        raise RefusedError(UnreadableReason.EMPTY, sheets=len(read))
    return RawFile(format=kind, sheets=tuple(sheets))


_MIMETYPES = (
    (b"application/vnd.oasis.opendocument.text", UnreadableReason.WORD),
    (b"application/vnd.oasis.opendocument.presentation", UnreadableReason.PRESENTATION),
    (b"application/vnd.oasis.opendocument.graphics", UnreadableReason.IMAGE),
    (b"application/epub", UnreadableReason.ARCHIVE),
)
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_PACKAGE_PARTS = (
    ("xl/workbook.bin", UnreadableReason.XLSB),
    ("word/document.xml", UnreadableReason.WORD),
    ("ppt/presentation.xml", UnreadableReason.PRESENTATION),
)


def _package_kind(path: Path, package: Package) -> FileFormat:
    names = package.entries
    with zipfile.ZipFile(path) as archive:
        if "mimetype" in names or ("content.xml" in names and "META-INF/manifest.xml" in names):
            part = "mimetype" if "mimetype" in names else "META-INF/manifest.xml"
            text = _head(archive, names[part])
            if _SPREADSHEET in text:
                return "ods"
            for mimetype, reason in _MIMETYPES:
                if mimetype in text:
                    raise RefusedError(reason)
        types = _head(archive, names["[Content_Types].xml"]) if "[Content_Types].xml" in names else b""
    for part, reason in _PACKAGE_PARTS:
        if part in names:
            raise RefusedError(reason)
    if any(name.endswith("workbook.xml") for name in names):
        return "xlsm" if b"macroEnabled.main+xml" in types.replace(b"\0", b"") else "xlsx"
    if any(name.endswith(".iwa") for name in names):
        raise RefusedError(UnreadableReason.NUMBERS)
    # No parts at all, or those of an office package without its main one: damaged. Anything else: an archive.
    damaged = not names or "[Content_Types].xml" in names or "mimetype" in names
    if damaged:
        raise RefusedError(UnreadableReason.CORRUPT, kind="parts")
    raise RefusedError(UnreadableReason.ARCHIVE, kind="zip")


def _head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as part:
            return part.read(1 << 16)
    except zipfile.BadZipFile as error:
        raise RefusedError(UnreadableReason.CORRUPT, kind="entry") from error
