"""Makes the editions whose moment has come (contract §10); what they are mailed with is another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from domain.errors import Retry
from domain.publishing import PeriodState, kind_at, to_make
from domain.workdays import OfficeHours
from ingest.ledger.releases import Recorded
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.incidents import system_notices

QUIET: Final = timedelta(minutes=5)
"""Without another change of what a period rests on, before it is shown."""
MOST_AT_A_TIME: Final = 4
"""Editions weighed in one pass, so that the others of the follow-up are not kept waiting; the next one goes on."""


def make_editions(wiring: Wiring, now: datetime, *, quiet: timedelta = QUIET, most: int | None = MOST_AT_A_TIME) -> int:
    """Make what is due, and finish what a crash left; how many messages were queued: to the administrator alone."""
    said = 0
    by_period: dict[str, list[Recorded]] = {}
    for one in wiring.press.recorded():
        by_period.setdefault(one.release.period, []).append(one)
    for period, editions in by_period.items():
        said += _guarded(wiring, period, now, partial(wiring.editions.finish, editions, now))
    weighed = 0
    for state in wiring.press.states(wiring.register.current(), now):
        if most is not None and weighed >= most:
            break
        if not _is_due(state, now, wiring.office_hours, quiet):
            continue
        weighed += state.stale_changed_at is not None or not state.editions
        said += _guarded(wiring, state.period.code, now, partial(wiring.editions.make, state, now))
    return said


def _is_due(state: PeriodState, now: datetime, hours: OfficeHours, quiet: timedelta) -> bool:
    """Whether an edition is to be made; its kind's moment came `quiet` ago: what lies in the inbox then is taken."""
    kind = to_make(state, now, hours, quiet)
    return kind is not None and kind_at(state, now - quiet, hours) is kind


def make_all_editions(wiring: Wiring, now: datetime) -> int:
    """The same, as a single pass does it: the quiet time counts as elapsed (contract §10), and nothing is put off."""
    return make_editions(wiring, now, quiet=timedelta(0), most=None)


def _guarded(wiring: Wiring, period: str, now: datetime, action: Callable[[], object]) -> int:
    """What fails is tried again at the next pass, keeps no other period back, and is told once a day."""
    try:
        action()
    except Retry:
        raise
    except Exception as error:  # noqa: BLE001 - a mistake of ours in one period: the others are published
        logger().exception("edition_failed", period=period)
        return _alert(wiring, period, now, error)
    return 0


def _alert(wiring: Wiring, period: str, now: datetime, error: Exception) -> int:
    key = f"edition:{period}:{wiring.office_hours.local(now).date()}"
    notices = system_notices(
        wiring.register.current(),
        admin=wiring.settings.mail_admin,
        kind="edition_failed",
        key=key,
        detail=type(error).__name__,
        facts=(("Période", period),),
    )
    told = wiring.ledger.say_once(key, notices, kind="edition_failed", account=None, now=now)
    return len(notices) if told else 0
