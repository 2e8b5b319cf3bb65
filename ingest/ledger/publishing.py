"""What the tables of a period are made from, read from the ledger: now, at a past instant, or as an edition rested.

The rows of a section never change once it was in force, so that the sections an edition rests on, with the version of
the register, are enough to make it again (the rare deposit that a mended register completes aside).
"""

from __future__ import annotations

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.engine import Connection

from domain.organisations import Directory, Service
from domain.periods import Period
from ingest.database.collections import CollectionTable
from ingest.database.tables import in_force, section, submission
from publication.content import Basis
from publication.facts import Facts, Line, Quarter, expected_of, periods_needed
from publication.tables.cil_pass.services import SERVICES, PublishedService
from schemas.collection import Collection


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One section that an edition rests on: which deposit, from whom, of which bytes."""

    section_id: int
    submission_id: str
    organisation: str
    slug: str
    period: str
    nil: bool
    file_name: str
    sha256: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The facts of a period, and the sections that they come from, by number. `labels`: collections by code."""

    facts: Basis
    inputs: tuple[Input, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def sections(self) -> frozenset[int]:
        """Numbers of the sections."""
        return frozenset(one.section_id for one in self.inputs)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A published service, and where its figures lie. `member`: the column that names the CIL/CCI."""

    published: PublishedService
    collection: Collection
    table: CollectionTable
    member: str


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where figures are found; `by_slug` lacks what the catalogue does not know, which is then never published."""

    by_slug: Mapping[str, Source] = field(default_factory=dict)

    @classmethod
    def of(cls, collections: Iterable[Collection], tables: Mapping[str, CollectionTable]) -> Sources:
        """The published collections among these."""
        known = {one.slug: one for one in collections}
        found: dict[str, Source] = {}
        for one in SERVICES:
            collection = known.get(one.collection)
            if collection is not None and collection.member_column is not None:
                found[one.collection] = Source(
                    published=one,
                    collection=collection,
                    table=tables[one.collection],
                    member=collection.member_column.name,
                )
        return cls(by_slug=found)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The published collections."""
        return tuple(one.collection for one in self.by_slug.values())


def gather(  # noqa: PLR0913 - by keyword: as things are now, were at an instant, or as an edition rested
    connection: Connection,
    sources: Sources,
    period: Period,
    directory: Directory,
    *,
    at: datetime | None = None,
    sections: Group[int] | None = None,
) -> Gathered:
    """The facts of `period`: what is in force now, what was at `at`, or what these `sections` say."""
    return gather_periods(
        connection, sources, period, directory, periods=periods_needed(period), at=at, sections=sections
    )


def gather_periods(  # noqa: PLR0913 - as above
    connection: Connection,
    sources: Sources,
    period: Period,
    directory: Directory,
    *,
    periods: Iterable[Period],
    at: datetime | None = None,
    sections: Group[int] | None = None,
) -> Gathered:
    """The same for fewer quarters: of `period` alone, say, to know what is missing."""
    asked = tuple(periods)
    found = sections_of(connection, sources.collections, asked, at=at, sections=sections)
    quarters: dict[tuple[Service, Period], Quarter] = {}
    for slug, source in sources.by_slug.items():
        service = source.published.service
        mine = [row for row in found if row.slug == slug]
        lines = _lines(connection, source, mine)
        for one in asked:
            expected = expected_of(directory, service, one) if _is_collected(source.collection, one) else {}
            quarters[service, one] = Quarter(
                service=service,
                period=one,
                expected=expected,
                lines=_one_a_member(lines.get(one.code, ()), expected),
                nil=frozenset(owner_of(row) for row in mine if row.nil and row.period == one.code),
            )
    return Gathered(
        facts=Facts(period=period, directory=directory, quarters=quarters),
        inputs=tuple(map(input_of, found)),
    )


def sections_in_force(connection: Connection, sources: Sources, period: Period) -> frozenset[int]:
    """Numbers of the sections that the facts of `period` would rest on now."""
    return frozenset(row.id for row in sections_of(connection, sources.collections, periods_needed(period)))


def _is_collected(collection: Collection, period: Period) -> bool:
    begun = collection.first_period is None or collection.first_period <= period
    return begun and (collection.last_period is None or period <= collection.last_period)


def sections_of(
    connection: Connection,
    collections: Iterable[Collection],
    periods: Iterable[Period],
    *,
    at: datetime | None = None,
    sections: Group[int] | None = None,
) -> list[Row[Any]]:
    """In force now, in force at `at`, or these: by slug, period, then in the order in which they were judged."""
    query = (
        select(
            section.c.id,
            section.c.submission_id,
            section.c.account,
            section.c.organisation,
            section.c.collection,
            section.c.slug,
            section.c.period,
            section.c.nil,
            section.c.complete,
            section.c.missing_lines,
            submission.c.file_name,
            submission.c.sha256,
            submission.c.received_at,
        )
        .join(submission, submission.c.id == section.c.submission_id)
        .where(
            section.c.collection.in_([one.code for one in collections]),
            section.c.period.in_([one.code for one in periods]),
        )
        .order_by(section.c.slug, section.c.period, section.c.id)
    )
    if sections is not None:
        wanted = frozenset(sections)
        return [row for row in _rows(connection, query) if row.id in wanted]
    if at is not None:
        query = query.join(in_force, in_force.c.section_id == section.c.id)
    return _rows(connection, query.where(_counted(at)))


def _rows(connection: Connection, query: Select[Any]) -> list[Row[Any]]:
    return list(connection.execute(query))


def _counted(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return section.c.in_force
    return and_(in_force.c.from_at <= at, or_(in_force.c.to_at.is_(None), in_force.c.to_at > at))


def _lines(connection: Connection, source: Source, sections: Iterable[Row[Any]]) -> dict[str, list[tuple[int, Line]]]:
    """By period: the lines of those sections with the number of their section, in the order of the files."""
    by_number = {row.id: row for row in sections if not row.nil}
    rows = source.table.table
    names = tuple(one.name for one in source.published.indicators)
    found: dict[str, list[tuple[int, Line]]] = {}
    numbers = sorted(by_number)
    for start in range(0, len(numbers), _IN_CHUNK):
        query = (
            select(rows.c.section_id, rows.c[source.member].label("member"), *(rows.c[name] for name in names))
            .where(rows.c.section_id.in_(numbers[start : start + _IN_CHUNK]), rows.c[source.member].is_not(None))
            .order_by(rows.c.section_id, rows.c.row)
        )
        for row in connection.execute(query):
            deposit = by_number[row.section_id]
            figures = {name: value for name, value in zip(names, row[2:], strict=True) if value is not None}
            line = Line(member=row.member, platform=owner_of(deposit), figures=figures)
            found.setdefault(deposit.period, []).append((row.section_id, line))
    return found


_IN_CHUNK = 500


def _one_a_member(lines: Iterable[tuple[int, Line]], expected: Mapping[str, str]) -> dict[str, Line]:
    """One line for each CIL/CCI: that of the platform that owes it, else the last one judged."""
    chosen: dict[str, tuple[tuple[bool, int], Line]] = {}
    for number, line in lines:
        rank = (expected.get(line.member) == line.platform, number)
        if line.member not in chosen or rank > chosen[line.member][0]:
            chosen[line.member] = (rank, line)
    return {member: line for member, (_, line) in chosen.items()}


def owner_of(row: Row[Any]) -> str:
    """The organisation that deposited; an account without one stands for itself."""
    organisation: str = row.organisation or row.account
    return organisation


def input_of(row: Row[Any]) -> Input:
    """What an edition tells of a section that it rests on."""
    return Input(
        section_id=row.id,
        submission_id=row.submission_id,
        organisation=owner_of(row),
        slug=row.slug,
        period=row.period,
        nil=row.nil,
        file_name=row.file_name,
        sha256=row.sha256,
        received_at=row.received_at,
    )
