"""Counts that an edition rests on, kept with it: they outlive the cases (contract §10, §12); and its secrecy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from domain.periods import Period
from domain.releases import EditionKind
from ingest.database.tables import closing_tally, release, secrecy, tally
from publication.values import Number
from publication.year import Level, Tally, Year

_PUNCTUALITY: Final = "punctuality"
_MEDIAN: Final = "median:"


@dataclass(frozen=True, kw_only=True)
class KeptYear:
    """What an edition rests on of one year and cannot be read again: counts of cases, and who was in time by then."""

    tallies: Mapping[str, tuple[Tally, ...]] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    punctuality: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, year: Year, secret_minimum: int) -> KeptYear:
        """Those of a year; medians of fewer cases than that would keep a case for ever."""
        levels = year.without_small_medians(secret_minimum).levels
        return cls(tallies=year.tallies, levels=levels, punctuality=year.punctuality)

    def cases_of(self, year: Year) -> Year:
        """The year with these cases."""
        return replace(year, tallies=self.tallies, levels=self.levels)


def keep(connection: Connection, release_id: int, years: Mapping[Period, KeptYear]) -> None:
    """Write what an edition counted."""
    rows = [{"release_id": release_id, **row} for period, one in years.items() for row in _rows(period, one)]
    if rows:
        connection.execute(tally.insert(), rows)


def close(connection: Connection, period: Period, counted: KeptYear) -> None:
    """Write what a year counts as its cases are about to be destroyed; what was written before is forgotten."""
    connection.execute(delete(closing_tally).where(closing_tally.c.period == period.code))
    connection.execute(closing_tally.insert(), _rows(period, counted))


def _rows(period: Period, counted: KeptYear) -> list[dict[str, Any]]:
    return [
        {"period": period.code, "collection": collection, "dimension": dimension, "counts": counts}
        for (collection, dimension), counts in _grouped(counted).items()
    ]


def kept(connection: Connection, release_id: int) -> dict[Period, KeptYear]:
    """What that edition counted, by year; empty for one of a quarter."""
    by_period: dict[Period, list[Any]] = {}
    for row in connection.execute(select(tally).where(tally.c.release_id == release_id)):
        by_period.setdefault(Period.parse(row.period), []).append(row)
    return {period: _read(rows) for period, rows in by_period.items()}


def last_kept(connection: Connection, period: Period) -> KeptYear:
    """The cases of a year as counted when they were destroyed.

    When nobody did (before there was such a count): as the last edition of it has them, even one that was taken back.
    """
    closing = connection.execute(select(closing_tally).where(closing_tally.c.period == period.code)).all()
    if closing:
        return _read(closing)
    query = select(tally.c.release_id).join(release, release.c.id == tally.c.release_id)
    query = query.where(release.c.period == period.code, tally.c.period == period.code)
    newest = connection.execute(query.order_by(release.c.number.desc()).limit(1)).scalar_one_or_none()
    return KeptYear() if newest is None else kept(connection, newest).get(period, KeptYear())


def keep_secrecy(connection: Connection, release_id: int, document: Mapping[str, Any]) -> None:
    """Write which cells of an edition are secret."""
    connection.execute(secrecy.insert(), {"release_id": release_id, "document": dict(document)})


def kept_secrecy(connection: Connection, release_id: int) -> Mapping[str, Any] | None:
    """Which cells of that edition are secret; None when it has none."""
    query = select(secrecy.c.document).where(secrecy.c.release_id == release_id)
    found: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found


def earlier_editions(connection: Connection, periods: Iterable[Period], before: int | None) -> tuple[int, ...]:
    """Rows of the editions for everybody of these years, in the order in which they were made.

    `before`: only those made before that one; None: all. One that was taken back was read all the same.
    """
    query = select(release.c.id).where(
        release.c.period.in_([one.code for one in periods]), release.c.kind != EditionKind.PROVISIONAL.value
    )
    if before is not None:
        query = query.where(release.c.id < before)
    return tuple(connection.execute(query.order_by(release.c.id)).scalars())


def _grouped(year: KeptYear) -> dict[tuple[str, str], list[list[Any]]]:
    """Never empty, so that an edition that counted nothing is known to have counted."""
    found: dict[tuple[str, str], list[list[Any]]] = {
        ("", _PUNCTUALITY): [[platform, *rate] for platform, rate in sorted(year.punctuality.items())]
    }
    for tallies in year.tallies.values():
        for one in tallies:
            counts = found.setdefault((one.collection, one.dimension), [])
            counts.append([one.platform, one.member, one.modality, one.other, one.count])
    for level in year.levels:
        counts = found.setdefault((level.collection, f"{_MEDIAN}{level.column}"), [])
        counts.append([level.group, level.count, str(level.median)])
    return found


def _read(rows: Iterable[Any]) -> KeptYear:
    tallies: dict[str, list[Tally]] = {}
    levels: list[Level] = []
    punctuality: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.dimension == _PUNCTUALITY:
            punctuality = {platform: (in_time, due) for platform, in_time, due in row.counts}
        elif row.dimension.startswith(_MEDIAN):
            column = row.dimension.removeprefix(_MEDIAN)
            levels += [
                Level(collection=row.collection, group=group, column=column, count=count, median=_number(median))
                for group, count, median in row.counts
            ]
        else:
            tallies.setdefault(row.collection, []).extend(_tallies(row))
    return KeptYear(
        tallies={slug: tuple(sorted(found)) for slug, found in tallies.items()},
        levels=tuple(sorted(levels, key=lambda one: (one.collection, one.group, one.column))),
        punctuality=punctuality,
    )


def _tallies(row: Any) -> Iterable[Tally]:
    for platform, member, modality, other, count in row.counts:
        yield Tally(
            collection=row.collection,
            platform=platform,
            member=member,
            dimension=row.dimension,
            modality=modality,
            other=other,
            count=count,
        )


def _number(text: str) -> Number:
    exact = Decimal(text)
    whole = exact.to_integral_value()
    return int(whole) if exact == whole else exact
