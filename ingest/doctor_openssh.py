"""What sshd's chroots stand on, looked at, where sshd serves the inbox (setting `sftp_openssh`)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ingest.diagnosis import Diagnosis, fault, ok, warning
from ingest.wiring import Wiring

_LATE: Final = timedelta(seconds=90)
_SYNC: Final = "run deploy/openssh/sync-accounts.sh as root"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def openssh(wiring: Wiring) -> Iterator[Diagnosis]:
    """Whether sshd accepts each chroot, whether we can take what is dropped there, and whether its log is heard."""
    settings = wiring.settings
    if not settings.sftp_openssh:
        return
    if settings.sftp_enabled:
        yield warning("openssh", "the built-in server runs beside sshd", "set sftp_enabled = false")
    troubles = 0
    for account in wiring.accounts.list():
        if account.enabled:
            for diagnosis in _account(settings.inbox / account.name):
                troubles += 1
                yield diagnosis
    if not troubles:
        yield ok("openssh", "sshd can lock each open account in its folder")
    yield _listener(wiring)


def _account(folder: Path) -> Iterator[Diagnosis]:
    if not folder.is_dir():
        yield fault("openssh", f"{folder} is missing", _SYNC)
        return
    for each in (folder, *folder.parents):
        found = each.stat()
        if found.st_uid != 0 or found.st_mode & _OTHERS_WRITE:
            yield fault("openssh", f"{each} is not root's alone: sshd refuses the account", _SYNC)
            return
    for name in ("depot", "essai", "retours", "diffusion", "dev"):
        if not os.access(folder / name, os.R_OK | os.W_OK | os.X_OK):
            yield fault("openssh", f"{folder / name} is not ours to write", _SYNC)
            return


def _listener(wiring: Wiring) -> Diagnosis:
    sign: dict[str, str] = {}
    with suppress(OSError, ValueError):
        sign = json.loads((wiring.settings.inbox / ".guichet" / "openssh.json").read_text())
    try:
        age = wiring.clock.now() - datetime.fromisoformat(sign["at"])
    except (KeyError, ValueError, TypeError):
        age = None
    if age is None or age > _LATE:
        return fault("openssh", "nobody hears sshd's log: cut uploads are not told", "start guichet-sftp-log.service")
    return ok("openssh", "sshd's log is heard")
