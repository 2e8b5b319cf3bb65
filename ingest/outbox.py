"""The outbox: what is written in the database is sent, at least once, always with the same Message-ID (contract §11).

`Outbox.flush` sends outside of any transaction: it claims one message, talks to the mail server, then at once writes
what became of it (in the transaction that claims the next one, when there is one), so that a message is repeated only
when a connection or our own process was cut between the hand-over and that writing; this is counted and logged.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, or_, select, update

from domain.clock import Clock
from domain.notices import Event
from ingest.attachments import Attachable, MailFiles, nothing_to_attach
from ingest.database.tables import message
from ingest.handing_over import HandOver, MailRoute
from ingest.ledger.safekeeping import on_hold_since
from ingest.mail_due import JITTER, LAST_BACK_OFF, messages_due, thread_of
from ingest.mail_queue import Database, MessageState, enqueue, list_messages, retry_messages, show_message
from ingest.settings import Settings
from ingest.sharing import Part, Sharing
from notifications.delivery import Ambiguous, Deferred, Delivery, Refused, Sent, Session, Transport, Unreachable
from notifications.incidents import undelivered_notice
from notifications.transports import transport_for

__all__ = [
    "FlushReport",
    "MailRoute",
    "MessageState",
    "Outbox",
    "enqueue",
    "list_messages",
    "outbox_from",
    "retry_messages",
    "show_message",
]

_log = structlog.get_logger(__name__)

BACK_OFF_MINUTES: Final = (1, 5, 15, 60)
GIVE_UP_AFTER_ATTEMPTS: Final = len(BACK_OFF_MINUTES) + timedelta(days=5) // LAST_BACK_OFF
"""Five days of a server that puts one message off. Counted in attempts, so that a clock that jumps gives nothing up;
a server that is away never counts."""
SERVER_BACK_OFF_MINUTES: Final = (0.25, 1, 2, 5, 10, 15)
CLAIM_LASTS: Final = timedelta(minutes=30)
"""A message in hand for longer belongs to a process that died between hand-over and writing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlushReport:
    """What one flush did. `unreachable` says why the mail server could not be used, if so."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0
    held: int = 0
    unreachable: str | None = None

    @property
    def tried(self) -> int:
        """Messages handed to the mail server, whatever became of them."""
        return self.sent + self.deferred + self.failed + self.ambiguous


class Outbox:
    """Sends what is queued and due. Safe with several processes: a message is claimed before it is handed over."""

    def __init__(  # noqa: PLR0913 - built in one place
        self,
        database: Database,
        transport: Transport,
        clock: Clock,
        route: MailRoute,
        *,
        attachment: Attachable = nothing_to_attach,
        jitter: Callable[[], float] = random.random,
        sharing: Sharing | None = None,
    ) -> None:
        """`attachment` gives the files that messages name; `jitter` a number in [0, 1) that spreads the attempts.

        `sharing`: how those of several processes tell whose hands a message is in.
        """
        self._database = database
        self._transport = transport
        self._clock = clock
        self._route = route
        self._hand_over = HandOver(route, attachment)
        self._jitter = jitter
        self._sharing = sharing if sharing is not None and sharing.several else None
        self._threads: Counter[str] = Counter()
        """Threads of messages in our hands, beside colleagues."""
        self._fresh = True
        self._unwritten: list[tuple[Row[Any], Delivery]] = []
        self._server_failures = 0
        self._server_back_at: datetime | None = None

    def flush(
        self,
        now: datetime | None = None,
        limit: int = 1000,
        *,
        stop: Callable[[], bool] = lambda: False,
    ) -> FlushReport:
        """Send at most `limit` due messages, people taking turns; never raises for what the mail server does.

        `stop` is asked before each message.
        """
        now = self._clock.now() if now is None else now
        tally: dict[str, Any] = dict.fromkeys(("sent", "deferred", "failed", "ambiguous"), 0)
        self._write_what_is_known(now)
        tally["ambiguous"] += self._recover(now, alone=self._fresh)
        self._fresh = False
        if self._route.mode == "hold" or self._on_hold():
            return FlushReport(**tally, held=self._waiting())
        if self._server_is_away(now):
            return FlushReport(**tally, unreachable="waiting before the mail server is tried again")
        with self._transport.session() as session:
            with self._database.read() as connection:
                due = messages_due(connection, now, limit)
            for identifier, thread in due:
                if stop():
                    break
                outcome = self._send_one(session, identifier, thread, now)
                if isinstance(outcome, Unreachable):
                    self._server_failed(now)
                    self._write_what_is_known(now)
                    _log.warning("mail_server_unreachable", detail=outcome.detail)
                    return FlushReport(**tally, unreachable=outcome.detail)
                if outcome is not None:
                    self._server_failures, self._server_back_at = 0, None
                    tally[_TALLY[type(outcome)]] += 1
            self._write_what_is_known(now)
        return FlushReport(**tally)

    def backlog(self) -> tuple[int, datetime | None, int]:
        """(messages waiting to leave, since when the oldest waits, messages failed for good). Held ones do not wait."""
        waiting = message.c.state.in_([MessageState.QUEUED.value, MessageState.SENDING.value])
        failed = message.c.state == MessageState.FAILED.value
        with self._database.read() as connection:
            number, oldest = connection.execute(
                select(func.count(), func.min(message.c.created_at)).where(waiting),
            ).one()
            return number, oldest, connection.execute(select(func.count()).where(failed)).scalar_one()

    def _recover(self, now: datetime, *, alone: bool) -> int:
        """Take back what a dead process had in hand: one whose lock is free, else one that is overdue.

        Each may have been sent already: it is counted as ambiguous and goes out again with the same Message-ID.
        `alone`: our first flush; on SQLite a single process sends, so that no claim found then is alive.
        """
        condition = [message.c.state == MessageState.SENDING.value]
        if self._sharing is not None:
            return self._take_back_abandoned(self._sharing, condition)
        with self._database.read() as connection:
            if not (alone and connection.dialect.name == "sqlite"):
                # A claim's `next_attempt_at` is its end; one that lies too far ahead was made by a clock that jumped.
                ended = message.c.next_attempt_at <= now
                condition.append(or_(ended, message.c.next_attempt_at > now + 2 * CLAIM_LASTS))
            if connection.execute(select(message.c.id).where(*condition).limit(1)).first() is None:
                return 0
        with self._database.write() as connection:
            return _take_back(connection, condition)

    def _take_back_abandoned(self, sharing: Sharing, condition: list[ColumnElement[bool]]) -> int:
        """Take back what nobody has in hand: a colleague who lives holds the lock of its thread."""
        query = select(message.c.id, message.c.submission_id, message.c.message_id).where(*condition)
        with self._database.read() as connection:
            found = {row.id: thread_of(row) for row in connection.execute(query)}
        found = {number: thread for number, thread in found.items() if thread not in self._threads}
        if not found:
            return 0
        with self._database.write() as connection:
            free = set(sharing.abandoned(connection, Part.MAIL, sorted(set(found.values()))))
            dead = [number for number, thread in found.items() if thread in free]
            return _take_back(connection, [*condition, message.c.id.in_(dead)]) if dead else 0

    def _on_hold(self) -> bool:
        """Whether a restore has put mail on hold, until somebody says so."""
        with self._database.read() as connection:
            return on_hold_since(connection) is not None

    def _waiting(self) -> int:
        unsent = message.c.state.in_([MessageState.QUEUED.value, MessageState.HELD.value])
        with self._database.read() as connection:
            return connection.execute(select(func.count()).where(unsent)).scalar_one()

    def _send_one(self, session: Session, identifier: int, thread: str, now: datetime) -> Delivery | None:
        if not self._take(thread):
            return None
        row = None
        try:
            row = self._claim(identifier, now)
        finally:
            if row is None:
                self._leave(thread)
        if row is None:
            return None
        outcome = self._hand_over(session, row)
        self._unwritten.append((row, outcome))
        return outcome

    def _take(self, thread: str) -> bool:
        """Have the messages of a thread in our hands; False when a colleague sends one of them."""
        if self._sharing is not None and thread not in self._threads and not self._sharing.take(Part.MAIL, thread):
            return False
        self._threads[thread] += 1
        return True

    def _leave(self, thread: str) -> None:
        self._threads[thread] -= 1
        if not self._threads[thread]:
            del self._threads[thread]
            if self._sharing is not None:
                self._sharing.leave(Part.MAIL, thread)

    def _write_what_is_known(self, now: datetime) -> None:
        """Write what became of what was handed over; kept for the next flush when the database is away."""
        if self._unwritten:
            with self._database.write() as connection:
                self._write_down(connection, now)
            self._forget_written()

    def _claim(self, identifier: int, now: datetime) -> Row[Any] | None:
        """Take a message in hand; the same transaction writes what became of the one before."""
        with self._database.write() as connection:
            self._write_down(connection, now)
            asked = {"number": identifier, "until": now + CLAIM_LASTS}
            claimed = connection.execute(_CLAIM, asked).one_or_none()
        self._forget_written()
        return claimed

    def _write_down(self, connection: Connection, now: datetime) -> None:
        for row, outcome in self._unwritten:
            values, given_up = self._consequence(row, outcome, now)
            ours = connection.execute(_IN_HAND, {"number": row.id, "attempt": row.attempts, **values}).rowcount
            if given_up and ours:
                self._tell_admin(connection, row, outcome.detail, now)

    def _forget_written(self) -> None:
        """What became of them is committed."""
        for row, outcome in self._unwritten:
            log = _log.bind(message_id=row.message_id, event_kind=row.event, submission_id=row.submission_id)
            if isinstance(outcome, Sent):
                log.info("mail_sent")
            else:
                log.warning("mail_not_sent", outcome=type(outcome).__name__.lower(), detail=outcome.detail)
            self._leave(thread_of(row))
        self._unwritten.clear()

    def _consequence(self, row: Row[Any], outcome: Delivery, now: datetime) -> tuple[dict[str, Any], bool]:
        if isinstance(outcome, Sent):
            return {
                "state": MessageState.SENT.value,
                "sent_at": now,
                "next_attempt_at": None,
                "last_error": None,
            }, False
        if isinstance(outcome, Unreachable):
            # The server's fault, not the message's: the attempt does not count against it.
            return {
                "state": MessageState.QUEUED.value,
                "attempts": row.attempts - 1,
                "next_attempt_at": None,
                "last_error": outcome.detail,
            }, False
        failed = isinstance(outcome, Refused) or row.attempts >= GIVE_UP_AFTER_ATTEMPTS
        return {
            "state": (MessageState.FAILED if failed else MessageState.QUEUED).value,
            "next_attempt_at": None if failed else now + self._back_off(row.attempts),
            "ambiguous": row.ambiguous + isinstance(outcome, Ambiguous),
            "last_error": outcome.detail,
        }, failed

    def _back_off(self, attempts: int) -> timedelta:
        index = attempts - 1
        known = index < len(BACK_OFF_MINUTES)
        delay = timedelta(minutes=BACK_OFF_MINUTES[index]) if known else LAST_BACK_OFF
        return delay * (1 + JITTER * self._jitter())

    def _tell_admin(self, connection: Connection, row: Row[Any], detail: str, now: datetime) -> None:
        admin = self._route.admin
        if admin is None or (row.event == Event.SYSTEM.value and row.recipient == admin):
            return
        notice = undelivered_notice(
            message_id=row.message_id,
            recipient=row.recipient,
            subject=row.subject,
            detail=detail,
            admin=admin,
        )
        enqueue(connection, [notice], now, mail_domain=self._route.mail_domain)

    def _server_is_away(self, now: datetime) -> bool:
        back_at = self._server_back_at
        # A wait longer than any of ours was set before the clock jumped back.
        longest = timedelta(minutes=SERVER_BACK_OFF_MINUTES[-1])
        return back_at is not None and now < back_at <= now + longest

    def _server_failed(self, now: datetime) -> None:
        minutes = SERVER_BACK_OFF_MINUTES[min(self._server_failures, len(SERVER_BACK_OFF_MINUTES) - 1)]
        self._server_failures += 1
        self._server_back_at = now + timedelta(minutes=minutes)


_CLAIM: Final = (
    update(message)
    .where(message.c.id == bindparam("number"), message.c.state == MessageState.QUEUED.value)
    .values(
        state=MessageState.SENDING.value,
        attempts=message.c.attempts + 1,
        next_attempt_at=bindparam("until", type_=message.c.next_attempt_at.type),
    )
    .returning(message)
)
_IN_HAND: Final = update(message).where(
    message.c.id == bindparam("number"),
    message.c.state == MessageState.SENDING.value,
    message.c.attempts == bindparam("attempt"),  # else a colleague took it back, and is sending it now
)
_TALLY: Final[dict[type[Delivery], str]] = {
    Sent: "sent",
    Deferred: "deferred",
    Refused: "failed",
    Ambiguous: "ambiguous",
}


def _take_back(connection: Connection, condition: list[ColumnElement[bool]]) -> int:
    taken = connection.execute(
        update(message)
        .where(*condition)
        .values(
            state=MessageState.QUEUED.value,
            ambiguous=message.c.ambiguous + 1,
            next_attempt_at=None,
            last_error="our process stopped while this message was in hand; it may have been sent",
        ),
    ).rowcount
    if taken:
        _log.warning("mail_sent_again_after_crash", count=taken)
    return taken


def outbox_from(
    database: Database,
    settings: Settings,
    clock: Clock,
    sharing: Sharing | None = None,
    *,
    fit: Callable[[Path], bytes | None] = lambda _mail: None,
) -> Outbox:
    """The outbox that the settings ask for; `fit` makes a mail of somebody else travel within one of ours."""
    mail_domain = settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"
    route = MailRoute(
        sender=settings.mail_from,
        mail_domain=mail_domain,
        mode=settings.mail_mode,
        reply_to=settings.mail_reply_to,
        admin=settings.mail_admin,
    )
    transport = transport_for(settings.mail, timeout_seconds=settings.mail_timeout_seconds, local_hostname=mail_domain)
    files = MailFiles(settings.home, settings.inbox, most_bytes=settings.mail_attachment_bytes, fit=fit)
    return Outbox(database, transport, clock, route, attachment=files, sharing=sharing)
