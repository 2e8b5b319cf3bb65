"""`publish`, `releases`, `release`, `rebuild`: the editions of the tables (contract §3, §10)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.errors import CannotDo
from domain.periods import Period
from domain.releases import DeliveryState, EditionKind, Release
from ingest.cli.output import civil, emit_json, emit_rows, note, say
from ingest.wiring import Wiring, current_user
from rendering.escaping import terminal

_HEADINGS = {
    "period": "PERIOD",
    "edition": "EDITION",
    "created_at": "MADE",
    "state": "STATE",
    "changed_cells": "CHANGED",
    "distributed_at": "DISTRIBUTED",
}


def publish(arguments: argparse.Namespace) -> int:
    """Make and distribute the edition that the rules give now."""
    period = period_named(arguments.period)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        if arguments.dry_run:
            return _foresee(wiring, period, wiring.clock.now())
        from ingest.publishing import ordering  # noqa: PLC0415 - costs the makers of documents

        _ = wiring.ledger  # a rehearsal's clock goes on from the last event
        author = arguments.by or current_user()
        done = ordering.publish(wiring, period, author=author, now=wiring.clock.now(), progress=_progress())
        held = wiring.settings.mail_mode == "hold"
    if done.made is None and done.distributed is None:
        said = "" if done.last is None else f": {_name(done.last)} says what is in force"
        said += " and was distributed" if done.last is not None and done.last.distributed_at else ""
        say(f"nothing new to publish for {period.code}{said}")
        return 0
    if done.made is not None:
        say(f"{_name(done.made)} made, {done.made.changed_cells} cell(s) changed")
    if done.distributed is not None:
        sender = "they leave once mail_mode is no longer hold" if held else "the service, or 'guichet once', sends them"
        say(f"{_name(done.distributed)} distributed: {done.queued} message(s) queued; {sender}")
    elif done.made is not None and done.made.kind is EditionKind.PROVISIONAL:
        say("a provisional edition is for UESL: nothing is sent")
    else:
        say("its readers have the same figures already: nothing is sent")
    return 0


def _foresee(wiring: Wiring, period: Period, now: datetime) -> int:
    from ingest.publishing import ordering  # noqa: PLC0415
    from publication.edition import Edition  # noqa: PLC0415
    from publication.words import banner, change_sentence  # noqa: PLC0415

    draft, addresses = ordering.foreseen(wiring, period, now)
    edition = Edition(
        period=period,
        kind=draft.kind,
        number=draft.number,
        dated_on=now.astimezone(wiring.settings.zone).date(),
        tables=draft.content.tables,
        coverage=draft.content.coverage,
        names=draft.content.names,
        changes=draft.changes,
    )
    waiting = ordering.waiting(wiring, period)
    if draft.new:
        say(f"would make {period.code}/{edition.name}")
    else:
        say(f"would make nothing: the last edition of {period.code} says what is in force")
        if waiting is not None:
            say(f"would distribute {_name(waiting)}, made on {waiting.dated_on}")
    say("coverage:")
    for line in banner(edition):
        say(f"  {terminal(line)}")
    against = "no edition before" if draft.base is None else f"against {_name(draft.base)}"
    say(f"changes ({against}): {len(draft.changes)} cell(s)")
    for change in draft.changes:
        say(f"  {terminal(change_sentence(change))}")
    leaves = draft.kind.distributed if draft.new else waiting is not None
    say(f"recipients: {addresses if leaves else 0} address(es)")
    say("dry run: nothing was written, nothing was sent")
    return 0


def releases(arguments: argparse.Namespace) -> int:
    """The editions."""
    period = None if arguments.period is None else period_named(arguments.period)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        found, zone = wiring.press.releases(period), wiring.settings.zone
    rows = [document(one, zone) for one in found]
    emit_rows(rows, _HEADINGS, arguments.format, empty="no edition yet")
    return 0


def release_show(arguments: argparse.Namespace) -> int:
    """One edition, and where its copies are."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        found = wiring.press.named(arguments.edition)
        one = found.release
        copies = wiring.deliveries.copies([one])
        inputs = wiring.press.inputs(one)
        folder = wiring.releases.folder(one.period, one.name)
        row: dict[str, Any] = {
            **document(one, wiring.settings.zone),
            "directory_version": found.directory_version,
            "rules_version": found.rules_version,
            "inputs": len(inputs),
            "folder": str(folder),
            "current": wiring.releases.current(one.period) == one.name,
            "files": list(wiring.releases.names(one.period, one.name)),
            "deliveries": {state.value: sum(copy.state is state for copy in copies) for state in DeliveryState},
        }
    if arguments.format == "json":
        emit_json([row])
        return 0
    for key, value in row.items():
        if value is not None and value != []:
            say(f"{key + ':':<20} {_shown(value)}")
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {state}" for state, count in value.items() if count) or "none"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return terminal(str(value))


