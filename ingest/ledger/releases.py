"""Editions as rows: made, held, taken back, announced, distributed; past ones stay (contract §10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, delete, select, update
from sqlalchemy.engine import Connection

from domain.errors import CannotDo, NotFound
from domain.periods import Period
from domain.publishing import Announced
from domain.releases import EditionKind, Release
from ingest.database.tables import announcement, obligation, release, release_input, submission
from ingest.database.tables import secrecy as secrecies
from ingest.database.tables import section as sections
from ingest.database.tables import tally as tally_rows
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.ledger import stale, tallies
from ingest.ledger.copies import take_back_unsent
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.journal import EventKind, record
from ingest.ledger.tallies import KeptYear
from ingest.ledger.year_basis import neighbours_of

_NAME: Final = re.compile(
    r"(?P<period>2[0-9]{3}(?:T[1-4])?)(?:[/ -](?:(?P<kind>[a-z]+)-)?v?(?P<number>[0-9]{1,6}))?", re.IGNORECASE
)
NAME_HELP: Final = "write 2005T1/official-v01, or 2005T1 (2005) for its last edition; see: guichet releases"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRelease:
    """An edition to be made: what it says, and what it rests on."""

    period: Period
    number: int
    kind: EditionKind
    created_at: datetime
    dated_on: date
    content_hash: str
    directory_version: int
    rules_version: str
    complete: bool
    changed_cells: int
    replaces: int | None
    ordered_by: str | None
    sections: frozenset[int]
    kept: Mapping[Period, KeptYear] = field(default_factory=dict)
    secrecy: Mapping[str, Any] | None = None
    secret_before: int = 0
    """How many editions its secrecy was chosen against."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """An edition, and what it was made by and from. `written_at` None: its folder is not whole yet."""

    release: Release
    directory_version: int
    rules_version: str
    written_at: datetime | None


_ALL = select(release).order_by(release.c.period, release.c.number)


def recorded(connection: Connection, period: Period | None = None) -> tuple[Recorded, ...]:
    """Every edition, by period then number."""
    query = _ALL if period is None else _ALL.where(release.c.period == period.code)
    found: list[Recorded] = []
    for row in connection.execute(query):
        same = [one.release for one in found if one.release.period == row.period]
        found.append(_recorded(row, same))
    return tuple(found)


def _recorded(row: Row[Any], earlier: Sequence[Release]) -> Recorded:
    values = {name: getattr(row, name) for name in _COLUMNS}
    made = Release(**{**values, "kind": EditionKind(row.kind)})
    return Recorded(
        release=replace(made, to_distribute=_says_something_new(made, earlier)),
        directory_version=row.directory_version,
        rules_version=row.rules_version,
        written_at=row.written_at,
    )


_COLUMNS: Final = tuple(one for one in Release.__dataclass_fields__ if one != "to_distribute")


def _says_something_new(made: Release, earlier: Sequence[Release]) -> bool:
    """Whether those who have the last distributed edition would read other figures, or another coverage."""
    sent = last_distributed(earlier)
    return sent is None or sent.content_hash != made.content_hash


def last_distributed(editions: Iterable[Release]) -> Release | None:
    """The last edition that its recipients have, and may go on using."""
    return next(
        (one for one in reversed(tuple(editions)) if one.distributed_at is not None and one.withdrawn_at is None), None
    )


def named(connection: Connection, name: str) -> Recorded:
    """The edition called `2005T1/official-v02` (`2005T1/2` will do), or the last one of `2005T1`; NotFound."""
    asked = _NAME.fullmatch(name.strip())
    if asked is None:
        raise NotFound(f"no edition is called {name!r}: {NAME_HELP}")
    found = recorded(connection, Period.parse(asked["period"]))
    if asked["number"] is None:
        chosen = next((one for one in reversed(found) if one.release.withdrawn_at is None), None)
    else:
        chosen = next((one for one in found if one.release.number == int(asked["number"])), None)
        if chosen is not None and (asked["kind"] or chosen.release.kind.value).lower() != chosen.release.kind.value:
            chosen = None
    if chosen is None:
        raise NotFound(f"no edition is called {name!r}: {NAME_HELP}")
    return chosen


def create(connection: Connection, new: NewRelease) -> int | None:
    """Write the edition and what it rests on; its number of row, or None when another process made that one."""
    values = {name: getattr(new, name) for name in _WRITTEN}
    ordered_by = None if new.ordered_by is None else storable(new.ordered_by)
    values |= {"period": new.period.code, "kind": new.kind.value, "ordered_by": ordered_by}
    if not insert_once(connection, release, values):
        return None
    mine = select(release.c.id).where(release.c.period == new.period.code, release.c.number == new.number)
    number = int(connection.execute(mine).scalar_one())
    if new.sections:
        rows = [{"release_id": number, "section_id": one} for one in sorted(new.sections)]
        connection.execute(release_input.insert(), rows)
    tallies.keep(connection, number, new.kept)
    if new.secrecy is not None:
        tallies.keep_secrecy(connection, number, new.secrecy)
    stale.know(connection, new.period)
    record(
        connection,
        EventKind.RELEASE_MADE,
        new.created_at,
        author=ordered_by,
        period=new.period.code,
        number=new.number,
        release=new.kind.value,
        content_hash=new.content_hash,
        changed_cells=new.changed_cells,
    )
    return number


_WRITTEN: Final = (
    "number", "created_at", "dated_on", "content_hash", "directory_version", "rules_version", "complete",
    "changed_cells", "replaces",
)  # fmt: skip


def written(connection: Connection, number: int, now: datetime) -> None:
    """Its folder is whole, and `current` may name it."""
    mine = (release.c.id == number) & release.c.written_at.is_(None)
    if connection.execute(update(release).where(mine).values(written_at=now)).rowcount:
        row = connection.execute(select(release.c.period, release.c.kind).where(release.c.id == number)).one()
        if row.kind == EditionKind.PROVISIONAL.value:
            ask_for_own_lines(connection, row.period, now)


def ask_for_own_lines(connection: Connection, period: str, now: datetime) -> None:
    """Ask that whoever owes something for the period sees its own lines so far, until they are published."""
    owing = select(obligation.c.account).where(obligation.c.period == period, obligation.c.account.is_not(None))
    for account in connection.execute(owing.distinct().order_by(obligation.c.account)).scalars():
        ask(connection, now, account, None, {EffectKind.OWN_LINES: {"period": period}})


def forget(connection: Connection, one: Release, now: datetime) -> bool:
    """Drop an edition that was never written: its facts cannot be read again; its period is looked at again."""
    mine = (release.c.id == one.id) & release.c.written_at.is_(None)
    if connection.execute(select(release.c.id).where(mine).with_for_update()).one_or_none() is None:
        return False
    for table in (release_input, tally_rows, secrecies):
        connection.execute(delete(table).where(table.c.release_id == one.id))
    connection.execute(delete(release).where(mine))
    stale.mark(connection, Period.parse(one.period), now)
    record(connection, EventKind.RELEASE_DROPPED, now, period=one.period, number=one.number)
    return True


def inputs(connection: Connection, number: int) -> frozenset[int]:
    """The sections that an edition rests on."""
    query = select(release_input.c.section_id).where(release_input.c.release_id == number)
    return frozenset(connection.execute(query).scalars())


def secret_before(connection: Connection, period: Period) -> tuple[int, ...]:
    """Rows of the editions against which the secrecy of an edition of `period` is chosen, were it made now."""
    return tallies.earlier_editions(connection, neighbours_of(period), None)


def hold(connection: Connection, one: Release, *, author: str, reason: str, now: datetime) -> None:
    """Keep it from being distributed, until somebody publishes it. CannotDo when it left, or does not leave."""
    if one.distributed_at is not None:
        raise CannotDo(f"{one.period}/{one.name} was distributed before; take it back with: guichet release withdraw")
    if one.withdrawn_at is not None:
        raise CannotDo(f"{one.period}/{one.name} was withdrawn before")
    if one.held:
        raise CannotDo(f"{one.period}/{one.name} is held already, by {one.held_by}")
    values = {"held_by": storable(author), "held_reason": storable(reason)}
    mine = (release.c.id == one.id) & release.c.distributed_at.is_(None)
    if not connection.execute(update(release).where(mine).values(values)).rowcount:
        raise CannotDo(f"{one.period}/{one.name} was distributed meanwhile")
    record(connection, EventKind.RELEASE_HELD, now, author=author, period=one.period, number=one.number, reason=reason)


def let_go(connection: Connection, one: Release, *, author: str, now: datetime) -> None:
    """Hold it no longer."""
    connection.execute(update(release).where(release.c.id == one.id).values(held_by=None, held_reason=None))
    record(connection, EventKind.RELEASE_LET_GO, now, author=author, period=one.period, number=one.number)


def withdraw(connection: Connection, one: Release, *, author: str, reason: str, now: datetime) -> int:
    """Take an edition back; its folder stays. How many of its messages do not leave. CannotDo when it was before."""
    unsent = take_back_unsent(connection, one)
    values = {"withdrawn_at": now, "withdrawn_by": storable(author), "withdrawn_reason": storable(reason)}
    mine = (release.c.id == one.id) & release.c.withdrawn_at.is_(None)
    if not connection.execute(update(release).where(mine).values(values)).rowcount:
        raise CannotDo(f"{one.period}/{one.name} was withdrawn before")
    record(
        connection,
        EventKind.RELEASE_WITHDRAWN,
        now,
        author=author,
        period=one.period,
        number=one.number,
        reason=reason,
        unsent=unsent,
    )
    return unsent


def distributed(connection: Connection, one: Release, now: datetime) -> bool:
    """Its messages are queued, in this transaction; False when another process has queued them."""
    mine = (release.c.id == one.id) & release.c.distributed_at.is_(None) & release.c.withdrawn_at.is_(None)
    done = connection.execute(update(release).where(mine).values(distributed_at=now))
    if not done.rowcount:
        return False
    record(connection, EventKind.RELEASE_DISTRIBUTED, now, period=one.period, number=one.number)
    return True


def announced(connection: Connection, period: Period, told: Announced, now: datetime) -> bool:
    """The central body is told of a distribution, in this transaction; False when it was told before."""
    values = {"period": period.code, "kind": told.kind.value, "for_on": told.for_on, "at": now}
    return insert_once(connection, announcement, values)


def announcements(connection: Connection) -> dict[str, tuple[Announced, ...]]:
    """What was announced, by period, in order."""
    found: dict[str, tuple[Announced, ...]] = {}
    for row in connection.execute(select(announcement).order_by(announcement.c.id)):
        told = Announced(kind=EditionKind(row.kind), for_on=row.for_on)
        found[row.period] = (*found.get(row.period, ()), told)
    return found


def editions_resting_on(connection: Connection, submission_id: str) -> tuple[tuple[str, int], ...]:
    """Period and number of every edition that shows figures of a deposit, or its « état néant »."""
    query = (
        select(release.c.period, release.c.number)
        .join(release_input, release_input.c.release_id == release.c.id)
        .join(sections, sections.c.id == release_input.c.section_id)
        .join(submission, submission.c.id == sections.c.submission_id)
        .where(submission.c.id == submission_id)
        .distinct()
        .order_by(release.c.period, release.c.number)
    )
    return tuple((row.period, row.number) for row in connection.execute(query))
