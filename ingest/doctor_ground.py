"""What the desk stands on, looked at: backups, rights, file systems, the database's server, the machine's clock."""

from __future__ import annotations

import ctypes
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.engine import Connection

from ingest.advisory_locks import Colleague, colleagues
from ingest.database.engine import POSTGRESQL
from ingest.diagnosis import Diagnosis, fault, ok, warning
from ingest.lock import seats
from ingest.place import misplaced
from ingest.sharing import SILENT_SECONDS
from ingest.wiring import Wiring

OLDEST_SQLITE: Final = (3, 35)
"""RETURNING, which the outbox needs."""
OLDEST_POSTGRESQL: Final = 130_000
CLOCKS_APART: Final = timedelta(seconds=5)
_UNSYNCHRONISED: Final = 5
_TIMEX_BYTES: Final = 512
"""More than any `struct timex`."""
_PRIVATE: Final = ("accounts/accounts.json", "sftp/ssh_host_ed25519_key", "guichet.sqlite3", "destructions.jsonl")
_SHOWN: Final = 5


def configuration(wiring: Wiring) -> Iterator[Diagnosis]:
    """Which settings are in force, and whether a password in them is ours alone."""
    settings, path = wiring.settings, wiring.config
    places = f"home {settings.home}, inbox {settings.inbox}"
    if path is None:
        yield ok("configuration", f"no settings file, the defaults stand: {places}")
        return
    told = path.read_text()
    secret = any(_has_password(url) and url in told for url in (settings.mail, settings.database))
    if secret and path.stat().st_mode & stat.S_IRWXO:
        yield fault("configuration", f"{path} holds a password and can be read by others", f"chmod o= {path}")
    else:
        yield ok("configuration", f"{path}: {places}")


def _has_password(url: str) -> bool:
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return True


def backups(wiring: Wiring) -> Iterator[Diagnosis]:
    """How old the last backup is, and whether a restore still keeps mail."""
    from ingest.ledger.safekeeping import last_backup, on_hold_since  # noqa: PLC0415 - weighs more than the others

    with wiring.database.read() as connection:
        held = on_hold_since(connection)
    if held is not None:
        detail = f"on hold since the restore of {_civil(held, wiring)}: nothing leaves"
        yield warning("mail", detail, "look at 'guichet mail list', then guichet mail resume")
    most_days, last = wiring.settings.backup_max_age_days, last_backup(wiring.database)
    if last is None:
        yield warning("backup", "none was ever made of this desk", "guichet backup PATH, every day (docs/how-to)")
        return
    age = wiring.clock.now() - last.at
    detail = f"the last one is of {_civil(last.at, wiring)}, in {last.path}"
    if most_days and age > timedelta(days=most_days):
        yield fault("backup", f"{detail}: older than {most_days} days", "guichet backup PATH; is its timer running?")
    else:
        yield ok("backup", detail)
    if not Path(last.path).exists():
        yield warning("backup", f"{last.path} is not there now", "nothing if it was moved to a safer place")


def same_file_system(wiring: Wiring) -> Iterator[Diagnosis]:
    """Files are claimed by a rename, which no other file system allows."""
    inbox = wiring.settings.inbox
    ours = inbox / ".guichet"
    base = ours if ours.exists() else inbox
    if not base.exists():
        return  # said by the check of the folders
    device = base.stat().st_dev
    apart = []
    for folder in sorted(inbox.glob("*/depot")) + sorted(inbox.glob("*/essai")):
        with suppress(OSError):
            if folder.stat().st_dev != device:
                apart.append(f"{folder.parent.name}/{folder.name}")
    if apart:
        shown = ", ".join(apart[:_SHOWN]) + ("…" if len(apart) > _SHOWN else "")
        yield fault("file system", f"on another one than {ours}: {shown}", "mount the inbox whole, not its folders")
    else:
        yield ok("file system", "the inbox is on one")


def rights(wiring: Wiring) -> Iterator[Diagnosis]:
    """What must be ours alone."""
    home = wiring.settings.home
    open_ones = []
    for name in _PRIVATE:
        with suppress(FileNotFoundError):
            if (home / name).stat().st_mode & 0o077:
                open_ones.append(str(home / name))
    spool = home / "spool"
    if spool.exists() and stat.S_IMODE(spool.stat().st_mode) & 0o077:
        open_ones.append(str(spool))
    for path in open_ones:
        yield fault("rights", f"{path} can be read by others", f"chmod go= {path}")
    if not open_ones:
        yield ok("rights", "what is secret is ours alone")


