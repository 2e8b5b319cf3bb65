"""Takes in the mail that arrived for us, and hands on what people wrote (contract §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from domain.clock import SystemClock
from domain.errors import Retry
from domain.incoming import Arrival, Correspondence, Unforwarded
from domain.notices import Notice
from ingest.incoming.folder import FOREIGN, Foreign, MailFolder, Place, Unsettled
from ingest.ledger.incoming import Found
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.incidents import system_notices
from notifications.incoming import bounced_notices, reply_notices
from rendering.escaping import visible

MOST_AT_ONCE: Final = 500
"""The rest waits for the next pass: mail never holds up the deadlines."""
MOST_TOLD: Final = 5
"""Files left alone that the administrator is told of; the first ones, so that a full folder makes no flood."""


def read_mail(wiring: Wiring, now: datetime) -> int:
    """Read the folder `mail_bounces`; how many messages were queued. Nothing is dropped, nothing done twice."""
    folder = mail_folder(wiring)
    if folder is None or is_our_way_out(wiring) or folder.trouble():  # `doctor` tells
        return 0
    queued = _take_all_in(wiring, folder, now)
    for place in folder.strangers(MOST_TOLD):
        queued += _tell(wiring, place, FOREIGN, now)
    return queued + _hand_on(wiring, folder, now)


def _take_all_in(wiring: Wiring, folder: MailFolder, now: datetime) -> int:
    queued, told, handled = 0, 0, 0
    trouble: OSError | None = None
    real_now = SystemClock().now()  # settling always uses real time
    settled_before = real_now - timedelta(seconds=wiring.settings.settle_seconds)
    folder.sweep(real_now - timedelta(days=1))
    for place in folder.waiting():
        if handled >= MOST_AT_ONCE:
            break
        try:
            queued += _take_in(wiring, folder, place, settled_before, now)
        except Unsettled:
            continue
        except Foreign as refused:  # it stays where it is, and never in the way of what comes after it
            if told < MOST_TOLD:
                queued += _tell(wiring, place, str(refused), now)
            told += 1
            continue
        except OSError as error:  # one mail that the disk refuses does not hold up the others
            trouble = error
        except Retry:
            raise
        except Exception:  # noqa: BLE001 - a bug of ours; the mail stays, and what comes after it is read
            logger().exception("mail_not_read", mail=place.key)
        handled += 1
    if trouble is not None:
        logger().warning("mail_not_kept", reason=str(trouble))
    return queued


def mail_folder(wiring: Wiring) -> MailFolder | None:
    """Where mail arrives, when the settings name a folder."""
    settings = wiring.settings
    return None if settings.mail_bounces is None else MailFolder(settings.mail_bounces, settings.home)


def is_our_way_out(wiring: Wiring) -> bool:
    """Whether the settings name the Maildir that we write: reading it would eat our own messages."""
    settings = wiring.settings
    return settings.mail == f"maildir:{settings.mail_bounces}"


def _take_in(wiring: Wiring, folder: MailFolder, place: Place, settled_before: datetime, now: datetime) -> int:
    settings, queued = wiring.settings, 0
    with folder.taken(place, settled_before) as taken:
        known = wiring.mailroom.kept_as(taken.sha256)
        kept = known or folder.place_for(taken.sha256, now.astimezone(settings.zone))
        folder.keep(taken, kept)
        if known is None:
            said = wiring.mail_reader.arrival(settings.home / kept, ours=(settings.mail_from,))
            found = Found(arrival=said, sha256=taken.sha256, kept=kept)
            queued = wiring.mailroom.take_in(found, now, partial(_bounced, wiring, said, now))
            logger().info("mail_arrived", mail=said.kind.value, kept=kept)
        folder.remove(place, taken)
    return queued


def _bounced(wiring: Wiring, said: Arrival, now: datetime, about: Correspondence) -> Sequence[Notice]:
    settings = wiring.settings
    return bounced_notices(said, about, now=now, zone=settings.zone, admin=settings.mail_admin)


def _hand_on(wiring: Wiring, folder: MailFolder, now: datetime) -> int:
    """Everything that a person wrote and that nobody was handed yet, while there is somebody."""
    settings, queued = wiring.settings, 0
    if settings.mail_reply_to is None and settings.mail_admin is None:
        return 0
    begins_at = now.astimezone(settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for mail in wiring.mailroom.unforwarded((begins_at, now)):
        path = folder.path_of(mail.kept)
        if path is None:
            continue
        try:
            said = wiring.mail_reader.arrival(path, ours=(settings.mail_from,))
            queued += wiring.mailroom.hand_on(mail.number, (begins_at, now), partial(_reply, wiring, said, mail))
        except Retry:
            raise
        except Exception:  # noqa: BLE001 - a bug of ours; it goes on waiting, and the others are handed on
            logger().exception("mail_not_handed_on", mail=mail.number)
    return queued


def _reply(wiring: Wiring, said: Arrival, mail: Unforwarded, about: Correspondence | None) -> Sequence[Notice]:
    """To the person at UESL, else to the administrator; never back to who wrote it."""
    settings = wiring.settings
    readers = [one for one in (settings.mail_reply_to, settings.mail_admin) if one is not None]
    to = next((one for one in readers if one.lower() != said.sender.lower()), None)
    if to is None:
        return ()
    return reply_notices(said, mail, about, to=to, directory=wiring.register.current(), zone=settings.zone)


def _tell(wiring: Wiring, place: Place, kind: str, now: datetime) -> int:
    """To the administrator, once: something in the folder is left alone."""
    key = f"{kind}:{place.key}"
    facts = (("Nom", visible(place.name)),)
    notices = system_notices(None, admin=wiring.settings.mail_admin, kind=kind, key=key, facts=facts)
    told = wiring.ledger.say_once(key, notices, kind=kind, account=None, now=now)
    return len(notices) if told else 0
