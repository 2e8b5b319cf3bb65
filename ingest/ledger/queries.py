"""Questions to the ledger: rows as plain dictionaries with the contract's key names, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, bindparam, or_, select
from sqlalchemy.engine import Connection

from domain.errors import CannotDo, NotFound
from domain.periods import Period
from domain.retention import Rule
from domain.submissions import DroppedFile, SubmissionState
from domain.verdicts import Verdict
from ingest.database.collections import CollectionTable
from ingest.database.latest import latest_only
from ingest.database.tables import destruction, event, in_force, message, section, submission
from ingest.ledger.anomalies import anomalies_of, document
from ingest.ledger.justifications import justifications
from ingest.ledger.sections import dropped_from, read_sections

TRIED_ONCE = "the file was too much for its reader"
"""How the trouble of a deposit begins whose first try killed the limited child, or took too long: one more is left."""
LONGEST_WAIT = timedelta(days=1)
"""No try is put off for longer: a wait that ends later was written by a clock that jumped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A deposit as the pipeline needs it. `attempts` failed so far; `not_before_at`: wait until then.

    `again`: it was judged before, and is to be judged again because the register was mended.
    """

    dropped: DroppedFile
    organisation: str | None
    state: SubmissionState
    again: bool
    attempts: int
    not_before_at: datetime | None
    trouble: str | None

    @property
    def to_judge(self) -> bool:
        """Whether a verdict is still expected."""
        return self.state is SubmissionState.CLAIMED

    @property
    def tried_once(self) -> bool:
        """Whether its first try killed the limited child, or took too long."""
        return self.trouble is not None and self.trouble.startswith(TRIED_ONCE)

    def is_due(self, now: datetime) -> bool:
        """Whether it waits no longer."""
        return self.not_before_at is None or not now < self.not_before_at <= now + LONGEST_WAIT


_IN_CHUNK = 500
_BY_NUMBER = select(submission).where(submission.c.id == bindparam("number"))
_BY_NUMBERS = select(submission).where(submission.c.id.in_(bindparam("numbers", expanding=True)))
_LOCKED = _BY_NUMBER.with_for_update()


def _pending(row: Row[Any]) -> Pending:
    return Pending(
        dropped=dropped_from(row),
        organisation=row.organisation,
        state=SubmissionState(row.state),
        again=row.judged_at is not None,
        attempts=row.attempts,
        not_before_at=row.not_before_at,
        trouble=row.trouble,
    )


def pending(connection: Connection, now: datetime) -> tuple[Pending, ...]:
    """Deposits that can be judged now, in order of receipt; judging out of order gives the same in the end."""
    waits = submission.c.not_before_at
    rows = connection.execute(
        select(submission)
        .where(
            submission.c.state == SubmissionState.CLAIMED.value,
            or_(waits.is_(None), waits <= now, waits > now + LONGEST_WAIT),
        )
        .order_by(submission.c.received_at, submission.c.id),
    )
    return tuple(_pending(row) for row in rows)


def one(connection: Connection, submission_id: str) -> Pending | None:
    """One deposit, whatever its state."""
    row = connection.execute(_BY_NUMBER, {"number": submission_id}).one_or_none()
    return None if row is None else _pending(row)


def find(connection: Connection, submission_id: str, *, lock: bool = False) -> Row[Any]:
    """One submission; NotFound when there is none."""
    row = connection.execute(_LOCKED if lock else _BY_NUMBER, {"number": submission_id}).one_or_none()
    if row is None:
        raise NotFound(f"no deposit {submission_id!r}; see: guichet submissions")
    return row


def accepted_before(connection: Connection, dropped: DroppedFile, collection: str) -> str | None:
    """The latest other deposit of the same account and bytes that was accepted whole, and is not withdrawn."""
    query = (
        select(submission.c.id)
        .join(section, section.c.submission_id == submission.c.id)
        .where(
            submission.c.account == dropped.account,
            submission.c.sha256 == dropped.sha256,
            submission.c.id != dropped.submission_id,
            submission.c.state == SubmissionState.JUDGED.value,
            submission.c.test.is_(False),
            section.c.collection == collection,
            section.c.verdict.in_([Verdict.ACCEPTED.value, Verdict.ACCEPTED_WITH_WARNINGS.value]),
        )
        .order_by(submission.c.received_at.desc(), submission.c.id.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def all_of(connection: Connection, ids: Iterable[str]) -> Iterator[Row[Any]]:
    """The submissions of these numbers, in no order."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), _IN_CHUNK):
        yield from connection.execute(_BY_NUMBERS, {"numbers": wanted[start : start + _IN_CHUNK]})


