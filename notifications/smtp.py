"""The SMTP transport: every moment of the dialogue has its own outcome (reliability finding 6).

smtplib's own `sendmail` raises the same error when the server vanished before and after accepting. So the dialogue
is led step by step here: only what fails after the final dot was written is ambiguous.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from typing import Final

from notifications.delivery import Ambiguous, Deferred, Delivery, Refused, Sent, Session, Unreachable
from notifications.message import envelope_id
from notifications.wire import wire_bytes
from rendering.escaping import visible

FINAL_ANSWER_SECONDS: Final = 600.0
"""Patience after the final dot (RFC 5321 4.5.3.2.6): hanging up early is what makes a message arrive twice."""
DETAIL_CHARS: Final = 200

_SUCCESS: Final = 2
_LATER: Final = 4
_PERMANENT: Final = 5
_GO_ON: Final = 354
_TOO_LARGE: Final = 552
_UNKNOWN_OPTION: Final = frozenset({501, 504, 555})
_REPORTS: Final = ("NOTIFY=FAILURE,DELAY",)
_MOST_BREAKS: Final = 3


class Security(StrEnum):
    """How the connection is protected; the values are the schemes of `mail_url`."""

    NONE = "smtp"
    TLS = "smtps"
    STARTTLS = "smtp+starttls"

    @property
    def default_port(self) -> int:
        """25, 465 or 587."""
        return {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpServer:
    """A mail server; the password never shows in `repr`."""

    host: str
    port: int
    security: Security = Security.NONE
    user: str | None = None
    password: str = field(default="", repr=False)


class SmtpTransport:
    """Hands messages to a mail server, one connection for a whole session, certificates always checked."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        timeout_seconds: float = 60,
        final_answer_seconds: float | None = None,
        local_hostname: str = "localhost",
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """`tls_context` replaces the machine's own trust; `local_hostname` is what we say in EHLO."""
        self._server = server
        self._timeout_seconds = timeout_seconds
        wait = max(timeout_seconds, FINAL_ANSWER_SECONDS) if final_answer_seconds is None else final_answer_seconds
        self._final_answer_seconds = wait
        self._local_hostname = local_hostname
        self._tls_context = tls_context

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that connects at the first message and says goodbye at the end."""
        session = _SmtpSession(self.connect, self._timeout_seconds, self._final_answer_seconds)
        try:
            yield session
        finally:
            session.close()

    def probe(self) -> str | None:
        """Connect, protect, authenticate and say goodbye."""
        try:
            connection = self.connect()
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
        except (OSError, smtplib.SMTPException) as error:
            return _told(error)
        return None

    def connect(self) -> smtplib.SMTP:
        """A greeted, protected and authenticated connection; raises OSError or SMTPException."""
        server = self._server
        context = self._tls_context or ssl.create_default_context()
        if server.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                self._local_hostname,
                timeout=self._timeout_seconds,
                context=context,
            )
        else:
            connection = smtplib.SMTP(
                server.host,
                server.port,
                self._local_hostname,
                timeout=self._timeout_seconds,
            )
        try:
            if connection.sock is not None:  # the final dot is sent apart: it need not wait for an acknowledgement
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.ehlo_or_helo_if_needed()
            if server.security is Security.STARTTLS:
                connection.starttls(context=context)
                connection.ehlo()
            if server.user is not None:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


class _Broken(Exception):  # noqa: N818 - a state, caught in this module
    """The connection died before the final dot: nothing was accepted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Envelope:
    """One message for one recipient, ready for the wire."""

    data: bytes = field(repr=False)
    sender: str
    recipient: str
    identifier: str


