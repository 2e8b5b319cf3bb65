"""The mailroom's book: what arrived, and what was done about it. Safe from several threads and processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from domain.incoming import Correspondence, Unforwarded
from domain.notices import Notice
from ingest.database.engine import Database
from ingest.ledger import incoming
from ingest.ledger.incoming import Day, Found
from ingest.mail_queue import enqueue


class Mailroom:
    """Each question and each act is one transaction."""

    def __init__(self, database: Database, *, mail_domain: str, mail_held: bool = False) -> None:
        """`mail_held`: messages are queued but stay (setting `mail_mode = hold`)."""
        self._database = database
        self._mail_domain, self._mail_held = mail_domain, mail_held

    def kept_as(self, sha256: str) -> str | None:
        """Where a mail of that fingerprint is kept in `home`; None when it never arrived."""
        with self._database.read() as connection:
            return incoming.kept_as(connection, sha256)

    def take_in(self, found: Found, now: datetime, compose: Callable[[Correspondence], Sequence[Notice]]) -> int:
        """Write down something that arrived, with what it changes; how many messages it caused. Once for its bytes."""
        with self._database.write() as connection:
            _, notices = incoming.take_in(connection, found, now, compose)
            return self._enqueue(connection, notices, now)

    def unforwarded(self, day: Day) -> tuple[Unforwarded, ...]:
        """People's mails to hand on now."""
        with self._database.read() as connection:
            return incoming.unforwarded(connection, day)

    def hand_on(
        self,
        number: int,
        day: Day,
        compose: Callable[[Correspondence | None], Sequence[Notice]],
    ) -> int:
        """Queue what hands a person's mail on, at most once; how many messages."""
        with self._database.write() as connection:
            return self._enqueue(connection, incoming.hand_on(connection, number, day, compose), day[1])

    def about(self, message_id: str) -> list[dict[str, Any]]:
        """What arrived about one of our messages."""
        with self._database.read() as connection:
            return incoming.about_message(connection, message_id)

    def tally(self) -> tuple[int, int]:
        """(people's mails that nobody was handed, messages that came back)."""
        with self._database.read() as connection:
            return incoming.tally(connection)

    def _enqueue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> int:
        return enqueue(connection, notices, now, mail_domain=self._mail_domain, held=self._mail_held)
