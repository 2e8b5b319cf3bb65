"""Honest health checks: each says what it looked at, how it is, and what to do (contract §3, `doctor`)."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from domain.errors import GuichetError
from ingest import doctor_ground, doctor_openssh
from ingest.clock_watch import KIND
from ingest.daemon_files import HEARTBEAT, RUN
from ingest.diagnosis import Diagnosis, Health, fault, ok, warning
from ingest.limited.confinement import Fences
from ingest.lock import seats
from ingest.wiring import Wiring

DISK_WARNING, DISK_FAULT = 0.10, 0.03
"""Shares of the disk that must stay free."""
HEARTBEAT_LATE_SECONDS = 90
FEWEST_WATCHES, FEWEST_EVENTS = 1024, 4096
OUTBOX_LATE = timedelta(hours=1)
EARLIEST_SANE_YEAR = 2025
INOTIFY = Path("/proc/sys/fs/inotify")
_REMEDIES = {
    "database": "check database_url and its server; docs/runbook.md says how to restore a backup",
    "reading": "let the user that runs guichet read the folder of its program and of its Python",
    "mail": "check mail_url",
}
"""What to do when a check itself cannot be made, beyond what the accident says."""


Check = Callable[[Wiring], Iterator[Diagnosis]]


def examine(wiring: Wiring) -> list[Diagnosis]:
    """Every check, in order; a check that itself fails is a fault, not an accident, and one accident is told once."""
    found: list[Diagnosis] = []
    accidents: dict[str, tuple[Diagnosis, list[str]]] = {}
    for name, check in CHECKS.items():
        try:
            found.extend(check(wiring))
        except Exception as error:  # noqa: BLE001 - a doctor does not fall ill
            told = _accident(name, error)
            first, others = accidents.setdefault(told.detail, (told, []))
            if first is told:
                found.append(told)
            else:
                others.append(name)
    for first, others in accidents.values():
        if others:
            whole = f"{first.detail} (so nothing can be said of: {', '.join(others)})"
            found[found.index(first)] = replace(first, detail=whole)
    return found


def _accident(name: str, error: Exception) -> Diagnosis:
    if isinstance(error, PermissionError):
        remedy = "give it to the user that runs guichet, and run doctor as that user"
        return fault(name, f"{error.filename}: {error.strerror}", remedy)
    if isinstance(error, OSError):
        return fault(name, str(error), "look at the disk, and at home and inbox in the settings")
    if isinstance(error, GuichetError):
        return fault(name, str(error), _REMEDIES.get(name, "see docs/runbook.md"))
    return fault(name, f"{type(error).__name__}: {error}", "a bug of ours: please report it")


def _folders(wiring: Wiring) -> Iterator[Diagnosis]:
    inbox = wiring.settings.inbox / ".guichet" if wiring.settings.sftp_openssh else wiring.settings.inbox
    for name, folder in (("home", wiring.settings.home), ("inbox", inbox)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700 if name == "home" else 0o777)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
                pass
        except OSError as error:
            yield fault(name, f"{folder} cannot be written: {error.strerror}", "give it to the user that runs guichet")
        else:
            yield ok(name, f"{folder} can be written")
    if wiring.settings.home.is_dir() and wiring.settings.home.stat().st_mode & 0o077:
        yield warning("home", f"{wiring.settings.home} can be read by others", f"chmod 700 {wiring.settings.home}")


def _disk(wiring: Wiring) -> Iterator[Diagnosis]:
    for name, folder in (("home", wiring.settings.home), ("inbox", wiring.settings.inbox)):
        if not folder.is_dir():
            continue  # said by the check of the folders
        usage = shutil.disk_usage(folder)
        share = usage.free / usage.total
        detail = f"{share:.0%} of the disk under {folder} is free ({usage.free / 1e9:.1f} GB)"
        if share < DISK_FAULT:
            yield fault(f"disk ({name})", detail, "make room: the intake pauses when the disk is full")
        elif share < DISK_WARNING:
            yield warning(f"disk ({name})", detail, "make room")
        else:
            yield ok(f"disk ({name})", detail)


def _clock(wiring: Wiring) -> Iterator[Diagnosis]:
    now = wiring.clock.now()
    civil = now.astimezone(wiring.settings.zone)
    if wiring.rehearsal:
        yield warning("clock", f"rehearsal: it stands at {civil:%Y-%m-%d %H:%M:%S %Z}", "leave --at out")
    elif now.year < EARLIEST_SANE_YEAR:
        yield fault("clock", f"it says {now:%Y-%m-%d}", "set the machine's clock (timedatectl)")
    elif any(_read_json(one.path(wiring.settings.home, HEARTBEAT)).get(KIND) for one in seats(wiring.settings.home)):
        yield fault("clock", f"it jumped, or is behind the journal: {civil:%Y-%m-%d %H:%M:%S %Z}", f"runbook: {KIND}")
    else:
        yield ok("clock", f"{civil:%Y-%m-%d %H:%M:%S %Z}")


def _closures(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.ledger.outages import latest_closure  # noqa: PLC0415 - weighs more than the other checks

    with wiring.database.read() as connection:
        last = latest_closure(connection)
    if last is None:
        yield ok("closures", "the desk was never closed since it first opened")
    else:
        since, until = (at.astimezone(wiring.settings.zone) for at in (last.from_at, last.until_at))
        yield ok("closures", f"the last time from {since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S %Z}")


def _editions(wiring: Wiring) -> Iterator[Diagnosis]:
    made = [one.release for one in wiring.press.recorded() if one.written_at is not None]
    gone = [one for one in made if wiring.releases.manifest(one.period, one.name) is None]
    for one in gone:
        name = f"{one.period}/{one.name}"
        yield fault("editions", f"the folder of {name} is gone or damaged", f"guichet rebuild {name}")
    if not gone:
        yield ok("editions", f"{len(made)} made, each in its folder")


def _database(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.database.schema import status  # noqa: PLC0415 - weighs more than the other checks

    state = status(wiring.unchecked_database, wiring.catalogue)
    if state.current:
        yield ok("database", f"{wiring.unchecked_database!r}, schema {state.revision}")
    elif state.missing:
        yield warning("database", state.sentence, "nothing on a new installation; else check database_url")
    else:
        yield fault("database", state.sentence, "" if state.newer else "guichet db upgrade")


def _register(wiring: Wiring) -> Iterator[Diagnosis]:
    directory = wiring.register.current()
    if not directory.organisations:
        yield warning("register", "it is empty: every deposit will be refused", "guichet directory import PATH")
        return
    yield ok("register", f"version {directory.version}, {len(directory.organisations)} organisations")
    known = {account.name for account in wiring.accounts.list()}
    without = sorted(
        one.compte_sftp for one in directory.organisations if one.compte_sftp and one.compte_sftp not in known
    )
    if without and wiring.settings.sftp_enabled:
        shown = ", ".join(without[:5]) + ("…" if len(without) > 5 else "")  # noqa: PLR2004 - a few examples
        yield warning("accounts", f"no way in yet for: {shown}", "guichet account add / key / password")


def _mail(wiring: Wiring) -> Iterator[Diagnosis]:
    from notifications.transports import transport_for  # noqa: PLC0415

    settings = wiring.settings
    trouble = transport_for(settings.mail, timeout_seconds=10).probe()
    place = _mail_place(settings.mail)
    if trouble:
        yield fault("mail", f"{place}: {trouble}", "check mail_url, and that this server lets us in")
    else:
        yield ok("mail", f"{place} answers; mode {settings.mail_mode.partition(':')[0]}")
    if settings.mail_admin is None:
        yield warning("mail", "no address for the administrator", "set mail_admin")


def _mail_place(url: str) -> str:
    """The address without what is secret in it."""
    parts = urlsplit(url)
    return (
        url if parts.scheme == "maildir" else f"{parts.scheme} {parts.hostname}{f':{parts.port}' if parts.port else ''}"
    )


def _outbox(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.outbox import MessageState, list_messages  # noqa: PLC0415

    held = len(list_messages(wiring.database, state=MessageState.HELD.value))
    if held and wiring.settings.mail_mode != "hold":
        yield warning("outbox", f"{held} message(s) were put on hold and stay there", "guichet mail retry")
    elif held:
        yield ok("outbox", f"{held} message(s) on hold, as mail_mode asks")
    waiting, oldest, failed = wiring.outbox.backlog()
    if failed:
        yield warning("outbox", f"{failed} message(s) failed for good", "guichet mail list --state failed")
    if oldest is not None and wiring.clock.now() - oldest > OUTBOX_LATE:
        yield fault(
            "outbox",
            f"{waiting} message(s) wait, the oldest since {oldest.isoformat(timespec='seconds')}",
            "is the mail server reachable?",
        )
    elif not failed:
        yield ok("outbox", f"{waiting} message(s) waiting")


def _incoming(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.following.incoming import is_our_way_out, mail_folder  # noqa: PLC0415

    folder, place = mail_folder(wiring), wiring.settings.mail_bounces
    if folder is None:
        if not wiring.settings.mail.startswith("maildir:"):
            yield warning("bounces", "nobody reads what comes back to mail_from", "set mail_bounces")
        return
    trouble = folder.trouble()
    if is_our_way_out(wiring):
        yield fault("bounces", f"{place} is where our own mail goes: it is not read", "set another mail_bounces")
    elif trouble:
        yield fault("bounces", f"{place}: {trouble}", "make it, and give it to the user that runs guichet")
    else:
        yield ok("bounces", f"{place} is read, {len(folder.waiting())} message(s) wait there")
    waiting, back = wiring.mailroom.tally()
    if waiting:
        detail = f"{waiting} message(s) that people wrote were handed to nobody"
        yield warning("bounces", detail, f"read them in {wiring.settings.home}/courrier; set mail_reply_to")
    if back:
        yield warning("bounces", f"{back} message(s) came back", "guichet mail list --state bounced")


def _deposits(wiring: Wiring) -> Iterator[Diagnosis]:
    parked = wiring.ledger.submissions(state="parked")
    if parked:
        yield fault(
            "deposits",
            f"{len(parked)} parked: the bytes are kept, nobody was answered",
            "guichet submissions --state parked, then guichet show ID",
        )
    else:
        yield ok("deposits", "none is parked")


def _service(wiring: Wiring) -> Iterator[Diagnosis]:
    home = wiring.settings.home
    found = seats(home)
    if not found:
        yield warning("service", "not running: files wait in the inbox", "guichet run")
        return
    for seat in found:
        beat = seat.path(home, HEARTBEAT)
        age_seconds = time.time() - beat.stat().st_mtime if beat.exists() else None
        if age_seconds is None or age_seconds > HEARTBEAT_LATE_SECONDS:
            yield fault("service", f"process {seat.pid} holds the home but its heart does not beat", "restart it")
        else:
            yield ok("service", f"process {seat.pid}, last heartbeat {max(0, age_seconds):.0f} s ago")
    served = (_read_json(seat.path(home, RUN)).get("sftp") for seat in found)
    sftp = next((one for one in served if one), None)
    if wiring.settings.sftp_enabled:
        yield (
            ok("sftp", f"{sftp['host']}:{sftp['port']} {sftp['fingerprint']}")
            if sftp
            else fault("sftp", "the server is not listening", "see the service's log")
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _limits(_wiring: Wiring) -> Iterator[Diagnosis]:
    for name, least in (("max_user_watches", FEWEST_WATCHES), ("max_queued_events", FEWEST_EVENTS)):
        path = INOTIFY / name
        if not path.exists():
            yield warning("inotify", f"{name} is not known here", 'set watch = "polling"')
        elif int(path.read_text()) < least:
            yield warning("inotify", f"{name} is {path.read_text().strip()}", f"sysctl fs.inotify.{name}={least}")
        else:
            yield ok("inotify", f"{name} is {path.read_text().strip()}")
    if os.geteuid() == 0:
        yield warning("rights", "guichet runs as root", "give it a user of its own")


def _reading(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.reading.raw import RawFile, Vocabulary  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.csv"
        sample.write_bytes(b"a;b\r\n1;2\r\n")
        workdir = Path(folder) / "work"
        workdir.mkdir()
        reader = wiring.new_reader()
        outcome = reader.read(
            sample,
            name="sample.csv",
            workdir=workdir,
            vocabulary=Vocabulary(words=wiring.catalogue.vocabulary),
        )
    if isinstance(outcome, RawFile):
        yield ok("reading", "the limited child reads")
    else:
        yield fault("reading", f"the limited child failed: {outcome.reason}", "reading_memory_bytes may be too low")
    if reader.last_usage is not None:
        yield _fences(reader.last_usage.fences)


def _fences(fences: Fences) -> Diagnosis:
    names = {"calls": "system calls (seccomp)", "files": "files (Landlock)", "network": "a network of its own"}
    held = [name for key, name in names.items() if getattr(fences, key)]
    lacking = [name for key, name in names.items() if not getattr(fences, key)]
    if not lacking:
        return ok("reading", f"untrusted files are read behind three fences: {', '.join(held)}")
    advice = "use a Linux kernel from 5.13 on, and do not forbid namespaces (RestrictNamespaces=) to the service"
    if fences.calls:
        return warning("reading", f"the limited child lacks a fence: {', '.join(lacking)}", advice)
    return fault("reading", f"the limited child has no filter of system calls; it lacks {', '.join(lacking)}", advice)


def _retention(wiring: Wiring) -> Iterator[Diagnosis]:
    from ingest.ledger.destroying import pending  # noqa: PLC0415 - weighs more than the other checks

    with wiring.database.read() as connection:
        left = {one.submission_id for one in pending(connection)}
    if left:
        yield warning("retention", f"the destruction of {len(left)} deposit(s) is not over", "guichet purge")
    else:
        yield ok("retention", "no destruction that was decided is left undone")


CHECKS: dict[str, Check] = {
    "configuration": doctor_ground.configuration,
    "folders": _folders,
    "rights": doctor_ground.rights,
    "file system": doctor_ground.same_file_system,
    "openssh": doctor_openssh.openssh,
    "disk": _disk,
    "clock": _clock,
    "time server": doctor_ground.time_server,
    "database": _database,
    "database server": doctor_ground.database_server,
    "register": _register,
    "mail": _mail,
    "outbox": _outbox,
    "bounces": _incoming,
    "reading": _reading,
    "deposits": _deposits,
    "limits": _limits,
    "service": _service,
    "shared folders": doctor_ground.place,
    "colleagues": doctor_ground.sharing,
    "closures": _closures,
    "editions": _editions,
    "retention": _retention,
    "backup": doctor_ground.backups,
}


__all__ = ["CHECKS", "Check", "Diagnosis", "Health", "examine"]
