"""Whether what is old may be destroyed now: never by a clock that is, or may be, too far ahead (contract §12)."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from ingest.clock_watch import KIND, ClockWatch
from ingest.daemon_files import HEARTBEAT
from ingest.lock import seats
from ingest.wiring import Wiring

LATE_SECONDS: Final = 90


def why_not(wiring: Wiring) -> str | None:
    """Why nothing may be destroyed now, in English; None when it may. In a rehearsal there is no guard.

    The service has looked at the clock for longer than a command that has just begun: while it lives, it decides.
    """
    if wiring.guard is None:
        return None
    beats = _heartbeats(wiring)
    if beats:  # of several machines each looks at its own clock: one that doubts is enough
        return next((said for said in map(_said_by_service, beats) if said is not None), None)
    watch = ClockWatch(wiring)
    watch.begin()
    if watch.may_destroy():
        return None
    if watch.doubtful:
        return f"the clock is in doubt, it is behind the journal ({KIND}): set it right, see the runbook"
    return (
        "the clock stands more than a week after the journal's last line, and may be wrong: "
        "leave 'guichet run' at work for a day, it destroys by itself what is due"
    )


def _said_by_service(beat: dict[str, Any]) -> str | None:
    if beat.get(KIND):
        return f"the service finds the clock in doubt ({KIND}): see the runbook; nothing is destroyed meanwhile"
    if not beat.get("may_destroy", False):
        return "the service started long after the journal's last line: it destroys nothing for a day"
    return None


def may_destroy(wiring: Wiring) -> bool:
    """The same for the service itself, which holds the guard."""
    return wiring.guard is None or wiring.guard.may_destroy


def _heartbeats(wiring: Wiring) -> list[dict[str, Any]]:
    """The signs of the living services, by seat; none when there is none, or no heart beats."""
    home, found = wiring.settings.home, []
    for seat in seats(home):
        path = seat.path(home, HEARTBEAT)
        try:
            if time.time() - path.stat().st_mtime <= LATE_SECONDS:
                found.append(json.loads(path.read_text()))
        except (OSError, ValueError):
            continue
    return [one for one in found if isinstance(one, dict)]
