"""Retention in the ledger: what has come to its end, what was decided, and the rows that go (contract §12, ADR 13).

Rows of the journal, of what is in force, of obligations and of editions are never touched: they hold no case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from domain.periods import Period
from domain.retention import PATIENCE, End, Lengths, Lot, Rule, Told, end_of_cases, end_of_file, years_before
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from ingest.database.tables import destruction, directory_version, effect, message, section, submission
from ingest.database.upsert import insert_once
from ingest.destructions import Line
from ingest.ledger.rows_destroyed import UNJUDGED
from ingest.mail_queue import MessageState

THE_FILE: Final = 0
"""The part that is the file and what was made of it as a whole."""
_LEAVING: Final = (MessageState.QUEUED.value, MessageState.SENDING.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What the rules must know: codes of the collections with cases, the register's, how long, where days begin."""

    cases: frozenset[str]
    register: str
    lengths: Lengths
    zone: ZoneInfo

    def day(self, now: datetime) -> date:
        """The civil day."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One part of a deposit, and its end. `part`: 0 the file, else a section; `place`: the section's position."""

    submission_id: str
    account: str
    sha256: str
    file_name: str
    part: int
    place: int | None
    collection: str | None
    period: str | None
    end: End


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """What was decided and is not over. Instants say how far it came."""

    id: int
    submission_id: str
    account: str
    sha256: str
    part: int
    place: int | None
    rule: Rule
    collection: str | None
    period: str | None
    exercice: int | None
    decided_at: datetime
    listed: bool
    done: bool
    files: int

    @property
    def line(self) -> Line:
        """As `home/destructions.jsonl` keeps it."""
        return Line(
            submission=self.submission_id,
            sha256=self.sha256,
            account=self.account,
            rule=self.rule,
            at=self.decided_at,
            place=self.place,
            collection=self.collection,
            period=self.period,
            exercice=self.exercice,
        )


# ── what has come to its end ─────────────────────────────────────────────────────────────────────────────────────

_ABOUT = (
    submission.c.id,
    submission.c.account,
    submission.c.sha256,
    submission.c.file_name,
    submission.c.received_at,
    submission.c.state,
)
_DECIDED = exists().where(destruction.c.submission_id == submission.c.id, destruction.c.part == THE_FILE)
_ANSWER_WAITS = or_(
    submission.c.state == SubmissionState.CLAIMED.value,
    exists().where(effect.c.submission_id == submission.c.id, effect.c.done_at.is_(None)),
    exists().where(message.c.submission_id == submission.c.id, message.c.state.in_(_LEAVING)),
)


def due(connection: Connection, scope: Scope, now: datetime, *, ahead_on: date | None = None) -> tuple[Due, ...]:
    """What must be gone on the day of `now`, or until the day `ahead_on`, and was not decided; by deposit."""
    until = ahead_on or scope.day(now)
    found = [one for one in _cases(connection, scope, now) if one.end.on <= until]
    return (*found, *_registers(connection, scope, now), *_originals(connection, scope, now))


def _cases(connection: Connection, scope: Scope, now: datetime) -> Iterable[Due]:
    """Deposits with a table that holds cases, or that nobody could tell; in order of receipt."""
    may_hold = or_(section.c.collection.in_(sorted(scope.cases)), section.c.collection.is_(None))
    query = (
        select(
            *_ABOUT,
            section.c.id.label("section_id"),
            section.c.position,
            section.c.collection,
            section.c.period,
            _ANSWER_WAITS.label("answer_waits"),
        )
        .join_from(submission, section, section.c.submission_id == submission.c.id, isouter=True)
        .where(may_hold)
        .order_by(submission.c.received_at, submission.c.id, section.c.position)
    )
    decided = {(row.submission_id, row.part) for row in connection.execute(_PARTS)}
    deposits: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        deposits.setdefault(row.id, []).append(row)
    for rows in deposits.values():
        first = rows[0]
        if first.answer_waits and now < first.received_at + PATIENCE:
            continue
        yield from _parts(rows, scope, decided)


_PARTS = select(destruction.c.submission_id, destruction.c.part)


def _parts(rows: Sequence[Any], scope: Scope, decided: set[tuple[str, int]]) -> Iterable[Due]:
    received_on = scope.day(rows[0].received_at)
    tables = [(row, _told(row, scope)) for row in rows if row.section_id is not None]
    whole = end_of_file([told for _, told in tables], received_on, scope.lengths)
    if (rows[0].id, THE_FILE) not in decided:
        sole = tables[0][0] if len({(row.collection, row.period) for row, _ in tables}) == 1 else None
        yield _due(rows[0], THE_FILE, whole, of=sole)
    for row, told in tables:
        end = end_of_cases(told, received_on, scope.lengths)
        if end is not None and (row.id, row.section_id) not in decided:
            yield _due(row, row.section_id, end, of=row)


