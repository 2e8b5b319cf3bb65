"""What the mail-reading child does: says what one mail is, or fits it into one of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ingest.incoming.asking import FITTED, SAID, Wanted
from ingest.incoming.fitting import as_seven_bit
from ingest.incoming.judging import arrival
from ingest.incoming.mime import HEAD_BYTES
from ingest.limited.confinement import no_new_privileges

_SAMPLE: Final = (
    b"From: =?utf-8?q?Zo=C3=A9?= <zoe@pf.example>\nSubject: =?iso-8859-1?q?caf=E9?=\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nBonjour, c\xc3\xa9dille.\n"
)


class MailJob:
    """Writes `workdir/said.json` or `workdir/fitted.eml` (not at all when it cannot be)."""

    open_files = 64
    needed_calls: frozenset[str] = frozenset()

    def take(self, document: dict[str, Any]) -> bool:
        """Nothing is shared by the children."""
        del document
        return False

    def warm_up(self) -> None:
        """Read a small mail in both ways."""
        no_new_privileges()
        arrival(_SAMPLE, ours=())
        as_seven_bit(_SAMPLE)

    def reads(self, document: dict[str, Any]) -> Iterable[Path]:
        """The mail."""
        return [Path(document["path"])]

    def run(self, document: dict[str, Any]) -> None:
        """Do what is `wanted` of the mail at `path`."""
        workdir = Path(document["workdir"])
        with Path(document["path"]).open("rb") as source:
            if document["wanted"] == Wanted.ARRIVAL:
                said = arrival(source.read(HEAD_BYTES), ours=document["ours"])
                (workdir / SAID).write_text(json.dumps(asdict(said)), encoding="ascii")
            elif (fitted := as_seven_bit(source.read())) is not None:
                (workdir / FITTED).write_text(fitted, encoding="ascii")
