"""What rules that compare collections may ask: some columns of the records in force, and how many a member has.

A deposit judged again sees what was received before it, so that it is asked the same questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from domain.periods import Period
from ingest.database.collections import CollectionTable
from ingest.database.latest import latest_only
from ingest.database.tables import section, submission
from schemas.collection import Collection

_MEMBERS: Final = 5_000
MOST_RECORDS: Final = 20_000
"""Records handed to a rule: beyond, the comparison says nothing rather than something wrong."""


def records_in_force(  # noqa: PLR0913 - by keyword: whose, seen from where
    connection: Connection,
    target: CollectionTable,
    collection: Collection,
    period: Period,
    columns: Sequence[str],
    *,
    account: str | None,
    this: str | None,
) -> list[Mapping[str, Any]]:
    """Some columns of the records in force for `period`, of an account or of everybody; none of cases."""
    if collection.cases:
        return []
    rows = target.table
    query = _current(select(*(rows.c[name] for name in columns)), target, collection, period, this)
    if account is not None:
        query = query.where(section.c.account == account)
    query = query.order_by(section.c.account, rows.c.row).limit(MOST_RECORDS + 1)
    found: list[Mapping[str, Any]] = [dict(row) for row in connection.execute(query).mappings()]
    return found if len(found) <= MOST_RECORDS else []


def counts_in_force(  # noqa: PLR0913, PLR0917 - same
    connection: Connection,
    target: CollectionTable,
    collection: Collection,
    period: Period,
    members: AbstractSet[str],
    this: str | None,
) -> dict[str, int]:
    """How many records in force for `period` each of `members` has, at any account."""
    column = collection.member_column
    if column is None:
        return {}
    member, found, asked = target.table.c[column.name], {}, sorted(members)
    for at in range(0, len(asked), _MEMBERS):
        query = _current(select(member, func.count()), target, collection, period, this)
        query = query.where(member.in_(asked[at : at + _MEMBERS])).group_by(member)
        found.update({str(code): int(count) for code, count in connection.execute(query)})
    return found


def _current(
    query: Select[Any], target: CollectionTable, collection: Collection, period: Period, this: str | None
) -> Select[Any]:
    rows = target.table
    query = (
        query.select_from(rows)
        .join(section, section.c.id == rows.c.section_id)
        .join(submission, submission.c.id == section.c.submission_id)
        .where(section.c.in_force, section.c.collection == collection.code, section.c.period == period.code)
    )
    if collection.accumulates:
        query = query.where(latest_only(rows, collection.key))
    if this is None:
        return query
    mine = submission.alias("mine")
    received = select(mine.c.received_at).where(mine.c.id == this).scalar_subquery()
    return query.where(
        submission.c.id != this, submission.c.received_at <= func.coalesce(received, submission.c.received_at)
    )
