"""Tells the central body what changed, and where everything stands once a week; keeps its pages current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from domain.bulletins import Bulletin, due_bulletin
from domain.notices import Notice
from domain.organisations import Directory, OrganisationType
from ingest.ledger.bulletins import Order
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.bulletins import bulletin_notices


def tell_central_body(wiring: Wiring, now: datetime) -> int:
    """The digest or the weekly page, when one is due; how many messages were queued.

    There is one look each working morning: what changes during the day is told the next one.
    """
    directory, ledger = wiring.register.current(), wiring.ledger
    if not directory.organisations:
        return 0
    accounts = central_accounts(directory)
    if not ledger.pages_are_current(accounts, now):
        ledger.refresh_pages(accounts, now)
    due = due_bulletin(now, wiring.office_hours, **asdict(ledger.told_so_far(now)))
    if due is None:
        return 0
    order = Order(kind=due[0], day=due[1], accounts=accounts)
    queued: list[Notice] = []

    def compose(bulletin: Bulletin) -> Sequence[Notice]:
        queued[:] = _compose(wiring, directory, bulletin)
        return queued

    if not ledger.tell_central_body(order, now, compose):
        return 0
    if not queued:
        logger().warning("bulletin_without_reader", kind=order.kind.value, day=order.day.isoformat())
    return len(queued)


def _compose(wiring: Wiring, directory: Directory, bulletin: Bulletin) -> list[Notice]:
    names = {one.code: one.nom for one in directory.organisations}
    return bulletin_notices(
        replace(bulletin, suivi=replace(bulletin.suivi, names=names)),
        directory,
        known=wiring.known,
        reply_to=wiring.settings.mail_reply_to,
        admin=wiring.settings.mail_admin,
    )


def central_accounts(directory: Directory) -> tuple[str, ...]:
    """The SFTP accounts of the central body."""
    return tuple(
        one.compte_sftp for one in directory.organisations if one.type is OrganisationType.UESL and one.compte_sftp
    )
