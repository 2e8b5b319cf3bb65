"""Obligations as they were known at a past instant: the journal read again up to there (contract §8).

Every change of an obligation leaves a line in the journal, which cannot be rewritten; the table holds today's state
alone. A deposit that came before the instant and was judged after it was not known; nor was what was granted since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from domain.periods import Period
from ingest.database.tables import event
from ingest.ledger.journal import EventKind
from ingest.ledger.standing import BY_REGISTER, Calendar


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownObligation:
    """One obligation with the columns of its table, as its events left it."""

    organisation: str
    account: str | None
    collection: str
    slug: str
    period: str
    opens_at: datetime
    due_at: datetime
    first_received_at: datetime | None = None
    first_accepted_at: datetime | None = None
    complete_at: datetime | None = None
    last_corrected_at: datetime | None = None
    complete_now: bool = False
    nil: bool = False
    waived_reason: str | None = None
    waived_by: str | None = None
    extended_until: date | None = None
    excused_until: datetime | None = None
    excused_reason: str | None = None


_Key = tuple[str, str, str]
_A_SECOND: Final = timedelta(seconds=1)
_KINDS: Final = (
    EventKind.OBLIGATION_OPENED,
    EventKind.OBLIGATION_CHANGED,
    EventKind.OBLIGATION_REMOVED,
    EventKind.OBLIGATION_DATES,
    EventKind.DEADLINE_EXTENDED,
    EventKind.DEADLINE_EXCUSED,
    EventKind.OBLIGATION_WAIVED,
)


def obligations_known(
    connection: Connection, calendar: Calendar, at: datetime, *, period: str | None = None
) -> tuple[KnownObligation, ...]:
    """The obligations as every line written by the end of the second `at` tells them; in no order."""
    query = (
        select(event.c.kind, event.c.account, event.c.author, event.c.data)
        .where(event.c.kind.in_([kind.value for kind in _KINDS]), event.c.at < at.replace(microsecond=0) + _A_SECOND)
        .order_by(event.c.id)
    )
    found: dict[_Key, KnownObligation] = {}
    for row in connection.execute(query):
        data: Mapping[str, Any] = row.data
        if period is not None and data["period"] != period:
            continue
        key = (data["organisation"], data["collection"], data["period"])
        if row.kind == EventKind.OBLIGATION_OPENED:
            found[key] = _opened(calendar, row.account, data)
        elif row.kind == EventKind.OBLIGATION_REMOVED:
            found.pop(key, None)
        elif key in found:
            found[key] = replace(found[key], **_changed(EventKind(row.kind), data, row.author))
    return tuple(found.values())


def _opened(calendar: Calendar, account: str | None, data: Mapping[str, Any]) -> KnownObligation:
    collection = calendar.collection(data["collection"])
    waived = data.get("waived_reason")
    return KnownObligation(
        organisation=data["organisation"],
        account=account,
        collection=data["collection"],
        slug=data["collection"].lower() if collection is None else collection.slug,
        period=data["period"],
        opens_at=_instant(data.get("opens_at")) or _first_day_after(data["period"], calendar),
        due_at=datetime.fromisoformat(data["due_at"]),
        waived_reason=waived,
        waived_by=BY_REGISTER if waived else None,
    )


def _first_day_after(period: str, calendar: Calendar) -> datetime:
    return datetime.combine(Period.parse(period).following.starts_on, time(0), tzinfo=calendar.zone)


def _changed(kind: EventKind, data: Mapping[str, Any], author: str | None) -> dict[str, Any]:
    """What one line of the journal says anew, by column."""
    if kind is EventKind.DEADLINE_EXTENDED:
        return {"extended_until": date.fromisoformat(data["until"])}
    if kind is EventKind.DEADLINE_EXCUSED:
        return {"excused_until": _instant(data["until"]), "excused_reason": data["reason"]}
    if kind is EventKind.OBLIGATION_WAIVED:
        return {"waived_reason": data["reason"], "waived_by": author}
    said: Mapping[str, Any] = data["dates"] if kind is EventKind.OBLIGATION_DATES else data["changed"]
    return {name: _instant(value) if name.endswith("_at") else value for name, value in said.items()}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
