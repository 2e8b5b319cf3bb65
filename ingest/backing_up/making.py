"""`guichet backup PATH`: whole or not at all, while the service runs (contract §3).

The moment that a backup shows is that of its database: all tables are read in one transaction that sees one moment,
and the files are copied after it. Whatever the database speaks of is there by then, or was destroyed since, in which
case its copy goes too; what came later is left out. Drafted beside PATH, then renamed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.engine import Connection, make_url

from domain.errors import CannotDo
from domain.submissions import SubmissionState
from ingest.backing_up import copying, tables
from ingest.backing_up.format import (
    FILES,
    HOME,
    MANIFEST,
    SEAL,
    SETTINGS,
    TABLES,
    FileLine,
    Manifest,
    TableFile,
    hash_of,
    table_path,
    written,
)
from ingest.catalogue import package_version
from ingest.database.collections import tables_of
from ingest.database.schema import status
from ingest.database.tables import metadata, submission
from ingest.files import sync_folder, write_json, write_whole
from ingest.inbox.folders import names_in
from ingest.ledger.safekeeping import LastBackup, note_backup
from ingest.lock import holder, keeping
from ingest.wiring import Wiring, current_user

IN_HAND_SECONDS: Final = 30.0
"""Patience with deposits that are just being judged: their originals reach the archive with their verdict."""
_LOOK_SECONDS: Final = 0.2
_ROOM_SHARE: Final = 1.1
_PER_DEPOSIT: Final = frozenset({"archive", "answers"})
_ARCHIVE_DEPTH: Final = 4
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup that was made. `left_out`: tables in the database that are not ours."""

    path: Path
    manifest: Manifest
    left_out: tuple[str, ...] = ()


@dataclass(kw_only=True)
class _Taken:
    """What the moment of the database showed, for the files."""

    tables: dict[str, TableFile] = field(default_factory=dict)
    collections: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    revision: str = ""
    deposits: dict[str, str] = field(default_factory=dict)
    """Number → hash of what was received."""
    in_archive: set[str] = field(default_factory=set)
    in_hand: set[str] = field(default_factory=set)
    left_out: tuple[str, ...] = ()


