"""The register of all open uploads of the process: which parts are in use, and by whom."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ingest.sftp.config import SftpLimits
from ingest.sftp.jail import Place
from ingest.sftp.names import part_name
from ingest.sftp.quota import Usage
from ingest.sftp.staging import StagingArea, is_settled
from ingest.sftp.upload import Upload


class Uploads:
    """Every open upload of the process; knows which parts are in use, and by whom."""

    def __init__(self, inbox: Path, limits: SftpLimits, now: Callable[[], datetime]) -> None:
        """`now` is the clock (aware instants)."""
        self.inbox = inbox
        self.limits = limits
        self.now = now
        self._live: dict[tuple[str, str, str], Upload] = {}
        self._usage: dict[str, Usage] = {}
        self._commits: set[asyncio.Task[os.stat_result]] = set()

    def usage(self, account: str) -> Usage:
        """Return the running measure of the account."""
        return self._usage.setdefault(account, Usage(self.inbox, account, self.limits))

    def area(self, account: str, place: Place) -> StagingArea:
        """Return the staging area of `place`."""
        return StagingArea(self.inbox, account, os.fsdecode(place.folder))

    def leftover(self, account: str, place: Place) -> os.stat_result | None:
        """Describe what has arrived so far of an unfinished transfer to `place`.

        None when nothing has, or nothing that can be trusted: a part whose writer died with the
        whole process may have holes.
        """
        part = part_name(place.below_folder)
        found = self.area(account, place).describe(part)
        if found is None or is_settled(found) or self.owner(account, place, part) is not None:
            return found
        return None

    def forget_leftover(self, account: str, place: Place) -> bool:
        """Remove an unfinished transfer that nobody is writing; False when there is none."""
        part = part_name(place.below_folder)
        if self.owner(account, place, part) is not None:
            return False
        area = self.area(account, place)
        found = area.describe(part)
        area.discard(part)
        return found is not None

    def owner(self, account: str, place: Place, part: str) -> Upload | None:
        """Return the open upload that writes this part."""
        return self._live.get((account, os.fsdecode(place.folder), part))

    def occupy(self, upload: Upload, part: str) -> None:
        """Note that `upload` writes this part."""
        self._live[(upload.account, os.fsdecode(upload.place.folder), part)] = upload

    def release(self, upload: Upload, part: str) -> None:
        """Note that it does no more."""
        key = (upload.account, os.fsdecode(upload.place.folder), part)
        if self._live.get(key) is upload:
            del self._live[key]

    async def commit(self, upload: Upload) -> os.stat_result:
        """Make the upload visible; finishes even when the connection ends meanwhile."""
        task = asyncio.ensure_future(upload.commit(self.now()))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        return await asyncio.shield(task)

    def abandon_all(self) -> None:
        """Leave every open transfer as its client may resume it (when the process stops)."""
        for upload in list(self._live.values()):
            if not upload.closing:
                upload.abandon()

    async def settled(self, timeout_seconds: float) -> None:
        """Wait for the commits under way (when the process stops)."""
        if self._commits:
            await asyncio.wait(self._commits, timeout=timeout_seconds)
