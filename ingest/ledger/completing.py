"""What a correction kit completes: the deposit that it names, or what was corrected from it since (contract §6).

A deposit is only ever found among those of the account that asks: another's number is an unknown number.
"""

from __future__ import annotations

from typing import Any, Final, cast

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection

from domain.in_force import Candidate
from domain.periods import Period
from domain.retention import Rule
from domain.submissions import SubmissionState
from ingest.context import Completable, CompletionState, NamedSection
from ingest.database.tables import destruction, section, submission
from ingest.ledger.force import Key, in_force_before

MOST_GENERATIONS: Final = 500
"""Corrections of corrections followed: a chain that long is no correction any more, and would go in circles."""

_SECTION = (
    select(
        section.c.submission_id,
        section.c.collection,
        section.c.period,
        section.c.records_read,
        section.c.records_accepted,
        section.c.completes,
        submission.c.received_at,
        submission.c.test,
        submission.c.state,
    )
    .join(submission, submission.c.id == section.c.submission_id)
    .where(submission.c.account == bindparam("account"), submission.c.id == bindparam("number"))
    .order_by(section.c.records_accepted.desc(), section.c.position)
)
_OF_KEY = _SECTION.where(section.c.collection == bindparam("collection"), section.c.period == bindparam("period"))


def sections_of(connection: Connection, account: str, submission_id: str) -> tuple[NamedSection, ...]:
    """The tables of a deposit of this account whose collection and period are known."""
    rows = connection.execute(_SECTION, {"account": account, "number": submission_id}).all()
    return tuple(
        NamedSection(
            collection=row.collection,
            period=Period.parse(row.period),
            read=row.records_read > 0,
        )
        for row in rows
        if row.collection is not None and row.period is not None
    )


def completion(connection: Connection, key: Key, submission_id: str, *, before: str | None) -> Completable | None:
    """What a kit that names `submission_id` completes, among what was received before the deposit `before`."""
    named = _find(connection, key, submission_id)
    if named is None:
        return None
    root = _with_records(connection, key, named)
    facts = {"named_test": named.test, "named_is_kit": named.completes is not None}
    if SubmissionState.WITHDRAWN.value in {named.state, root.state}:
        return Completable(state=CompletionState.WITHDRAWN, base=root.submission_id, **facts)
    if not root.records_accepted:
        return Completable(state=CompletionState.NOTHING_ACCEPTED, base=root.submission_id, **facts)
    current = in_force_before(connection, key, before)
    base = root
    if current is not None and current.submission_id != root.submission_id:
        if _descends(connection, key, current, root.submission_id):
            base = _find(connection, key, current.submission_id) or root
        elif current.received_at > root.received_at:
            state, since = CompletionState.SUPERSEDED, current.submission_id
            return Completable(state=state, base=root.submission_id, superseded_by=since, **facts)
    if _destroyed(connection, base.submission_id):
        return Completable(state=CompletionState.DESTROYED, base=base.submission_id, **facts)
    generation = len(_lineage(connection, key, base.completes))
    return Completable(
        state=CompletionState.READY if generation < MOST_GENERATIONS else CompletionState.TOO_MANY_TIMES,
        base=base.submission_id,
        base_test=base.test,
        generation=generation,
        **facts,
    )


def _destroyed(connection: Connection, submission_id: str) -> bool:
    """Whether retention took its records, or is about to (ADR 13)."""
    query = select(destruction.c.id).where(
        destruction.c.submission_id == submission_id, destruction.c.rule != Rule.RAW.value
    )
    return connection.execute(query.limit(1)).first() is not None


def _find(connection: Connection, key: Key, submission_id: str | None) -> Row[Any] | None:
    return cast("Row[Any] | None", connection.execute(_OF_KEY, {**key._asdict(), "number": submission_id}).first())


def _with_records(connection: Connection, key: Key, named: Row[Any]) -> Row[Any]:
    """The deposit named, or, when it was a kit that was refused as a whole, the one that it was to complete."""
    found = named
    for _ in range(MOST_GENERATIONS):
        before = None if found.records_accepted else _find(connection, key, found.completes)
        if before is None:
            break
        found = before
    return found


def _lineage(connection: Connection, key: Key, submission_id: str | None) -> list[str]:
    """That deposit and those that it was made from, one after the other."""
    line: list[str] = []
    while submission_id is not None and len(line) < MOST_GENERATIONS:
        line.append(submission_id)
        found = _find(connection, key, submission_id)
        submission_id = None if found is None else found.completes
    return line


def _descends(connection: Connection, key: Key, current: Candidate, ancestor: str) -> bool:
    return ancestor in _lineage(connection, key, current.submission_id)
