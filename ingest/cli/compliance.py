"""`status`, `deadline`: who stands where, and what UESL grants."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import date

from domain.arrangements import Arranged
from domain.deadlines import due_at as end_of_day
from domain.errors import CannotDo, NotFound
from domain.notices import Notice
from domain.periods import Period
from ingest.cli.output import emit_json, say
from ingest.cli.tones import say_lines
from ingest.ledger.arrangements import Request
from ingest.wiring import Wiring, current_user
from notifications.deadlines import deadline_notices
from rendering.compliance import matrix_lines


def status(arguments: argparse.Namespace) -> int:
    """The compliance matrix."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        directory, now = wiring.register.current(), wiring.clock.now()
        period = None if arguments.period is None else _period(arguments.period).code
        today = now.astimezone(wiring.settings.zone).date()
        day = None if arguments.known_on is None else _past_day(arguments.known_on, today)
        if arguments.account is not None and not _is_known(wiring, arguments.account):
            raise NotFound(f"no account or organisation {arguments.account!r} in the register")
        if day is None:
            wiring.ledger.open_obligations(directory, now)
            rows = wiring.ledger.compliance(now, period=period, account=arguments.account)
        else:
            at = min(now, end_of_day(day, wiring.settings.zone))
            rows = wiring.ledger.compliance_known(at, period=period, account=arguments.account)
    if arguments.format == "json":
        emit_json(rows)
    else:
        say_lines(matrix_lines(rows, {one.code: one.nom for one in directory.organisations}, known_on=day))
    return 0


def _past_day(text: str, today: date) -> date:
    """The day of `--known-on`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CannotDo(f"--known-on {text!r} is not a day; write it as 2005-05-15") from None
    if day > today:
        raise CannotDo(f"--known-on {day} is to come; nothing is known of it yet")
    return day


def deadline_extend(arguments: argparse.Namespace) -> int:
    """Give more time."""
    try:
        until = date.fromisoformat(arguments.until)
    except ValueError:
        raise CannotDo(f"--until {arguments.until!r} is not a day; write it as 2005-05-15") from None
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        granted = wiring.ledger.extend(
            _request(wiring, arguments), until, now=wiring.clock.now(), compose=_composer(wiring)
        )
    for one in granted:
        say(f"{one.organisation} {one.collection} {one.period}: due {until} instead of {one.former_due_at:%Y-%m-%d}")
    return 0


def deadline_waive(arguments: argparse.Namespace) -> int:
    """Ask for nothing any more."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        granted = wiring.ledger.waive(_request(wiring, arguments), now=wiring.clock.now(), compose=_composer(wiring))
    for one in granted:
        say(f"{one.organisation} {one.collection} {one.period}: waived")
    return 0


def _request(wiring: Wiring, arguments: argparse.Namespace) -> Request:
    if not arguments.reason.strip():
        raise CannotDo("--reason is empty; say why, the organisation is told")
    collection = wiring.catalogue.find(arguments.collection)
    if collection is None:
        known = ", ".join(one.code for one in wiring.catalogue.collections)
        raise NotFound(f"no collection {arguments.collection!r}; there are {known}")
    wiring.ledger.open_obligations(wiring.register.current(), wiring.clock.now())
    return Request(
        who=arguments.account,
        collection=collection,
        period=_period(arguments.period),
        reason=arguments.reason.strip(),
        author=arguments.by or current_user(),
    )


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise CannotDo(str(error)) from None


def _is_known(wiring: Wiring, account: str) -> bool:
    asked = account.lower()
    organisations = wiring.register.current().organisations
    return any(asked in {one.code.lower(), (one.compte_sftp or "").lower()} for one in organisations)


def _composer(wiring: Wiring) -> Callable[[Sequence[Arranged]], Sequence[Notice]]:
    settings = wiring.settings
    return lambda granted: deadline_notices(
        granted,
        wiring.register.current(),
        wiring.clock.now(),
        zone=settings.zone,
        known=wiring.known,
        reply_to=settings.mail_reply_to,
        admin=settings.mail_admin,
    )
