"""Which encoding a text file is in: decided on all of its bytes, without ever guessing where UTF-8 fits.

Order: byte order mark, UTF-16 by its alternating zero bytes, strict UTF-8, then the 8-bit sets in which French
spreadsheets save: Windows-1252 unless the bytes or the known headers speak for another one.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError

__all__ = ["Encoding", "detect_encoding"]

BLOCK_BYTES = 1 << 20
EVIDENCE_BYTES = 8 << 20
MAX_LINE_BYTES = 16 << 20
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-bom", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
EIGHT_BIT = {"cp1252": "cp1252", "iso-8859-15": "iso-8859-15", "cp850": "cp850", "mac-roman": "mac_roman"}
C1_BYTES = frozenset(range(0x80, 0xA0))
# In these places ISO-8859-15 has € Œ œ Ÿ where Windows-1252 has signs that no word contains.
# Not A8 B4 B8: people type the lone acute accent for an apostrophe (« l´eau »).
LATIN9_EVIDENCE = re.compile(rb"\xa4|[A-Za-z\xc0-\xff][\xbc\xbd\xbe]|[\xbc\xbd\xbe][A-Za-z\xc0-\xff]")
FRENCH_LETTER = re.compile("(?<=[a-z])[éèàêçùôîâûëï]|[éèàêçùôîâûëï](?=[a-z])")
MULTIBYTE = re.compile("[\u0080-\ud7ff\ue000-\U0010ffff]")
STRAY = re.compile("[\udc80-\udcff]")


@dataclass(kw_only=True, slots=True)
class Encoding:
    """How to decode the file: `name` is what the answer says, `codec` and `errors` are Python's."""

    name: str
    codec: str
    errors: str = "strict"
    strays: int = field(default=0)
    """Bytes decoded outside the rule of the codec, counted while decoding."""

    def tolerant(self, handler: str) -> "Encoding":
        """The same, reading invalid bytes as Windows-1252 and counting them."""
        codecs.register_error(handler, self._as_cp1252)
        self.errors = handler
        return self

    def _as_cp1252(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        bad = error.object[error.start : error.end]
        self.strays += len(bad)
        text = "".join(CP1252_EXTENDED[byte] for byte in bad)
        return text, error.end


CP1252_EXTENDED = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]


@dataclass(slots=True)
class _Survey:
    """What one pass over all the bytes found."""

    utf8: bool = True
    high_bytes: set[int] = field(default_factory=set)
    sample: bytearray = field(default_factory=bytearray)


def detect_encoding(source: BinaryIO, known_headers: Callable[[str], int]) -> Encoding:
    """The encoding of the file; `known_headers` counts the headers that the service knows in a decoded text.

    Raises:
        RefusedError: zero bytes or control characters (not a text), or a line without end.
    """
    source.seek(0)
    head = source.read(4096)
    for mark, name, codec in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            if name != "utf-8-bom":
                return Encoding(name=name, codec=codec)
            survey = _survey(source)
            encoding = Encoding(name=name, codec=codec)
            return encoding if survey.utf8 else encoding.tolerant("guichet-mixed")
    wide = _utf16_without_mark(head)
    if wide is not None:
        return Encoding(name="utf-16", codec=wide)
    _refuse_control_characters(head)
    survey = _survey(source)
    if survey.utf8:
        return Encoding(name="utf-8", codec="utf-8")
    return _eight_bit(survey, known_headers)


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 text in Latin letters has a zero in nearly every second byte, and none in the others."""
    even, odd = head[0::2], head[1::2]
    if len(odd) >= 2 and odd.count(0) > 0.7 * len(odd) and not even.count(0):  # noqa: PLR2004 - shares, not settings
        return "utf-16-le"
    if len(odd) >= 2 and even.count(0) > 0.7 * len(even) and not odd.count(0):  # noqa: PLR2004 - same
        return "utf-16-be"
    return None


def _refuse_control_characters(head: bytes) -> None:
    controls = sum(head.count(byte) for byte in [*range(1, 9), *range(14, 32)])
    if controls > 2 + len(head) // 50:
        raise RefusedError(UnreadableReason.BINARY, controls=controls)


def _survey(source: BinaryIO) -> _Survey:
    """Read the whole file once: valid UTF-8, zero bytes, endless lines, and evidence for the 8-bit sets."""
    survey = _Survey()
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = line_bytes = 0
    source.seek(0)
    while block := source.read(BLOCK_BYTES):
        if b"\0" in block:
            raise RefusedError(UnreadableReason.BINARY, zero_at_byte=position + block.index(b"\0"))
        line_bytes = _line_bytes(line_bytes, block)
        if survey.utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                survey.utf8 = False
        if not block.isascii():
            survey.high_bytes.update(block.translate(None, bytes(range(128))))
            if len(survey.sample) < EVIDENCE_BYTES:
                survey.sample += block
        position += len(block)
    if survey.utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            survey.utf8 = False
    return survey


def _line_bytes(before: int, block: bytes) -> int:
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    if last >= 0:
        return len(block) - last - 1
    if before + len(block) > MAX_LINE_BYTES:
        raise RefusedError(UnreadableReason.CELL_TOO_LONG, limit=MAX_LINE_BYTES)
    return before + len(block)


def _eight_bit(survey: _Survey, known_headers: Callable[[str], int]) -> Encoding:
    sample = bytes(survey.sample)
    text = sample.decode("utf-8", "surrogateescape")
    if len(MULTIBYTE.findall(text)) > len(STRAY.findall(text)):
        return Encoding(name="utf-8", codec="utf-8").tolerant("guichet-mixed")
    best = "cp1252"
    if not survey.high_bytes & C1_BYTES and LATIN9_EVIDENCE.search(sample):
        best = "iso-8859-15"
    head = sample[: BLOCK_BYTES // 4]
    scores = {
        name: (known_headers(decoded), len(FRENCH_LETTER.findall(decoded)))
        for name in (best, "cp850", "mac-roman")
        for decoded in (head.decode(EIGHT_BIT[name], "replace"),)
    }
    chosen = max(scores, key=lambda name: scores[name])  # the first of equals: `best`
    return Encoding(name=chosen, codec=EIGHT_BIT[chosen]).tolerant("guichet-undefined")