def database_server(wiring: Wiring) -> Iterator[Diagnosis]:
    """Versions, and on PostgreSQL what outlives a purge."""
    if wiring.unchecked_database.dialect != POSTGRESQL:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            yield fault("database", f"SQLite {sqlite3.sqlite_version} is too old", "a Python with SQLite 3.35 or newer")
        else:
            yield ok("database", f"SQLite {sqlite3.sqlite_version}")
        return
    with wiring.unchecked_database.read() as connection:
        number = int(_setting(connection, "server_version_num"))
        version = _setting(connection, "server_version")
        if number < OLDEST_POSTGRESQL:
            yield fault("database", f"PostgreSQL {version} is too old", "PostgreSQL 13 or newer")
        else:
            yield ok("database", f"PostgreSQL {version}")
        yield from _what_outlives_a_purge(connection)
        there: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        apart = abs(there - wiring.clock.now())
    if not wiring.rehearsal and apart > CLOCKS_APART:
        detail = f"its clock and ours are {apart.total_seconds():.0f} s apart"
        yield warning("database", detail, "let one time server set both")


def sharing(wiring: Wiring) -> Iterator[Diagnosis]:
    """Those who share the work, as the database's server knows them."""
    if wiring.unchecked_database.dialect != POSTGRESQL:
        return
    with wiring.unchecked_database.read() as connection:
        known = colleagues(connection)
    seated = len(seats(wiring.settings.home))
    for one in known:
        if one.silent_seconds > SILENT_SECONDS:
            detail = f"{one} has not been heard for {one.silent_seconds:.0f} s, and holds what it has in hand"
            yield fault("colleagues", detail, "its machine hangs: end it; its colleagues set free what it holds")
    if len(known) < seated:
        detail = f"{seated} process(es) sit at the desk, the database's server knows {len(known)} of them"
        yield warning("colleagues", detail, "a pooler must hand out sessions, not transactions; see the service's log")
    elif known and not known[0].leads:
        yield warning("colleagues", f"{_named(known)}: nobody leads", "look again in a moment")
    else:
        yield ok("colleagues", _named(known))


def place(wiring: Wiring) -> Iterator[Diagnosis]:
    """Whether the folders that machines share are mounted here."""
    if wiring.unchecked_database.dialect != POSTGRESQL:
        return
    with wiring.unchecked_database.read() as connection:
        wrong = list(misplaced(connection, wiring.settings.home, wiring.settings.inbox))
    for sentence in wrong:
        yield fault("shared folders", sentence, "mount it, then start again; nothing is taken meanwhile")
    if not wrong:
        yield ok("shared folders", "the home and the inbox are those of this database's desk")


def _named(known: list[Colleague]) -> str:
    """Who is at work, and who leads."""
    names = [f"{one} (leads)" if one.leads else str(one) for one in known]
    shown = ", ".join(names[:_SHOWN]) + ("…" if len(names) > _SHOWN else "")
    return f"{len(known)} process(es) at work on this database" + (f": {shown}" if shown else "")


def _what_outlives_a_purge(connection: Connection) -> Iterator[Diagnosis]:
    """Rows that were destroyed live on in archived WAL, in replication slots, and in base backups."""
    if _setting(connection, "archive_mode") != "off":
        yield warning(
            "retention",
            "archive_mode is on: cases that are destroyed stay in the archived WAL and in the base backups",
            "keep those no longer than a month (docs/how-to/back-up-and-restore.md)",
        )
    slots = connection.exec_driver_sql("SELECT slot_name FROM pg_replication_slots WHERE NOT active").scalars().all()
    for slot in slots:
        yield warning("retention", f"the replication slot {slot} keeps old WAL", "use it, or drop it")
    if _setting(connection, "fsync") != "on" or _setting(connection, "full_page_writes") != "on":
        yield fault("database", "fsync or full_page_writes is off: a power cut loses it", "switch both on")
    if _setting(connection, "synchronous_commit") == "off":
        yield fault(
            "database",
            "synchronous_commit is off: receipts could be given for what a power cut takes back",
            "ALTER DATABASE … SET synchronous_commit = on",
        )


def time_server(wiring: Wiring) -> Iterator[Diagnosis]:
    """Whether a time server keeps the machine's clock, as the kernel tells."""
    if wiring.rehearsal:
        return
    state = _kernel_clock()
    if state is None:
        return
    if state == _UNSYNCHRONISED:
        yield warning("clock", "no time server keeps it, says the kernel", "timedatectl set-ntp true, or chrony")
    else:
        yield ok("clock", "a time server keeps it")


def _kernel_clock() -> int | None:
    """What adjtimex(2) returns; None where there is none."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None


def _setting(connection: Connection, name: str) -> str:
    value: Any = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
    return str(value)


def _civil(at: datetime, wiring: Wiring) -> str:
    return f"{at.astimezone(wiring.settings.zone):%Y-%m-%d %H:%M}"
