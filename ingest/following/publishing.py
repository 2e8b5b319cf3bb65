"""Makes the editions whose moment has come (contract §10); nothing is mailed from here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from domain.publishing import PeriodState, to_make
from ingest.telemetry import logger
from ingest.wiring import Wiring

QUIET: Final = timedelta(minutes=5)
"""Without another change of what a period rests on, before it is shown."""
MOST_AT_A_TIME: Final = 4
"""Editions weighed in one pass, so that the others of the follow-up are not kept waiting; the next one goes on."""


def make_editions(wiring: Wiring, now: datetime, *, quiet: timedelta = QUIET, most: int | None = MOST_AT_A_TIME) -> int:
    """Make what is due, and finish what a crash left; no message is queued."""
    press, maker = wiring.press, wiring.editions
    maker.finish(press.recorded(), now)
    directory = wiring.register.current()
    due = [
        state for state in press.states(directory, now) if to_make(state, now, wiring.office_hours, quiet) is not None
    ]
    for state in due[:most]:
        _make(wiring, state, now)
    return 0


def make_all_editions(wiring: Wiring, now: datetime) -> int:
    """The same, as a single pass does it: the quiet time counts as elapsed (contract §10), and nothing is put off."""
    return make_editions(wiring, now, quiet=timedelta(0), most=None)


def _make(wiring: Wiring, state: PeriodState, now: datetime) -> None:
    """One that fails is tried again at the next pass, and keeps no other back."""
    try:
        wiring.editions.make(state, now)
    except Exception:  # noqa: BLE001 - a mistake of ours in one period: the others are published
        logger().exception("edition_failed", period=state.period.code)