def _told(row: Any, scope: Scope) -> Told:
    cases = None if row.collection is None else row.collection in scope.cases
    return Told(cases=cases, exercice=None if row.period is None else Period.parse(row.period).year)


def _due(row: Any, part: int, end: End, *, of: Any | None = None) -> Due:
    return Due(
        submission_id=row.id,
        account=row.account,
        sha256=row.sha256,
        file_name=row.file_name,
        part=part,
        place=None if part == THE_FILE or of is None else of.position,
        collection=None if of is None else of.collection,
        period=None if of is None else of.period,
        end=end,
    )


def _registers(connection: Connection, scope: Scope, now: datetime) -> list[Due]:
    """Registers deposited that another one replaced so long ago, or that were refused so long ago."""
    later = directory_version.alias("later")
    replaced_at = (
        select(func.min(later.c.imported_at))
        .where(later.c.version > directory_version.c.version)
        .correlate(directory_version)
        .scalar_subquery()
    )
    version = directory_version.c.submission_id == submission.c.id
    query = (
        select(*_ABOUT, directory_version.c.version, replaced_at.label("replaced_at"))
        .join_from(submission, directory_version, version, isouter=True)
        .where(
            exists().where(section.c.submission_id == submission.c.id, section.c.collection == scope.register),
            ~_DECIDED,
        )
        .order_by(submission.c.received_at, submission.c.id)
    )
    found = []
    for row in connection.execute(query):
        since = row.received_at if row.version is None else row.replaced_at
        if since is not None and (scope.day(now) - scope.day(since)).days > scope.lengths.contact_days:
            found.append(_due(row, THE_FILE, End(on=scope.day(now), rule=Rule.REGISTER)))
    return found


def _originals(connection: Connection, scope: Scope, now: datetime) -> list[Due]:
    """Originals of deposits that hold no case."""
    may_hold = and_(
        section.c.submission_id == submission.c.id,
        or_(
            section.c.collection.in_([*sorted(scope.cases), scope.register]),
            section.c.collection.is_(None),
        ),
    )
    query = (
        select(*_ABOUT)
        .where(
            submission.c.received_at < years_before(now, scope.lengths.raw_years, scope.zone),
            submission.c.archive.is_not(None),
            exists().where(section.c.submission_id == submission.c.id),
            ~exists().where(may_hold),
            ~_DECIDED,
        )
        .order_by(submission.c.received_at, submission.c.id)
    )
    return [_due(row, THE_FILE, End(on=scope.day(now), rule=Rule.RAW)) for row in connection.execute(query)]


# ── decided, and how far it came ─────────────────────────────────────────────────────────────────────────────────


def decide(connection: Connection, dues: Iterable[Due], now: datetime, author: str | None) -> int:
    """Write that they are to be destroyed; from here on nothing judges, completes or reopens them. How many are new."""
    return sum(
        _decide(
            connection,
            {
                "submission_id": one.submission_id,
                "part": one.part,
                "rule": one.end.rule.value,
                "collection": one.collection,
                "period": one.period,
                "exercice": one.end.exercice,
                "decided_at": now,
                "decided_by": author,
            },
        )
        for one in dues
    )


def decide_again(connection: Connection, lines: Iterable[Line]) -> int:
    """Write what another copy of this database had decided, where its deposits are known; how many are new."""
    new = 0
    for line in lines:
        part: int | None = THE_FILE
        if line.place is not None:
            here = and_(section.c.submission_id == line.submission, section.c.position == line.place)
            part = connection.execute(select(section.c.id).where(here)).scalar_one_or_none()
        known = select(submission.c.id).where(submission.c.id == line.submission)
        if line.rule is Rule.ANONYMITY:  # its verdict, when there is one, says it already
            destroyed = submission.c.verdict == Verdict.DESTROYED.value
            known = known.where(or_(submission.c.judged_at.is_(None), ~destroyed))
        if part is not None and connection.execute(known).first() is not None:
            values = {
                "submission_id": line.submission,
                "part": part,
                "rule": line.rule.value,
                "collection": line.collection,
                "period": line.period,
                "exercice": line.exercice,
                "decided_at": line.at,
                "listed_at": line.at,
                "told_at": line.at,
            }
            new += _decide(connection, values)
    return new


