"""What a client may do in its account: the SFTP operations, on top of the jail and the uploads."""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncssh
from asyncssh.constants import (
    FXF_APPEND,
    FXF_CREAT,
    FXF_EXCL,
    FXF_READ,
    FXF_TRUNC,
    FXF_WRITE,
)

from ingest.sftp import texts
from ingest.sftp.answers import answers, attrs_of, plain_file
from ingest.sftp.closes import drop_close, find_close, record_close
from ingest.sftp.jail import READABLE, WRITABLE, Jail, Place, place_of
from ingest.sftp.names import is_temporary, shown
from ingest.sftp.telemetry import log_event
from ingest.sftp.upload import Upload, UploadRefusedError
from ingest.sftp.uploads import Uploads

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPName, SSHServerChannel

_FILE_DEPTH: Final = (2, 3)
_DELIVERED_SECONDS: Final = 300.0
_DELIVERED_KEPT: Final = 1000
_BLOCK: Final = 4096
_LONGEST_READ: Final = 256 * 1024


@dataclass(kw_only=True)
class Reading:
    """A handle open for reading."""

    descriptor: int


class Session(asyncssh.SFTPServer):
    """One SFTP (or scp) channel of one account.

    `close` is what the library calls for whatever was left open; a client's own close comes
    through `finish` (see `protocol`), and only that one deposits.
    """

    def __init__(self, channel: SSHServerChannel[bytes], account: str, uploads: Uploads) -> None:
        """Serve `account` on `channel`."""
        super().__init__(channel)
        self._account = account
        self._uploads = uploads
        self._jail = Jail(uploads.inbox, account)
        self._open: set[int] = set()
        self._delivered: OrderedDict[tuple[bytes, ...], tuple[float, int]] = OrderedDict()

    # -- reading and describing -------------------------------------------------------------

    def realpath(self, path: bytes) -> bytes:
        """Return the absolute path as the client sees it; never ours."""
        with answers():
            return place_of(path).shown

    def stat(self, path: bytes) -> SFTPAttrs:
        """Describe a name: what is visible, else a transfer that can be resumed.

        A file that this session delivered and that was taken since is still described for a
        while: clients look at it once more before they report success (paramiko, rclone).
        """
        with answers():
            place = place_of(path)
            try:
                return attrs_of(self._jail.stat(place), writable=place.writable)
            except FileNotFoundError:
                left = self._left_of(place)
                if left is None:
                    raise
                return plain_file(left)

    lstat = stat

    def _left_of(self, place: Place) -> int | None:
        if not self._is_file_place(place):
            return None
        delivered = self._delivered.get(place.parts)
        if delivered is not None and time.monotonic() - delivered[0] < _DELIVERED_SECONDS:
            return delivered[1]
        leftover = self._uploads.leftover(self._account, place)
        return None if leftover is None else leftover.st_size

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """Describe an open handle."""
        with answers():
            if isinstance(file_obj, Upload):
                found = file_obj.stat()
                if found is not None:
                    return plain_file(found.st_size)
                left = self._jail.visible(file_obj.place)
                if left is not None:
                    return plain_file(left.st_size)
                return plain_file(self._left_of(file_obj.place) or 0)
            reading = _reading(file_obj)
            return attrs_of(os.fstat(reading.descriptor), writable=False)

    def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """List a folder; unfinished transfers do not show."""
        with answers():
            place = place_of(path)
            names = [
                asyncssh.SFTPName(name, attrs=attrs_of(found, writable=(*place.parts, name)[0] in WRITABLE))
                for name, found in self._jail.entries(place)
            ]
        return _each(names)

    def format_user(self, uid: int | None) -> str:
        """Show the account, not our users."""
        del uid
        return self._account

    def format_group(self, gid: int | None) -> str:
        """Show no group of ours."""
        del gid
        return "guichet"

    def statvfs(self, path: bytes) -> asyncssh.SFTPVFSAttrs:
        """Describe the account's quota, not our disk; of a name that the account sees."""
        with answers():
            self.stat(path)
            return self._room()

    def fstatvfs(self, file_obj: object) -> asyncssh.SFTPVFSAttrs:
        """Describe the account's quota, not our disk."""
        del file_obj
        return self._room()

    def _room(self) -> asyncssh.SFTPVFSAttrs:
        usage = self._uploads.usage(self._account)
        usage.refresh()
        total = self._uploads.limits.quota_bytes // _BLOCK
        free = max(0, self._uploads.limits.quota_bytes - usage.size) // _BLOCK
        return asyncssh.SFTPVFSAttrs(bsize=_BLOCK, frsize=_BLOCK, blocks=total, bfree=free, bavail=free, namemax=255)

    # -- opening, reading, writing, closing ------------------------------------------------

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Open for reading anywhere, for writing in `depot/` and `essai/`."""
        del attrs  # mode, owner and times are ours
        with answers():
            self.check_handles(len(self._open))
            place = place_of(path)
            handle: object
            if pflags & (FXF_WRITE | FXF_APPEND):
                handle = self._open_for_writing(place, pflags)
            else:
                handle = Reading(descriptor=self._jail.open_for_reading(place))
            self._open.add(id(handle))
            return handle

    def check_handles(self, count: int) -> None:
        """Refuse one more handle than the limit."""
        if count >= self._uploads.limits.max_handles_per_channel:
            raise asyncssh.SFTPFailure(texts.TOO_MANY_HANDLES)

    def _open_for_writing(self, place: Place, pflags: int) -> Upload:
        self._check_file_place(place)
        try:
            found = self._jail.stat(place)
        except FileNotFoundError:
            found = None
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise asyncssh.SFTPFailure(texts.NOT_A_FILE)
        if found is not None and pflags & FXF_EXCL:
            raise asyncssh.SFTPFailure(texts.EXISTS)
        with self._jail.folder(place.parts[:-1]):
            pass  # the folder is there, and not by a link
        exists = found is not None or self._uploads.leftover(self._account, place) is not None
        if not exists and not pflags & FXF_CREAT:
            raise asyncssh.SFTPNoSuchFile(texts.NOT_FOUND)
        upload = Upload(self._uploads, self._account, self._jail, place, append=bool(pflags & FXF_APPEND))
        if pflags & (FXF_TRUNC | FXF_EXCL):
            upload.start_fresh()
        elif pflags & FXF_READ and exists:
            upload.start_resumed()
        return upload

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read a block."""
        size = min(size, _LONGEST_READ)  # the client may ask for 4 GiB; a short answer is allowed
        with answers():
            if isinstance(file_obj, Upload):
                return file_obj.read(offset, size)
            return os.pread(_reading(file_obj).descriptor, size, offset)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write a block of an upload."""
        with answers():
            return _upload(file_obj).write(offset, data)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Honour the size (scp shortens files with it); mode, owner and times stay ours."""
        with answers():
            if attrs.size is not None:
                _upload(file_obj).set_size(attrs.size)

    async def fsync(self, file_obj: object) -> None:
        """Put an upload's bytes on the disk."""
        with answers():
            if isinstance(file_obj, Upload):
                await file_obj.sync()

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Accept and ignore mode, owner and times; refuse to change a deposit's size."""
        with answers():
            place = place_of(path)
            found = self.stat(path)
            if not place.writable:
                raise asyncssh.SFTPPermissionDenied(texts.READ_ONLY)
            if attrs.size is not None and attrs.size != found.size:
                raise asyncssh.SFTPFailure(texts.NOT_IN_PLACE)

    lsetstat = setstat

    async def finish(self, file_obj: object) -> None:
        """The client closed the handle itself: an upload becomes a deposit."""
        self._open.discard(id(file_obj))
        if not isinstance(file_obj, Upload):
            self.close(file_obj)
            return
        place = file_obj.place
        with answers():
            try:
                found = await self._uploads.commit(file_obj)
            except UploadRefusedError as error:
                self._log("sftp.refused", place, reason=str(error))
                raise
        self._remember(place, found.st_size)
        self._log("sftp.deposited", place, size=found.st_size, resumed_at=file_obj.resumed_at)

    def close(self, file_obj: object) -> None:
        """The handle was left open, or was for reading: nothing is deposited."""
        self._open.discard(id(file_obj))
        if isinstance(file_obj, Upload):
            size = file_obj.size
            file_obj.abandon()
            self._log("sftp.abandoned", file_obj.place, size=size)
        elif isinstance(file_obj, Reading):
            os.close(file_obj.descriptor)

    def exit(self) -> None:
        """End the channel with status 0: without it, scp reports a failure after a good copy."""
        with suppress(OSError):
            self.channel.exit(0)

    # -- names --------------------------------------------------------------------------------

    def remove(self, path: bytes) -> None:
        """Remove a file not yet taken, or the rest of an unfinished transfer."""
        with answers():
            place = place_of(path)
            self._check_file_place(place)
            found = self._jail.visible(place)
            leftover = self._uploads.forget_leftover(self._account, place)
            self._delivered.pop(place.parts, None)
            if found is None:
                if leftover:
                    return
                raise asyncssh.SFTPNoSuchFile(texts.NOT_FOUND)
            with self._jail.folder(place.parts[:-1]) as parent:
                os.unlink(place.name, dir_fd=parent)
            drop_close(self._uploads.inbox, found)
            self._log("sftp.removed", place, size=found.st_size)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file; over another one only when the old name is temporary."""
        self._rename(oldpath, newpath, overwrite=False)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file, over another one if need be."""
        self._rename(oldpath, newpath, overwrite=True)

    def _rename(self, oldpath: bytes, newpath: bytes, *, overwrite: bool) -> None:
        with answers():
            old, new = place_of(oldpath), place_of(newpath)
            self._check_file_place(old, folders=True)
            self._check_file_place(new, folders=True)
            found = self._jail.stat(old)
            if not stat.S_ISREG(found.st_mode):
                raise asyncssh.SFTPPermissionDenied(texts.FOLDERS_STAY)
            self._check_file_place(new)
            overwritten = self._jail.visible(new)
            if old.parts == new.parts:
                return
            if overwritten is not None and not (overwrite or is_temporary(old.name)):
                raise asyncssh.SFTPFailure(texts.EXISTS)
            self._move(old, new, found)
            if overwritten is not None:
                drop_close(self._uploads.inbox, overwritten)
            self._uploads.forget_leftover(self._account, new)
            self._delivered.pop(old.parts, None)
            self._remember(new, found.st_size)
            self._log("sftp.renamed", new, size=found.st_size, former=shown(old.shown))

    def _move(self, old: Place, new: Place, found: os.stat_result) -> None:
        """Move within the account; a temporary name made final is when the deposit is complete."""
        inbox = self._uploads.inbox
        record = find_close(inbox, found)
        if record is not None and is_temporary(old.name) and not is_temporary(new.name):
            record_close(
                inbox,
                found,
                account=self._account,
                folder=os.fsdecode(b"/".join(new.parts[:-1])),
                name=os.fsdecode(new.name),
                at=self._uploads.now(),
            )
        with (
            self._jail.folder(old.parts[:-1]) as source,
            self._jail.folder(new.parts[:-1]) as target,
        ):
            os.replace(old.name, new.name, src_dir_fd=source, dst_dir_fd=target)

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Make one level of folder: the watcher will tell the depositor what to do instead."""
        del attrs
        with answers():
            place = place_of(path)
            self._check_file_place(place)
            if len(place.parts) != _FILE_DEPTH[0]:
                raise asyncssh.SFTPPermissionDenied(texts.TOO_DEEP)
            self._uploads.usage(self._account).admit_file()
            with self._jail.folder(place.parts[:-1]) as parent:
                os.mkdir(place.name, 0o750, dir_fd=parent)

    def rmdir(self, path: bytes) -> None:
        """Remove an empty folder that the client made."""
        with answers():
            place = place_of(path)
            if len(place.parts) <= 1:
                raise asyncssh.SFTPPermissionDenied(texts.FIXED_FOLDER)
            self._check_file_place(place)
            with self._jail.folder(place.parts[:-1]) as parent:
                os.rmdir(place.name, dir_fd=parent)

    def readlink(self, path: bytes) -> bytes:
        """There are no links here."""
        del path
        raise asyncssh.SFTPNoSuchFile(texts.LINKS)

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse: a link leads outside."""
        del oldpath, newpath
        raise asyncssh.SFTPPermissionDenied(texts.LINKS)

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse: a second name would let the client change what is being judged."""
        del oldpath, newpath
        raise asyncssh.SFTPPermissionDenied(texts.LINKS)

    # -- bounds -------------------------------------------------------------------------------

    @staticmethod
    def _is_file_place(place: Place) -> bool:
        return place.writable and len(place.parts) in _FILE_DEPTH

    def _check_file_place(self, place: Place, *, folders: bool = False) -> None:
        if not place.parts or (len(place.parts) == 1 and not (folders and place.folder in READABLE)):
            raise asyncssh.SFTPPermissionDenied(texts.AT_ROOT)
        if not place.writable:
            raise asyncssh.SFTPPermissionDenied(texts.READ_ONLY)
        if len(place.parts) > _FILE_DEPTH[-1]:
            raise asyncssh.SFTPPermissionDenied(texts.TOO_DEEP)

    def _remember(self, place: Place, size: int) -> None:
        self._delivered[place.parts] = (time.monotonic(), size)
        self._delivered.move_to_end(place.parts)
        while len(self._delivered) > _DELIVERED_KEPT:
            self._delivered.popitem(last=False)

    def _log(self, event: str, place: Place, **values: str | int) -> None:
        log_event(event, account=self._account, path=shown(place.shown), **values)


async def _each(names: list[SFTPName]) -> AsyncIterator[SFTPName]:
    for name in names:
        yield name


def _reading(handle: object) -> Reading:
    if not isinstance(handle, Reading):
        raise asyncssh.SFTPInvalidHandle(texts.NOT_A_FILE)
    return handle


def _upload(handle: object) -> Upload:
    if not isinstance(handle, Upload):
        raise asyncssh.SFTPPermissionDenied(texts.READING_ONLY)
    return handle
