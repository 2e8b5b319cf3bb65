"""What was in force for past periods, as a deposit's judge may know it: figures, the network's level, what it replaces.

A deposit judged again sees what was received before it, so that it is asked the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Row, Select, Table, bindparam, func, select
from sqlalchemy.engine import Connection

from domain.in_force import resolve
from domain.periods import Period
from ingest.database.tables import section, submission
from ingest.ledger.force import Key as Place
from ingest.ledger.force import deposited, in_force_before
from rules.past import Key, Line, Past, PeerLevel
from schemas.collection import Collection

_MEMBERS: Final = 5_000
"""Members named in one query."""

_DEPOSITS = (
    select(
        section.c.id,
        section.c.submission_id,
        section.c.verdict,
        section.c.complete,
        section.c.records_accepted,
        section.c.account,
        section.c.period,
        section.c.accumulates,
        submission.c.received_at,
        submission.c.withdrawn_at,
    )
    .join(submission, submission.c.id == section.c.submission_id)
    .where(
        section.c.collection == bindparam("collection"),
        section.c.period.in_(bindparam("periods", expanding=True)),
        submission.c.test.is_(False),
        submission.c.withdrawn_at.is_(None),
    )
)
_OWN = _DEPOSITS.where(section.c.account == bindparam("account"))
_OTHERS = _DEPOSITS.where(section.c.account != bindparam("account"))
_this = submission.alias("this")
_mine = select(_this.c.received_at).where(_this.c.id == bindparam("this")).scalar_subquery()


def _before(query: Select[Any]) -> Select[Any]:
    """The same among what was received before the deposit `this`, itself left out."""
    return query.where(
        submission.c.id != bindparam("this"),
        submission.c.received_at <= func.coalesce(_mine, submission.c.received_at),
    )


_OWN_BEFORE, _OTHERS_BEFORE = _before(_OWN), _before(_OTHERS)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The table of one collection, for one account; `this`: the deposit in hand when it is known to the ledger."""

    collection: Collection
    table: Table
    account: str
    this: str | None = None

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the columns of figures."""
        return tuple(column.name for column in self.collection.quantities)

    def past(self, connection: Connection, periods: Sequence[Period], members: AbstractSet[str] | None) -> Past:
        """The figures in force for `periods`: the account's own lines, and those of `members` at any other account."""
        lines: dict[Key, dict[Period, Line]] = {}
        own = self._sections(connection, _OWN, _OWN_BEFORE, periods)
        others: dict[int, tuple[Period, bool]] = {}
        nil = frozenset(period for period, rows in own.values() if not rows)
        for number, key, line in self._rows(connection, [number for number, (_period, rows) in own.items() if rows]):
            lines.setdefault(key, {})[own[number][0]] = line
        wanted = self._lacking(lines, periods, members) if members and self.collection.member_column else {}
        if wanted:
            asked = sorted(set().union(*wanted.values()))
            others = self._sections(connection, _OTHERS, _OTHERS_BEFORE, asked)
            numbers = [number for number, (_period, rows) in others.items() if rows]
            for number, key, line in self._rows(connection, numbers, sorted(wanted)):
                lines.setdefault(key, {}).setdefault(others[number][0], line)
        return Past(lines=lines, nil=nil, anybody=bool(own or others))

    def _lacking(
        self, lines: Mapping[Key, Mapping[Period, Line]], periods: Sequence[Period], members: AbstractSet[str]
    ) -> dict[str, set[Period]]:
        """The members of which some period is not here, and which."""
        place = self._member_place
        known: dict[str, set[Period]] = {}
        for key, line in lines.items():
            known.setdefault(key[place], set()).update(line)
        every = set(periods)
        found = {one: every - known.get(one, set()) for one in members}
        return {one: lacking for one, lacking in found.items() if lacking}

    @property
    def _member_place(self) -> int:
        member = self.collection.member_column
        return self.collection.key.index(member.name) if member is not None and member.key else 0

    def _sections(
        self, connection: Connection, query: Select[Any], query_before: Select[Any], periods: Sequence[Period]
    ) -> dict[int, tuple[Period, bool]]:
        """The sections in force for `periods`: number → period, and whether it has rows."""
        asked: dict[str, Any] = {
            "collection": self.collection.code,
            "periods": [period.code for period in periods],
            "account": self.account,
        }
        if self.this is not None:
            query, asked["this"] = query_before, self.this
        places: dict[tuple[str, str], list[Row[Any]]] = {}
        for row in connection.execute(query, asked):
            places.setdefault((row.account, row.period), []).append(row)
        found = {}
        for (_account, period), rows in places.items():
            chosen = resolve(deposited(row).candidate for row in rows).section
            if chosen is not None:
                found[chosen.section_id] = (Period.parse(period), chosen.has_rows)
        return found

    def _rows(
        self, connection: Connection, sections: Sequence[int], members: Sequence[str] | None = None
    ) -> Iterator[tuple[int, Key, Line]]:
        """Section, key and figures of the lines of some sections; of some members only, if given."""
        if not sections:
            return
        keys, quantities = self.collection.key, self.quantities
        end = 1 + len(keys)
        query = _lines(self.table, (*keys, *quantities), None if members is None else keys[self._member_place])
        parts = [None] if members is None else [members[at : at + _MEMBERS] for at in range(0, len(members), _MEMBERS)]
        for part in parts:
            asked: dict[str, Any] = {"sections": list(sections)}
            if part is not None:
                asked["members"] = list(part)
            for row in connection.execute(query, asked).all():
                figures = zip(quantities, row[end:], strict=True)
                yield row[0], tuple(row[1:end]), {name: float(value) for name, value in figures if value is not None}

    def replaced(self, connection: Connection, period: Period) -> Mapping[Key, Line]:
        """The lines that were in force for `period` before this deposit; none when nothing was."""
        place = Place(self.account, self.collection.code, period.code)
        former = in_force_before(connection, place, self.this)
        if former is None or not former.has_rows:
            return {}
        return {key: line for _number, key, line in self._rows(connection, [former.section_id])}

    def peers(self, connection: Connection, column: str, periods: Sequence[Period], share: float) -> PeerLevel | None:
        """The quantile `share` of all values in force for `periods`; None when there is none."""
        asked: dict[str, Any] = {"collection": self.collection.code, "periods": [period.code for period in periods]}
        before = self.this is not None
        if before:
            asked["this"] = self.this
        count_query, high_query = _peers(self.table, column, before=before)
        count = connection.execute(count_query, asked).scalar_one()
        if not count:
            return None
        asked["skipped"] = int(count * (1 - share))
        return PeerLevel(count=count, level=float(connection.execute(high_query, asked).scalar_one()))


@cache
def _lines(rows: Table, columns: tuple[str, ...], member: str | None) -> Select[Any]:
    query = select(rows.c.section_id, *(rows.c[name] for name in columns)).where(
        rows.c.section_id.in_(bindparam("sections", expanding=True))
    )
    return query if member is None else query.where(rows.c[member].in_(bindparam("members", expanding=True)))


@cache
def _peers(rows: Table, column: str, *, before: bool) -> tuple[Select[Any], Select[Any]]:
    value = rows.c[column]

    def among(query: Select[Any]) -> Select[Any]:
        query = (
            query.select_from(rows)
            .join(section, section.c.id == rows.c.section_id)
            .join(submission, submission.c.id == section.c.submission_id)
            .where(
                section.c.in_force,
                section.c.collection == bindparam("collection"),
                section.c.period.in_(bindparam("periods", expanding=True)),
                value.is_not(None),
            )
        )
        return _before(query) if before else query

    high = among(select(value)).order_by(value.desc()).limit(1).offset(bindparam("skipped"))
    return among(select(func.count())), high
