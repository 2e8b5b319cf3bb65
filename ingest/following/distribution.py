"""Announces the tables to the central body the working day before, and sends them at 9:00 (contract §10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from domain.notices import Notice
from domain.organisations import Directory
from domain.periods import Period
from domain.publishing import Announced, PeriodState, to_announce, to_distribute, to_offer, waits_for_mail
from domain.releases import Release
from ingest.publishing.distributing import audience, carried, distribute
from ingest.publishing.documents import edition_from
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.announcements import Announcement, announcement_notices, offer_notices
from publication.edition import Edition
from publication.words import banner


def announce_editions(wiring: Wiring, now: datetime) -> int:
    """Tell the central body what leaves the next working day; how many messages were queued."""
    hours = wiring.office_hours
    if not hours.open_at(now):
        return 0
    directory, revised_on = wiring.register.current(), _revised_on(wiring)
    by_day: dict[date, list[tuple[PeriodState, Announced]]] = {}
    offered: list[tuple[PeriodState, Announced]] = []
    for state in wiring.press.states(directory, now):
        told = to_announce(state, now, hours, revised_on)
        if told is not None:
            by_day.setdefault(told.for_on, []).append((state, told))
        ready = to_offer(state, now, hours)
        if ready is not None:
            offered.append((state, ready))
    said = sum(_announce(wiring, directory, found, now) for found in by_day.values())
    return said + _offer(wiring, directory, offered, now)


def distribute_editions(wiring: Wiring, now: datetime) -> int:
    """Send what is due, and go on with what a crash cut short; how many messages were queued."""
    begun = wiring.deliveries.begun()
    queued = distribute(wiring, begun, now)
    hours = wiring.office_hours
    if not hours.open_at(now):
        return queued
    revised_on = _revised_on(wiring)
    states = wiring.press.states(wiring.register.current(), now)
    due = [one for state in states if (one := to_distribute(state, now, hours, revised_on)) is not None]
    written = {one.release.id for one in wiring.press.recorded() if one.written_at is not None} if due else set()
    return queued + distribute(wiring, [one for one in due if one.id in written], now)


def _revised_on(wiring: Wiring) -> date | None:
    at = wiring.deliveries.revised_at()
    return None if at is None else wiring.office_hours.local(at).date()


def _announce(
    wiring: Wiring, directory: Directory, found: Sequence[tuple[PeriodState, Announced]], now: datetime
) -> int:
    """One message for what leaves on one day."""
    whom = audience(directory, (state.period.code for state, _ in found), wiring.office_hours.local(now).date())
    what = {state.period: _announcement(wiring, state, told, now) for state, told in found}
    queued = wiring.deliveries.announce(
        [(state.period, told) for state, told in found],
        now,
        lambda new: announcement_notices(
            [what[one] for one in new],
            directory,
            addresses=len(whom.addressees),
            unreachable=[_named(directory, one) for one in whom.unreachable],
            reply_to=wiring.settings.mail_reply_to,
            admin=wiring.settings.mail_admin,
        ),
    )
    if queued == 0:
        logger().warning("announcement_without_reader", periods=[state.period.code for state, _ in found])
    return queued or 0


def _offer(wiring: Wiring, directory: Directory, found: Sequence[tuple[PeriodState, Announced]], now: datetime) -> int:
    """One message for each edition that leaves only when the central body orders it; it is whole by then."""
    written = {one.release.id for one in wiring.press.recorded() if one.written_at is not None} if found else set()
    said = 0
    for state, told in found:
        edition = waits_for_mail(state)
        if edition is None or edition.id not in written:
            continue
        whom = audience(directory, [state.period.code], wiring.office_hours.local(now).date())
        notices = offer_notices(
            _announcement(wiring, state, told, now),
            directory,
            addresses=len(whom.addressees),
            unreachable=[_named(directory, one) for one in whom.unreachable],
            attachments=carried([edition], wiring),
            reply_to=wiring.settings.mail_reply_to,
            admin=wiring.settings.mail_admin,
        )
        queued = wiring.deliveries.announce([(state.period, told)], now, partial(_same, notices))
        if queued == 0:
            logger().warning("announcement_without_reader", periods=[state.period.code])
        said += queued or 0
    return said


def _same(notices: Sequence[Notice], _new: Sequence[Period]) -> Sequence[Notice]:
    return notices


def _announcement(wiring: Wiring, state: PeriodState, told: Announced, now: datetime) -> Announcement:
    edition = waits_for_mail(state)
    made = edition is not None and edition.kind is told.kind
    return Announcement(
        period=state.period.code,
        kind=told.kind,
        for_on=told.for_on,
        edition=edition.name if edition is not None and made else None,
        lacking=_coverage(wiring, state, edition if made else None, now),
        changed_cells=edition.changed_cells if edition is not None and made else 0,
    )


def _coverage(wiring: Wiring, state: PeriodState, edition: Release | None, now: datetime) -> tuple[str, ...]:
    """What the edition says of what is missing, or would say today."""
    if edition is not None:
        manifest = wiring.releases.manifest(edition.period, edition.name)
        return () if manifest is None else banner(edition_from(edition, manifest))
    draft = wiring.editions.weigh(state, now)
    if draft is None:
        return ()
    coming = Edition(
        period=state.period,
        kind=draft.kind,
        number=draft.number,
        dated_on=wiring.office_hours.local(now).date(),
        tables=(),
        coverage=draft.content.coverage,
        names=draft.content.names,
        withheld=draft.content.withheld,
    )
    return banner(coming)


def _named(directory: Directory, code: str) -> str:
    one = directory.by_code.get(code)
    return code if one is None else f"{code} – {one.nom}"
