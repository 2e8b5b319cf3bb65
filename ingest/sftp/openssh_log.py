"""What OpenSSH's internal-sftp says of each upload in its log (`-l INFO`): `close`, or `forced close` when it was cut.

In a chroot it speaks to `/dev/log` there: `openssh_listener` holds that socket in each account's folder, so that the
account is known by the socket and not by what is written. Names come escaped (vis(3)) and cut at 1 023 bytes.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Final

from domain.submissions import Box
from ingest.inbox.folders import names_in, opened
from ingest.sftp.closes import find_close, record_close
from ingest.sftp.telemetry import log_event, log_trouble

_HEAD: Final = re.compile(rb"^(?:<\d+>)?.{0,80}?\[(?P<pid>\d+)\]: (?P<words>.*)$", re.DOTALL)
_OPEN: Final = re.compile(rb'^open "(?P<name>.*)" flags (?P<flags>[A-Z,]*) mode 0[0-7]*$')
_CLOSE: Final = re.compile(rb'^(?P<forced>forced )?close "(?P<name>.*)" bytes read \d+ written (?P<written>\d+)$')
_FORCED_AND_CUT: Final = re.compile(rb'^forced close "(?P<name>.*)$')
_RENAME: Final = re.compile(rb'^(?:posix-)?rename old "(?P<old>.*)" new "(?P<new>.*)"$')
_ENDED: Final = re.compile(rb"^session closed for local user ")
_ESCAPED: Final = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_CSTYLE: Final = {b"n": b"\n", b"r": b"\r", b"b": b"\b", b"a": b"\a", b"v": b"\v", b"t": b"\t", b"f": b"\f", b"s": b" "}
_FOLDERS: Final = frozenset(box.value for box in Box)
_MOST_WAITING: Final = 1000
_GROUP_READS: Final = 0o040


class What(Enum):
    """What a line tells."""

    OPENED_TO_READ = "opened to read"
    OPENED_TO_WRITE = "opened to write"
    CLOSED = "closed"
    CUT = "cut"
    RENAMED = "renamed"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line understood. `name` as the client wrote it; `whole`: it was not cut by the log; `written` in bytes."""

    what: What
    pid: int
    name: bytes = b""
    new_name: bytes = b""
    written: int = 0
    whole: bool = True


def read_line(datagram: bytes) -> Line | None:
    """Read one message to syslog; None when it tells nothing of uploads."""
    head = _HEAD.match(datagram.rstrip(b"\0\n"))
    if head is None:
        return None
    pid, words = int(head["pid"]), head["words"]
    if (found := _OPEN.match(words)) is not None:
        what = What.OPENED_TO_READ if found["flags"] == b"READ" else What.OPENED_TO_WRITE
        return Line(what=what, pid=pid, name=unescaped(found["name"]))
    if (found := _CLOSE.match(words)) is not None:
        what = What.CUT if found["forced"] else What.CLOSED
        return Line(what=what, pid=pid, name=unescaped(found["name"]), written=int(found["written"]))
    if (found := _FORCED_AND_CUT.match(words)) is not None:
        return Line(what=What.CUT, pid=pid, name=unescaped(found["name"]), written=1, whole=False)
    if (found := _RENAME.match(words)) is not None:
        return Line(what=What.RENAMED, pid=pid, name=unescaped(found["old"]), new_name=unescaped(found["new"]))
    return Line(what=What.ENDED, pid=pid) if _ENDED.match(words) else None


def unescaped(text: bytes) -> bytes:
    """Undo vis(3) as sshd uses it (C style, octal)."""
    return _ESCAPED.sub(lambda found: _plain(found[1]), text)


def _plain(code: bytes) -> bytes:
    return bytes([int(code, 8) & 0xFF]) if len(code) > 1 else _CSTYLE.get(code, code)


Key = tuple[str, bytes]