def _decide(connection: Connection, values: Mapping[str, Any]) -> bool:
    new = insert_once(connection, destruction, {"files": 0, "rows": 0, **values})
    if new:
        connection.execute(
            update(submission).where(submission.c.id == values["submission_id"]).values(register_only=False)
        )
        if values["part"] == THE_FILE:
            connection.execute(
                update(submission)
                .where(submission.c.id == values["submission_id"], submission.c.state.in_(UNJUDGED))
                .values(state=SubmissionState.PARKED.value)
            )
    return new


_PENDING = (
    select(destruction, submission.c.account, submission.c.sha256, section.c.position)
    .join(submission, submission.c.id == destruction.c.submission_id)
    .join(section, section.c.id == destruction.c.part, isouter=True)
    .order_by(destruction.c.id)
)


def pending(connection: Connection, *stages: ColumnElement[bool]) -> tuple[Pending, ...]:
    """What was decided and is not over at any of these stages (columns that are still empty)."""
    over = or_(*stages) if stages else or_(destruction.c.wiped_at.is_(None), destruction.c.told_at.is_(None))
    return tuple(
        Pending(
            id=row.id,
            submission_id=row.submission_id,
            account=row.account,
            sha256=row.sha256,
            part=row.part,
            place=row.position,
            rule=Rule(row.rule),
            collection=row.collection,
            period=row.period,
            exercice=row.exercice,
            decided_at=row.decided_at,
            listed=row.listed_at is not None,
            done=row.done_at is not None,
            files=row.files,
        )
        for row in connection.execute(_PENDING.where(over))
    )


def overturned_line(connection: Connection, submission_id: str) -> Line | None:
    """What is to be listed of a deposit that broke anonymity when it was judged again; None for any other."""
    mine = and_(destruction.c.submission_id == submission_id, destruction.c.rule == Rule.ANONYMITY.value)
    return next((one.line for one in pending(connection, mine)), None)


def write_listed(connection: Connection, ids: Iterable[int], now: datetime) -> None:
    """They are in the file outside the database."""
    connection.execute(update(destruction).where(destruction.c.id.in_(list(ids))).values(listed_at=now))


def write_wiped(connection: Connection, now: datetime) -> None:
    """The database's own files hold nothing of what was done any more."""
    connection.execute(
        update(destruction)
        .where(destruction.c.done_at.is_not(None), destruction.c.wiped_at.is_(None))
        .values(wiped_at=now)
    )


def untold(connection: Connection) -> tuple[Lot, ...]:
    """What was destroyed to the end and nobody was told of, as people read it."""
    return _lots(connection, _UNTOLD)


_UNTOLD = and_(destruction.c.wiped_at.is_not(None), destruction.c.told_at.is_(None))


def write_told(connection: Connection, now: datetime) -> None:
    """Its mail is queued."""
    connection.execute(update(destruction).where(_UNTOLD).values(told_at=now))


def _lots(connection: Connection, which: ColumnElement[bool]) -> tuple[Lot, ...]:
    keys = (destruction.c.rule, destruction.c.collection, destruction.c.exercice)
    query = (
        select(
            *keys,
            func.count(func.distinct(destruction.c.submission_id)).label("deposits"),
            func.sum(destruction.c.rows).label("rows"),
            func.sum(destruction.c.files).label("files"),
        )
        .where(which)
        .group_by(*keys)
        .order_by(*keys)
    )
    return tuple(
        Lot(
            rule=Rule(row.rule),
            collection=row.collection,
            exercice=row.exercice,
            deposits=row.deposits,
            rows=int(row.rows),
            files=int(row.files),
        )
        for row in connection.execute(query)
    )


# ── what is known afterwards ─────────────────────────────────────────────────────────────────────────────────────


def destroyed_exercices(connection: Connection) -> frozenset[tuple[str, int]]:
    """(collection, exercice) whose cases are no longer all there: an edition of theirs rests on its aggregates."""
    rows = (
        select(destruction.c.collection, destruction.c.exercice)
        .where(destruction.c.part != THE_FILE, destruction.c.collection.is_not(None))
        .distinct()
    )
    return frozenset((row.collection, row.exercice) for row in connection.execute(rows))


def short_lived(connection: Connection, cases: frozenset[str]) -> frozenset[str]:
    """Deposits whose answer may speak of cases: it stays in `retours/` for a shorter time (contract §6)."""
    told = select(section.c.submission_id).where(
        or_(section.c.collection.in_(sorted(cases)), section.c.collection.is_(None))
    )
    untold = select(submission.c.id).where(~exists().where(section.c.submission_id == submission.c.id))
    return frozenset([*connection.execute(told).scalars(), *connection.execute(untold).scalars()])
