"""The rows that go with a deposit, or with one of its tables, and what stays of them (contract §12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from domain.findings import Severity
from domain.notices import Event
from domain.periods import Period
from domain.retention import Rule
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from ingest.database.collections import CollectionTable
from ingest.database.tables import (
    anomaly,
    contact,
    delivery,
    destruction,
    directory_version,
    effect,
    finding,
    incoming,
    justification,
    message,
    section,
    submission,
)
from ingest.database.types import storable_json
from ingest.database.upsert import insert_once
from ingest.ledger import standing
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.force import Key, settle
from ingest.ledger.journal import EventKind, record

UNJUDGED: Final = (SubmissionState.CLAIMED.value, SubmissionState.PARKED.value)
_WAITING: Final = ("queued", "sending", "held")
_CHUNK: Final = 500
_NOTHING_SAID: Final[Mapping[str, Any]] = {
    "findings": [],
    "causes": [],
    "sheet": None,
    "justified": 0,
    "missing_lines": [],
}

_OVERTURNED: Final[Mapping[str, Any]] = {
    "verdict": Verdict.DESTROYED.value,
    "complete": False,
    "nil": False,
    "register_only": False,
    "records_accepted": 0,
    "finding_counts": {one.value: 0 for one in Severity},
    "findings_truncated": False,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What is to go: a row of `destruction`. `files`: how many were destroyed just now."""

    id: int
    submission_id: str
    account: str
    part: int
    rule: Rule
    files: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mails:
    """Messages, and mails that arrived: their numbers, their Message-IDs, where they are kept below `home`."""

    messages: tuple[int, ...] = ()
    message_ids: tuple[str, ...] = ()
    arrived: tuple[int, ...] = ()
    kept: tuple[str, ...] = ()


def destroy_part(
    connection: Connection, part: Part, tables: Mapping[str, CollectionTable], now: datetime
) -> int | None:
    """Delete the rows, write that it is done, in the journal too; how many rows of cases. None: it was done before."""
    claimed = connection.execute(
        update(destruction)
        .where(destruction.c.id == part.id, destruction.c.done_at.is_(None))
        .values(done_at=now, files=destruction.c.files + part.files)
    )
    if not claimed.rowcount:
        return None
    rows = 0
    if part.part:
        rows = _destroy_section(connection, part, tables)
        connection.execute(update(destruction).where(destruction.c.id == part.id).values(rows=rows))
    elif part.rule is Rule.RAW:
        _write(connection, part, archive=None)
        connection.execute(update(destruction).where(destruction.c.id == part.id).values(wiped_at=now))
    else:
        if part.rule is Rule.ANONYMITY:
            rows = _overturn_again(connection, part, tables, now)
        _destroy_answer(connection, part, tables, now)
    _tell(connection, part, rows, now)
    return rows


def _tell(connection: Connection, part: Part, rows: int, now: datetime) -> None:
    told = connection.execute(select(destruction).where(destruction.c.id == part.id)).one()
    record(
        connection,
        EventKind.PURGED,
        now,
        submission_id=part.submission_id,
        account=part.account,
        author=told.decided_by,
        rule=part.rule.value,
        collection=told.collection,
        exercice=told.exercice,
        rows=rows,
        files=told.files,
    )


def _destroy_section(connection: Connection, part: Part, tables: Mapping[str, CollectionTable]) -> int:
    one = connection.execute(select(section).where(section.c.id == part.part)).one()
    rows = 0
    if one.slug in tables:
        table = tables[one.slug].table
        rows = connection.execute(delete(table).where(table.c.section_id == part.part)).rowcount
    forget_said(connection, [part.part])
    about = (anomaly.c.account == one.account, anomaly.c.collection == one.collection, anomaly.c.period == one.period)
    connection.execute(delete(anomaly).where(*about))
    confirmed = (justification.c.submission_id == part.submission_id, justification.c.collection == one.collection)
    connection.execute(delete(justification).where(*confirmed))
    return rows


