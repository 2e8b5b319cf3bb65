"""What is in force: the domain's rule over the deposits of an account, a collection and a period, as dated spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection

from domain.in_force import Candidate, InForce, resolve
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.database.tables import in_force, section, submission
from ingest.ledger.dates import Deposited
from ingest.ledger.journal import EventKind, record
from ingest.ledger.stale import mark_dependents


class Key(NamedTuple):
    """What one deposit can take the place of another for."""

    account: str
    collection: str
    period: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What is in force now, and which submission was before."""

    now: InForce
    before: str | None

    @property
    def after(self) -> str | None:
        """The submission in force now."""
        return None if self.now.section is None else self.now.section.submission_id

    @property
    def section_id(self) -> int | None:
        """The section in force now."""
        return None if self.now.section is None else self.now.section.section_id


def lock_account(connection: Connection, account: str) -> None:
    """One decision at a time for an account, also from two processes (on SQLite there is one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 20050216))", (account,))


_DEPOSITS = (
    select(
        section.c.id,
        section.c.submission_id,
        section.c.verdict,
        section.c.complete,
        section.c.records_accepted,
        section.c.nil,
        section.c.in_force,
        section.c.waits,
        section.c.accumulates,
        submission.c.received_at,
        submission.c.withdrawn_at,
    )
    .join(submission, submission.c.id == section.c.submission_id)
    .where(
        section.c.collection == bindparam("collection"),
        section.c.period == bindparam("period"),
        submission.c.test.is_(False),
    )
)
_OF_ACCOUNT = _DEPOSITS.where(section.c.account == bindparam("account"))
_OF_ORGANISATION = _DEPOSITS.where(section.c.organisation == bindparam("organisation"))
_OPEN_SPANS = (
    select(in_force.c.id, in_force.c.from_at, in_force.c.section_id)
    .where(
        in_force.c.account == bindparam("account"),
        in_force.c.collection == bindparam("collection"),
        in_force.c.period == bindparam("period"),
        in_force.c.to_at.is_(None),
    )
    .order_by(in_force.c.id)
)


def deposited(row: Any) -> Deposited:
    """A judged deposit as the rules need it."""
    return Deposited(
        candidate=Candidate(
            section_id=row.id,
            submission_id=row.submission_id,
            received_at=row.received_at,
            verdict=Verdict(row.verdict),
            complete=row.complete,
            has_rows=row.records_accepted > 0,
            accumulates=bool(row.accumulates),
        ),
        withdrawn_at=row.withdrawn_at,
    )


def deposits_of_organisation(
    connection: Connection,
    organisation: str,
    collection: str,
    period: str,
) -> Sequence[Any]:
    """The judged deposits that count for an obligation; `essai/` never does."""
    asked = {"organisation": organisation, "collection": collection, "period": period}
    return connection.execute(_OF_ORGANISATION, asked).all()


def settle(connection: Connection, key: Key, now: datetime) -> Settled:
    """Apply the rule again, close and open the spans at `now`, set the flags, write the change in the journal."""
    rows = {row.id: row for row in connection.execute(_OF_ACCOUNT, key._asdict())}
    resolved = resolve(deposited(row).candidate for row in rows.values() if row.withdrawn_at is None)
    spans = connection.execute(_OPEN_SPANS, key._asdict()).all()
    before = rows[spans[-1].section_id].submission_id if spans else None
    if {span.section_id for span in spans} != resolved.section_ids:
        _move(connection, key, spans, resolved, now)
        after = None if resolved.section is None else resolved.section.submission_id
        record(
            connection,
            EventKind.IN_FORCE,
            now,
            submission_id=after,
            account=key.account,
            collection=key.collection,
            period=key.period,
            before=before,
            after=after,
        )
    waiting = None if resolved.waiting_nil is None else resolved.waiting_nil.section_id
    for number, row in rows.items():
        if row.waits != (number == waiting):
            connection.execute(_SECTION, {"number": number, "waits": number == waiting})
    return Settled(now=resolved, before=before)


def foresee(connection: Connection, key: Key, trial: Candidate) -> Settled:
    """What the rule would give with `trial` (from `essai/`) among the deposits; nothing is written."""
    rows = {row.id: row for row in connection.execute(_OF_ACCOUNT, key._asdict())}
    deposits = [deposited(row).candidate for row in rows.values() if row.withdrawn_at is None]
    now = resolve(deposits).section
    return Settled(now=resolve([*deposits, trial]), before=None if now is None else now.submission_id)


def in_force_before(connection: Connection, key: Key, submission_id: str | None) -> Candidate | None:
    """What the rule gives over the deposits received before that one (None, or unknown: over all of them)."""
    candidates = [
        deposited(row).candidate
        for row in connection.execute(_OF_ACCOUNT, key._asdict())
        if row.withdrawn_at is None and row.submission_id != submission_id
    ]
    received_at = connection.execute(
        select(submission.c.received_at).where(submission.c.id == submission_id),
    ).scalar_one_or_none()
    if submission_id is not None and received_at is not None:
        mine = (received_at, submission_id)
        candidates = [one for one in candidates if (one.received_at, one.submission_id) < mine]
    return resolve(candidates).section


_SECTION = update(section).where(section.c.id == bindparam("number"))
_SPAN = update(in_force).where(in_force.c.id == bindparam("number"))
_NEW_SPAN = in_force.insert()


def _move(connection: Connection, key: Key, spans: Sequence[Any], resolved: InForce, now: datetime) -> None:
    """End the open spans of what is no longer in force, and open those of what now is."""
    at = now
    for number, from_at, section_id in spans:
        if section_id in resolved.section_ids:
            continue
        at = max(now, from_at)  # a clock that went back must not make a span end before it began
        connection.execute(_SPAN, {"number": number, "to_at": at})
        connection.execute(_SECTION, {"number": section_id, "in_force": False})
    standing = {span.section_id for span in spans}
    for one in (*resolved.along, resolved.section):
        if one is None or one.section_id in standing:
            continue
        opened = {"section_id": one.section_id, "from_at": at, "to_at": None, "accumulates": one.accumulates or None}
        connection.execute(_NEW_SPAN, {**key._asdict(), **opened})
        connection.execute(_SECTION, {"number": one.section_id, "in_force": True})
    mark_dependents(connection, Period.parse(key.period), now)


def key_of(account: str, collection: str | None, period: Period | None) -> Key | None:
    """The key of a section; None when the file could not be identified."""
    return None if collection is None or period is None else Key(account, collection, period.code)