class Backup:
    """One backup. `say` hears of progress, one line at a time."""

    def __init__(self, wiring: Wiring, say: Say = lambda _line: None) -> None:
        self._wiring = wiring
        self._home = wiring.settings.home
        self._say = say

    def make(self, path: Path) -> Made:
        """Make it. CannotDo when PATH is taken or in the way, when there is no room, or nothing to back up."""
        path = path.absolute()
        self._check(path)
        with keeping(self._home), _drafted(path, self._home, self._say) as draft:
            try:
                made = self._fill(draft)
                os.sync()
                _put(draft, path)
            except OSError as error:
                if error.errno in _FULL:
                    raise CannotDo(
                        f"the disk of {path.parent} is full: nothing was left there; make room, or give another PATH",
                    ) from None
                raise
        self._remember(path, made)
        return Made(path=path, manifest=made[0], left_out=made[1])

    def _check(self, path: Path) -> None:
        settings = self._wiring.settings
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise CannotDo(f"{path} is there already and is not overwritten: give a name that is free, with the date")
        if not path.parent.is_dir():
            raise CannotDo(f"the folder {path.parent} is not there: make it, or check that its disk is mounted")
        for what, folder in (("home", settings.home), ("inbox", settings.inbox)):
            if path.resolve().is_relative_to(folder.resolve()):
                raise CannotDo(f"{path} lies in the {what}: a backup belongs elsewhere, best on another disk")
        found = status(self._wiring.unchecked_database, self._wiring.catalogue)
        if found.missing:
            raise CannotDo("there is nothing to back up: the database is empty")
        if found.newer:
            raise CannotDo(found.sentence)

    # -- the database ----------------------------------------------------------------------------------------------

    def _fill(self, draft: Path) -> tuple[Manifest, tuple[str, ...]]:
        made_at = self._wiring.clock.now()
        with self._wiring.unchecked_database.snapshot() as connection:
            _need_room(draft, copying.size_of(self._home) + _database_size(connection))
            taken = self._tables(connection, draft)
        waiting = self._wait_for_verdicts(taken)
        files, files_bytes, damaged = self._files(draft, taken)
        others = {SETTINGS: _write_settings(draft / SETTINGS, self._wiring)}
        manifest = Manifest(
            guichet_version=package_version(),
            made_at=made_at.isoformat(timespec="microseconds"),
            schema_revision=taken.revision,
            dialect=self._wiring.unchecked_database.dialect,
            tables=taken.tables,
            collections=taken.collections,
            files=files,
            files_bytes=files_bytes,
            files_sha256=hash_of(draft / FILES),
            others=others,
            waiting=waiting,
            damaged=damaged,
        )
        write_json(draft / MANIFEST, manifest.as_document())
        write_whole(draft / SEAL, f"{hash_of(draft / MANIFEST)}  {MANIFEST}\n".encode())
        return manifest, taken.left_out

    def _tables(self, connection: Connection, draft: Path) -> _Taken:
        _refuse_damaged(connection)
        taken = _Taken(collections=tables.recorded_collections(connection))
        taken.revision = MigrationContext.configure(connection).get_current_revision() or ""
        found = tables.tables_in(connection)
        known = {**metadata.tables, **{slug: one.table for slug, one in self._collection_tables.items()}}
        ours = set(known) | set(taken.collections)
        if not status_is_older(taken.revision):
            taken.left_out = tuple(sorted(set(found.tables) - ours))
        (draft / TABLES).mkdir(mode=0o700)
        for table in found.sorted_tables:
            if table.name in taken.left_out:
                continue
            saved = tables.export(connection, table, known.get(table.name), table_path(draft, table.name))
            taken.tables[table.name] = saved
            self._say(f"{table.name}: {saved.rows} rows")
        _deposits(connection, taken)
        return taken

    @property
    def _collection_tables(self) -> Mapping[str, Any]:
        return tables_of(self._wiring.catalogue.collections)

    def _wait_for_verdicts(self, taken: _Taken) -> tuple[str, ...]:
        """Deposits in hand whose originals are not in the archive after a moment.

        A file that nobody judged is not copied: it may have to be destroyed.
        """
        archive = self._wiring.archive
        ends = time.monotonic() + IN_HAND_SECONDS
        while True:
            waiting = tuple(one for one in sorted(taken.in_hand) if archive.find(one) is None)
            if not waiting or time.monotonic() > ends or holder(self._home) is None:
                return waiting
            time.sleep(_LOOK_SECONDS)

    # -- the files -------------------------------------------------------------------------------------------------

    def _files(self, draft: Path, taken: _Taken) -> tuple[int, int, tuple[str, ...]]:
        """Copy, then leave out what was destroyed meanwhile; (files, bytes, deposits whose original is damaged)."""
        first = draft / "files.draft"
        into = draft / HOME
        into.mkdir(mode=0o700)
        number = 0
        with first.open("xb") as lines:
            for path in copying.files_of(self._home):
                if not _is_wanted(path.relative_to(self._home), taken.deposits):
                    continue
                line = copying.copy_out(self._home, path, into)
                if line is not None:
                    lines.write(line.as_line())
                    number += 1
                    if number % 100 == 0:
                        self._say(f"{number} files")
        count = total = 0
        damaged: set[str] = set()
        seen: set[str] = set()
        with first.open("r", encoding="utf-8") as found, written(draft / FILES) as lines:
            for text in found:
                line = FileLine.from_line(text)
                if line.target is None and not (self._home / line.path).exists():
                    copying.destroy_copy(into / line.path)
                    continue
                lines.write(text.encode())
                count, total = count + 1, total + line.size
                deposit = _original_of(line.path)
                if deposit is not None:
                    seen.add(deposit)
                    if line.sha256 != taken.deposits[deposit]:
                        damaged.add(deposit)
        first.unlink()
        lost = {one for one in taken.in_archive - seen if (self._home / "archive").exists() and self._still_kept(one)}
        return count, total, tuple(sorted(damaged | lost))

    def _still_kept(self, deposit: str) -> bool:
        """Whether the ledger, by now, still says that the original is in the archive."""
        query = select(submission.c.archive).where(submission.c.id == deposit)
        with self._wiring.unchecked_database.read() as connection:
            return connection.execute(query).scalar_one_or_none() is not None

    def _remember(self, path: Path, made: tuple[Manifest, tuple[str, ...]]) -> None:
        manifest = made[0]
        noted = LastBackup(
            at=self._wiring.clock.now(),
            path=str(path),
            rows=manifest.rows,
            files=manifest.files,
            files_bytes=manifest.files_bytes,
        )
        with self._wiring.unchecked_database.write() as connection:
            note_backup(connection, noted, current_user())


