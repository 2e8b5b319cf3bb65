"""What a ZIP package must be before any reader opens it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from ingest.reading.asides import bears_nir
from ingest.reading.limits import ReadingLimits
from ingest.reading.packages import inspect_package
from ingest.reading.reasons import UnreadableReason as R
from ingest.reading.refusals import RefusedError

LIMITS = ReadingLimits()
BOMB = '<!DOCTYPE a [<!ENTITY b "ccccccccc">]><a>&b;</a>'
SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


def zipped(parts: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(data: bytes, limits: ReadingLimits = LIMITS) -> R | None:
    try:
        inspect_package(io.BytesIO(data), len(data), limits)
    except RefusedError as refusal:
        return refusal.reason
    return None


def declared(encoding: str, *, gap: str = " ") -> str:
    return f'<?xml version="1.0"{gap}encoding="{encoding}"?>'


@pytest.mark.parametrize("part", [SHEET, STYLES, "xl/drawings/drawing1.xml", "docProps/app.xml", "content.xml"])
@pytest.mark.parametrize(
    "text",
    [
        BOMB.encode(),
        b"\xef\xbb\xbf" + BOMB.encode(),
        BOMB.encode("utf-16"),
        BOMB.encode("utf-16-le"),
        BOMB.encode("utf-16-be"),
        b"\xfe\xff" + BOMB.encode("utf-16-be"),
        BOMB.encode("utf-32"),
        BOMB.encode("utf-32-be"),
        (declared("UTF-7") + BOMB).encode("utf-7"),
        declared("UTF-7").encode() + BOMB.encode("utf-7"),
        declared("UTF-7", gap=" " * 900).encode() + BOMB.encode("utf-7"),
        declared("UTF-7", gap=" " * 5_000).encode() + BOMB.encode("utf-7"),
        declared("UTF-7").encode("utf-16") + BOMB.encode("utf-16-le"),
        declared("cp037").encode() + BOMB.encode("cp037"),
        declared("cp037", gap="\n" * 300).encode() + BOMB.encode("cp037"),
        (declared("cp037") + BOMB).encode("cp037"),
        declared("windows-1252").encode() + b"<a/>",
        (declared("UTF-8") + BOMB).encode("utf-16"),
        b"<!--" + b"x" * 300_000 + b"-->" + BOMB.encode(),
        b" " * 300_000 + BOMB.encode(),
    ],
    ids=lambda text: f"{text[:8]!r}-{len(text)}",
)
def test_no_dtd_in_any_part_in_any_encoding(part: str, text: bytes) -> None:
    assert refused(zipped([(part, text)])) is R.DTD


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.bin", "xl/a", "xl/media/image1.png", "xl/shared.dat"])
@pytest.mark.parametrize("text", [BOMB.encode(), BOMB.encode("utf-16"), b"\n \n" + BOMB.encode()])
def test_a_part_is_xml_by_its_content_whatever_its_name(name: str, text: bytes) -> None:
    assert refused(zipped([(name, text)])) is R.DTD


def test_no_dtd_behind_more_than_what_is_checked_for_form() -> None:
    """Only before the root element may one stand, and that may be far."""
    assert refused(zipped([(SHEET, b"<!--" + b"x" * 17_000_000 + b"-->" + BOMB.encode())])) is R.DTD


@pytest.mark.parametrize("part", [STYLES, SHEET])
def test_no_dtd_cut_in_two_by_blocks_that_hold_nothing(part: str) -> None:
    """Compressed data may pause for as long as they like in the middle of a word."""
    first, last = b"<!--" + b"x" * 300_000 + b"--><!DOC", b"TYPE a><a/>"
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = packer.compress(first) + packer.flush(zlib.Z_FULL_FLUSH)
    data += b"\0\0\0\xff\xff" * 200_000  # empty stored blocks
    data += packer.compress(last) + packer.flush()
    whole = bytearray(zipped([(part, b"")]))
    assert refused(_with_data(whole, data, first + last)) is R.DTD


def _with_data(archive: bytearray, data: bytes, content: bytes) -> bytes:
    """The one empty entry of an archive, holding this compressed content."""
    at = archive.rfind(b"PK\x01\x02")
    local, central, end = archive[:at], archive[at:], archive.rfind(b"PK\x05\x06") - at
    sizes = struct.pack("<LLL", zlib.crc32(content), len(data), len(content))
    local[8:10], central[10:12] = b"\x08\0", b"\x08\0"
    local[14:26], central[16:28] = sizes, sizes
    name_bytes, extra_bytes = struct.unpack_from("<HH", local, 26)
    local = local[: 30 + name_bytes + extra_bytes]
    central[end + 16 : end + 20] = struct.pack("<L", len(local) + len(data))
    return bytes(local + data + central)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("xl/media/logo.svg", b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg/>'),
        ("Basic/script-lc.xml", b'<!DOCTYPE l PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "l.dtd"><l/>'),
        ("META-INF/manifest.xml", b'<!DOCTYPE m PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd"><m/>'),
        (STYLES, b'<?xml version="1.0" encoding="UTF-16"?><a/>'.decode().encode("utf-16")),
        ("xl/media/image1.png", b"\x89PNG <!DOCTYPE"),
    ],
)
def test_what_office_programs_write_passes(name: str, text: bytes) -> None:
    assert refused(zipped([(name, text)])) is None


def test_not_even_pictures_declare_an_entity() -> None:
    assert refused(zipped([("xl/media/logo.svg", BOMB.encode())])) is R.DTD


@pytest.mark.parametrize(
    "names",
    [
        ["xl/a.xml", "xl/a.xml"],
        ["xl/a.xml", "xl\\a.xml"],
        ["xl/worksheets/sheet1.xml", "xl/Worksheets/Sheet1.xml"],
        ["/etc/passwd"],
        ["\\etc\\passwd"],
        ["../a.xml"],
        ["xl/../../a.xml"],
        ["xl\\..\\..\\a.xml"],
        ["xl/./a.xml"],
        ["C:/a.xml"],
        ["C:\\a.xml"],
        ["c:a.xml"],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_readers_may_take_otherwise_are_refused(names: list[str]) -> None:
    assert refused(zipped([(name, b"<a/>") for name in names])) is R.ZIP_SUSPICIOUS


def test_a_name_that_readers_cut_is_refused() -> None:
    data = zipped([("xl/a.xmlX.png", b"<a/>")]).replace(b"xl/a.xmlX.png", b"xl/a.xml\0.png")
    assert refused(data) is R.ZIP_SUSPICIOUS


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("xl/workbook.xml")
    link.external_attr = 0o120777 << 16
    assert refused(zipped([(link, b"/etc/passwd")])) is R.ZIP_SUSPICIOUS


def test_entries_are_counted_before_the_library_makes_an_object_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped([(f"p{number}", b"") for number in range(20)])
    monkeypatch.delattr(zipfile, "ZipFile")
    assert refused(data, ReadingLimits(max_zip_entries=19)) is R.ZIP_ENTRIES


def test_a_count_that_lies_is_found_by_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(zipped([("p" * 200 + str(number), b"") for number in range(20)]))
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = b"\1\0\1\0"
    monkeypatch.delattr(zipfile, "ZipFile")
    assert refused(bytes(data), ReadingLimits(max_zip_entries=5)) is R.ZIP_ENTRIES


def test_the_declared_total_is_looked_at_before_anything_is_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped([("a.bin", b"x" * 1_000), ("b.bin", b"x" * 1_000)])
    monkeypatch.delattr("ingest.reading.packages._inflated")
    assert refused(data, ReadingLimits(max_unpacked_bytes=1_999)) is R.UNPACKED_TOO_BIG


def test_what_is_inflated_is_counted_whatever_was_declared() -> None:
    data = bytearray(zipped([("a.bin", b"x" * 1_000), ("b.bin", b"x" * 1_000)]))
    for at in (data.find(b"PK\x01\x02"), data.rfind(b"PK\x01\x02")):
        data[at + 24 : at + 28] = (1).to_bytes(4, "little")
    assert refused(bytes(data), ReadingLimits(max_unpacked_bytes=1_999)) is R.UNPACKED_TOO_BIG


def test_parts_that_share_their_bytes_are_refused() -> None:
    """A bomb whose entries all are the same compressed data."""
    data = bytearray(zipped([("a.bin", bytes(100_000)), ("b.bin", bytes(100_000))]))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = (1).to_bytes(4, "little")
    assert refused(bytes(data)) is R.ZIP_SUSPICIOUS


NIR = b"1 55 08 14 168 025 88"


def test_a_refused_package_is_searched_within_bounds(tmp_path: Path) -> None:
    inner = zipped([("a.txt", b"x" * 600 + NIR)])
    path = tmp_path / "x.zip"
    path.write_bytes(zipped([("one.xlsx", inner), ("two.xlsx", inner)]))
    assert bears_nir(path, LIMITS)
    assert not bears_nir(path, ReadingLimits(max_unpacked_bytes=len(inner) + 100)), "what is in it counts too"
    assert not bears_nir(path, ReadingLimits(max_zip_entries=1))
