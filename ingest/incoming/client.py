"""`MailReader`: the service's end of reading mail that anybody may have written."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import structlog

from domain.incoming import Arrival, IncomingKind
from ingest.incoming.asking import FITTED, SAID, Wanted
from ingest.limited.client import LimitedClient, ServerLostError

CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 30.0
OUTPUT_BYTES: Final = 256_000_000
_SAID_BYTES: Final = 1 << 17
_MOST_TEXT: Final = 1_000
_MOST_TEXTS: Final = 60

log = structlog.get_logger(__name__)


class MailReader(LimitedClient):
    """Reads mails in a process of its own, started at the first one and again if it dies. For any thread."""

    def __init__(self, drafts: Path, *, memory_bytes: int, command: Sequence[str] | None = None) -> None:
        """`drafts`: a folder for what the children write; `command` replaces the process in tests of its failures."""
        super().__init__("ingest.incoming.server", command)
        self._drafts = drafts
        self._limits = {
            "memory_bytes": memory_bytes,
            "cpu_seconds": CPU_SECONDS,
            "wall_seconds": WALL_SECONDS,
            "output_bytes": OUTPUT_BYTES,
        }

    def arrival(self, mail: Path, *, ours: Collection[str]) -> Arrival:
        """What this mail is and says; `ours`: the addresses that we write from.

        What kills its reader, or takes too long, is a person's: somebody must look at it.

        Raises:
            OSError: our disk failed.
            Park: the process cannot be started.
        """
        said = self._asked(mail, Wanted.ARRIVAL, SAID, _SAID_BYTES, ours=sorted(ours))
        try:
            return _decoded(json.loads(said or b""))
        except (ValueError, KeyError, TypeError):
            return Arrival(kind=IncomingKind.REPLY)

    def fitted(self, mail: Path) -> bytes | None:
        """The mail in short lines of ASCII, its parts encoded anew; None when it cannot be. Raises as `arrival`."""
        return self._asked(mail, Wanted.FITTED, FITTED, OUTPUT_BYTES)

    def _asked(self, mail: Path, wanted: Wanted, name: str, most_bytes: int, **more: Any) -> bytes | None:
        self._drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock, tempfile.TemporaryDirectory(prefix="reading-", dir=self._drafts) as folder:
            self._ready()
            document = {"path": str(mail.absolute()), "workdir": folder, "wanted": wanted.value, "limits": self._limits}
            try:
                ended = str(self._ask({**document, **more})["ended"])
            except ServerLostError:
                ended = "server_lost"
            if ended == "our_disk":
                raise OSError(errno.EIO, "a mail could not be read, or what it says not be written")
            if ended == "done":
                return _content(Path(folder) / name, most_bytes)
        log.warning("mail_reader_failed", ended=ended, wanted=wanted.value, kept=mail.name)
        return None


def _content(path: Path, most_bytes: int) -> bytes | None:
    """What the child made; hostile bytes may have made it, so it is no link and no longer than it may be."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as source:  # noqa: PTH123 - a descriptor
        content = source.read(most_bytes + 1)
    return content if len(content) <= most_bytes else None


def _decoded(document: dict[str, Any]) -> Arrival:
    """An arrival of bounded texts; ValueError, KeyError or TypeError for anything else."""
    told: dict[str, Any] = {"kind": IncomingKind(document["kind"])}
    for field in fields(Arrival):
        if field.name == "kind":
            continue
        value = document[field.name]
        several = isinstance(field.default, tuple)
        texts = value if several else [value]
        if not isinstance(texts, list) or len(texts) > _MOST_TEXTS:
            raise TypeError(field.name)
        if not all(isinstance(one, str) and len(one) <= _MOST_TEXT for one in texts):
            raise TypeError(field.name)
        told[field.name] = tuple(texts) if several else value
    return Arrival(**told)
