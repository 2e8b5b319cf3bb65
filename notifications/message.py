"""Builds the one RFC 5322 message of a notice: same notice, same bytes, whatever the attempt (contract §11)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from notifications.embedding import as_it_is
from notifications.wire import base64_text
from rendering.escaping import encodable, header

DISPLAY_NAME: Final = "Guichet"
ADDRESS_CHARS: Final = 254
"""RFC 5321 4.5.3.1.3, less the angle brackets."""
NAME_CHARS: Final = 80
"""Of an attachment's name."""
MESSAGE: Final = "message/rfc822"
"""The media type of a mail attached to another."""

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+>")
_LOCAL_CHARS: Final = 64
_PLAIN_ENVELOPE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""At most 100 characters (RFC 3461 4.4), none that xtext would have to encode."""
_OWN_HEADERS: Final = frozenset({"x-guichet-event", "x-guichet-submission", "x-guichet-original-to"})


class _Headers(HeaderRegistry):
    """The standard library makes a new class for every header of every message; once for each name is enough."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        known = self._made.get(name.lower())
        if known is None:
            known = self._made[name.lower()] = super().__getitem__(name)
        return known


_POLICY: Final = SMTP.clone(header_factory=_Headers())


class InvalidAddress(ValueError):  # noqa: N818 - reads as what it is
    """An address that mail cannot carry as it is (accents, spaces, line breaks, no domain)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file that goes with a message; `media_type` such as `text/csv`."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A message as the outbox keeps it, ready to be built. `date` is when it was written, not when it is tried."""

    message_id: str
    event: str
    recipient: str
    subject: str
    text: str
    html: str
    date: datetime
    recipient_name: str = ""
    submission_id: str | None = None
    in_reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


def checked_address(text: str) -> str:
    """The address without surrounding spaces; InvalidAddress when mail cannot carry it.

    The standard library turns a non-ASCII address into garbage without an error, hence this check.
    """
    address = text.strip()
    local = address.rpartition("@")[0]
    if len(address) > ADDRESS_CHARS or len(local) > _LOCAL_CHARS or not _ADDRESS.fullmatch(address):
        msg = f"not an address that mail can carry: {header(text, 80)!r}"
        raise InvalidAddress(msg)
    return address


def stable_message_id(cause_key: str, mail_domain: str) -> str:
    """The Message-ID of what has this cause: the same after a crash, a restore or a second attempt."""
    domain = mail_domain if re.fullmatch(r"[A-Za-z0-9.-]+", mail_domain) else "localhost"
    return f"<{hashlib.sha256(encodable(cause_key).encode()).hexdigest()[:40]}@{domain}>"


def envelope_id(message_id: str) -> str:
    """What a delivery report gives back to name the message: the left-hand side of its Message-ID when it is plain."""
    left = message_id.strip("<> ").partition("@")[0]
    if _PLAIN_ENVELOPE_ID.fullmatch(left):
        return left
    return hashlib.sha256(encodable(message_id).encode()).hexdigest()[:40]


def build(letter: Letter, *, sender: str, reply_to: str | None = None, redirect_to: str | None = None) -> EmailMessage:
    """The message: text first, then HTML, both quoted-printable, so that every line is short ASCII.

    Attachments follow in base64, the text and the HTML being then one part of a `multipart/mixed`.
    `redirect_to` (setting `mail_mode`) replaces the recipient; the true one is told in a header.
    Raises InvalidAddress for the sender or the recipient, ValueError for a Message-ID that is none.
    """
    recipient = checked_address(letter.recipient)
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = _identifier(letter.message_id)
    message["Date"] = format_datetime(letter.date)
    message["From"] = Address(DISPLAY_NAME, addr_spec=checked_address(sender))
    if redirect_to is None:
        message["To"] = Address(header(letter.recipient_name, 80), addr_spec=recipient)
    else:
        message["To"] = Address(addr_spec=checked_address(redirect_to))
        message["X-Guichet-Original-To"] = recipient
    message["Subject"] = header(letter.subject)
    if letter.in_reply_to:
        message["In-Reply-To"] = _identifier(letter.in_reply_to)
        message["References"] = _identifier(letter.in_reply_to)
    _set_reply_to(message, letter.headers.get("Reply-To") or reply_to)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["X-Guichet-Event"] = header(letter.event)
    if letter.submission_id:
        message["X-Guichet-Submission"] = header(letter.submission_id)
    _set_extra(message, letter.headers)
    message.set_content(encodable(letter.text), subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(encodable(letter.html), subtype="html", charset="utf-8", cte="quoted-printable")
    boundary = f"=_guichet_{hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]}"
    message.set_boundary(boundary)
    if letter.attachments:
        _attach(message, letter.attachments)
        message.set_boundary(f"{boundary}_files")
    message["Content-Language"] = "fr"  # last: a part takes the `Content-` headers that stand before it
    return message


def _attach(message: EmailMessage, attachments: Sequence[Attachment]) -> None:
    for one in attachments:
        name = header(one.name, NAME_CHARS)
        mail = as_it_is(one.content) if one.media_type == MESSAGE else None
        if mail is not None:
            _attach_mail(message, mail, name)
            continue
        # A mail that no wire carries as it is goes as plain bytes: nearly every reader opens it all the same.
        media_type = "application/octet-stream" if one.media_type == MESSAGE else one.media_type
        maintype, _, subtype = media_type.partition("/")
        message.add_attachment(b"", maintype=maintype, subtype=subtype, cte="base64", filename=name)
        part: EmailMessage = message.get_payload()[-1]  # type: ignore[index,assignment]
        part.set_payload(base64_text(one.content))


def _attach_mail(message: EmailMessage, mail: str, name: str) -> None:
    """`message/rfc822` may not be encoded (RFC 2046 5.2.1): its text goes as it is."""
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = MESSAGE
    part["Content-Transfer-Encoding"] = "7bit"
    part.add_header("Content-Disposition", "attachment", filename=name)
    part.set_payload(mail)
    if message.get_content_type() != "multipart/mixed":
        message.make_mixed()
    message.attach(part)


def _identifier(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        msg = f"not a Message-ID: {text!r}"
        raise ValueError(msg)
    return text


def _set_reply_to(message: EmailMessage, addresses: str | None) -> None:
    if addresses:
        message["Reply-To"] = [Address(addr_spec=checked_address(one)) for one in addresses.split(",")]


def _set_extra(message: EmailMessage, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if name.lower().startswith("x-guichet-") and name.lower() not in _OWN_HEADERS:
            message[name] = header(value)
