"""After an outage of ours: who had no desk at the due instant gets time, and is told (contract §8)."""

from __future__ import annotations

from datetime import datetime

from ingest.wiring import Wiring
from notifications.outages import outage_notices


def excuse_closures(wiring: Wiring, now: datetime) -> int:
    """Move the due instants that fell while the desk was closed; one message to each person who still owes."""
    settings = wiring.settings
    given = wiring.ledger.excuse_closures(
        now,
        compose=lambda excused: outage_notices(
            excused,
            wiring.register.current(),
            zone=settings.zone,
            known=wiring.known,
            reply_to=settings.mail_reply_to,
            admin=settings.mail_admin,
        ),
    )
    return len(given)
