"""The home as it was, moved aside: what it has beyond the backup comes back through the front door.

A deposit that came after the backup becomes a claim again, with its number and the receipt that it had; the service
takes it up as after a crash. One that the backup knows without its bytes gets them back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from domain.errors import CannotDo
from domain.submissions import SUBMISSION_ID, Box, ReceiptProof
from ingest.backing_up.copying import copy_open
from ingest.backing_up.reconciling import in_hand
from ingest.database.tables import submission
from ingest.files import sync_folder
from ingest.inbox.claim import CLAIMS, DEPOSIT
from ingest.inbox.copying import ORIGINAL
from ingest.inbox.folders import FILE_FLAGS, opened
from ingest.inbox.records import ClaimRecord, record_name, write_record
from ingest.inbox.scan import OURS
from ingest.wiring import Wiring

_MOST_RECORD_BYTES: Final = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """What came back.

    `again`: deposits that came after the backup and will be taken again; `completed`: known ones whose bytes are back;
    `lost`: folders of the former home that do not say what they are.
    """

    again: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def recover(
    wiring: Wiring, former: Path, is_destroyed: Callable[[str], bool], say: Callable[[str], None] = lambda _line: None
) -> Recovered:
    """Bring back what the former home has beyond the backup; may be called again after a crash."""
    if former.resolve() == wiring.settings.home.resolve():
        raise CannotDo("--former-home is the home itself: give the folder that it was moved to")
    wiring.inbox.prepare()
    with wiring.unchecked_database.read() as connection:
        known = set(connection.execute(select(submission.c.id)).scalars())
        without = {one.submission for one in in_hand(connection)}
    again, completed, lost = [], [], []
    for number, folder, original in originals_of(former):
        if is_destroyed(number) or (number in known and number not in without):
            continue
        if number in known:
            _give_bytes(wiring.settings.home, number, folder, original)
            completed.append(number)
            continue
        record = _record(folder / DEPOSIT, number)
        if record is None:
            lost.append(number)
            continue
        _claim_again(wiring.settings.inbox, record, original)
        wiring.accounts.make_folders(record.account)
        again.append(number)
        say(f"{number}: will be taken again")
    return Recovered(again=tuple(again), completed=tuple(completed), lost=tuple(lost))


def originals_of(former: Path) -> Iterator[tuple[str, Path, Path]]:
    """(number, its folder, the original) of each deposit whose bytes the former home has, oldest first."""
    found: dict[str, tuple[Path, Path]] = {}
    for folder in (*former.glob("archive/[0-9]*/[0-9]*/*"), *former.glob("spool/*")):
        if SUBMISSION_ID.fullmatch(folder.name) is None or folder.is_symlink():
            continue
        originals = [one for one in sorted(folder.glob(f"{ORIGINAL}*")) if one.is_file() and not one.is_symlink()]
        if originals:
            found[folder.name] = (folder, originals[0])
    for number in sorted(found):
        yield number, *found[number]


def _record(path: Path, number: str) -> ClaimRecord | None:
    """What the claim of that deposit said; None when it cannot be told."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        with path.open("rb") as stream:
            row = json.loads(stream.read(_MOST_RECORD_BYTES))
        record = ClaimRecord(
            submission_id=str(row["submission"]),
            account=str(row["account"]),
            box=Box(row["box"]),
            raw_name=bytes.fromhex(row["name_hex"]),
            received_at=datetime.fromisoformat(row["received_at"]),
            proof=ReceiptProof(row["proof"]),
        )
        return record if record.submission_id == number else None
    return None


def _give_bytes(home: Path, number: str, folder: Path, original: Path) -> None:
    target = home / "spool" / number
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (target / ORIGINAL).exists():
        return
    for source, name in ((folder / DEPOSIT, DEPOSIT), (original, ORIGINAL)):
        if source.exists():
            _copy_whole(source, target, name)
    sync_folder(target.parent)


def _claim_again(inbox: Path, record: ClaimRecord, original: Path) -> None:
    """As a claim stands after its third step: its record, then the file under the claim's name."""
    with opened(inbox, OURS, CLAIMS) as claims:
        with suppress(FileNotFoundError):
            os.unlink(record_name(record.submission_id), dir_fd=claims)  # of an attempt that was cut short
        lock = write_record(claims, record)
        try:
            folder = inbox / OURS / CLAIMS
            _copy_whole(original, folder, record.file_name)
        finally:
            os.close(lock)


def _copy_whole(source: Path, folder: Path, name: str) -> None:
    draft = folder / f".{name}.draft"
    draft.unlink(missing_ok=True)
    descriptor = os.open(source, FILE_FLAGS)
    try:
        copy_open(descriptor, draft, 0o600)
    finally:
        os.close(descriptor)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.rename(folder / name)
    sync_folder(folder)
