"""The figures in force of one CIL/CCI, as people write them: what a member may contest (contract §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.engine import Connection

from domain.periods import Period
from ingest.database.collections import CollectionTable
from ingest.database.tables import section
from ingest.ledger.standing import Calendar
from rules.messages import day, number
from schemas.collection import Collection

_NIL_VALUE: Final = "0"
"""What a nil return says of every expected line (contract §6)."""
_JOINT: Final = " / "


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure in force: in whose deposit, where (`row` None: in a nil return), and as people write it."""

    account: str
    organisation: str | None
    submission_id: str
    row: int | None
    record: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Where figures are found."""

    calendar: Calendar
    tables: Mapping[str, CollectionTable]

    def of_section(self, connection: Connection, section_id: int, slug: str, member: str, column: str) -> list[Figure]:
        """What a section says of a member in one column, line by line; a nil return says 0."""
        collection = self._collection(slug)
        if collection is None or column not in collection.by_name:
            return []
        found = self._lines(connection, collection, member, column, section.c.id == section_id)
        return found or _nil(connection, member, section.c.id == section_id)

    def in_force(  # noqa: PLR0913 - by keyword: which figure
        self, connection: Connection, *, slug: str, period: Period, member: str, column: str, owner: str | None
    ) -> list[Figure]:
        """What is in force of a member in one column, whoever deposited it; else 0 when `owner` made a nil return."""
        collection = self._collection(slug)
        if collection is None or column not in collection.by_name:
            return []
        current = section.c.in_force & (section.c.slug == slug) & (section.c.period == period.code)
        found = self._lines(connection, collection, member, column, current)
        if found or owner is None:
            return found
        return _nil(connection, member, current & (section.c.account == owner))

    def _collection(self, slug: str) -> Collection | None:
        """The collection, when its lines are about members and may be quoted."""
        found = next((one for one in self.calendar.collections if one.slug == slug), None)
        named = found is not None and found.member_column is not None and not found.cases and slug in self.tables
        return found if named else None

    def _lines(
        self, connection: Connection, collection: Collection, member: str, column: str, where: ColumnElement[bool]
    ) -> list[Figure]:
        if collection.member_column is None:
            return []
        rows = self.tables[collection.slug].table
        query: Select[Any] = (
            select(rows, section.c.account, section.c.organisation)
            .join(section, section.c.id == rows.c.section_id)
            .where(rows.c[collection.member_column.name] == member, where)
            .order_by(section.c.account, rows.c.row)
        )
        return [
            _figure(row, collection.key, row[column])
            for row in connection.execute(query).mappings()
            if row[column] is not None
        ]


def _figure(row: Mapping[Any, Any], key: tuple[str, ...], value: Any) -> Figure:
    return Figure(
        account=row["account"],
        organisation=row["organisation"],
        submission_id=row["submission_id"],
        row=row["row"],
        record=_JOINT.join(_word(row[name]) for name in key),
        value=_word(value),
    )


def _nil(connection: Connection, member: str, where: ColumnElement[bool]) -> list[Figure]:
    return [
        Figure(
            account=row.account,
            organisation=row.organisation,
            submission_id=row.submission_id,
            row=None,
            record=member,
            value=_NIL_VALUE,
        )
        for row in connection.execute(select(section).where(section.c.nil, where))
    ]


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if hasattr(value, "year"):
        return day(value)
    return value if isinstance(value, str) else number(value)
