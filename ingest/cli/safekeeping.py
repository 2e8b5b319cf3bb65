"""`backup`, `restore`, `mail resume`: the desk kept safe, and brought back (docs/how-to/back-up-and-restore.md)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ingest.cli.output import emit_json, say
from ingest.wiring import Wiring, current_user
from rendering.escaping import terminal

if TYPE_CHECKING:
    from ingest.backing_up.former import Recovered
    from ingest.backing_up.making import Made
    from ingest.backing_up.reconciling import Deposit, Reconciled
    from ingest.backing_up.restoring import Outcome

DONE, NO = 0, 1
_SHOWN: Final = 20


def backup(arguments: argparse.Namespace) -> int:
    """Make a backup; exit 1 when it is made but an original is not what was received."""
    from ingest.backing_up.making import Backup  # noqa: PLC0415 - costs the catalogue

    with Wiring.from_options(arguments.config, arguments.at) as wiring, _progress() as show:
        made = Backup(wiring, show).make(Path(arguments.path))
    if arguments.format == "json":
        emit_json([_as_row(made)])
    else:
        _tell_backup(made)
    return NO if made.manifest.damaged else DONE


def _as_row(made: Made) -> dict[str, object]:
    found = made.manifest
    return {
        "path": str(made.path),
        "made_at": found.made_at,
        "rows": found.rows,
        "files": found.files,
        "bytes": found.files_bytes,
        "waiting": list(found.waiting),
        "damaged": list(found.damaged),
        "left_out": list(made.left_out),
    }


def _tell_backup(made: Made) -> None:
    found = made.manifest
    say(f"backup in {made.path}: {found.rows} rows, {found.files} files ({found.files_bytes / 1e6:.1f} MB)")
    if found.waiting:
        say(
            f"not in it: the bytes of {len(found.waiting)} deposit(s) without a verdict yet "
            f"({_some(found.waiting)}); the next backup has them",
        )
    if found.damaged:
        say(
            f"DAMAGED: the original of {len(found.damaged)} deposit(s) is not what was received "
            f"({_some(found.damaged)}); check the disk, look for it in an earlier backup",
        )
    if made.left_out:
        say(f"left out: {_some(made.left_out)}, tables that guichet did not make")


def restore(arguments: argparse.Namespace) -> int:
    """Restore a backup; exit 0 also when deposits have to be asked for again: it says so."""
    from ingest.backing_up.restoring import Order, Restore  # noqa: PLC0415

    order = Order(
        path=Path(arguments.path),
        destructions=Path(arguments.destructions) if arguments.destructions else None,
        former_home=Path(arguments.former_home) if arguments.former_home else None,
        without_damaged=arguments.without_damaged,
    )
    with Wiring.from_options(arguments.config, arguments.at) as wiring, _progress() as show:
        outcome = Restore(wiring, show).run(order)
        zone = wiring.settings.zone
    if arguments.format == "json":
        emit_json([outcome.as_document()])
    else:
        _tell_restore(outcome, zone)
    return DONE


def _tell_restore(outcome: Outcome, zone: ZoneInfo) -> None:
    manifest, found, back = outcome.manifest, outcome.found, outcome.recovered
    taken = f"{datetime.fromisoformat(manifest.made_at).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    say(f"restored: the desk as it was on {taken}, {manifest.rows} rows, {manifest.files} files")
    for line in outcome.upgraded:
        say(f"upgraded: {line}")
    if outcome.destroyed:
        say(f"destroyed again: what was destroyed of {outcome.destroyed} deposit(s)")
    if outcome.left_out:
        say(f"left out, damaged: {_some(outcome.left_out)}")
    _tell_former(back)
    again = set(back.again)
    _tell_inbox(found, again)
    say()
    say("Mail is on hold. Next:")
    for number, step in enumerate(_steps(outcome, taken), start=1):
        say(f"  {number}. {step}")


def _tell_former(back: Recovered) -> None:
    if back.again:
        say(f"from the former home: {len(back.again)} later deposit(s) will be taken again, at their own receipt time")
    if back.completed:
        say(f"from the former home: the bytes of {len(back.completed)} deposit(s) without a verdict")
    if back.lost:
        say(f"in the former home, not to be read: {_some(back.lost)}")


def _tell_inbox(found: Reconciled, again: set[str]) -> None:
    _tell_deposits("received, without a verdict, and their bytes are lost: ask for them again", found.without_bytes)
    _tell_deposits(
        "answered after the backup, and unknown now: ask for them again, or restore with --former-home",
        [one for one in found.unknown_answers if one.submission not in again],
    )
    if found.claims - len(again) > 0:
        say(f"in the inbox: {found.claims - len(again)} file(s) in hand, which the service takes up by itself")
    if found.folders_without_account:
        say(f"folders of no account (guichet account add): {_some(found.folders_without_account)}")
    for edition in found.editions_to_rebuild[:_SHOWN]:
        say(f"edition without its folder: guichet rebuild {edition}")


def _steps(outcome: Outcome, taken: str) -> list[str]:
    held = f", {outcome.held} message(s) that the backup had not sent are held one by one" if outcome.held else ""
    return [
        "guichet doctor",
        f"make again what was done by hand since {taken}: withdraw, deadline, anomaly, publish, directory, account",
        "guichet run (mail waits), then look: guichet submissions, guichet status, guichet releases",
        f"guichet mail list --state queued{held} (--state held)",
        "guichet mail resume, or guichet mail resume --only-new if what waits was sent before",
    ]


def _tell_deposits(title: str, deposits: Sequence[Deposit]) -> None:
    if not deposits:
        return
    say(f"{len(deposits)} deposit(s) {title}")
    for one in deposits[:_SHOWN]:
        say(f"  {one.submission}  {terminal(one.account)}  {terminal(one.file)}  {one.received_at}")
    if len(deposits) > _SHOWN:
        say(f"  and {len(deposits) - _SHOWN} more, all in restored.json of the home")


def mail_resume(arguments: argparse.Namespace) -> int:
    """End the hold of a restore."""
    from ingest.ledger.safekeeping import on_hold_since, resume_mail  # noqa: PLC0415

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        with wiring.database.read() as connection:
            since = on_hold_since(connection)
        if since is None:
            say("mail is not on hold by a restore: nothing to do")
            return DONE
        number = resume_mail(wiring.database, wiring.clock.now(), current_user(), only_new=arguments.only_new)
        still = wiring.settings.mail_mode == "hold"
    if arguments.only_new:
        say(f"mail leaves again; the {number} message(s) that waited stay on hold: guichet mail retry ID sends one")
    else:
        say(f"mail leaves again: {number} message(s) wait for the service, or 'guichet once'")
    if still:
        say("mail_mode is hold: nothing leaves until that setting changes")
    return DONE


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(terminal(name) for name in names[:5])
    return f"{shown}…" if len(names) > 5 else shown  # noqa: PLR2004 - a few examples


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Progress on one line of a terminal, gone at the end; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _line: None
        return
    try:
        yield _show
    finally:
        _show("")


def _show(line: str) -> None:
    sys.stderr.write(f"\r\x1b[K{terminal(line)[:100]}")
    sys.stderr.flush()
