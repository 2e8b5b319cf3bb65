"""Who gets which edition: each address once, with its message, in one transaction a chunk (contract §10).

A copy that is written has its message, and the other way round: a distribution that a crash cut short goes on where it
stopped. Safe from several processes: whoever queues holds the rows of the editions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from domain.errors import CannotDo, NotFound
from domain.notices import Notice
from domain.periods import Period
from domain.publishing import Announced
from domain.releases import EditionKind, Release
from ingest.database.engine import Database
from ingest.database.tables import delivery, message, release
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.ledger import releases
from ingest.ledger.copies import Copy, copies, copy_rows
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.journal import EventKind, record
from ingest.mail_queue import AFRESH, MessageState, bounded_key, enqueue

_LOST: Final = (MessageState.FAILED.value, MessageState.BOUNCED.value)
_IN_CHUNK: Final = 400
NO_ADDRESS: Final = ""
"""Stands where the register has no address for an organisation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One message, the organisations that it serves, and the editions (numbers of rows) that it brings."""

    notice: Notice
    organisations: tuple[str, ...]
    release_ids: tuple[int, ...]


class Deliveries:
    """The book of copies. Each question and each act is one transaction."""

    def __init__(self, database: Database, *, mail_domain: str, mail_held: bool = False) -> None:
        """`mail_held`: messages are queued but stay (setting `mail_mode = hold`)."""
        self._database = database
        self._mail_domain, self._mail_held = mail_domain, mail_held

    # ── distributing ─────────────────────────────────────────────────────────────────────────────────────────────

    def announce(
        self,
        told: Sequence[tuple[Period, Announced]],
        now: datetime,
        compose: Callable[[Sequence[Period]], Sequence[Notice]],
    ) -> int | None:
        """Tell the central body of distributions; the messages queued, or None when all were told before.

        `compose` gets the periods that were not told of before.
        """
        with self._database.write() as connection:
            new = [period for period, one in told if releases.announced(connection, period, one, now)]
            if not new:
                return None
            notices = compose(new)
            self._enqueue(connection, notices, now)
        return len(notices)

    def revised_at(self) -> datetime | None:
        """When revised editions were last distributed, of any period."""
        query = select(func.max(release.c.distributed_at)).where(release.c.kind == EditionKind.REVISED.value)
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar_one()
            return found

    def begun(self) -> tuple[Release, ...]:
        """The editions of a distribution that was cut short."""
        some = select(delivery.c.release_id).where(delivery.c.release_id == release.c.id).exists()
        query = select(release.c.id).where(_LEAVES, some)
        with self._database.read() as connection:
            numbers = frozenset(connection.execute(query).scalars())
            return tuple(one.release for one in releases.recorded(connection) if one.release.id in numbers)

    def served(self, release_ids: Iterable[int]) -> Mapping[str, frozenset[int]]:
        """By address (in small letters): which of these editions it has, or will get."""
        query = select(delivery.c.recipient, delivery.c.release_id).where(delivery.c.release_id.in_(list(release_ids)))
        found: dict[str, frozenset[int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                key = row.recipient.lower()
                found[key] = found.get(key, frozenset()) | {row.release_id}
        return found

    def queue(self, letters: Sequence[Letter], release_ids: Sequence[int], now: datetime) -> int | None:
        """Queue a chunk; how many of these letters were new, or None when an edition does not leave any more.

        A letter whose address was served meanwhile is left out.
        """
        with self._database.write() as connection:
            if not _locked(connection, release_ids):
                return None
            return self._queue(connection, letters, now)

    def finish(
        self,
        distributed: Sequence[Release],
        now: datetime,
        *,
        unreachable: Iterable[str],
        accounts: Iterable[str],
    ) -> bool:
        """All is queued: write it, with those whom no address reaches, and ask for the accounts' folders.

        False when an edition does not leave any more, or another process has finished.
        """
        with self._database.write() as connection:
            if not _locked(connection, [one.id for one in distributed]):
                return False
            for one in distributed:
                for organisation in unreachable:
                    values = {"release_id": one.id, "organisation": organisation, "recipient": NO_ADDRESS, "retried": 0}
                    insert_once(connection, delivery, values)
                releases.distributed(connection, one, now)
                ask_for_tables(connection, accounts, one.period, now)
                releases.ask_for_own_lines(connection, one.period, now)
        return True

    def let_go(self, held: Release, *, author: str, now: datetime) -> None:
        """Hold an edition no longer."""
        with self._database.write() as connection:
            releases.let_go(connection, held, author=author, now=now)

    def refresh_folders(self, period: str, accounts: Iterable[str], now: datetime) -> None:
        """Ask that the accounts' folders hold the edition of the period that is to be used."""
        with self._database.write() as connection:
            ask_for_tables(connection, accounts, period, now)

    # ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────

    def chosen(self, name: str | None) -> tuple[Release, ...]:
        """Every edition; those of a period; or the one of that name. NotFound."""
        with self._database.read() as connection:
            return _chosen(connection, name)

    def copies(self, chosen: Sequence[Release]) -> tuple[Copy, ...]:
        """The copies of these editions, in the order in which they were queued."""
        with self._database.read() as connection:
            return copies(connection, chosen)

    def retry(
        self, chosen: Sequence[Release], *, author: str, now: datetime, addresses: Iterable[str] | None = None
    ) -> int:
        """Put back in the queue the messages that failed or came back; how many. `addresses`: these alone."""
        wanted = None if addresses is None else {one.lower() for one in addresses}
        with self._database.write() as connection:
            lost = [
                one
                for one in copy_rows(connection, [one.id for one in chosen])
                if one.state in _LOST and (wanted is None or one.recipient.lower() in wanted)
            ]
            numbers = sorted({one.message_id for one in lost})
            for part in _parts(numbers):
                again = message.c.id.in_(part) & message.c.state.in_(_LOST)
                connection.execute(update(message).where(again).values(**AFRESH, last_error=None))
                more = update(delivery).where(delivery.c.message_id.in_(part))
                connection.execute(more.values(retried=delivery.c.retried + 1))
            for one in chosen if numbers else ():
                record(
                    connection, EventKind.DELIVERY_RETRIED, now, author=author, period=one.period, number=one.number,
                    messages=len(numbers),
                )  # fmt: skip
        return len(numbers)

    def send(self, letters: Sequence[Letter], sent: Release, *, author: str, now: datetime) -> int:
        """Serve more addresses, at once; how many had no copy yet. CannotDo when the edition is not distributed."""
        with self._database.write() as connection:
            standing = select(release.c.id).where(
                release.c.id == sent.id, release.c.distributed_at.is_not(None), release.c.withdrawn_at.is_(None)
            )
            if connection.execute(standing.with_for_update()).one_or_none() is None:
                raise CannotDo(f"{sent.period}/{sent.name} is not distributed, or was withdrawn; see: guichet releases")
            queued = self._queue(connection, letters, now)
            if queued:
                record(
                    connection, EventKind.DELIVERY_SENT, now, author=author, period=sent.period, number=sent.number,
                    messages=queued,
                )  # fmt: skip
            return queued

    def recipients(self, chosen: Release) -> tuple[tuple[str, str], ...]:
        """Address and organisation of every copy of an edition."""
        return tuple((one.recipient, one.organisation) for one in self.copies([chosen]) if one.recipient)

    def _queue(self, connection: Connection, letters: Sequence[Letter], now: datetime) -> int:
        numbers = sorted({number for one in letters for number in one.release_ids})
        asked = sorted({form for one in letters for form in _spellings(one.notice.recipient)})
        known: dict[str, set[int]] = {}
        for part in _parts(asked):
            theirs = delivery.c.recipient.in_(part) | func.lower(delivery.c.recipient).in_(part)
            query = select(delivery.c.recipient, delivery.c.release_id)
            query = query.where(delivery.c.release_id.in_(numbers), theirs)
            for row in connection.execute(query):
                known.setdefault(row.recipient.lower(), set()).add(row.release_id)
        new = [one for one in letters if not known.get(one.notice.recipient.lower(), set()) & set(one.release_ids)]
        self._enqueue(connection, [one.notice for one in new], now)
        by_key = _numbers(connection, [one.notice.cause_key for one in new])
        rows = [
            {
                "release_id": number,
                "organisation": organisation,
                "recipient": storable(one.notice.recipient),
                "message_id": by_key[bounded_key(one.notice.cause_key)],
                "retried": 0,
            }
            for one in new
            for number in one.release_ids
            for organisation in one.organisations
        ]
        if rows:
            connection.execute(delivery.insert(), rows)
        return len(new)

    def _enqueue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> None:
        enqueue(connection, notices, now, mail_domain=self._mail_domain, held=self._mail_held)