class OpenSshLog:
    """Turns lines into records of closes, which a scan of the inbox finds (`closes`)."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._reading: set[tuple[str, int, bytes]] = set()
        self._waiting: dict[Key, tuple[datetime, bool]] = {}

    def heard(self, account: str, datagram: bytes, at: datetime) -> None:
        """Take one message from the account's socket at `at`. Never raises: a line that cannot be used is logged."""
        line = read_line(datagram)
        if line is None:
            return
        try:
            self._take(account, line, at)
        except OSError as error:
            log_trouble("openssh.not_recorded", account=account, what=line.what.value, error=error.strerror or "")

    def _take(self, account: str, line: Line, at: datetime) -> None:
        path = _inside(line.name)
        handle = (account, line.pid, path)
        match line.what:
            case What.OPENED_TO_READ:
                if len(self._reading) < _MOST_WAITING:
                    self._reading.add(handle)
            case What.OPENED_TO_WRITE:
                self._let_group_read(account, path)
            case What.CLOSED | What.CUT:
                read_only = handle in self._reading and not line.written
                self._reading.discard(handle)
                if not read_only:
                    self._closed(account, path, line, at)
            case What.RENAMED:
                self._renamed(account, path, _inside(line.new_name))
            case What.ENDED:
                self._reading = {one for one in self._reading if one[:2] != (account, line.pid)}

    def _closed(self, account: str, path: bytes, line: Line, at: datetime) -> None:
        complete = line.what is What.CLOSED
        names = [path] if line.whole else list(self._beginning_so(account, path))
        for name in names:
            untouched = not complete and not line.written and self._is_closed(account, name)
            if untouched or self._record(account, name, at, complete=complete):
                continue
            self._waiting[account, name] = (at, complete)  # renamed before we looked: its line follows
            if len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]

    def _is_closed(self, account: str, path: bytes) -> bool:
        """Whether what lies there was closed in order before: a cut handle that wrote nothing does not change it."""
        with self._file(account, path) as descriptor:
            return descriptor is not None and find_close(self._inbox, os.fstat(descriptor)) is not None

    def _renamed(self, account: str, old: bytes, new: bytes) -> None:
        waited = self._waiting.pop((account, old), None)
        if waited is not None:
            self._record(account, new, waited[0], complete=waited[1])

    def _record(self, account: str, path: bytes, at: datetime, *, complete: bool) -> bool:
        """Record what happened to the file; False when there is none of that name."""
        folder, name = posixpath.split(path)
        with self._file(account, path) as descriptor:
            if descriptor is None:
                return False
            found = os.fstat(descriptor)
            record_close(
                self._inbox,
                found,
                account=account,
                folder=os.fsdecode(folder),
                name=os.fsdecode(name),
                at=at,
                logged=True,
                complete=complete,
            )
            _let_group_read(descriptor, found)
        log_event("openssh.closed" if complete else "openssh.cut", account=account, size=found.st_size)
        return True

    def _let_group_read(self, account: str, path: bytes) -> None:
        with self._file(account, path) as descriptor:
            if descriptor is not None:
                _let_group_read(descriptor, os.fstat(descriptor))

    @contextmanager
    def _file(self, account: str, path: bytes) -> Iterator[int | None]:
        """A plain file in `depot/` or `essai/`, by a descriptor that opens nothing (O_PATH); None: there is none."""
        folder, name = posixpath.split(path)
        if os.fsdecode(folder) not in _FOLDERS or not name:
            yield None
            return
        try:
            with opened(self._inbox, account, folder) as parent:
                descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        except OSError:
            yield None
            return
        try:
            found = os.fstat(descriptor)
            yield descriptor if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 else None
        finally:
            os.close(descriptor)

    def _beginning_so(self, account: str, path: bytes) -> Iterator[bytes]:
        """The names that a line cut by the log may mean: better one file too many that is asked for again."""
        folder, name = posixpath.split(path)
        with suppress(OSError), opened(self._inbox, account, folder) as parent:
            for each in names_in(parent):
                if os.fsencode(each).startswith(name):
                    yield posixpath.join(folder, os.fsencode(each))


def _inside(name: bytes) -> bytes:
    """The path below the chroot, where the client's own folder is `/`."""
    return posixpath.normpath(b"/" + name).lstrip(b"/")


def _let_group_read(descriptor: int, found: os.stat_result) -> None:
    """A client may send the rights of its own file, 0600: then the service could not read it. Needs CAP_FOWNER."""
    if not found.st_mode & _GROUP_READS:
        with suppress(PermissionError):
            Path(f"/proc/self/fd/{descriptor}").chmod(stat.S_IMODE(found.st_mode) & 0o777 | _GROUP_READS)