def submissions(  # noqa: PLR0913 - one argument a filter
    connection: Connection,
    zone: ZoneInfo,
    *,
    account: str | None = None,
    period: str | None = None,
    state: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Deposits, the latest first. `account`: account or organisation; `state`: a state or a verdict."""
    query = select(submission).order_by(submission.c.received_at.desc(), submission.c.id.desc()).limit(limit)
    if account is not None:
        query = query.where(or_(submission.c.account == account, submission.c.organisation == account))
    if period is not None:
        code = _period(period)
        query = query.where(submission.c.id.in_(select(section.c.submission_id).where(section.c.period == code)))
    if state is not None:
        query = query.where(_state(state))
    rows = connection.execute(query).all()
    sections = _sections_of(connection, [row.id for row in rows])
    return [_line(row, sections.get(row.id, []), zone) for row in rows]


def _period(text: str) -> str:
    try:
        return Period.parse(text).code
    except ValueError:
        raise CannotDo(f"{text!r} is not a period; write 2005T1 or 2005") from None


def _state(word: str) -> Any:
    if word in set(SubmissionState):
        return submission.c.state == word
    if word in set(Verdict):
        return submission.c.verdict == word
    raise CannotDo(f"no state {word!r}; known: {', '.join([*SubmissionState, *Verdict])}")


def _sections_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for start in range(0, len(ids), _IN_CHUNK):
        query = (
            select(section)
            .where(section.c.submission_id.in_(ids[start : start + _IN_CHUNK]))
            .order_by(section.c.submission_id, section.c.position)
        )
        for row in connection.execute(query):
            found.setdefault(row.submission_id, []).append(_section(row))
    return found


def _section(row: Row[Any]) -> dict[str, Any]:
    return {
        "collection": row.collection,
        "slug": row.slug,
        "period": row.period,
        "sheet": row.sheet,
        "verdict": row.verdict,
        "in_force": row.in_force,
        "replaces": row.replaces,
        "completes": row.completes,
        "waits": row.waits,
        "records": {
            "read": row.records_read,
            "accepted": row.records_accepted,
            "rejected": row.records_rejected,
        },
    }


def _line(row: Row[Any], sections: list[dict[str, Any]], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "submission": row.id,
        "account": row.account,
        "organisation": row.organisation,
        "file": {"name": row.file_name, "size": row.size, "sha256": row.sha256},
        "received_at": told(row.received_at, zone),
        "judged_at": told(row.judged_at, zone),
        "state": row.state,
        "verdict": row.verdict,
        "test": row.test,
        "sections": sections,
    }


def told(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """An instant as the answers write it."""
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def show(connection: Connection, zone: ZoneInfo, submission_id: str) -> dict[str, Any]:
    """One deposit with its whole story."""
    row = find(connection, submission_id)
    sections = _sections_of(connection, [row.id]).get(row.id, [])
    full = [each.judgement.findings for _, each in read_sections(connection, row.id)]
    for told_section, findings in zip(sections, full, strict=True):
        told_section["findings"] = [each.as_document() for each in findings]
    return {
        **_line(row, sections, zone),
        "box": row.box,
        "proof": row.proof,
        "claimed_at": told(row.claimed_at, zone),
        "rules_version": row.rules_version,
        "directory_version": row.directory_version,
        "register_only": row.register_only,
        "archive": row.archive,
        "attempts": row.attempts,
        "trouble": row.trouble,
        "withdrawn_at": told(row.withdrawn_at, zone),
        "withdrawn_by": row.withdrawn_by,
        "withdrawn_reason": row.withdrawn_reason,
        "answer": row.answer,
        "messages": _messages(connection, row.id, zone),
        "justifications": justifications(connection, zone, submission_id=row.id),
        "anomalies": [document(one, zone) for one in anomalies_of(connection, row.id)],
        "in_force": _spans(connection, row.id, zone),
        "events": _events(connection, row.id, zone),
        "destroyed": _destroyed(connection, row.id, zone),
    }


def _destroyed(connection: Connection, submission_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    columns = destruction.c
    done = select(destruction).where(columns.submission_id == submission_id, columns.done_at.is_not(None))
    return [
        {
            "at": told(row.done_at, zone),
            "rule": row.rule,
            "whole": Rule(row.rule).whole,
            "collection": row.collection,
            "exercice": row.exercice,
            "rows": row.rows,
            "files": row.files,
        }
        for row in connection.execute(done.order_by(columns.id))
    ]


def _messages(connection: Connection, submission_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    columns = message.c
    rows = connection.execute(select(message).where(columns.submission_id == submission_id).order_by(columns.id))
    return [
        {
            "id": row.id,
            "event": row.event,
            "recipient": row.recipient,
            "subject": row.subject,
            "state": row.state,
            "created_at": told(row.created_at, zone),
            "sent_at": told(row.sent_at, zone),
            "message_id": row.message_id,
        }
        for row in rows
    ]


def _spans(connection: Connection, submission_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    after, later = in_force.alias("after"), section.alias("later")
    same = [after.c[key] == in_force.c[key] for key in ("account", "collection", "period")]
    next_one = (
        select(later.c.submission_id)
        .join(after, after.c.section_id == later.c.id)
        .where(*same, after.c.from_at == in_force.c.to_at, after.c.id != in_force.c.id)
        .order_by(after.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(in_force, next_one.label("replaced_by"))
        .join(section, section.c.id == in_force.c.section_id)
        .where(section.c.submission_id == submission_id)
        .order_by(in_force.c.id),
    )
    return [
        {
            "collection": row.collection,
            "period": row.period,
            "from_at": told(row.from_at, zone),
            "to_at": told(row.to_at, zone),
            "replaced_by": row.replaced_by,
        }
        for row in rows
    ]


def _events(connection: Connection, submission_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    rows = connection.execute(select(event).where(event.c.submission_id == submission_id).order_by(event.c.id))
    return [{"at": told(row.at, zone), "kind": row.kind, "author": row.author, "data": row.data} for row in rows]


def rows_in_force(
    connection: Connection,
    target: CollectionTable,
    period: str | None,
    at: datetime | None,
) -> list[Mapping[str, Any]]:
    """The rows in force now, or at the instant `at`, with the account that deposited them."""
    rows = target.table
    query = (
        select(rows, section.c.account, section.c.organisation, submission.c.received_at)
        .join(section, section.c.id == rows.c.section_id)
        .join(submission, submission.c.id == section.c.submission_id)
        .where(section.c.slug == target.slug)
        .order_by(section.c.period, section.c.account, rows.c.row)
    )
    if period is not None:
        query = query.where(section.c.period == period)
    if at is None:
        query = query.where(section.c.in_force)
    else:
        open_then = and_(in_force.c.from_at <= at, or_(in_force.c.to_at.is_(None), in_force.c.to_at > at))
        query = query.join(in_force, in_force.c.section_id == section.c.id).where(open_then)
    if target.upserts:
        query = query.where(latest_only(rows, target.upserts, at))
    return [dict(row) for row in connection.execute(query).mappings()]
