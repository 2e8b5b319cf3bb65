"""The way out for mail that a `mail_url` asks for: a Maildir, or an SMTP server."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit

from domain.errors import SettingsError
from notifications.delivery import Transport
from notifications.maildir import MaildirTransport


def transport_for(url: str, *, timeout_seconds: float = 60, local_hostname: str | None = None) -> Transport:
    """The transport of a `mail_url`: `maildir:PATH`, `smtp://`, `smtps://` or `smtp+starttls://[user:password@]host[:port]`.

    Raises SettingsError, which never quotes the URL since it may hold a password.
    """
    if url.startswith("maildir:") and url != "maildir:":
        return MaildirTransport(Path(url.removeprefix("maildir:")))
    from notifications.smtp import Security, SmtpServer, SmtpTransport  # noqa: PLC0415 - a Maildir needs no ssl

    try:
        parts = urlsplit(url)
        security = Security(parts.scheme)
        port = parts.port or security.default_port
    except ValueError:
        parts, security, port = None, None, 0
    if parts is None or security is None or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError(
            "mail_url: expected maildir:PATH, or smtp://, smtps:// or smtp+starttls:// followed by "
            "[USER:PASSWORD@]HOST[:PORT], special characters of the password percent-encoded",
        )
    server = SmtpServer(
        host=parts.hostname,
        port=port,
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else "",
    )
    hostname = local_hostname if local_hostname and re.fullmatch(r"[A-Za-z0-9.-]+", local_hostname) else None
    return SmtpTransport(server, timeout_seconds=timeout_seconds, local_hostname=hostname or socket.gethostname())
