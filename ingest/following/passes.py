"""All passes of the follow-up, in their order; each is guarded, so that one that fails never silences the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from domain.errors import Retry
from ingest.telemetry import logger
from ingest.wiring import Wiring

Pass = Callable[[Wiring, datetime], int]
"""Says what is due at that instant; how many messages were queued."""

PASSES: Final[tuple[tuple[str, Pass], ...]] = ()


def follow(wiring: Wiring) -> int:
    """Run every pass once; the number of messages queued."""
    log, said = logger(), 0
    for name, one in PASSES:
        try:
            said += one(wiring, wiring.clock.now())
        except Retry as trouble:
            log.warning("pass_postponed", step=name, reason=str(trouble))
        except Exception:
            log.exception("pass_failed", step=name)
    return said
