"""When an edition is made, announced and distributed: pure rules over the calendar and past editions (contract §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.periods import Period, Periodicity
from domain.releases import EditionKind, Release
from domain.workdays import OfficeHours

FINAL_AFTER = timedelta(days=15)
BETWEEN_REVISIONS = timedelta(days=7)
DISTRIBUTION_HOUR = 9
_ORDER = (EditionKind.PROVISIONAL, EditionKind.OFFICIAL, EditionKind.FINAL, EditionKind.REVISED)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """A distribution told to the central body, for a day."""

    kind: EditionKind
    for_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodState:
    """What the rules look at. `due_on`: the calendar's due day; `last_due_at`: the end of the last extension.

    `stale_changed_at`: the last change of what the tables rest on that no edition shows yet; None when there is none.
    `complete`: nothing expected is missing. `waiting`: a file received in time has no verdict yet. `history`: the
    period lies before go-live, so that nothing is mailed by itself. `editions`: in order, the withdrawn ones too.
    """

    period: Period
    due_on: date
    last_due_at: datetime
    complete: bool
    stale_changed_at: datetime | None = None
    waiting: bool = False
    history: bool = False
    editions: tuple[Release, ...] = ()
    announced: tuple[Announced, ...] = ()

    @property
    def on_order(self) -> bool:
        """Whether its editions leave only when the central body orders it: those of a year do."""
        return self.period.periodicity is Periodicity.YEAR

    @property
    def last(self) -> Release | None:
        """The latest edition that was not taken back."""
        return next((one for one in reversed(self.editions) if one.withdrawn_at is None), None)

    @property
    def reached(self) -> EditionKind:
        """The furthest kind that was made."""
        kinds = [one.kind for one in self.editions]
        return max(kinds, key=_ORDER.index, default=EditionKind.PROVISIONAL)


def kind_at(state: PeriodState, now: datetime, hours: OfficeHours) -> EditionKind:
    """What an edition made now would be."""
    if state.reached in {EditionKind.FINAL, EditionKind.REVISED}:
        return EditionKind.REVISED
    today = hours.local(now).date()
    over = today >= state.due_on + FINAL_AFTER and now > state.last_due_at
    if state.complete or over:
        return EditionKind.FINAL
    if state.reached is EditionKind.PROVISIONAL and today > state.due_on and not state.waiting:
        return EditionKind.OFFICIAL
    return EditionKind.PROVISIONAL


def to_make(state: PeriodState, now: datetime, hours: OfficeHours, quiet: timedelta) -> EditionKind | None:
    """The edition to make now, if any; one that says nothing new is dropped by whoever makes it.

    A new kind is made when its moment comes; a change is shown after `quiet` without another one.
    """
    kind = kind_at(state, now, hours)
    if kind in {EditionKind.OFFICIAL, EditionKind.FINAL} and state.reached is not kind:
        still = state.stale_changed_at is None or now - state.stale_changed_at >= quiet
        return kind if still else None
    if state.stale_changed_at is None or now - state.stale_changed_at < quiet:
        return None
    return kind


def waits_for_mail(state: PeriodState) -> Release | None:
    """The edition that everybody is to get and has not got yet."""
    last = next((one for one in reversed(state.editions) if one.kind.distributed and one.withdrawn_at is None), None)
    if last is None or last.distributed_at is not None or last.held or state.history or not last.to_distribute:
        return None
    return None if _is_held(state) else last


def _is_held(state: PeriodState) -> bool:
    """Whether somebody held the period before there was an edition for everybody: it leaves when it is ordered."""
    return any(one.held and not one.kind.distributed and one.withdrawn_at is None for one in state.editions)


def to_announce(state: PeriodState, now: datetime, hours: OfficeHours, revised_on: date | None) -> Announced | None:
    """The distribution to tell the central body of now: the working day before, in office hours.

    `revised_on`: the day of the last distribution of revised editions, of any period.
    """
    if state.on_order or not hours.open_at(now):
        return None
    today = hours.local(now).date()
    kind, earliest = _next_distribution(state, now, hours, revised_on)
    if kind is None or earliest is None or today < hours.days.on_or_before(earliest - _A_DAY):
        return None
    if any(_announces(one, state, hours, revised_on) for one in state.announced):
        return None
    return Announced(kind=kind, for_on=max(earliest, hours.days.following(today)))


def to_offer(state: PeriodState, now: datetime, hours: OfficeHours) -> Announced | None:
    """The edition to tell the central body of, which orders when it leaves: once for each kind, in office hours.

    Of revised ones that follow each other while it has not ordered any, it is told at most once a week.
    """
    edition = waits_for_mail(state) if state.on_order else None
    if edition is None or not hours.open_at(now):
        return None
    today = hours.local(now).date()
    sent = max((one.distributed_at for one in state.editions if one.distributed_at is not None), default=None)
    since = None if sent is None else hours.local(sent).date()
    for told in state.announced:
        stands = since is None or told.for_on > since
        if stands and told.kind is edition.kind and _still_fresh(told, edition, today, hours):
            return None
    return Announced(kind=edition.kind, for_on=today)


def _still_fresh(told: Announced, edition: Release, today: date, hours: OfficeHours) -> bool:
    """Whether it was told of this very edition, or too lately to be told of the next one."""
    return told.for_on >= hours.local(edition.created_at).date() or today < told.for_on + BETWEEN_REVISIONS


def _announces(told: Announced, state: PeriodState, hours: OfficeHours, revised_on: date | None) -> bool:
    """Whether that announcement stands for the next distribution, rather than for a former one.

    What was announced as official may be final by then; official editions have one announcement, kept however late.
    """
    edition = waits_for_mail(state)
    if edition is None or edition.kind is EditionKind.OFFICIAL:
        return told.kind is EditionKind.OFFICIAL
    sent = [hours.local(one.distributed_at).date() for one in state.editions if one.distributed_at is not None]
    instead = told.kind is EditionKind.OFFICIAL and edition.kind is EditionKind.FINAL and not sent
    if told.kind is not edition.kind and not instead:
        return False
    if edition.kind is EditionKind.REVISED and revised_on is not None and told.for_on < revised_on + BETWEEN_REVISIONS:
        return False
    return told.for_on >= hours.local(edition.created_at).date() and all(told.for_on > day for day in sent)


def _next_distribution(
    state: PeriodState, now: datetime, hours: OfficeHours, revised_on: date | None
) -> tuple[EditionKind | None, date | None]:
    waiting = waits_for_mail(state)
    if waiting is not None:
        return waiting.kind, earliest_on(waiting, state, hours, revised_on)
    official_to_come = (
        state.reached is EditionKind.PROVISIONAL
        and not state.complete
        and not state.history
        and not _is_held(state)
        and kind_at(state, now, hours) is not EditionKind.FINAL
    )
    if official_to_come:
        return EditionKind.OFFICIAL, hours.days.on_or_after(state.due_on + _A_DAY)
    return None, None


def earliest_on(edition: Release, state: PeriodState, hours: OfficeHours, revised_on: date | None) -> date:
    """The first day on which an edition may be distributed."""
    if edition.kind is EditionKind.OFFICIAL:
        return hours.days.on_or_after(state.due_on + _A_DAY)
    first = hours.days.following(hours.local(edition.created_at).date())
    if edition.kind is EditionKind.REVISED and revised_on is not None:
        first = max(first, hours.days.on_or_after(revised_on + BETWEEN_REVISIONS))
    return first


def to_distribute(
    state: PeriodState, now: datetime, hours: OfficeHours, revised_on: date | None = None
) -> Release | None:
    """The edition to send now: announced for today or before, on a working day from 9:00 on.

    `revised_on`: as for `to_announce`.
    """
    edition = waits_for_mail(state)
    if edition is None or state.on_order or not hours.open_at(now):
        return None
    told = [one.for_on for one in state.announced if _announces(one, state, hours, revised_on)]
    if not told or hours.local(now).date() < min(told):
        return None
    return edition if now >= hours.at(hours.local(now).date(), DISTRIBUTION_HOUR) else None