def forget_said(connection: Connection, sections: list[int]) -> None:
    """What was found in them, and what may quote it."""
    connection.execute(delete(finding).where(finding.c.section_id.in_(sections)))
    connection.execute(delete(justification).where(justification.c.section_id.in_(sections)))
    forgotten: dict[str, Any] = {"causes": [], "missing_lines": [], "oddities": None, "sheet": None}
    connection.execute(update(section).where(section.c.id.in_(sections)).values(**forgotten))


def _overturn_again(connection: Connection, part: Part, tables: Mapping[str, CollectionTable], now: datetime) -> int:
    """As `overturn`, for a deposit that came back out of a backup from before it was found to break anonymity."""
    mine = section.c.submission_id == part.submission_id
    about = (section.c.account, section.c.organisation, section.c.collection, section.c.period)
    keys = connection.execute(select(*about).where(mine).distinct()).all()
    rows, _ = overturn(connection, part.submission_id, tables)
    _write(connection, part, verdict=Verdict.DESTROYED.value)
    connection.execute(update(destruction).where(destruction.c.id == part.id).values(rows=rows))
    for one in keys:
        if one.collection is not None and one.period is not None:
            key = Key(one.account, one.collection, one.period)
            settle(connection, key, now)
            if one.organisation is not None:
                standing.refresh(connection, one.organisation, key.collection, Period.parse(key.period), now)
    return rows


def _destroy_answer(connection: Connection, part: Part, tables: Mapping[str, CollectionTable], now: datetime) -> None:
    """What was made of the file as a whole; of its tables that hold no case, what was said stays."""
    found = connection.execute(select(submission).where(submission.c.id == part.submission_id)).one()
    cases = {slug for slug, one in tables.items() if one.cases}
    rows = connection.execute(select(section).where(section.c.submission_id == part.submission_id)).all()
    strange = [row.id for row in rows if row.slug not in tables and row.collection is not None]
    if part.rule is Rule.REGISTER and strange:
        forget_said(connection, strange)
    destroy_mails(connection, mails_of(connection, part.submission_id))
    connection.execute(delete(effect).where(effect.c.submission_id == part.submission_id))
    answer = None if found.answer is None else _said_less(found.answer, keeping=set(tables) - cases)
    if answer is not None and part.rule is Rule.ANONYMITY:
        answer = _said_destroyed(answer)
    values: dict[str, Any] = {"answer": storable_json(answer), "file_findings": [], "detected": None, "trouble": None}
    if found.state in UNJUDGED:  # nobody will judge it any more
        values["state"] = SubmissionState.JUDGED.value
    if found.judged_at is None:
        values |= {"judged_at": now, "verdict": Verdict.DESTROYED.value}
    _write(connection, part, archive=None, not_before_at=None, **values)
    ask(connection, now, part.account, None, {EffectKind.SITUATION: {}})


def _said_less(answer: Mapping[str, Any], *, keeping: set[str]) -> dict[str, Any]:
    """The answer without what was found; `keeping`: slugs of the tables that hold no case."""
    sections = [
        one if one.get("slug") in keeping else {key: _NOTHING_SAID.get(key, value) for key, value in one.items()}
        for one in answer.get("sections", ())
    ]
    less = {**answer, "sections": sections}
    if "findings" in less:
        less["findings"] = []
    return less