def status_is_older(revision: str) -> bool:
    """Whether the schema is of an earlier version of the program, which may have had tables that this one forgot."""
    from ingest.database.schema import latest_revision  # noqa: PLC0415 - reads the migrations

    return revision != latest_revision()


def _deposits(connection: Connection, taken: _Taken) -> None:
    one = submission.c
    in_hand = {SubmissionState.CLAIMED.value, SubmissionState.PARKED.value}
    query = select(one.id, one.sha256, one.state, one.verdict, one.archive).execution_options(yield_per=10_000)
    for row in connection.execute(query):
        taken.deposits[row.id] = row.sha256
        if row.archive is not None:
            taken.in_archive.add(row.id)
        elif row.state in in_hand or row.verdict is None:
            taken.in_hand.add(row.id)


def _refuse_damaged(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if said != "ok":
        raise CannotDo(f"the database is damaged ({said}): restore it from an earlier backup")


def _database_size(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def _need_room(folder: Path, size_bytes: int) -> None:
    needed, free = int(size_bytes * _ROOM_SHARE), shutil.disk_usage(folder).free
    if free < needed:
        raise CannotDo(
            f"the disk of {folder.parent} has {free / 1e6:,.0f} MB free and {needed / 1e6:,.0f} MB may be needed: "
            "make room, or give another PATH",
        )


def _is_wanted(path: Path, deposits: Mapping[str, str]) -> bool:
    """What came after the moment of the database is left out: nobody there speaks of it."""
    parts = path.parts
    if parts[0] not in _PER_DEPOSIT:
        return True
    return any(part in deposits for part in parts[1:-1])


def _original_of(path: str) -> str | None:
    """The deposit whose original that path is."""
    parts = path.split("/")
    if parts[0] != "archive" or len(parts) != _ARCHIVE_DEPTH + 1 or not parts[-1].startswith("original."):
        return None
    return parts[-2]


def _write_settings(path: Path, wiring: Wiring) -> str:
    """The settings in force, without a secret: for whoever builds the machine again. Not restored."""
    settings = wiring.settings
    values: dict[str, Any] = settings.model_dump(mode="json", exclude={"database_url", "mail_url"})
    values["database_url"] = make_url(settings.database).render_as_string(hide_password=True)
    mail = urlsplit(settings.mail)
    host = mail.netloc.rpartition("@")[2]
    values["mail_url"] = f"{mail.scheme}://{host}" if host else settings.mail
    write_whole(path, (json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode())
    return hash_of(path)


@contextmanager
def _drafted(path: Path, home: Path, say: Say) -> Iterator[Path]:
    """A hidden folder beside PATH, locked while we live.

    What a dead one of this home left, under whatever name, is removed first: it holds what may have to be destroyed.
    """
    whose = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:8]
    for left in sorted(path.parent.glob(f".*.backup-draft-{whose}-*")):
        with suppress(OSError):
            _remove_if_dead(left, say)
    draft = path.with_name(f".{path.name}.backup-draft-{whose}-{secrets.token_hex(4)}")
    draft.mkdir(mode=0o700)
    lock = os.open(draft, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield draft
    finally:
        os.close(lock)
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=sys.exc_info()[0] is not None)


def _remove_if_dead(left: Path, say: Say) -> None:
    lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if names_in(lock) is not None:
            copying.remove(left, say)
    finally:
        os.close(lock)


def _put(draft: Path, path: Path) -> None:
    try:
        draft.rename(path)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise CannotDo(f"{path} was made meanwhile: give another name") from None
        raise
    sync_folder(path.parent)