_LEAVES: Final = release.c.distributed_at.is_(None) & release.c.withdrawn_at.is_(None) & release.c.held_by.is_(None)


def _locked(connection: Connection, release_ids: Sequence[int]) -> bool:
    """Whether all these editions are still to leave; nobody else queues or takes them back until we commit."""
    query = select(release.c.id).where(release.c.id.in_(list(release_ids)), _LEAVES).order_by(release.c.id)
    return len(connection.execute(query.with_for_update()).all()) == len(set(release_ids))


def _spellings(address: str) -> tuple[str, str]:
    """As written, and in small letters: SQLite knows those of ASCII only."""
    return storable(address), storable(address.lower())


def _numbers(connection: Connection, cause_keys: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _parts([bounded_key(one) for one in cause_keys]):
        rows = connection.execute(select(message.c.cause_key, message.c.id).where(message.c.cause_key.in_(part)))
        found.update({row.cause_key: row.id for row in rows})
    return found


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _IN_CHUNK] for start in range(0, len(values), _IN_CHUNK))


def ask_for_tables(connection: Connection, accounts: Iterable[str], period: str, now: datetime) -> None:
    """Ask that `diffusion/<period>/` of these accounts hold the edition that is to be used."""
    for account in accounts:
        ask(connection, now, account, None, {EffectKind.TABLES: {"period": period}})


def _chosen(connection: Connection, name: str | None) -> tuple[Release, ...]:
    """Every edition; those of a period; or one. NotFound."""
    if name is None:
        return tuple(one.release for one in releases.recorded(connection))
    try:
        period = Period.parse(name)
    except ValueError:
        return (releases.named(connection, name).release,)
    found = tuple(one.release for one in releases.recorded(connection, period))
    if not found:
        raise NotFound(f"{period.code} has no edition; see: guichet releases")
    return found
