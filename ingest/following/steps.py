"""Tells organisations what they owe when the time of each step comes (contract §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from domain.notices import Event, Notice
from domain.organisations import Directory
from domain.punctuality import recent, rolling
from domain.steps import Call, Standing, Step
from ingest.telemetry import logger
from ingest.templates import template_order
from ingest.wiring import Wiring
from notifications.calls import call_notices
from notifications.escalations import escalation_notices
from notifications.punctuality import punctuality_notices
from rendering.collections import Known


class _Writing(TypedDict):
    """What every message depends on."""

    zone: ZoneInfo
    known: Known
    reply_to: str | None
    admin: str | None


def say_steps(wiring: Wiring, now: datetime) -> int:
    """Say what is due at `now` and was not said; how many messages were queued."""
    queued = 0

    def compose(calls: tuple[Call, ...]) -> Sequence[Notice]:
        nonlocal queued
        try:
            notices = _notices(wiring, calls, now)
        except Exception:
            logger().exception("steps_not_composed", organisations=[call.organisation for call in calls])
            raise
        queued = len(notices)
        return notices

    calls = wiring.ledger.say_steps(now, wiring.office_hours, compose, untaken=_untaken(wiring))
    return queued if calls else 0


def _untaken(wiring: Wiring) -> frozenset[str]:
    """Organisations with a file in the inbox that something of ours keeps from being taken."""
    directory = wiring.register.current()
    accounts = wiring.inbox.untaken
    if wiring.sharing.several:  # a colleague may have it in hand, or have died with it
        accounts |= wiring.inbox.in_claims()
    owners = (directory.of_account(account) for account in accounts)
    return frozenset(one.code for one in owners if one is not None)


def _notices(wiring: Wiring, calls: tuple[Call, ...], now: datetime) -> list[Notice]:
    """To the organisations, then to the central body what has gone so far that it is told."""
    directory = wiring.register.current()
    writing = _Writing(
        zone=wiring.settings.zone,
        known=wiring.known,
        reply_to=wiring.settings.mail_reply_to,
        admin=wiring.settings.mail_admin,
    )
    notices: list[Notice] = []
    far = tuple(call for call in calls if _goes_far(call))
    standings = wiring.ledger.standings(now, {call.organisation for call in far}) if far else ()
    for call in calls:
        if call.event is Event.PUNCTUALITY:
            notices += punctuality_notices(call, _histories(call, standings), directory, now, **writing)
        else:
            templates = _templates(wiring, directory, call, now)
            notices += call_notices(call, directory, now, templates=templates, **writing)
    overdue = tuple(call for call in far if call.event is Event.OVERDUE)
    if overdue:
        said = wiring.ledger.said_steps({call.organisation for call in overdue})
        notices += escalation_notices(
            overdue,
            directory,
            now,
            rates=_rates(standings),
            said={key: [(one.step, one.said_on) for one in told] for key, told in said.items()},
            **writing,
        )
    return notices


def _histories(call: Call, standings: Sequence[Standing]) -> dict[tuple[str, str, str], tuple[Standing, ...]]:
    """The last four periods of what a call tells."""
    pairs = _by_pair(standings)
    return {one.standing.key: recent(pairs[one.standing.key[:2]]) for one in call.sayings}


def _rates(standings: Sequence[Standing]) -> dict[tuple[str, str], tuple[int, int]]:
    """Of the last four periods of each organisation and collection, how many in time, of how many."""
    rates = {pair: rolling(theirs) for pair, theirs in _by_pair(standings).items()}
    return {pair: (one.punctual, one.due) for pair, one in rates.items()}


def _by_pair(standings: Sequence[Standing]) -> dict[tuple[str, str], list[Standing]]:
    pairs: dict[tuple[str, str], list[Standing]] = {}
    for one in standings:
        pairs.setdefault((one.organisation, one.collection), []).append(one)
    return pairs


def _goes_far(call: Call) -> bool:
    return any(one.step in {Step.AFTER_7, Step.AFTER_15, Step.REPEATED} for one in call.sayings)


def _templates(wiring: Wiring, directory: Directory, call: Call, now: datetime) -> dict[tuple[str, str], str]:
    """What lies in `diffusion/modeles/` of the accounts concerned, by collection and period."""
    found: dict[tuple[str, str], str] = {}
    for account in sorted({one.standing.account for one in call.sayings if one.standing.account is not None}):
        for code, period in wiring.ledger.wanted_models(account, now):
            collection = wiring.catalogue.by_code(code)
            if collection is not None:
                order = template_order(
                    wiring.catalogue, directory, collection, period, account=account, zone=wiring.settings.zone
                )
                found[code, period.code] = order.file_name
    return found
