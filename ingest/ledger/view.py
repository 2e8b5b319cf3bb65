"""What judging may ask of the ledger: committed facts, read only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, select

from domain.justifications import Remembered, Subject
from domain.organisations import Service
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.context import Completable, NamedSection
from ingest.database.collections import CollectionTable
from ingest.database.engine import Database
from ingest.database.tables import section, submission
from ingest.ledger import justifications
from ingest.ledger.comparing import counts_in_force, records_in_force
from ingest.ledger.completing import completion, sections_of
from ingest.ledger.force import Key, in_force_before
from ingest.ledger.past import Archive
from rules.past import Key as RecordKey
from rules.past import Line, Past, PeerLevel
from schemas.collection import Collection

_WITHOUT_ERRORS = (Verdict.ACCEPTED.value, Verdict.ACCEPTED_WITH_WARNINGS.value, Verdict.NIL.value)
_GRAVE = ("blocking", "error")
_CHUNK_ROWS = 5_000

_SAME_BYTES = (
    select(submission.c.id, section.c.finding_counts)
    .join(section, section.c.submission_id == submission.c.id)
    .where(
        submission.c.account == bindparam("account"),
        submission.c.sha256 == bindparam("sha256"),
        section.c.collection == bindparam("collection"),
        section.c.period == bindparam("period"),
        section.c.in_force,
        section.c.verdict.in_(_WITHOUT_ERRORS),
    )
)
_this = submission.alias("this")
_mine = select(_this.c.received_at).where(_this.c.id == bindparam("this")).scalar_subquery()
_SAME_BYTES_BEFORE = _SAME_BYTES.where(
    submission.c.id != bindparam("this"),
    submission.c.received_at <= func.coalesce(_mine, submission.c.received_at),
)


class CommittedView:
    """Implements `ingest.context.LedgerView` over the database."""

    def __init__(
        self,
        database: Database,
        collections: Mapping[str, Collection],
        tables: Mapping[str, CollectionTable],
    ) -> None:
        """`collections` by code, `tables` by slug."""
        self._database = database
        self._collections = collections
        self._tables = tables
        self._submission_id: str | None = None

    def before(self, submission_id: str) -> CommittedView:
        """The same for judging one deposit: it repeats neither itself (judged again) nor what was received later."""
        view = CommittedView(self._database, self._collections, self._tables)
        view._submission_id = submission_id
        return view

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """The deposit in force, accepted without errors, that has these bytes; None when it is not a doublon."""
        asked = {"account": account, "sha256": sha256, "collection": collection, "period": period.code}
        query = _SAME_BYTES
        if self._submission_id is not None:
            query, asked["this"] = _SAME_BYTES_BEFORE, self._submission_id
        with self._database.read() as connection:
            rows = connection.execute(query, asked).all()
            known = self._collections.get(collection)
            if rows and known is not None and known.accumulates:
                # bytes that a later deposit has updated are news again
                place = Key(account, collection, period.code)
                last = in_force_before(connection, place, self._submission_id)
                rows = [row for row in rows if last is not None and row.id == last.submission_id]
        return next((row.id for row in rows if not any(row.finding_counts.get(one, 0) for one in _GRAVE)), None)

    def lines_in_force_elsewhere(
        self,
        collection: str,
        period: Period,
        account: str,
        members: AbstractSet[str] | None = None,
        *,
        service: Service | None = None,
    ) -> Mapping[str, str]:
        """`code_cil` → account, for the lines of that period in force from any other account; of `members` if given.

        `service`: only the records of that one, where records of several share the collection.
        """
        known = self._collections.get(collection)
        member = None if known is None else known.member_column
        if known is None or member is None:
            return {}
        named = known.service_column if service is not None else None
        by_service = None if named is None else named.name
        query = _elsewhere(self._tables[known.slug].table, member.name, by_service, whole=members is None)
        asked: dict[str, Any] = {"collection": collection, "period": period.code, "account": account}
        if service is not None:
            asked["service"] = service.value
        if members is not None:
            asked["members"] = sorted(members)
        with self._database.read() as connection:
            return {name: holder for name, holder in connection.execute(query, asked) if name is not None}

    def rows_of(self, submission_id: str, collection: str) -> Iterator[Mapping[str, Any]]:
        """The accepted rows of a deposit, by technical column name, in the order of the file."""
        known = self._collections.get(collection)
        if known is None:
            return
        rows = self._tables[known.slug].table
        query = (
            select(rows)
            .join(section, section.c.id == rows.c.section_id)
            .where(section.c.submission_id == submission_id)
            .order_by(section.c.position, rows.c.row)
        )
        with self._database.read() as connection:
            found = connection.execution_options(yield_per=_CHUNK_ROWS).execute(query)
            for row in found.mappings():
                yield dict(row)

    def sections_of(self, account: str, submission_id: str) -> tuple[NamedSection, ...]:
        """The tables of a deposit of this account; none when it is another's, unknown, or not judged."""
        with self._database.read() as connection:
            return sections_of(connection, account, submission_id)

    def completion(self, account: str, submission_id: str, collection: str, period: Period) -> Completable | None:
        """What a correction kit that names this deposit completes; None as for `sections_of`."""
        key = Key(account, collection, period.code)
        with self._database.read() as connection:
            return completion(connection, key, submission_id, before=self._submission_id)

    def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
        """The warnings that this account confirmed in earlier deposits for that collection and period."""
        with self._database.read() as connection:
            return justifications.confirmed(connection, account, collection, period.code, self._submission_id)

    def past(
        self, account: str, collection: str, periods: Sequence[Period], members: AbstractSet[str] | None = None
    ) -> Past:
        """The figures in force for `periods`: this account's lines, and those of `members` at any other account."""
        archive = self._archive(account, collection)
        if archive is None or not periods:
            return Past()
        with self._database.read() as connection:
            return archive.past(connection, periods, members)

    def replaced(self, account: str, collection: str, period: Period) -> Mapping[RecordKey, Line]:
        """The lines of this account in force for `period` before the deposit in hand."""
        archive = self._archive(account, collection)
        if archive is None:
            return {}
        with self._database.read() as connection:
            return archive.replaced(connection, period)

    def peers(self, collection: str, column: str, periods: Sequence[Period], share: float) -> PeerLevel | None:
        """How many values of a column are in force for `periods`, whoever sent them, and their quantile `share`."""
        archive = self._archive("", collection)
        if archive is None or not periods:
            return None
        with self._database.read() as connection:
            return archive.peers(connection, column, periods, share)

    def records(
        self, collection: str, period: Period, columns: Sequence[str], *, account: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Some columns of the records in force for `period`, of `account` or of everybody; none of cases."""
        known = self._collections.get(collection)
        if known is None:
            return ()
        target = self._tables[known.slug]
        with self._database.read() as connection:
            return records_in_force(
                connection, target, known, period, columns, account=account, this=self._submission_id
            )

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        """How many records in force for `period` each of `members` has, at any account."""
        known = self._collections.get(collection)
        if known is None or not members:
            return {}
        target = self._tables[known.slug]
        with self._database.read() as connection:
            return counts_in_force(connection, target, known, period, members, self._submission_id)

    def _archive(self, account: str, code: str) -> Archive | None:
        known = self._collections.get(code)
        if known is None:
            return None
        return Archive(
            collection=known, table=self._tables[known.slug].table, account=account, this=self._submission_id
        )


@cache
def _elsewhere(rows: Table, member: str, service: str | None, *, whole: bool) -> Select[Any]:
    """The lines of a period in force from other accounts, all of them or those of `members`; made once a table.

    `service`: the column that names it, when those of one service only are asked for.
    """
    query = (
        select(rows.c[member], section.c.account)
        .join(section, section.c.id == rows.c.section_id)
        .where(
            section.c.in_force,
            section.c.collection == bindparam("collection"),
            section.c.period == bindparam("period"),
            section.c.account != bindparam("account"),
        )
        .order_by(section.c.account, rows.c.row)
    )
    if service is not None:
        query = query.where(rows.c[service] == bindparam("service"))
    return query if whole else query.where(rows.c[member].in_(bindparam("members", expanding=True)))
