"""One open-for-write handle.

An upload grows in the staging area. Only the client's own close makes it visible (`commit`);
anything else (`abandon`) leaves a part that the client may come back to and finish.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from ingest.sftp import texts
from ingest.sftp.closes import drop_close, record_close
from ingest.sftp.config import SftpLimits
from ingest.sftp.jail import Jail, Place
from ingest.sftp.names import PART_ENDING, part_name
from ingest.sftp.prefix import Prefix
from ingest.sftp.quota import OverLimitError, Usage
from ingest.sftp.staging import StagingArea, is_settled, mark_settled, mark_writing
from ingest.sftp.telemetry import log_trouble

_COPY_BYTES: Final = 1024 * 1024
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


class UploadRefusedError(Exception):
    """The upload cannot go on; the message is for the depositor."""


class OpenUploads(Protocol):
    """What an upload needs of the register of all open ones (`ingest.sftp.uploads`)."""

    inbox: Path
    limits: SftpLimits

    def usage(self, account: str) -> Usage:
        """The running measure of the account."""
        ...

    def area(self, account: str, place: Place) -> StagingArea:
        """The staging area of `place`."""
        ...

    def owner(self, account: str, place: Place, part: str) -> Upload | None:
        """The open upload that writes this part."""
        ...

    def occupy(self, upload: Upload, part: str) -> None:
        """Note that `upload` writes this part."""
        ...

    def release(self, upload: Upload, part: str) -> None:
        """Note that it does no more."""
        ...

    def forget_leftover(self, account: str, place: Place) -> bool:
        """Remove an unfinished transfer that nobody is writing."""
        ...


class Upload:
    """One handle that a client opened for writing.

    The part is chosen at the first act, not at the opening: `scp` and `sftp reput` open alike
    (no TRUNC), and only the first offset tells a new transfer (0) from a resumed one.
    """

    def __init__(self, uploads: OpenUploads, account: str, jail: Jail, place: Place, *, append: bool) -> None:
        """Use `Session.open`; `append` puts every write at the end, whatever its offset."""
        self._uploads = uploads
        self.account = account
        self._jail = jail
        self.place = place
        self._append = append
        self._part = part_name(place.below_folder)
        self._area = uploads.area(account, place)
        self._usage = uploads.usage(account)
        self._descriptor: int | None = None
        self._size = 0
        self._prefix = Prefix()
        self._refusal: str | None = None
        self._kept = True
        self.closing = False
        self.resumed_at = 0

    @property
    def size(self) -> int:
        """Bytes so far (a hole counts)."""
        return self._size

    @property
    def started(self) -> bool:
        """Whether a part was chosen."""
        return self._descriptor is not None

    def start_fresh(self) -> None:
        """Begin an empty part; a leftover one is emptied, one in use is left to its writer."""
        if self._uploads.owner(self.account, self.place, self._part) is not None:
            stem = self._part.removesuffix(PART_ENDING)
            self._part = f"{stem}~{secrets.token_hex(4)}{PART_ENDING}"
        self._occupy()
        self._resize(0)

    def start_resumed(self) -> None:
        """Begin with what is there: the visible file's bytes, else those of the leftover part.

        A part that a lost connection of the same account still holds is taken over.
        """
        if self._jail.visible(self.place) is not None:
            self.start_fresh()
            self._copy_visible()
        else:
            holder = self._uploads.owner(self.account, self.place, self._part)
            if holder is not None:
                holder.lose_part()
            self._occupy()
        self.resumed_at = self._size

    def _occupy(self) -> None:
        known = self._area.describe(self._part)
        if known is None:
            self._usage.admit_file()
        self._descriptor = self._area.open(self._part)
        self._uploads.occupy(self, self._part)
        self._size = os.fstat(self._descriptor).st_size
        if known is not None and not is_settled(known):
            self._resize(0)
        mark_writing(self._descriptor)
        self._prefix = Prefix(self._size)

    def _copy_visible(self) -> None:
        source = self._jail.open_for_reading(self.place)
        try:
            while block := os.read(source, _COPY_BYTES):
                self._put(self._size, block)
        finally:
            os.close(source)

    def lose_part(self) -> None:
        """Give the part up to another connection of the same account."""
        if self.closing:
            raise UploadRefusedError(texts.RESUME_IMPOSSIBLE)
        self._refusal = texts.TAKEN_OVER
        self._settle(self._prefix.length)
        self._leave()

    def write(self, offset: int, data: bytes) -> int:
        """Write a block; `UploadRefusedError` past a limit, and from then on."""
        self._check()
        try:
            if not self.started:
                self._start_at(offset)
            self._put(self._size if self._append else offset, data)
        except OverLimitError as error:
            self._refuse(str(error))
        except OSError as error:
            if error.errno in _FULL:
                self._log_trouble(error)
                self._refuse(texts.NOT_STORED, keep=True)
            raise
        return len(data)

    def _start_at(self, offset: int) -> None:
        if self._append or offset > 0 or self._jail.visible(self.place) is not None:
            self.start_resumed()
            if offset > self._size and not self._append:
                self._refuse(texts.RESUME_IMPOSSIBLE, keep=True)
        else:
            self.start_fresh()

    def _put(self, offset: int, data: bytes) -> None:
        end = offset + len(data)
        self._grow_to(end)
        view = memoryview(data)
        while view:
            written = os.pwrite(self._open_descriptor(), view, end - len(view))
            view = view[written:]
        self._prefix.add(offset, end)

    def _grow_to(self, end: int) -> None:
        if end > self._uploads.limits.max_file_bytes:
            raise OverLimitError(texts.file_too_big(self._uploads.limits.max_file_bytes))
        if end > self._size:
            self._usage.grow(end - self._size)
            self._size = end

    def read(self, offset: int, length: int) -> bytes:
        """Read back what is there (a handle opened for both)."""
        self._check()
        if not self.started:
            self.start_resumed()
        return os.pread(self._open_descriptor(), length, offset)

    def set_size(self, size: int) -> None:
        """Cut or extend, as FSETSTAT asks: `scp` shortens an overwritten file that way."""
        self._check()
        try:
            if not self.started:
                if size == 0 or self._jail.visible(self.place) is None:
                    self.start_fresh()
                else:
                    self.start_resumed()
            self._resize(size)
        except OverLimitError as error:
            self._refuse(str(error))

    def _resize(self, size: int) -> None:
        self._grow_to(size)
        os.ftruncate(self._open_descriptor(), size)
        if size < self._size:
            self._usage.grow(size - self._size)
            self._size = size
        self._prefix.cut(size)

    def stat(self) -> os.stat_result | None:
        """Describe what the handle holds; None before anything was chosen."""
        return os.fstat(self._descriptor) if self._descriptor is not None else None

    async def sync(self) -> None:
        """Put what is there on the disk, without holding the other sessions up."""
        if self._descriptor is None:
            return
        descriptor = os.dup(self._descriptor)  # ours even if the handle goes meanwhile
        try:
            await asyncio.shield(asyncio.to_thread(os.fsync, descriptor))
        finally:
            os.close(descriptor)

    async def commit(self, at: datetime) -> os.stat_result:
        """The client closed: sync, record the close, make visible. `UploadRefusedError` if it cannot."""
        try:
            self._check()
            untouched = None if self.started else self._jail.visible(self.place)
            if untouched is not None:
                return untouched
            if not self.started:
                self.start_resumed()
            self.closing = True
            await self.sync()
            found = os.fstat(self._open_descriptor())
            self._close_descriptor()  # nothing of ours holds the file once it is visible
            await asyncio.to_thread(self._publish, found, at)
        except UploadRefusedError:
            self.abandon()
            raise
        except OverLimitError as error:
            self.abandon()
            raise UploadRefusedError(str(error)) from error
        except OSError as error:
            self.abandon()
            self._log_trouble(error)
            raise UploadRefusedError(_reason(error)) from error
        finally:
            self._leave()
        self._uploads.forget_leftover(self.account, self.place)
        return found

    def _publish(self, found: os.stat_result, at: datetime) -> None:
        inbox = self._uploads.inbox
        folder = self.place.parts[:-1]
        with self._area.opened() as source, self._jail.folder(folder) as target:
            overwritten = self._jail.visible(self.place)
            record_close(
                inbox,
                found,
                account=self.account,
                folder=os.fsdecode(b"/".join(folder)),
                name=os.fsdecode(self.place.name),
                at=at,
            )
            try:
                os.replace(self._part, self.place.name, src_dir_fd=source, dst_dir_fd=target)
            except OSError:
                drop_close(inbox, found)
                raise
            if overwritten is not None:
                drop_close(inbox, overwritten)
            os.fsync(target)

    def abandon(self) -> None:
        """The client vanished, or was refused: nothing appears; keep what it can resume from."""
        if not self.started:
            return
        kept = self._prefix.length if self._kept else 0
        self._settle(kept)
        self._leave()
        main = part_name(self.place.below_folder)
        if kept == 0:
            self._area.discard(self._part)
        elif self._part != main:
            if self._uploads.owner(self.account, self.place, main) is None:
                self._area.keep_as(self._part, main)
            else:
                self._area.discard(self._part)

    def _settle(self, length: int) -> None:
        """Leave only what arrived without a hole, and say that it can be trusted."""
        with suppress(OSError):
            os.ftruncate(self._open_descriptor(), length)
            self._usage.grow(length - self._size)
            self._size = length
            mark_settled(self._open_descriptor())

    def _leave(self) -> None:
        self._close_descriptor()
        self._uploads.release(self, self._part)

    def _close_descriptor(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _log_trouble(self, error: OSError) -> None:
        log_trouble("sftp.not_stored", account=self.account, errno=error.errno or 0, error=error.strerror or "")

    def _refuse(self, text: str, *, keep: bool = False) -> None:
        self._refusal = text
        self._kept = keep
        raise UploadRefusedError(text)

    def _check(self) -> None:
        if self._refusal is not None:
            raise UploadRefusedError(self._refusal)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise UploadRefusedError(self._refusal or texts.NOT_STORED)
        return self._descriptor


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return texts.NOT_FOUND
    if error.errno in (errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST):
        return texts.NOT_A_FILE
    return texts.NOT_STORED