class _SmtpSession:
    def __init__(
        self,
        connect: Callable[[], smtplib.SMTP],
        timeout_seconds: float,
        final_answer_seconds: float,
    ) -> None:
        self._connect = connect
        self._timeout_seconds = timeout_seconds
        self._final_answer_seconds = final_answer_seconds
        self._connection: smtplib.SMTP | None = None
        self._unreachable: Unreachable | None = None
        self._breaks = 0
        self._reports = True

    def deliver(self, message: EmailMessage, *, sender: str, recipient: str) -> Delivery:
        """One transaction; a connection that died of idleness since the last message is opened again once."""
        if self._unreachable is not None:
            return self._unreachable
        identifier = envelope_id(str(message["Message-ID"]))
        envelope = _Envelope(data=_wire_form(message), sender=sender, recipient=recipient, identifier=identifier)
        reused = self._connection is not None
        outcome = self._attempt(envelope)
        if reused and outcome is None:
            outcome = self._attempt(envelope)
        if outcome is not None:
            return outcome
        self._breaks += 1
        detail = "the connection was cut, or the server fell silent, before the message was handed over"
        if self._breaks >= _MOST_BREAKS:
            # One message that breaks connections must not stop the others; a server that breaks them all must.
            self._unreachable = Unreachable(detail=detail)
        return Deferred(detail=detail)

    def close(self) -> None:
        """Say QUIT if the connection still stands; nobody minds if it fails."""
        if self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
            self._drop()

    def _attempt(self, envelope: _Envelope) -> Delivery | None:
        """None when the connection broke before the final dot."""
        try:
            connection = self._open()
        except (OSError, smtplib.SMTPException) as error:
            self._unreachable = Unreachable(detail=_told(error))
            return self._unreachable
        try:
            outcome = self._dialogue(connection, envelope)
        except _Broken:
            self._drop()
            return None
        if not isinstance(outcome, Sent):
            self._reset()
        return outcome

    def _dialogue(self, connection: smtplib.SMTP, envelope: _Envelope) -> Delivery:
        with _before_the_dot():
            options = [f"SIZE={len(envelope.data)}"] if connection.has_extn("size") else []
            code, reply = self._mail_from(connection, envelope, options)
            if code == _TOO_LARGE and options:
                return _refusal("MAIL", code, reply)  # RFC 1870: it will never take a message of this size
            if code // 100 != _SUCCESS:
                # Refusing our sender condemns no message: a setting is wrong, here or there.
                return Deferred(detail=_said("MAIL", code, reply))
            code, reply = connection.rcpt(envelope.recipient, _REPORTS if self._asks(connection) else ())
            if code // 100 != _SUCCESS:
                return _refusal("RCPT", code, reply)
            code, reply = connection.docmd("DATA")
            if code != _GO_ON:
                return _refusal("DATA", code, reply)
            connection.send(envelope.data)
        return self._final_dot(connection)

    def _mail_from(self, connection: smtplib.SMTP, envelope: _Envelope, options: list[str]) -> tuple[int, bytes]:
        """Open the transaction; a delivery report, if ever, is asked to name the message (RFC 3461)."""
        if self._asks(connection):
            code, reply = connection.mail(envelope.sender, [*options, "RET=HDRS", f"ENVID={envelope.identifier}"])
            if code not in _UNKNOWN_OPTION:
                return code, reply
            # It promised reports and does not know how to ask for them: something stands in between.
            self._reports = False
            connection.rset()
        return connection.mail(envelope.sender, options)

    def _asks(self, connection: smtplib.SMTP) -> bool:
        return self._reports and connection.has_extn("dsn")

    def _final_dot(self, connection: smtplib.SMTP) -> Delivery:
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self._final_answer_seconds)
            connection.send(b".\r\n")
            code, reply = connection.getreply()
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout_seconds)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Ambiguous(detail=f"cut after the message was handed over: {_told(error)}")
        if code // 100 == _SUCCESS:
            return Sent(detail=_said("end of data", code, reply))
        if code // 100 not in {_LATER, _PERMANENT}:
            self._drop()  # no answer to a final dot: it may have been taken, and nobody knows what comes next
            return Ambiguous(detail=_said("end of data, not understood", code, reply))
        return _refusal("end of data", code, reply)

    def _open(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _reset(self) -> None:
        """Ready for the next message after a refusal; a server that closed (421) is left."""
        if self._connection is None:
            return
        try:
            self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _before_the_dot() -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException) as error:
        raise _Broken from error


def _wire_form(message: EmailMessage) -> bytes:
    """CRLF lines, leading dots doubled, a line break at the end; the final dot is sent apart."""
    data = wire_bytes(message, SMTP)
    data = re.sub(rb"\r?\n|\r", b"\r\n", data)
    data = re.sub(rb"(?m)^\.", b"..", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _refusal(stage: str, code: int, reply: bytes) -> Delivery:
    detail = _said(stage, code, reply)
    return Refused(detail=detail) if code // 100 == _PERMANENT else Deferred(detail=detail)


def _said(stage: str, code: int, reply: bytes) -> str:
    return f"{stage}: {code} {visible(reply.decode('utf-8', 'replace'), DETAIL_CHARS)}"


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = visible(error.verify_message, DETAIL_CHARS)
        return f"the mail server's certificate is refused, nothing was sent: {why} (CERTIFICATE_VERIFY_FAILED)"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            f"the mail server offers less than mail_url asks for, nothing was sent: {visible(str(error), DETAIL_CHARS)}"
        )
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        return f"{type(error).__name__}: {error.smtp_code} {visible(text, DETAIL_CHARS)}"
    return f"{type(error).__name__}: {visible(str(error), DETAIL_CHARS)}"
