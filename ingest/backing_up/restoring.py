"""`guichet restore PATH`: into an empty home and an empty database; mail stays on hold (contract §3).

Every hash is verified before anything is written. A mark in the home (`restoring.json`) keeps every other verb away
until the end; a restore that was cut short is begun again by the same command, and ends the same.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, inspect, select
from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from ingest.backing_up import copying, former, tables
from ingest.backing_up.format import (
    FILES,
    FOLDERS,
    HOME,
    MANIFEST,
    FileLine,
    Manifest,
    hash_of,
    lines_of,
    read_manifest,
    table_path,
)
from ingest.backing_up.reconciling import Reconciled, reconcile
from ingest.daemon_files import RESTORING
from ingest.database.recorded import make_schema
from ingest.database.schema import known_revisions, upgrade
from ingest.destructions import FILE as DESTRUCTIONS
from ingest.destructions import Destructions, Line, merge
from ingest.files import sync_folder, write_json
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.safekeeping import LastBackup, Restored, note_restored, restored
from ingest.lock import exclusive
from ingest.place import DESK_ID
from ingest.wiring import Wiring, current_user

REPORT: Final = "restored.json"
"""What the restore had to say, kept in the home."""
_SHOWN: Final = 5
_EMPTY: Final = ("submission", "message", "directory_version", "release")
"""Tables without a row in a database in which nothing ever happened."""
_CONTENTS: Final = (*(name for name in FOLDERS if name != "sftp"), "spool")
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to restore. `destructions`: a list newer than the backup's; `former_home`: the home, moved aside.

    `without_damaged`: files whose hash is not that of the backup are left out and named, instead of stopping.
    """

    path: Path
    destructions: Path | None = None
    former_home: Path | None = None
    without_damaged: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was restored, and what the administrator must know."""

    manifest: Manifest
    upgraded: tuple[str, ...]
    destroyed: int
    held: int
    left_out: tuple[str, ...]
    recovered: former.Recovered
    found: Reconciled

    def as_document(self) -> dict[str, Any]:
        """For scripts, and for `home/restored.json`."""
        return {
            "taken_at": self.manifest.made_at,
            "guichet_version": self.manifest.guichet_version,
            "rows": self.manifest.rows,
            "files": self.manifest.files,
            "upgraded": list(self.upgraded),
            "destroyed_since": self.destroyed,
            "messages_on_hold": self.held,
            "left_out": list(self.left_out),
            "taken_again": list(self.recovered.again),
            "bytes_back": list(self.recovered.completed),
            "unreadable_in_former_home": list(self.recovered.lost),
            **self.found.as_document(),
        }


class Restore:
    """One restore. `say` hears of progress, one line at a time."""

    def __init__(self, wiring: Wiring, say: Say = lambda _line: None) -> None:
        self._wiring = wiring
        self._home = wiring.settings.home
        self._say = say
        wiring.restoring = True

    def run(self, order: Order) -> Outcome:
        """Restore. CannotDo before anything is written when the backup is not whole, or the place is not empty."""
        manifest, seal = read_manifest(order.path)
        if manifest.schema_revision not in known_revisions():
            raise CannotDo(
                f"the backup was made by guichet {manifest.guichet_version}, newer than this one (its schema is "
                f"{manifest.schema_revision}): install that version, then restore",
            )
        later = _read_destructions(order)
        self._wiring.make_home()
        with exclusive(self._home):
            self._check_place(seal)
            left_out = self._verify(order, manifest)
            write_json(self._home / RESTORING, {"backup": seal, "path": str(order.path.absolute())})
            with _room_for(self._home):
                if self._loaded() != seal:
                    self._bring_files(order.path, left_out)
                    self._load(order.path, manifest, seal)
                outcome = self._finish(order, manifest, seal, later, left_out)
            (self._home / RESTORING).unlink()
            sync_folder(self._home)
        return outcome

    # -- before anything is written --------------------------------------------------------------------------------

    def _check_place(self, seal: str) -> None:
        begun = begun_restore(self._home)
        if begun is not None:
            if begun.get("backup") != seal:
                raise CannotDo(
                    f"{self._home} holds half of another restore, of {begun.get('path')}: finish that one, or move "
                    "the home aside and give an empty database",
                )
            return
        full = [name for name in _CONTENTS if _holds_something(self._home / name)]
        if full:
            raise CannotDo(
                f"the home {self._home} is not empty ({', '.join(full)}): stop the service, move it aside "
                f"(mv {self._home} {self._home}.before), then restore with --former-home {self._home}.before",
            )
        self._clear_blank_database()

    def _clear_blank_database(self) -> None:
        """A verb that ran before us has made the tables: on SQLite they go with their file."""
        database = self._wiring.unchecked_database
        with database.read() as connection:
            names = inspect(connection).get_table_names()
            blank = not names or _is_blank(connection, names)
        if not names:
            return
        if blank and database.path is not None:
            database.dispose()
            for suffix in ("", "-wal", "-shm"):
                database.path.with_name(database.path.name + suffix).unlink(missing_ok=True)
            return
        advice = "move its file aside" if database.path is not None else "make a new one (createdb) and name it there"
        raise CannotDo(f"the database of database_url is not empty: {advice}, then restore")

    def _verify(self, order: Order, manifest: Manifest) -> tuple[str, ...]:
        """Every hash; the files left out when damage is allowed, CannotDo for any other damage."""
        path = order.path
        wrong = [name for name, digest in manifest.others.items() if _digest(path / name) != digest]
        wrong += [] if _digest(path / FILES) == manifest.files_sha256 else [FILES]
        for number, (name, saved) in enumerate(manifest.tables.items(), start=1):
            self._say(f"verifying tables: {number} of {len(manifest.tables)}")
            wrong += [] if _digest(table_path(path, name)) == saved.sha256 else [f"tables/{name}"]
        if wrong:
            raise CannotDo(f"the backup {path} is damaged: {_some(wrong)}; nothing was restored, take another backup")
        damaged = []
        for number, line in enumerate(_file_lines(path), start=1):
            if number % 100 == 0:
                self._say(f"verifying files: {number} of {manifest.files}")
            if line.target is None and _digest(path / HOME / line.path) != line.sha256:
                damaged.append(line.path)
        if damaged and not order.without_damaged:
            raise CannotDo(
                f"the backup {path} is damaged: {_some(damaged)}; nothing was restored. Take another backup, or leave "
                "these files out with --without-damaged",
            )
        return tuple(damaged)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _bring_files(self, path: Path, left_out: tuple[str, ...]) -> None:
        for name in _CONTENTS:  # what a restore that was cut short had brought
            copying.remove(self._home / name)
        skipped = set(left_out)
        for number, line in enumerate(_file_lines(path), start=1):
            if line.path in skipped or line.path == DESTRUCTIONS:
                continue
            if copying.copy_in(path / HOME, line, self._home) != line.sha256:
                raise CannotDo(f"{path / HOME / line.path} changed while it was read: take another backup")
            if number % 100 == 0:
                self._say(f"files: {number}")

    def _loaded(self) -> str | None:
        """The backup whose rows the database has; None when they are not all there."""
        database = self._wiring.unchecked_database
        with database.read() as connection:
            if not inspect(connection).has_table("home_setting"):
                return None
            row = connection.exec_driver_sql("SELECT value FROM home_setting WHERE key = 'restoring'").first()
            if row is not None:
                return str(row[0])
            done = restored(connection)
        return None if done is None else done.backup

    def _load(self, path: Path, manifest: Manifest, seal: str) -> None:
        """All rows in one transaction: all of them or none."""
        with self._wiring.unchecked_database.write() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            make_schema(connection, manifest.schema_revision, manifest.collections, self._wiring.catalogue)
            found = tables.tables_in(connection)
            unknown = [name for name in manifest.tables if name not in found.tables]
            if unknown:
                raise CannotDo(f"the backup has tables that this guichet does not know: {_some(unknown)}")
            for table in found.sorted_tables:
                saved = manifest.tables.get(table.name)
                if saved is None:
                    continue
                if connection.execute(select(func.count()).select_from(table)).scalar_one():
                    connection.execute(table.delete())  # what a migration had put there
                rows = tables.load(connection, table, saved, table_path(path, table.name))
                self._say(f"{table.name}: {rows} rows")
            tables.start_numbering(connection, found)
            setting = found.tables["home_setting"]
            connection.execute(setting.delete().where(setting.c.key.in_(("restoring", DESK_ID))))  # it may be elsewhere
            connection.execute(setting.insert().values(key="restoring", value=seal))

    # -- once it is there ------------------------------------------------------------------------------------------

    def _finish(
        self, order: Order, manifest: Manifest, seal: str, later: tuple[Line, ...], left_out: tuple[str, ...]
    ) -> Outcome:
        wiring, now = self._wiring, self._wiring.clock.now()
        upgraded = upgrade(wiring.unchecked_database, wiring.catalogue, now)
        merge(self._home, (*Destructions(order.path / HOME).read(), *later))
        destroyed = self._destroy_again()
        held = self._hold(order, manifest, seal, now)
        recovered = former.Recovered()
        if order.former_home is not None:
            gone = {line.submission for line in Destructions(self._home).read()}
            recovered = former.recover(wiring, order.former_home, gone.__contains__, self._say)
        self._fill_folders(now)
        outcome = Outcome(
            manifest=manifest,
            upgraded=upgraded,
            destroyed=destroyed,
            held=held,
            left_out=left_out,
            recovered=recovered,
            found=reconcile(wiring),
        )
        write_json(self._home / REPORT, outcome.as_document())
        return outcome

    def _destroy_again(self) -> int:
        if not (self._home / DESTRUCTIONS).exists():
            return 0
        from ingest.retention import apply_destructions  # noqa: PLC0415 - only where something was destroyed

        return apply_destructions(self._wiring)

    def _hold(self, order: Order, manifest: Manifest, seal: str, now: datetime) -> int:
        taken_at = datetime.fromisoformat(manifest.made_at)
        backup = LastBackup(
            at=taken_at,
            path=str(order.path.absolute()),
            rows=manifest.rows,
            files=manifest.files,
            files_bytes=manifest.files_bytes,
        )
        with self._wiring.unchecked_database.write() as connection:
            done = restored(connection)
            held = 0
            if done is None or done.backup != seal or _mark(connection):
                made = Restored(at=now, backup=seal, taken_at=taken_at)
                held = note_restored(connection, made, backup, current_user())
                connection.exec_driver_sql("DELETE FROM home_setting WHERE key = 'restoring'")
        return held

    def _fill_folders(self, now: datetime) -> None:
        """An inbox that was lost gets its folders back, and what we write there: situations, templates, tables."""
        names = {one.name for one in self._wiring.accounts.list()}
        names |= {one.compte_sftp for one in self._wiring.register.current().organisations if one.compte_sftp}
        accounts = sorted(names)
        bare = [name for name in accounts if not _holds_something(self._wiring.settings.inbox / name)]
        for name in accounts:
            self._wiring.accounts.make_folders(name)
        if not bare:
            return
        editions = [one.release for one in self._wiring.press.recorded()]
        handed_out = {one.period for one in editions if one.distributed_at}
        with self._wiring.database.write() as connection:
            for name in bare:
                ask(connection, now, name, None, {EffectKind.SITUATION: {}, EffectKind.MODELES: {}})
                for period in sorted({one.period for one in editions}):
                    kind = EffectKind.TABLES if period in handed_out else EffectKind.OWN_LINES
                    ask(connection, now, name, None, {kind: {"period": period}})


def begun_restore(home: Path) -> dict[str, Any] | None:
    """The mark of a restore that is not finished; None when there is none."""
    try:
        found = json.loads((home / RESTORING).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _room_for(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise CannotDo(f"the disk of {home} is full: make room, then give the same command again") from None


def _mark(connection: Connection) -> bool:
    query = "SELECT 1 FROM home_setting WHERE key = 'restoring'"
    return connection.exec_driver_sql(query).first() is not None


def _read_destructions(order: Order) -> tuple[Line, ...]:
    """The lists given, before anything is touched: CannotDo when one cannot be read."""
    lines: list[Line] = []
    if order.destructions is not None:
        lines += _list(order.destructions)
    if order.former_home is not None:
        if not order.former_home.is_dir():
            raise CannotDo(f"--former-home {order.former_home} is no folder")
        if (order.former_home / DESTRUCTIONS).exists():
            lines += _list(order.former_home / DESTRUCTIONS)
    return tuple(lines)


def _list(path: Path) -> list[Line]:
    try:
        found = [Line.read(text) for text in path.read_text("utf-8", "replace").splitlines()]
    except OSError as error:
        raise CannotDo(f"the list of destructions {path} cannot be read: {error.strerror}") from None
    return [line for line in found if line is not None]


def _is_blank(connection: Connection, names: list[str]) -> bool:
    known = tables.tables_in(connection)
    if "submission" not in names:
        return False
    return not any(
        connection.execute(select(func.count()).select_from(known.tables[name])).scalar_one()
        for name in _EMPTY
        if name in known.tables
    )


def _file_lines(path: Path) -> Iterator[FileLine]:
    return (FileLine.from_line(text) for text in lines_of(path / FILES))


def _holds_something(folder: Path) -> bool:
    return folder.exists() and any(one.is_file() or one.is_symlink() for one in folder.rglob("*"))


def _digest(path: Path) -> str | None:
    try:
        return None if path.is_symlink() else hash_of(path)
    except OSError:
        return None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


__all__ = ["MANIFEST", "Order", "Outcome", "Restore", "begun_restore"]