def release_hold(arguments: argparse.Namespace) -> int:
    """Keep an edition from being distributed."""
    author, reason = arguments.by or current_user(), _reason(arguments)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        _ = wiring.ledger
        held = wiring.press.hold(arguments.edition, author=author, reason=reason, now=wiring.clock.now())
    say(f"{_name(held)} is held: it leaves when somebody orders it: guichet publish {held.period}")
    return 0


def release_withdraw(arguments: argparse.Namespace) -> int:
    """Take an edition back."""
    author, reason = arguments.by or current_user(), _reason(arguments)
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        from ingest.publishing import ordering  # noqa: PLC0415

        _ = wiring.ledger
        now = wiring.clock.now()
        back = ordering.take_back(wiring, arguments.edition, author=author, reason=reason, now=now)
        withdrawn, former = back.withdrawn, back.former
        told = len({address.lower() for address, _ in wiring.deliveries.recipients(withdrawn)})
        current = wiring.releases.current(withdrawn.period)
    say(f"{_name(withdrawn)} is withdrawn; {told} address(es) that had it are told")
    if back.unsent:
        say(f"{back.unsent} message(s) had not left, and do not leave any more")
    say(f"current is {withdrawn.period}/{current}" if current else f"{withdrawn.period} has no edition any more")
    if former is not None and told:
        say(f"its readers are told to use {_name(former)} again")
    return 0


def rebuild(arguments: argparse.Namespace) -> int:
    """Make an edition again; exit 1 when it comes out otherwise."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        from ingest.publishing import rebuilding  # noqa: PLC0415

        done = rebuilding.rebuild(wiring.editions, wiring.press, wiring.releases, arguments.release)
        name = _name(done.recorded.release)
        if done.same_bytes:
            say(f"{name} made again from the {done.made_from.value}: the same bytes")
            return 0
        say(f"{name} made again from the {done.made_from.value}: content hash {done.content_hash}")
        for told, names in (("differs", done.differing), ("missing", done.missing), ("unknown", done.unexpected)):
            for one in names:
                say(f"  {told}: {terminal(one)}")
        if not done.same_content:
            say("its figures come out otherwise: the folder is left as it is")
            return 1
        rebuilding.restore(wiring.releases, done)
        wiring.editions.point(done.recorded.release.period)
        say("same figures: the folder is put right")
    return 0


def period_named(text: str) -> Period:
    """A quarter or a year as typed; CannotDo."""
    try:
        return Period.parse(text)
    except ValueError as error:
        raise CannotDo(str(error)) from None


def document(one: Release, zone: ZoneInfo) -> dict[str, Any]:
    """One edition with the key names of its manifest."""
    row: dict[str, Any] = {
        "period": one.period,
        "edition": one.name,
        "kind": one.kind.value,
        "number": one.number,
        "state": _state(one),
        "created_at": one.created_at,
        "content_hash": one.content_hash,
        "complete": one.complete,
        "changed_cells": one.changed_cells,
        "replaces": one.replaces,
        "ordered_by": one.ordered_by,
        "distributed_at": one.distributed_at,
        "held_by": one.held_by,
        "held_reason": one.held_reason,
        "withdrawn_at": one.withdrawn_at,
        "withdrawn_by": one.withdrawn_by,
        "withdrawn_reason": one.withdrawn_reason,
    }
    return civil(row, zone)


def _state(one: Release) -> str:
    if one.withdrawn_at is not None:
        return "withdrawn"
    if one.distributed_at is not None:
        return "distributed"
    return "held" if one.held else "made"


def _name(one: Release) -> str:
    return f"{one.period}/{one.name}"


def _reason(arguments: argparse.Namespace) -> str:
    reason: str = (arguments.reason or "").strip()
    if not reason:
        raise CannotDo("--reason is empty; say why")
    return reason


def _progress() -> Callable[[int, int], None]:
    """On a terminal, one line a chunk."""
    if not sys.stderr.isatty():
        return lambda _done, _all: None
    return lambda done, everybody: note(f"queueing {done}/{everybody}")
