"""What a file is, by its content: the name only breaks ties."""

import re
from enum import StrEnum
from typing import BinaryIO

from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["Container", "sniff"]

HEAD_BYTES = 1 << 16


class Container(StrEnum):
    """The outer form of a file that may hold a table."""

    TEXT = "text"
    ZIP = "zip"
    OLE = "ole"


_MAGIC: tuple[tuple[bytes, UnreadableReason], ...] = (
    (b"%PDF", UnreadableReason.PDF),
    (b"{\\rtf", UnreadableReason.WORD),
    (b"\xdb\xa5-\0", UnreadableReason.WORD),
    (b"\x89PNG\r\n", UnreadableReason.IMAGE),
    (b"\xff\xd8\xff", UnreadableReason.IMAGE),
    (b"GIF8", UnreadableReason.IMAGE),
    (b"II*\0", UnreadableReason.IMAGE),
    (b"MM\0*", UnreadableReason.IMAGE),
    (b"\x1f\x8b", UnreadableReason.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", UnreadableReason.ARCHIVE),
    (b"Rar!\x1a\x07", UnreadableReason.ARCHIVE),
    (b"BZh", UnreadableReason.ARCHIVE),
    (b"\xfd7zXZ\0", UnreadableReason.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", UnreadableReason.ARCHIVE),
    (b"\x7fELF", UnreadableReason.EXECUTABLE),
    (b"SQLite format 3\0", UnreadableReason.BINARY),
    (b"PAR1", UnreadableReason.BINARY),
    (b"TABLE\r\n0,1\r\n", UnreadableReason.OTHER_SPREADSHEET),
    (b"TABLE\n0,1\n", UnreadableReason.OTHER_SPREADSHEET),
)
_RAW_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
_HTML = re.compile(
    rb"\A\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|title|div|style)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\A\s*<(?:\?xml|!DOCTYPE|!ENTITY|\w+[^<>]*xmlns)", re.IGNORECASE)
_SYLK = re.compile(rb"\AID;P[^\r\n]*[\r\n]+(?:P|F|B|C|O|NN|NE|NU|W);")
_MAIL = re.compile(
    rb"\A(?:From |(?:Return-Path|Received|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|X-[\w-]+):[ \t])"
    rb"(?=.*^(?:From|Date|Message-ID|MIME-Version|Content-Type):[ \t])",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""The head of a message saved to disk: one field first, and another that a table would hardly begin a line with."""
_XML_SPREADSHEET = (b"urn:schemas-microsoft-com:office:spreadsheet", b"urn:oasis:names:tc:opendocument")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def sniff(source: BinaryIO, size: int) -> Container:
    """The container of a file.

    Raises:
        RefusedError: it is empty, or plainly something that is not a table that we read.
    """
    source.seek(0)
    head = source.read(HEAD_BYTES)
    if not size or not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x1a\0"):
        raise RefusedError(UnreadableReason.EMPTY, bytes=size)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return Container.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Container.OLE
    for magic, reason in _MAGIC:
        if head.startswith(magic):
            raise RefusedError(reason)
    _refuse_by_shape(head)
    text = _without_mark(head)
    if _MAIL.match(text[:8192]):
        raise RefusedError(UnreadableReason.MAIL)
    _refuse_markup(text)
    return Container.TEXT


def _refuse_by_shape(head: bytes) -> None:
    if head[:2] == b"MZ" and b"\0" in head[:256]:
        raise RefusedError(UnreadableReason.EXECUTABLE)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise RefusedError(UnreadableReason.IMAGE)
    if head[:2] == b"BM" and b"\0" in head[:32]:
        raise RefusedError(UnreadableReason.IMAGE)
    if head[257:262] == b"ustar":
        raise RefusedError(UnreadableReason.ARCHIVE)
    if head.startswith(_RAW_BIFF) or _SYLK.match(head):
        raise RefusedError(UnreadableReason.OTHER_SPREADSHEET)


def _refuse_markup(text: bytes) -> None:
    start = text[:4096]
    if _HTML.match(start):
        raise RefusedError(UnreadableReason.HTML)
    if _XML.match(start):
        if re.search(rb"<html\b", start, re.IGNORECASE):
            raise RefusedError(UnreadableReason.HTML)
        if any(mark in text for mark in _XML_SPREADSHEET):
            raise RefusedError(UnreadableReason.OTHER_SPREADSHEET)
        raise RefusedError(UnreadableReason.XML)


def _without_mark(head: bytes) -> bytes:
    """The head without byte order mark and without the zero bytes of UTF-16, to look for markup."""
    for mark in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            head = head[len(mark) :]
            break
    return head.replace(b"\0", b"") if b"\0" in head[:64] else head
