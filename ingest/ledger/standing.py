"""Where organisations stand: obligations as stored, their dates, and what follows from them at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.engine import Connection

from domain.compliance import ComplianceDates, ComplianceStatus, status_at
from domain.deadlines import due_at, margin_days
from domain.organisations import Directory
from domain.outcome import DeadlineView, Owed
from domain.periods import Period
from domain.workdays import WorkingDays
from ingest.database.tables import obligation, section
from ingest.database.upsert import insert_once
from ingest.ledger.dates import compliance_dates
from ingest.ledger.force import deposited, deposits_of_organisation
from ingest.ledger.journal import EventKind, record
from ingest.ledger.obligations import Duty, deadline_of, duties, periods_until
from schemas.collection import Collection

BY_REGISTER = "annuaire"
NO_LONGER_OWED = "n’est plus dû selon l’annuaire"
_DATES = ("first_received_at", "first_accepted_at", "complete_at", "last_corrected_at")


Asked = tuple[str | None, tuple[Period, ...]]
"""Whose duties (None: everybody's), for which periods."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What obligations depend on besides the register. `due_days`: the days on which they may be due (None: all)."""

    collections: tuple[Collection, ...]
    first_period: Period
    zone: ZoneInfo
    due_days: WorkingDays | None = None
    _owed: dict[Asked, tuple[Directory, tuple[Duty, ...]]] = field(default_factory=dict, compare=False, repr=False)

    def duties(self, directory: Directory, periods: tuple[Period, ...], who: str | None) -> tuple[Duty, ...]:
        """What is owed by everybody (None) or by one organisation; kept in memory, since every verdict asks."""
        found = self._owed.get((who, periods))
        if found is None or found[0] is not directory:
            if found is not None:
                self._owed.clear()  # another register is in force
            owed = duties(
                directory,
                self.collections,
                periods,
                first_period=self.first_period,
                zone=self.zone,
                organisation=who,
                worked=self.due_days,
            )
            found = self._owed[who, periods] = (directory, owed)
        return found[1]

    def collection(self, code: str) -> Collection | None:
        """The collection with this code."""
        return next((one for one in self.collections if one.code == code), None)

    def rank(self, code: str) -> int:
        """Place of a collection in the catalogue, for stable lists."""
        return next((rank for rank, one in enumerate(self.collections) if one.code == code), len(self.collections))


def synchronise(
    connection: Connection,
    directory: Directory,
    calendar: Calendar,
    now: datetime,
    organisation: str | None = None,
) -> None:
    """Make the stored obligations those of the register, for everybody or for one; twice changes nothing.

    What was never owed disappears when nothing was deposited or granted, else it stays, waived: evidence is kept.
    """
    today = now.astimezone(calendar.zone).date()
    periods = periods_until(calendar.first_period, today)
    wanted = {
        (one.organisation, one.collection, one.period.code): one
        for one in calendar.duties(directory, periods, organisation)
    }
    rows = connection.execute(_ALL) if organisation is None else obligations_of(connection, organisation)
    known = {(row.organisation, row.collection, row.period): row for row in rows}
    opened = [duty for key, duty in wanted.items() if key not in known and _open(connection, duty, now)]
    _look_back(connection, opened, now)
    for key, duty in wanted.items():
        if key in known:
            _follow(connection, known[key], duty, now)
    visible = {period.code for period in periods}
    for key, row in known.items():
        if key not in wanted and row.period in visible:
            _lift(connection, row, now)


def _open(connection: Connection, duty: Duty, now: datetime) -> bool:
    new = insert_once(
        connection,
        obligation,
        {
            "organisation": duty.organisation,
            "account": duty.account,
            "collection": duty.collection,
            "slug": duty.slug,
            "period": duty.period.code,
            "opens_at": duty.opens_at,
            "due_at": duty.due_at,
            "complete_now": False,
            "nil": False,
            "waived_reason": duty.waived_reason,
            "waived_by": BY_REGISTER if duty.waived_reason else None,
        },
    )
    if new:
        record(
            connection,
            EventKind.OBLIGATION_OPENED,
            now,
            account=duty.account,
            organisation=duty.organisation,
            collection=duty.collection,
            period=duty.period.code,
            due_at=duty.due_at.isoformat(),
            opens_at=duty.opens_at.isoformat(),
            waived_reason=duty.waived_reason,
        )
    return new


def _look_back(connection: Connection, opened: Iterable[Duty], now: datetime) -> None:
    """A register imported after the deposits: what was deposited counts."""
    by_organisation: dict[str, list[Duty]] = {}
    for duty in opened:
        by_organisation.setdefault(duty.organisation, []).append(duty)
    for code, owed in by_organisation.items():
        query = select(section.c.collection, section.c.period).where(section.c.organisation == code).distinct()
        known = {(row.collection, row.period) for row in connection.execute(query)}
        for duty in owed:
            if (duty.collection, duty.period.code) in known:
                refresh(connection, duty.organisation, duty.collection, duty.period, now)


def _follow(connection: Connection, row: Row[Any], duty: Duty, now: datetime) -> None:
    values: dict[str, Any] = {"account": duty.account, "due_at": duty.due_at, "opens_at": duty.opens_at}
    if row.waived_by in {None, BY_REGISTER}:
        values["waived_reason"] = duty.waived_reason
        values["waived_by"] = BY_REGISTER if duty.waived_reason else None
    _change(connection, row, values, now)


def _lift(connection: Connection, row: Row[Any], now: datetime) -> None:
    granted = row.extended_until is not None or row.excused_until is not None  # a register mended again finds it
    if row.first_received_at is None and row.waived_by in {None, BY_REGISTER} and not granted:
        connection.execute(delete(obligation).where(obligation.c.id == row.id))
        record(connection, EventKind.OBLIGATION_REMOVED, now, account=row.account, **_named(row))
    elif row.waived_reason is None:
        _change(connection, row, {"waived_reason": NO_LONGER_OWED, "waived_by": BY_REGISTER}, now)


def _change(connection: Connection, row: Row[Any], values: dict[str, Any], now: datetime) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        connection.execute(update(obligation).where(obligation.c.id == row.id).values(**changed))
        record(
            connection,
            EventKind.OBLIGATION_CHANGED,
            now,
            account=row.account,
            **_named(row),
            changed={name: _json(value) for name, value in changed.items()},
        )


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _named(row: Row[Any]) -> dict[str, str]:
    return {"organisation": row.organisation, "collection": row.collection, "period": row.period}


def refresh(connection: Connection, organisation: str, collection: str, period: Period, now: datetime) -> None:
    """Work the dates of an obligation out again from the deposits that remain as evidence."""
    row = _find(connection, organisation, collection, period)
    if row is None:
        return
    rows = deposits_of_organisation(connection, organisation, collection, period.code)
    dates = compliance_dates(deposited(one) for one in rows)
    current = [one for one in rows if one.in_force]
    values = {name: getattr(dates, name) for name in _DATES}
    values["complete_now"] = any(one.complete for one in current)
    values["nil"] = bool(current) and all(one.nil for one in current)
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    connection.execute(_UPDATE, {"number": row.id, **values})
    record(
        connection,
        EventKind.OBLIGATION_DATES,
        now,
        account=row.account,
        **_named(row),
        dates={name: _json(value) for name, value in values.items()},
    )


_ALL = select(obligation)
_UPDATE = update(obligation).where(obligation.c.id == bindparam("number"))
_FIND = select(obligation).where(
    obligation.c.organisation == bindparam("organisation"),
    obligation.c.collection == bindparam("collection"),
    obligation.c.period == bindparam("period"),
)
_OF_ORGANISATION = select(obligation).where(obligation.c.organisation == bindparam("organisation"))


def _find(connection: Connection, organisation: str, collection: str, period: Period) -> Row[Any] | None:
    asked = {"organisation": organisation, "collection": collection, "period": period.code}
    return connection.execute(_FIND, asked).one_or_none()


def obligations_of(connection: Connection, organisation: str | None) -> Sequence[Row[Any]]:
    """The stored obligations of an organisation (none for nobody)."""
    return () if organisation is None else connection.execute(_OF_ORGANISATION, {"organisation": organisation}).all()


def due_of(row: Row[Any], zone: ZoneInfo) -> datetime:
    """The due instant in force: the calendar's, later by an extension, or by an outage of ours."""
    dues = [row.due_at]
    if row.extended_until is not None:
        dues.append(due_at(row.extended_until, zone))
    if row.excused_until is not None:
        dues.append(row.excused_until)
    due: datetime = max(dues)
    return due.astimezone(zone)


def excused_reason(row: Row[Any], due: datetime) -> str | None:
    """Why an outage of ours makes `due` the due instant in force; None when it does not."""
    reason: str | None = row.excused_reason if row.excused_until == due else None
    return reason


def dates_of(row: Row[Any]) -> ComplianceDates:
    """The append-only dates of a stored obligation."""
    return ComplianceDates(**{name: getattr(row, name) for name in _DATES})


def status_of(row: Row[Any], now: datetime, zone: ZoneInfo) -> ComplianceStatus:
    """The status of a stored obligation at `now`."""
    return status_at(
        now,
        opens_at=row.opens_at,
        due=due_of(row, zone),
        complete_now=row.complete_now,
        dates=dates_of(row),
        waived=row.waived_reason is not None,
    )


def deadline_view(  # noqa: PLR0913 - a deadline depends on all of these
    obligations: Iterable[Row[Any]],
    calendar: Calendar,
    directory: Directory | None,
    *,
    organisation: str | None,
    collection: str,
    period: Period,
    received_at: datetime,
    now: datetime,
) -> DeadlineView | None:
    """The deadline of one deposit, among the organisation's obligations; no status when nothing is owed."""
    for row in obligations:
        if (row.collection, row.period) == (collection, period.code):
            due, status = due_of(row, calendar.zone), status_of(row, now, calendar.zone)
            margin = margin_days(received_at, due, calendar.zone)
            excused = excused_reason(row, due)
            return DeadlineView(due_at=due, status=status, margin_days=margin, excused_reason=excused)
    known = calendar.collection(collection)
    zone, worked = calendar.zone, calendar.due_days
    found = None if known is None else deadline_of(directory, known, organisation, period, zone, worked=worked)
    if found is None:
        return None
    return DeadlineView(due_at=found, status=None, margin_days=margin_days(received_at, found, calendar.zone))


def still_owed(obligations: Iterable[Row[Any]], calendar: Calendar, now: datetime) -> tuple[Owed, ...]:
    """Everything open that the organisation has yet to deposit, correct or complete; by due date, then catalogue."""
    owed = [one for row in obligations if row.opens_at <= now and (one := _owed(row, calendar, now)) is not None]
    return tuple(sorted(owed, key=lambda one: (one.due_at, one.period, calendar.rank(one.collection))))


def _owed(row: Row[Any], calendar: Calendar, now: datetime) -> Owed | None:
    status, due = status_of(row, now, calendar.zone), due_of(row, calendar.zone)
    if not status.owes:
        return None
    collection = calendar.collection(row.collection)
    return Owed(
        collection=row.collection,
        slug=row.slug,
        label=row.slug if collection is None else collection.label,
        period=row.period,
        due_at=due,
        status=status,
        service=None if collection is None else collection.service_in(Period.parse(row.period)),
        excused_reason=excused_reason(row, due),
    )


def matrix(
    connection: Connection,
    calendar: Calendar,
    now: datetime,
    *,
    period: str | None = None,
    accounts: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """The rows of `guichet status` (contract §3), as JSON values; `accounts`: accounts or organisations."""
    query = select(obligation)
    if period is not None:
        query = query.where(obligation.c.period == period)
    return lines(connection.execute(query), calendar, now, accounts=accounts)


def lines(
    rows: Iterable[Any], calendar: Calendar, now: datetime, *, accounts: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Obligations, as stored or as they were known (`ingest.ledger.known`), as the rows of the matrix."""
    if accounts is not None:
        wanted = {one.lower() for one in accounts}
        rows = [row for row in rows if {row.organisation.lower(), (row.account or "").lower()} & wanted]
    rows = sorted(rows, key=lambda row: (row.period, row.due_at, row.organisation, calendar.rank(row.collection)))
    return [_line(row, now, calendar.zone) for row in rows]


def _line(row: Row[Any], now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    def told(instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")

    status, due = status_of(row, now, zone), due_of(row, zone)
    return {
        "account": row.account,
        "organisation": row.organisation,
        "collection": row.collection,
        "slug": row.slug,
        "period": row.period,
        "due_at": told(due),
        "status": status.value,
        "nil": row.nil,
        "days_late": days_late(row, status, due, now, zone),
        **{name: told(getattr(row, name)) for name in _DATES},
        "waived_reason": row.waived_reason,
        "extended_until": None if row.extended_until is None else row.extended_until.isoformat(),
        "excused_until": told(row.excused_until),
        "excused_reason": row.excused_reason,
    }


def days_late(row: Row[Any], status: ComplianceStatus, due: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Civil days after the due day, of what completed it or of today; 0 when in time, or when nothing is owed."""
    if status in {ComplianceStatus.ON_TIME, ComplianceStatus.LATE}:
        return max(0, -margin_days(row.complete_at, due, zone))
    return max(0, -margin_days(now, due, zone)) if status.owes else 0
