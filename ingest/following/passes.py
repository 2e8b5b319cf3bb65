"""All passes of the follow-up, in their order; each is guarded, so that one that fails does not silence the others.

But for the first: while the due instants of an outage of ours are not moved, nobody is told that they have passed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from domain.errors import Retry
from ingest.following.anomalies import remind_anomalies
from ingest.following.bulletins import tell_central_body
from ingest.following.distribution import announce_editions, distribute_editions
from ingest.following.incoming import read_mail
from ingest.following.outages import excuse_closures
from ingest.following.publishing import make_all_editions, make_editions
from ingest.following.steps import say_steps
from ingest.retention.daily import destroy_old
from ingest.sharing import Part
from ingest.telemetry import logger
from ingest.wiring import Wiring

Pass = Callable[[Wiring, datetime], int]
"""Says what is due at that instant; how many messages were queued."""

PASSES: Final[tuple[tuple[str, Pass], ...]] = (
    ("outages", excuse_closures),  # first: it moves what the others reckon from
    ("steps", say_steps),
    ("anomalies", remind_anomalies),
    ("incoming", read_mail),
    ("editions", make_editions),
    ("distribution", distribute_editions),
    ("announcements", announce_editions),
    ("bulletins", tell_central_body),  # last of those who speak: it tells what the others said
    ("retention", destroy_old),
)
_RECKON: Final = frozenset({"steps", "editions", "distribution", "announcements", "bulletins"})
"""Those that reckon from due instants: an outage of ours that could not be excused must make nobody late meanwhile."""
_AT_ONCE: Final = tuple((name, make_all_editions if one is make_editions else one) for name, one in PASSES)


def follow(wiring: Wiring, *, at_once: bool = False) -> int:
    """Run every pass once; the number of messages queued. `at_once`: quiet times count as elapsed.

    Ends where a colleague has begun, when our connection was cut on the way.
    """
    log, said = logger(), 0
    waiting: frozenset[str] = frozenset()
    for name, one in _AT_ONCE if at_once else PASSES:
        if name in waiting:
            continue
        if not wiring.sharing.still(Part.FOLLOWING):
            log.warning("following_left_to_another", step=name)
            break
        try:
            said += one(wiring, wiring.clock.now())
        except Exception as trouble:
            if isinstance(trouble, Retry):
                log.warning("pass_postponed", step=name, reason=str(trouble))
            else:
                log.exception("pass_failed", step=name)
            if one is excuse_closures:
                waiting = _RECKON
    return said
