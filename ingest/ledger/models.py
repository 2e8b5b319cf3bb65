"""Which templates each account has in `diffusion/modeles/`, and when to write them again (contract §8, opening mails).

Level-triggered: what should be there is worked out from the obligations, and asked for only when it is not what was
asked for last. So a new period, a mended register, an upgrade and a service that was down are all the same case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.engine import Connection

from domain.organisations import Directory
from domain.periods import Period
from ingest.database.tables import effect, obligation
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.standing import Calendar, status_of
from schemas.decisions import DECISIONS

Wanted = tuple[str, Period]
"""Collection and period of one template."""

_ASKED = select(effect.c.account, effect.c.payload).where(
    effect.c.id.in_(
        select(func.max(effect.c.id)).where(effect.c.kind == EffectKind.MODELES.value).group_by(effect.c.account)
    )
)


def wanted_of(rows: Iterable[Row[Any]], calendar: Calendar, now: datetime) -> tuple[Wanted, ...]:
    """The templates among these obligations: what is still owed, and the last ended period, to correct it.

    A complete one goes when the period after it ends.
    """
    today = now.astimezone(calendar.zone).date()
    found = []
    for row in rows:
        period = Period.parse(row.period)
        if row.opens_at > now or row.waived_reason is not None or calendar.collection(row.collection) is None:
            continue
        if period.following.ends_on >= today or status_of(row, now, calendar.zone).owes:
            found.append((row.collection, period))
    return tuple(sorted(found))


def wanted_by(connection: Connection, account: str, calendar: Calendar, now: datetime) -> tuple[Wanted, ...]:
    """The templates of one account."""
    return wanted_of(connection.execute(select(obligation).where(obligation.c.account == account)), calendar, now)


def ask_for_models(
    connection: Connection, directory: Directory, calendar: Calendar, rules_version: str, now: datetime
) -> None:
    """Ask for the templates of every account for which something has changed; twice asks for nothing more."""
    rows: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(select(obligation).where(obligation.c.opens_at <= now)):
        rows.setdefault(row.account or "", []).append(row)
    asked = {row.account: row.payload.get("state") for row in connection.execute(_ASKED)}
    for account in _accounts(directory, calendar):
        wanted = [f"{code}:{period}" for code, period in wanted_of(rows.get(account, ()), calendar, now)]
        told = "\n".join([rules_version, str(directory.version), *wanted, *_of_the_year(directory, account, now)])
        state = hashlib.sha256(told.encode()).hexdigest()[:16]
        if asked.get(account) != state:
            ask(connection, now, account, None, {EffectKind.MODELES: {"state": state}})


def _accounts(directory: Directory, calendar: Calendar) -> list[str]:
    """The accounts that have something to deposit, decisions among it."""
    return sorted(
        one.compte_sftp
        for one in directory.organisations
        if one.compte_sftp and any(one.type in collection.senders for collection in (*calendar.collections, DECISIONS))
    )


def _of_the_year(directory: Directory, account: str, now: datetime) -> list[str]:
    """The workbook of decisions tells the year."""
    one = directory.of_account(account)
    return [f"{DECISIONS.code}:{now.year}"] if one is not None and one.type in DECISIONS.senders else []
