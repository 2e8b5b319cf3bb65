"""Reads where the figures of one CIL/CCI come from, from the ledger alone (contract §3, `explain`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, RowMapping, Table, func, select
from sqlalchemy.engine import Connection

from domain.lineage import Origin, Trace
from domain.organisations import Directory, Service
from domain.periods import Period
from domain.releases import EditionKind, edition_name
from ingest.database.collections import CollectionTable
from ingest.database.tables import in_force, release, release_input, section, submission
from ingest.ledger.publishing import Source, Sources
from ingest.ledger.tallies import KeptYear, last_kept
from publication.counted import TOTAL
from publication.facts import expected_of
from schemas.collection import Collection


def traces(
    connection: Connection,
    sources: Sources,
    directory: Directory,
    member: str,
    periods: Iterable[Period],
) -> tuple[Trace, ...]:
    """Every published indicator of a CIL/CCI in these quarters, by service, indicator, then quarter."""
    found: list[Trace] = []
    asked = tuple(periods)
    for slug, source in sources.by_slug.items():
        by_period = {one: _spans(connection, source.collection.code, one) for one in asked}
        expected = {one: expected_of(directory, source.published.service, one).get(member) for one in asked}
        numbers = {row.id for rows in by_period.values() for row in rows}
        lines, editions = _lines(connection, source, member, numbers), _editions(connection, numbers)
        found += [
            Trace(
                period=period.code,
                collection=source.collection.code,
                slug=slug,
                indicator=indicator.name,
                label=indicator.label,
                unit=source.published.title,
                member=member,
                expected_of=expected[period],
                performed_by=_performer(directory, member, source.published.service, period),
                origins=tuple(
                    _origin(row, lines.get(row.id), indicator.name, editions.get(row.id, ()))
                    for row in by_period[period]
                    if row.id in lines or (row.nil and _owner(row) == expected[period])
                ),
            )
            for indicator in source.published.indicators
            for period in asked
        ]
    return tuple(found)


def year_traces(  # noqa: PLR0913, PLR0917 - what is asked, and where it lies
    connection: Connection,
    collections: Iterable[Collection],
    tables: Mapping[str, CollectionTable],
    directory: Directory,
    member: str,
    year: Period,
) -> tuple[Trace, ...]:
    """How many records of a CIL/CCI each collection of a year holds, by deposit: never what they say.

    Of records that are destroyed since, what the last edition counted.
    """
    found: list[Trace] = []
    counted = last_kept(connection, year)
    for collection in collections:
        named = collection.member_column
        if named is None:
            continue
        owed_by = _expected_of(directory, collection, member, year)
        rows = _spans(connection, collection.code, year)
        numbers = {row.id for row in rows}
        records = tables[collection.slug].table
        counts, editions = _counts(connection, records, named.name, member, numbers), _editions(connection, numbers)
        platforms = {row.id: _owner(row) for row in rows}
        for number, platform in platforms.items():
            kept = _kept_total(counted, collection, platform, member)
            if number not in counts and kept and not _has_rows(connection, records, number):
                counts[number] = kept
        found.append(
            Trace(
                period=year.code,
                collection=collection.code,
                slug=collection.slug,
                indicator="enregistrements",
                label="Nb d’enregistrements",
                unit=collection.label,
                member=member,
                expected_of=owed_by,
                performed_by=None,
                origins=tuple(
                    _counted_origin(row, counts.get(row.id), editions.get(row.id, ()))
                    for row in rows
                    if row.id in counts or (row.nil and _owner(row) == owed_by)
                ),
            )
        )
    return tuple(found)


def _expected_of(directory: Directory, collection: Collection, member: str, year: Period) -> str | None:
    """The platform of 31 December, for one of the services of the collection."""
    found = (directory.adhesion_on(member, service, year.ends_on) for service in collection.services)
    return next((one.code_plateforme for one in found if one is not None), None)


def _counts(
    connection: Connection, records: Table, column: str, member: str, sections: Iterable[int]
) -> dict[int, int]:
    query = select(records.c.section_id, func.count()).where(
        records.c.section_id.in_(sorted(sections)), records.c[column] == member
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(records.c.section_id))}


def _has_rows(connection: Connection, records: Table, section_id: int) -> bool:
    query = select(records.c.section_id).where(records.c.section_id == section_id).limit(1)
    return connection.execute(query).first() is not None


def _kept_total(counted: KeptYear, collection: Collection, platform: str, member: str) -> int:
    return sum(
        one.count
        for one in counted.tallies.get(collection.slug, ())
        if (one.dimension, one.platform, one.member) == (TOTAL, platform, member)
    )


def _counted_origin(row: Row[Any], count: int | None, editions: tuple[str, ...]) -> Origin:
    return Origin(
        organisation=_owner(row),
        submission=row.submission_id,
        file_name=row.file_name,
        received_at=row.received_at,
        row=None,
        value=0 if count is None else count,
        nil=count is None,
        from_at=row.from_at,
        to_at=row.to_at,
        editions=editions,
    )


def _performer(directory: Directory, member: str, service: Service, period: Period) -> str | None:
    given = directory.delegation_covering(member, service, period)
    return None if given is None else given.code_realisateur


def _spans(connection: Connection, collection: str, period: Period) -> list[Row[Any]]:
    """What was in force, with the deposit that brought it."""
    query = (
        select(
            section.c.id,
            section.c.submission_id,
            section.c.account,
            section.c.organisation,
            section.c.nil,
            submission.c.file_name,
            submission.c.received_at,
            in_force.c.from_at,
            in_force.c.to_at,
        )
        .join(section, section.c.id == in_force.c.section_id)
        .join(submission, submission.c.id == section.c.submission_id)
        .where(in_force.c.collection == collection, in_force.c.period == period.code)
        .order_by(in_force.c.from_at, in_force.c.id)
    )
    return list(connection.execute(query))


def _lines(connection: Connection, source: Source, member: str, sections: Iterable[int]) -> dict[int, RowMapping]:
    rows = source.table.table
    query = select(rows).where(rows.c.section_id.in_(sorted(sections)), rows.c[source.member] == member)
    return {row["section_id"]: row for row in connection.execute(query).mappings()}


def _editions(connection: Connection, sections: Iterable[int]) -> dict[int, tuple[str, ...]]:
    query = (
        select(release_input.c.section_id, release.c.period, release.c.kind, release.c.number)
        .join(release, release.c.id == release_input.c.release_id)
        .where(release_input.c.section_id.in_(sorted(sections)))
        .order_by(release.c.period, release.c.number)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query):
        name = f"{row.period}/{edition_name(EditionKind(row.kind), row.number)}"
        found[row.section_id] = (*found.get(row.section_id, ()), name)
    return found


def _origin(row: Row[Any], line: RowMapping | None, indicator: str, editions: tuple[str, ...]) -> Origin:
    place = {} if line is None else dict(line)
    return Origin(
        organisation=_owner(row),
        submission=place.get("depot_origine") or row.submission_id,
        file_name=row.file_name,
        received_at=row.received_at,
        row=place.get("ligne_origine") or place.get("row"),
        value=0 if line is None else line[indicator],
        nil=line is None,
        from_at=row.from_at,
        to_at=row.to_at,
        editions=editions,
    )


def _owner(row: Row[Any]) -> str:
    owner: str = row.organisation or row.account
    return owner
