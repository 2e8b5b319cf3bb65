"""Who owes what, by when: pure functions of the register and the catalogue (contract §6 Who owes, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.deadlines import due_at, due_on
from domain.organisations import Directory, ObligationRule, Organisation, OrganisationType
from domain.periods import Period, Periodicity, lies_before
from domain.workdays import WorkingDays
from schemas.collection import Collection

START_OF_DAY = time(0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """One organisation owes one collection for one period. `waived_reason`: dispensed by the register."""

    organisation: str
    account: str | None
    collection: str
    slug: str
    period: Period
    opens_at: datetime
    due_at: datetime
    waived_reason: str | None = None


def periods_until(first_period: Period, today: date) -> tuple[Period, ...]:
    """Quarters and years from go-live to those that hold `today` (which are visible as upcoming)."""
    found = []
    for first, kind in ((first_period, Periodicity.QUARTER), (Period(first_period.year), Periodicity.YEAR)):
        if first.periodicity is not kind:
            first = Period(first.year, 1)  # noqa: PLW2901 - a desk opened on a year starts with its first quarter
        last = Period.containing(today, kind)
        while first <= last:
            found.append(first)
            first = first.following  # noqa: PLW2901 - walks the calendar
    return tuple(found)


def duties(  # noqa: PLR0913 - all of it is the question
    directory: Directory,
    collections: Iterable[Collection],
    periods: Iterable[Period],
    *,
    first_period: Period,
    zone: ZoneInfo,
    organisation: str | None = None,
    worked: WorkingDays | None = None,
) -> tuple[Duty, ...]:
    """Everything owed for `periods`, by everybody or by one organisation; `worked` as for `deadline_of`."""
    wanted = tuple(period for period in periods if not lies_before(period, first_period))
    who = [one for one in directory.organisations if organisation is None or one.code == organisation]
    return tuple(
        duty
        for collection in collections
        for period in wanted
        if _is_collected(collection, period)
        for one in who
        for duty in _duty(directory, collection, period, one, zone, worked)
    )


def deadline_of(  # noqa: PLR0913 - a due day depends on all of these
    directory: Directory | None,
    collection: Collection,
    organisation: str | None,
    period: Period,
    zone: ZoneInfo,
    *,
    worked: WorkingDays | None = None,
) -> datetime | None:
    """The due instant, whether or not anything is owed; None for a collection without a due date.

    With `worked`, a due day that is not worked rolls to the next one that is, unless the register gives the day.
    """
    rule = _rule(directory, collection, organisation, period) if directory and organisation else None
    if rule is not None and rule.echeance is not None and rule.echeance > period.ends_on:
        return due_at(rule.echeance, zone)
    return None if collection.due_days is None else due_at(due_on(period, collection.due_days, worked), zone)


def _is_collected(collection: Collection, period: Period) -> bool:
    if collection.periodicity is not period.periodicity:
        return False
    begun = collection.first_period is None or collection.first_period <= period
    return begun and (collection.last_period is None or period <= collection.last_period)


def _duty(  # noqa: PLR0913, PLR0917 - all of it is the question
    directory: Directory,
    collection: Collection,
    period: Period,
    one: Organisation,
    zone: ZoneInfo,
    worked: WorkingDays | None,
) -> Iterator[Duty]:
    rule = _rule(directory, collection, one.code, period)
    if rule is None and not _owes(directory, collection, period, one):
        return
    due = deadline_of(directory, collection, one.code, period, zone, worked=worked)
    if due is None:
        return
    yield Duty(
        organisation=one.code,
        account=one.compte_sftp,
        collection=collection.code,
        slug=collection.slug,
        period=period,
        opens_at=datetime.combine(period.following.starts_on, START_OF_DAY, tzinfo=zone),
        due_at=due,
        waived_reason=(rule.motif or "dispense") if rule is not None and rule.dispense else None,
    )


def _owes(directory: Directory, collection: Collection, period: Period, one: Organisation) -> bool:
    """A platform owes what it may send when a member adheres to it for the service on the period's last day."""
    if one.type is not OrganisationType.PF or one.type not in collection.senders or collection.due_days is None:
        return False
    if not one.actif.covers(period.ends_on):
        return False
    return bool(directory.adherents_of_any(one.code, collection.at(period).services, period.ends_on))


def _rule(
    directory: Directory,
    collection: Collection,
    organisation: str | None,
    period: Period,
) -> ObligationRule | None:
    """The last line of the sheet `obligations` that covers the period's last day."""
    words = {collection.code.lower(), collection.slug.lower()}
    found = None
    for rule in directory.obligations:
        named = rule.collection.strip().lower().replace("-", "_") in words
        if named and rule.code == organisation and rule.dates.covers(period.ends_on):
            found = rule
    return found
