"""What a purge would destroy, with the files, and nothing touched (`guichet purge --dry-run`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from domain.retention import years_before
from ingest.database.collections import tables_of
from ingest.ledger.destroying import THE_FILE, Due
from ingest.ledger.rows_destroyed import Mails, destroy_contacts, mails_before, mails_of
from ingest.retention.places import files_of, mail_files
from ingest.retention.purging import Purge
from ingest.wiring import Wiring


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """`rows`: per collection, exercice and rule; `files`: paths, those of the inbox below it."""

    rows: list[dict[str, Any]]
    files: tuple[str, ...]
    messages: int
    contacts: int


def foresee(wiring: Wiring, purge: Purge) -> Foreseen:
    """As `Purge.run` would, without what a crash left unfinished."""
    now, scope = wiring.clock.now(), purge.scope
    dues = purge.plan(now)
    files: list[str] = []
    groups: dict[tuple[str | None, int | None, str], dict[str, Any]] = {}
    deposits: dict[tuple[str | None, int | None, str], set[str]] = {}
    for one in dues:
        key = (one.collection, one.end.exercice, one.end.rule.value)
        row = groups.setdefault(
            key, {"collection": key[0], "exercice": key[1], "rule": key[2], "deposits": 0, "rows": 0, "files": 0}
        )
        deposits.setdefault(key, set()).add(one.submission_id)
        if one.part == THE_FILE:
            found = [str(path) for path in _files(wiring, one)]
            row["files"] += len(found)
            files += found
        else:
            row["rows"] += _rows(wiring, one)
    for key, numbers in deposits.items():
        groups[key]["deposits"] = len(numbers)
    lengths = scope.lengths
    with wiring.database.rehearse() as connection:
        mails = mails_before(connection, years_before(now, lengths.mail_years, scope.zone))
        contacts = destroy_contacts(connection, now - timedelta(days=lengths.contact_days))
    ordered = sorted(groups.values(), key=lambda row: (row["exercice"] or 0, row["collection"] or "", row["rule"]))
    return Foreseen(
        rows=ordered,
        files=tuple(files),
        messages=len(mails.messages) + len(mails.arrived),
        contacts=contacts,
    )


def _files(wiring: Wiring, one: Due) -> list[Path]:
    whole = one.end.rule.whole
    with wiring.database.read() as connection:
        mails = mails_of(connection, one.submission_id) if whole else Mails()
    return [*files_of(wiring, one.submission_id, one.account, whole=whole), *mail_files(wiring, mails)]


def _rows(wiring: Wiring, one: Due) -> int:
    tables = tables_of(wiring.catalogue.collections)
    slug = next((each.slug for each in wiring.catalogue.collections if each.code == one.collection), None)
    if slug is None:
        return 0
    table = tables[slug].table
    with wiring.database.read() as connection:
        query = select(func.count()).select_from(table).where(table.c.section_id == one.part)
        return int(connection.execute(query).scalar_one())
