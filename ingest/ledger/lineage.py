"""Reads where the figures of one CIL/CCI come from, from the ledger alone (contract §3, `explain`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, RowMapping, select
from sqlalchemy.engine import Connection

from domain.lineage import Origin, Trace
from domain.organisations import Directory, Service
from domain.periods import Period
from domain.releases import EditionKind, edition_name
from ingest.database.tables import in_force, release, release_input, section, submission
from ingest.ledger.publishing import Source, Sources
from publication.facts import expected_of


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
        by_period = {one: _spans(connection, source, one) for one in asked}
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


def _performer(directory: Directory, member: str, service: Service, period: Period) -> str | None:
    given = directory.delegation_covering(member, service, period)
    return None if given is None else given.code_realisateur


def _spans(connection: Connection, source: Source, period: Period) -> list[Row[Any]]:
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
        .where(in_force.c.collection == source.collection.code, in_force.c.period == period.code)
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
