"""What becomes of a clock in doubt: the administrator is told once, nobody is reminded, nothing is destroyed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from ingest.clock_guard import Doubt
from ingest.ledger.facts import latest_event_at, recall, remember
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications import incidents
from rendering.french import short_instant

KIND: Final = "clock_in_doubt"


class ClockWatch:
    """Asks the guard, and says what it answers. In a rehearsal there is no guard, and no doubt."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._guard = wiring.guard
        self._log = logger()
        self._told: Doubt | None = None

    def begin(self) -> None:
        """At the start, before anything is written: compare the clock with the journal."""
        if self._guard is None:
            return
        latest = latest_event_at(self._wiring.database)
        if latest is not None and self._guard.start_after(latest, self._first_seen(latest)) is not None:
            self._remember(latest)
        self.in_doubt()

    def in_doubt(self) -> bool:
        """Whether to keep silent about deadlines."""
        if self._guard is None:
            return False
        doubt = self._guard.doubt
        if doubt is not None and doubt is not self._told:
            self._tell(doubt)
        elif doubt is None and self._told is not None:
            self._log.info("clock_believed_again", now=self._guard.now().isoformat(timespec="seconds"))
        self._told = doubt
        return doubt is not None

    @property
    def doubtful(self) -> bool:
        """Whether the clock is in doubt; says nothing to anybody."""
        return self._guard is not None and self._guard.doubt is not None

    @property
    def believed_again(self) -> int:
        """How many times a doubt ended by believing the clock: time may have gone by unseen."""
        return 0 if self._guard is None else self._guard.believed_again

    def may_destroy(self) -> bool:
        """Whether what is old may be destroyed: never by a clock that is, or may be, too far ahead (§12)."""
        return self._guard is None or (not self.in_doubt() and self._guard.may_destroy)

    def _tell(self, doubt: Doubt) -> None:
        zone = self._wiring.settings.zone
        machine, expected = doubt.machine_at.astimezone(zone), doubt.expected_at.astimezone(zone)
        self._log.warning(
            KIND, machine_at=machine.isoformat(timespec="seconds"), expected_at=expected.isoformat(timespec="seconds")
        )
        # Every start behind the journal finds the same newest line; a clock that jumps all the time is told once a day.
        key = f"{KIND}:{expected:%Y-%m-%d}" if doubt.jumped else f"{KIND}:{doubt.expected_at.isoformat()}"
        told = incidents.system_notices(
            None,
            admin=self._wiring.settings.mail_admin,
            kind=KIND,
            key=key,
            facts=(
                ("Heure de la machine", short_instant(machine)),
                ("Heure attendue" if doubt.jumped else "Dernier fait du journal", short_instant(expected)),
            ),
        )
        self._wiring.ledger.say_once(key, told, kind=KIND, account=None, now=self._wiring.clock.now())

    def _first_seen(self, latest: datetime) -> datetime | None:
        """When a clock behind this very line of the journal was first seen: a day later it is believed."""
        with self._wiring.database.read() as connection:
            known = recall(connection, KIND)
        if known is None:
            return None
        seen = json.loads(known)
        return datetime.fromisoformat(seen["since"]) if seen["latest"] == latest.isoformat() else None

    def _remember(self, latest: datetime) -> None:
        if self._first_seen(latest) is None:
            seen = {"latest": latest.isoformat(), "since": self._wiring.clock.now().isoformat()}
            with self._wiring.database.write() as connection:
                remember(connection, KIND, json.dumps(seen))
