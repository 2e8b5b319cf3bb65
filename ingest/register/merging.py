"""An import is a full snapshot: what is absent ends the day before, what is present says everything of its unit.

Units: an organisation by its code; the adhesions of one CIL/CCI for one service; the delegations of one mandant for
one service. Contacts and obligations are simply those of the snapshot (earlier versions keep the others).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TypeVar

from domain.organisations import Adhesion, Delegation, Directory, Organisation, Span
from ingest.register.snapshot import canonical
from ingest.register.spans import ended_before

T = TypeVar("T", Adhesion, Delegation)


def merge(before: Directory | None, snapshot: Directory, today: date) -> Directory:
    """The register after an import made on `today` (a civil day of the desk); `version` is that of `before`.

    Importing the result again, on any later day, changes nothing.
    """
    if before is None:
        return canonical(snapshot)
    taken = {one.compte_sftp.lower() for one in snapshot.organisations if one.compte_sftp}
    merged = Directory(
        version=before.version,
        organisations=(*snapshot.organisations, *_ended_organisations(before, snapshot, today, taken)),
        adhesions=(
            *snapshot.adhesions,
            *_ended(before.adhesions, snapshot.adhesions, lambda one: (one.code_cil, one.service), today),
        ),
        delegations=(
            *snapshot.delegations,
            *_ended(before.delegations, snapshot.delegations, lambda one: (one.code_mandant, one.service), today),
        ),
        contacts=snapshot.contacts,
        obligations=snapshot.obligations,
    )
    return canonical(_without_dangling(merged, snapshot))


def _ended_organisations(
    before: Directory,
    snapshot: Directory,
    today: date,
    taken: set[str],
) -> Iterator[Organisation]:
    for one in before.organisations:
        actif = None if one.code in snapshot.by_code else _shortened(one.actif, today)
        if actif is None:
            continue
        account = one.compte_sftp
        if account is not None and account.lower() in taken:
            account = None  # another organisation has it now; the versions before this one remember
        yield replace(one, actif=actif, compte_sftp=account)


def _ended(rows: Iterable[T], present: Iterable[T], unit: Callable[[T], object], today: date) -> Iterator[T]:
    units = {unit(row) for row in present}
    for row in rows:
        dates = None if unit(row) in units else _shortened(row.dates, today)
        if dates is not None:
            yield replace(row, dates=dates)


def _shortened(span: Span, today: date) -> Span | None:
    """A span that already ended stays as it is; one that has not begun disappears."""
    if span.last is not None and span.last < today:
        return span
    return ended_before(span, today)


def _without_dangling(merged: Directory, snapshot: Directory) -> Directory:
    """Drop ended rows whose organisation never began, and so has disappeared."""
    known = merged.by_code
    return replace(
        merged,
        adhesions=tuple(
            one
            for one in merged.adhesions
            if one in snapshot.adhesions or (one.code_cil in known and one.code_plateforme in known)
        ),
        delegations=tuple(
            one
            for one in merged.delegations
            if one in snapshot.delegations or (one.code_mandant in known and one.code_realisateur in known)
        ),
    )
