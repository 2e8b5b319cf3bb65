"""Whether the folders of this machine are those of the desk: machines share them, and one may not have them mounted.

The desk's database remembers which `home` is its own (`home/desk.id`), and the inbox bears the same mark. A process
that works on an empty folder where the shared one should be would write answers that nobody reads.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from ingest.database.engine import Database
from ingest.database.tables import home_setting
from ingest.database.upsert import insert_once
from ingest.ledger.facts import recall

DESK_ID: Final = "desk.id"
"""In `home`, in the inbox's own folder, and the key in the database (which a restore forgets)."""
OURS: Final = ".guichet"


def settle(database: Database, home: Path, inbox: Path) -> None:
    """Mark the folders as those of this desk when it has none yet; CannotDo when they are not its own."""
    with database.read() as connection:
        known = recall(connection, DESK_ID)
    if known is None:
        with database.write() as connection:
            known = _read(home) or secrets.token_hex(16)
            if insert_once(connection, home_setting, {"key": DESK_ID, "value": known}):
                _write(home, known)  # before the others can know it
                _write(inbox / OURS, known)
            known = recall(connection, DESK_ID) or known
    wrong = next(_wrong(known, home, inbox), None)
    if wrong is not None:
        raise CannotDo(wrong)


def misplaced(connection: Connection, home: Path, inbox: Path) -> Iterator[str]:
    """What is wrong with the folders, one sentence each; for `doctor`, which changes nothing."""
    known = recall(connection, DESK_ID)
    if known is not None:
        yield from _wrong(known, home, inbox)


def _wrong(known: str, home: Path, inbox: Path) -> Iterator[str]:
    for what, folder in (("home", home), ("inbox", inbox / OURS)):
        found = _read(folder)
        if found == known:
            continue
        mark = folder / DESK_ID
        why = f"{mark} is not there" if found is None else f"{mark} is that of another desk"
        yield (
            f"the {what} of this database's desk is elsewhere ({why}): machines that share a database must share the "
            f"home and the inbox; is the folder mounted? If you made it anew on purpose: echo {known} > {mark}"
        )


def _read(folder: Path) -> str | None:
    try:
        return (folder / DESK_ID).read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def _write(folder: Path, known: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{DESK_ID}.{secrets.token_hex(4)}"
    try:
        draft.write_text(known + "\n", encoding="ascii")
        draft.replace(folder / DESK_ID)
    finally:
        with suppress(OSError):
            draft.unlink()