def _said_destroyed(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a verdict that is overturned: destroyed, whatever it held."""
    said: dict[str, Any] = {**_NOTHING_SAID, "verdict": Verdict.DESTROYED.value, "in_force": False, "replaces": None}
    sections = [{**one, **{key: said[key] for key in said if key in one}} for one in answer["sections"]]
    for one in sections:
        one["records"] = {**one.get("records", {}), "accepted": 0}
        one["finding_counts"] = {each.value: 0 for each in Severity}
    return {**answer, "sections": sections, "verdict": Verdict.DESTROYED.value}


def _write(connection: Connection, part: Part, **values: Any) -> None:
    connection.execute(update(submission).where(submission.c.id == part.submission_id).values(**values))


# ── judged before, and found to break anonymity now ──────────────────────────────────────────────────────────────


def overturn(connection: Connection, submission_id: str, tables: Mapping[str, CollectionTable]) -> tuple[int, Mails]:
    """Delete the rows and all that was said of it; how many rows, and the mails that went. Its receipt stays.

    Its sections stay too, destroyed, as what was in force is told by them; the caller settles what is in force now.
    """
    mine = section.c.submission_id == submission_id
    slugs = {row.id: row.slug for row in connection.execute(select(section.c.id, section.c.slug).where(mine))}
    rows = 0
    for number, slug in slugs.items():
        if slug in tables:
            table = tables[slug].table
            rows += connection.execute(delete(table).where(table.c.section_id == number)).rowcount
    forget_said(connection, list(slugs))
    connection.execute(update(section).where(mine).values(**_OVERTURNED))
    connection.execute(delete(anomaly).where(anomaly.c.submission_id == submission_id))
    connection.execute(delete(justification).where(justification.c.submission_id == submission_id))
    filing = (effect.c.submission_id == submission_id, effect.c.kind == EffectKind.ARCHIVE.value)
    connection.execute(delete(effect).where(*filing, effect.c.done_at.is_(None)))
    mails = mails_of(connection, submission_id, message.c.event != Event.RECEIPT.value)
    destroy_mails(connection, mails)
    return rows, mails


def write_overturned(connection: Connection, submission_id: str, rows: int, now: datetime) -> None:
    """Have it listed outside the database, and the database's own files rewritten, by the next pass of retention."""
    whole = {"submission_id": submission_id, "part": 0, "rule": Rule.ANONYMITY.value, "files": 0, "rows": rows}
    insert_once(connection, destruction, {**whole, "decided_at": now, "done_at": now, "told_at": now})


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def mails_of(connection: Connection, submission_id: str, *which: ColumnElement[bool]) -> Mails:
    """Every message about a deposit (or those `which`), and what people answered to it."""
    return _mails(connection, and_(message.c.submission_id == submission_id, *which), arrived_before=None)


def mails_before(connection: Connection, instant: datetime) -> Mails:
    """Every message older than that which waits for nothing, and every mail that arrived before."""
    old = (message.c.created_at < instant) & message.c.state.not_in(_WAITING)
    return _mails(connection, old, arrived_before=instant)


def _mails(connection: Connection, which: ColumnElement[bool], *, arrived_before: datetime | None) -> Mails:
    sent = connection.execute(select(message.c.id, message.c.message_id).where(which)).all()
    about: ColumnElement[bool] = incoming.c.message_id.in_(select(message.c.message_id).where(which))
    if arrived_before is not None:
        about = or_(about, incoming.c.received_at < arrived_before)
    came = connection.execute(select(incoming.c.id, incoming.c.kept).where(about)).all()
    return Mails(
        messages=tuple(row.id for row in sent),
        message_ids=tuple(row.message_id for row in sent),
        arrived=tuple(row.id for row in came),
        kept=tuple(row.kept for row in came),
    )


def destroy_mails(connection: Connection, mails: Mails) -> None:
    """Their rows, and who got which edition by them."""
    for start in range(0, len(mails.messages), _CHUNK):
        numbers = mails.messages[start : start + _CHUNK]
        connection.execute(delete(delivery).where(delivery.c.message_id.in_(numbers)))
        connection.execute(delete(message).where(message.c.id.in_(numbers)))
    for start in range(0, len(mails.arrived), _CHUNK):
        connection.execute(delete(incoming).where(incoming.c.id.in_(mails.arrived[start : start + _CHUNK])))


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def destroy_contacts(connection: Connection, before: datetime) -> int:
    """Contacts of former versions whose address a version in use since before that instant has no more; how many."""
    latest = connection.execute(select(func.max(directory_version.c.version))).scalar_one()
    if latest is None:
        return 0
    address = func.lower(contact.c.courriel)
    present = set(connection.execute(select(address).where(contact.c.version == latest)).scalars())
    came_at = {row.version: row.imported_at for row in connection.execute(select(directory_version))}
    last = select(address, func.max(contact.c.version)).group_by(address)
    gone = 0
    for left, version in connection.execute(last).all():
        if left in present:
            continue
        left_at = min(at for number, at in came_at.items() if number > version)
        if left_at < before:
            gone += connection.execute(delete(contact).where(address == left)).rowcount
    return gone
