"""What is told to the central body: what changed since it was told last, and nothing else (contract §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from domain.anomalies import Anomaly
from domain.compliance import ComplianceStatus
from domain.steps import Standing
from domain.suivi import Suivi, is_past_due
from domain.workdays import OfficeHours

_COMPLETE: Final = frozenset({ComplianceStatus.ON_TIME, ComplianceStatus.LATE})
_NEWS: Final = timedelta(days=7)
"""The first bulletin ever tells what came in these days, and what is wrong whatever its age."""

Snapshot = Mapping[str, Mapping[str, Any]]
"""What was known of each obligation, as JSON values; see `snapshot`."""


class BulletinKind(StrEnum):
    """The two mails that the central body receives by itself."""

    DIGEST = "digest"
    """What changed; on working days, only when something did."""
    WEEKLY = "weekly"
    """Where everything stands, and what changed; every week."""


class ChangeKind(StrEnum):
    """What can change about an obligation, what asks for attention first."""

    OVERDUE = "overdue"
    """Its due instant has passed, and something is still owed."""
    REOPENED = "reopened"
    """It was complete; what made it so was withdrawn."""
    REJECTED = "rejected"
    """A first deposit came, and was refused."""
    INCOMPLETE = "incomplete"
    """Something was accepted, not all; or other lines are missing."""
    LATE = "late"
    """Complete, after the due instant."""
    ON_TIME = "on_time"
    """Complete, in time."""
    EXTENDED = "extended"
    """More time was granted."""
    MOVED = "moved"
    """The register gives another due day."""
    EXCUSED = "excused"
    """An outage of ours moved the due instant."""
    WAIVED = "waived"
    """Nothing is asked any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What changed about one obligation, and where it stands now."""

    kind: ChangeKind
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """A warning that a depositor confirmed, in its own words; never of a case-level collection."""

    organisation: str
    collection: str
    period: str
    message: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Undelivered:
    """An address that did not get what was written to it."""

    organisation: str | None
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulletin:
    """One mail to the central body. `since`: when it was told last, None the first time.

    `suivi`: where everything stands; empty in a digest, which tells what changed and nothing else.
    """

    kind: BulletinKind
    day: date
    made_at: datetime
    suivi: Suivi
    since: datetime | None = None
    changes: tuple[Change, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    undelivered: tuple[Undelivered, ...] = field(default=())

    @property
    def tells(self) -> bool:
        """Whether anything changed."""
        return bool(self.changes or self.anomalies or self.confirmations or self.undelivered)

    @property
    def worth_sending(self) -> bool:
        """The weekly page always leaves, the digest only when something changed."""
        return self.kind is BulletinKind.WEEKLY or self.tells


def snapshot(standings: Iterable[Standing]) -> dict[str, dict[str, Any]]:
    """What is known of each obligation, to be compared with later; nothing that moves with time alone but lateness."""
    return {"/".join(one.key): _facts(one) for one in standings}


def _facts(one: Standing) -> dict[str, Any]:
    facts = {
        "status": one.status.value,
        "past_due": is_past_due(one),
        "due_on": one.first_due_at.date().isoformat(),
        "extended_until": None if one.extended_until is None else one.extended_until.isoformat(),
        "excused_until": one.due_at.isoformat() if one.excused_reason else None,
        "received": one.dates.first_received_at is not None,
        "accepted": one.dates.first_accepted_at is not None,
        "missing": list(one.missing_lines),
    }
    return {name: value for name, value in facts.items() if value}


def changes(before: Snapshot | None, standings: Iterable[Standing], now: datetime) -> tuple[Change, ...]:
    """What changed since `before`, what asks for attention first; `before` None: nothing was ever told.

    The mere passing of time is no change: an obligation that opens, or that is late by one more day.
    """
    found = [
        Change(kind=kind, standing=one)
        for one in standings
        for kind in (
            _first_time(one, now) if before is None else _since(before.get("/".join(one.key)), _facts(one), one)
        )
    ]
    order = list(ChangeKind)
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _first_time(one: Standing, now: datetime) -> list[ChangeKind]:
    if one.status in _COMPLETE and (one.dates.complete_at is None or one.dates.complete_at < now - _NEWS):
        return []
    return [kind for kind in _since(None, _facts(one), one) if kind in _PROGRESS]


def _since(was: Mapping[str, Any] | None, now: Mapping[str, Any], one: Standing) -> list[ChangeKind]:
    if one.status is ComplianceStatus.WAIVED:
        return [ChangeKind.WAIVED] if was is not None and was["status"] != one.status else []
    former = {} if was is None or was["status"] == ComplianceStatus.WAIVED else was
    return [kind for kind in (_progress(former, now, one), *_arranged(was, now)) if kind is not None]


def _progress(was: Mapping[str, Any], now: Mapping[str, Any], one: Standing) -> ChangeKind | None:
    """The one thing to say of what was deposited, or was not."""
    was_complete = was.get("status") in _COMPLETE
    if one.status in _COMPLETE:
        return None if was_complete else ChangeKind(one.status.value)
    lines = set(now.get("missing", ())) - set(was.get("missing", ()))
    news = (
        (ChangeKind.REOPENED, was_complete),
        (ChangeKind.INCOMPLETE, _new("accepted", was, now)),
        (ChangeKind.OVERDUE, _new("past_due", was, now)),
        (ChangeKind.REJECTED, _new("received", was, now) and not now.get("accepted")),
        (ChangeKind.INCOMPLETE, bool(was and lines)),
    )
    return next((kind for kind, happened in news if happened), None)


def _new(fact: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    return bool(now.get(fact)) and not was.get(fact)


_PROGRESS: Final = frozenset(ChangeKind) - {
    ChangeKind.EXTENDED,
    ChangeKind.MOVED,
    ChangeKind.EXCUSED,
    ChangeKind.WAIVED,
}


def _arranged(was: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[ChangeKind]:
    """Another due instant, granted or not; of an obligation that was known."""
    if was is None:
        return [ChangeKind.EXTENDED] if now.get("extended_until") else []
    told = (
        ("extended_until", ChangeKind.EXTENDED),
        ("due_on", ChangeKind.MOVED),
        ("excused_until", ChangeKind.EXCUSED),
    )
    return [kind for name, kind in told if now.get(name) and now.get(name) != was.get(name)]


def due_bulletin(  # noqa: PLR0913 - by keyword: all that was told
    now: datetime,
    hours: OfficeHours,
    *,
    last_digest_on: date | None,
    last_weekly_on: date | None,
    last_weekly_made_on: date | None,
    open_since: datetime | None,
) -> tuple[BulletinKind, date] | None:
    """Which bulletin may leave now, and its day; None: none.

    The weekly page: at the first working moment of the week, or later when the desk was closed then; its day is the
    Monday. It stands for the digest of the civil day on which it was made. `open_since`: the desk's first day of work,
    so that a new desk does not begin with the page of a week half gone.
    """
    if not hours.open_at(now):
        return None
    today = hours.local(now).date()
    monday = today - timedelta(days=today.weekday())
    moment = hours.at(hours.days.on_or_after(monday), hours.opens)
    if last_weekly_on != monday and (today == moment.date() or (open_since is not None and open_since < moment)):
        return (BulletinKind.WEEKLY, monday)
    if today in {last_digest_on, last_weekly_made_on}:
        return None
    return (BulletinKind.DIGEST, today)
