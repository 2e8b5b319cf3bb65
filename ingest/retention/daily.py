"""Once a day, and as long as something is unfinished: announce what is near its end, destroy what has come to it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from domain.errors import CannotDo
from domain.retention import Lot, Rule
from ingest.database.tables import once_key
from ingest.database.upsert import insert_once
from ingest.ledger import destroying
from ingest.ledger.destroying import THE_FILE, Due
from ingest.ledger.facts import recall, remember
from ingest.mail_queue import enqueue
from ingest.retention.clock import may_destroy
from ingest.retention.purging import Purge
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.purge import announced_notices

LOOKED: Final = "retention_looked_on"


def destroy_old(wiring: Wiring, now: datetime) -> int:
    """The pass of the follow-up; how many messages were queued. Nothing by a clock that may be far ahead (§12)."""
    if not may_destroy(wiring):
        return 0
    purge, today = Purge(wiring), now.astimezone(wiring.settings.zone).date()
    with wiring.database.read() as connection:
        looked = recall(connection, LOOKED) == today.isoformat()
    if looked and not purge.unfinished():
        return 0
    said = announce(wiring, purge, now)
    try:
        report = purge.run()
    except CannotDo as trouble:  # a backup is being made
        logger().info("purge_waits", reason=str(trouble))
        return said
    with wiring.database.write() as connection:
        remember(connection, LOOKED, today.isoformat())
    return said + bool(report.lots)


def announce(wiring: Wiring, purge: Purge, now: datetime) -> int:
    """Tell once of each exercice whose cases end within the time of notice; how many messages were queued."""
    settings, scope = wiring.settings, purge.scope
    today = scope.day(now)
    if not scope.lengths.notice_days:
        return 0
    horizon = today + timedelta(days=scope.lengths.notice_days)
    with wiring.database.read() as connection:
        near = destroying.due(connection, scope, now, ahead_on=horizon)
    ends: dict[tuple[int, date], list[Due]] = {}
    for one in near:
        if one.end.rule is Rule.EXERCICE and one.end.exercice is not None and one.end.on > today:
            ends.setdefault((one.end.exercice, one.end.on), []).append(one)
    said = 0
    for (exercice, on), dues in sorted(ends.items()):
        with wiring.database.write() as connection:
            if insert_once(connection, once_key, {"key": f"purge-due:{exercice}:{on.isoformat()}", "at": now}):
                notices = announced_notices(
                    lots_of(dues),
                    wiring.register.current(),
                    known=wiring.known,
                    exercice=exercice,
                    on=on,
                    reply_to=settings.mail_reply_to,
                    admin=settings.mail_admin,
                )
                held = settings.mail_mode == "hold"
                said += enqueue(connection, notices, now, mail_domain=wiring.mail_domain, held=held)
    return said


def lots_of(dues: list[Due]) -> tuple[Lot, ...]:
    """What is due as people read it: deposits by collection and exercice."""
    tallies = Counter((one.end.rule, one.collection, one.end.exercice) for one in dues if one.part == THE_FILE)
    return tuple(
        Lot(rule=rule, collection=collection, exercice=exercice, deposits=deposits, files=0)
        for (rule, collection, exercice), deposits in tallies.items()
    )
