"""A mail that anybody may have written, as texts of bounded size: nothing here raises, whatever the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import parseaddr
from typing import Any, Final

from domain.text import fold
from ingest.incoming.fitting import is_intricate

HEAD_BYTES: Final = 1_000_000
"""Only the beginning of a mail is looked at: what it is stands there, attachments come after."""
MOST_PARTS: Final = 50
HEADER_CHARS: Final = 1_000
TEXT_CHARS: Final = 50_000
SHOWN_CHARS: Final = 200

_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,190}")
_BLANKS: Final = re.compile(r"\s+")

Headers = Sequence[tuple[str, str]]


def parsed(content: bytes) -> Message[Any, Any]:
    """The mail's beginning as the standard library reads it; its headers alone when its structure is a trap."""
    head = content[:HEAD_BYTES].lstrip(b"\r\n")
    if head.startswith(b"From "):  # an mbox line that some delivery agents leave
        head = head.partition(b"\n")[2]
    if not is_intricate(head):
        with suppress(Exception):
            return BytesParser(policy=compat32).parsebytes(head)
    with suppress(Exception):
        return BytesHeaderParser(policy=compat32).parsebytes(head)
    return Message()


def headers(message: Message[Any, Any]) -> list[tuple[str, str]]:
    """Names in lower case and values as they stand, cut."""
    return [(str(name).lower(), _decoded_bytes(str(value)[:HEADER_CHARS])) for name, value in message.raw_items()]


def header(message: Message[Any, Any], name: str) -> str | None:
    """The first header of that name, unfolded and cut; None when there is none."""
    for found, value in message.raw_items():
        if str(found).lower() == name:
            return _BLANKS.sub(" ", _decoded_bytes(str(value)[:HEADER_CHARS])).strip()
    return None


def words(message: Message[Any, Any], name: str) -> str:
    """A header that people read, decoded, on one line and cut; empty when there is none."""
    raw = header(message, name) or ""
    with suppress(Exception):
        raw = "".join(_chunk(chunk, charset) for chunk, charset in decode_header(raw))
    return _BLANKS.sub(" ", raw).strip()[:SHOWN_CHARS]


def sender(message: Message[Any, Any]) -> tuple[str, str]:
    """Name and address of who wrote it, both empty when it does not say."""
    raw = header(message, "from") or header(message, "sender") or ""
    name, address = "", ""
    with suppress(Exception):
        name, address = parseaddr(raw)
        name = "".join(_chunk(chunk, charset) for chunk, charset in decode_header(name))
    if not _ADDRESS.fullmatch(address):
        found = _ADDRESS.search(raw)
        address = found.group() if found else ""
    return _BLANKS.sub(" ", name).strip()[:SHOWN_CHARS], address[:SHOWN_CHARS]


def parts(message: Message[Any, Any]) -> Iterator[Message[Any, Any]]:
    """The mail and what it is made of, from the outside in and from the first to the last; at most `MOST_PARTS`.

    What a mail encloses (`message/rfc822`) is given as one part, not opened.
    """
    waiting, given = [message], 0
    while waiting and given < MOST_PARTS:
        one = waiting.pop(0)
        given += 1
        yield one
        below = one.get_payload()
        if kind(one).startswith("multipart/") and isinstance(below, list):
            waiting = [*below[:MOST_PARTS], *waiting]


def kind(message: Message[Any, Any]) -> str:
    """The media type in lower case."""
    with suppress(Exception):
        return message.get_content_type()
    return "application/octet-stream"


def parameter(message: Message[Any, Any], name: str) -> str:
    """A parameter of its `Content-Type`, in lower case."""
    with suppress(Exception):
        return str(message.get_param(name) or "").lower()
    return ""


def text(part: Message[Any, Any]) -> str:
    """What a part says, decoded as well as can be, cut."""
    payload: Any = None
    with suppress(Exception):
        payload = part.get_payload(decode=True)
    if payload is None:  # a container, or one that its header calls otherwise
        with suppress(Exception):
            payload = part.as_bytes(policy=compat32)
    if not isinstance(payload, bytes):
        return ""
    return _chunk(payload[: 4 * TEXT_CHARS], parameter(part, "charset") or None)[:TEXT_CHARS]


def told_fold(value: str) -> str:
    """A key for comparing phrases: case, accents and punctuation do not count."""
    return fold(value[:HEADER_CHARS])


def addresses(value: str) -> tuple[str, ...]:
    """The addresses in a text, in order."""
    return tuple(dict.fromkeys(_ADDRESS.findall(value[:HEADER_CHARS])))


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    for wanted in (charset or "utf-8", "utf-8"):
        with suppress(LookupError, ValueError):
            return chunk.decode(wanted)
    return chunk.decode("cp1252", "replace")


def _decoded_bytes(value: str) -> str:
    """A header with bytes beyond ASCII, which the standard library hands over as surrogates."""
    if value.isascii():
        return value
    return _chunk(value.encode("utf-8", "surrogateescape"), None)
