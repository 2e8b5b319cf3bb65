"""The versions of the register in the database (contract §5: every version is kept)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from domain.errors import CannotDo, NotFound
from domain.organisations import (
    Adhesion,
    Contact,
    Delegation,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from ingest.database import tables
from ingest.database.engine import Database
from ingest.ledger.stale import mark_all
from ingest.register.snapshot import canonical


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of the register: who imported it, when, from what."""

    number: int
    imported_at: datetime
    author: str
    source: str
    submission_id: str | None


class ConcurrentImportError(CannotDo):
    """Another import came in between: what was shown is no longer what would happen."""


class DirectoryStore:
    """Reads and appends versions. Safe to share between threads: a version never changes once written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Directory] = {}
        self._guard = threading.Lock()

    def current(self, connection: Connection | None = None) -> Directory | None:
        """The register in force, or None before the first import."""
        if connection is None:
            with self._database.read() as own:
                return self.current(own)
        number = current_version(connection)
        return None if number is None else self.version(number, connection)

    def version(self, number: int, connection: Connection | None = None) -> Directory:
        """Version `number`; NotFound when there is none."""
        with self._guard:
            if number in self._known:
                return self._known[number]
        if connection is None:
            with self._database.read() as own:
                return self.version(number, own)
        known = connection.scalar(
            select(tables.directory_version.c.version).where(tables.directory_version.c.version == number),
        )
        if known is None:
            raise NotFound(f"the register has no version {number}")
        directory = _load(connection, number)
        with self._guard:
            self._known = {**dict(list(self._known.items())[-_KEPT:]), number: directory}
        return directory

    def as_of(self, instant: datetime, connection: Connection | None = None) -> Directory | None:
        """The register as it was in force at `instant` (aware), or None if there was none yet."""
        if connection is None:
            with self._database.read() as own:
                return self.as_of(instant, own)
        number = connection.scalar(
            select(func.max(tables.directory_version.c.version)).where(
                tables.directory_version.c.imported_at <= instant,
            ),
        )
        return None if number is None else self.version(number, connection)

    def versions(self) -> tuple[Version, ...]:
        """Every version, the oldest first."""
        table = tables.directory_version
        with self._database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.version)).mappings()
            return tuple(
                Version(
                    number=row["version"],
                    imported_at=row["imported_at"],
                    author=row["author"],
                    source=row["source"],
                    submission_id=row["submission_id"],
                )
                for row in rows
            )

    def append(  # noqa: PLR0913 - who, when, from what
        self,
        connection: Connection,
        directory: Directory,
        *,
        now: datetime,
        author: str,
        source: str,
        submission_id: str | None = None,
    ) -> Directory:
        """Write `directory` as the version after `directory.version`, inside the caller's transaction.

        Raises ConcurrentImportError when that is no longer the one in force.
        """
        if (current_version(connection) or 0) != directory.version:
            raise ConcurrentImportError(_CONCURRENT)
        number = directory.version + 1
        try:
            connection.execute(
                insert(tables.directory_version).values(
                    version=number,
                    imported_at=now,
                    author=author,
                    source=source,
                    submission_id=submission_id,
                    sha256=content_hash(directory),
                ),
            )
        except IntegrityError as error:
            raise ConcurrentImportError(_CONCURRENT) from error
        for table, rows in _rows(directory):
            if rows:
                connection.execute(insert(table), [{"version": number, **row} for row in rows])
        connection.execute(
            insert(tables.event).values(
                at=now,
                kind="directory_imported",
                submission_id=submission_id,
                author=author,
                data={"version": number, "organisations": len(directory.organisations)},
            ),
        )
        mark_all(connection, now)
        return Directory(
            version=number,
            organisations=directory.organisations,
            adhesions=directory.adhesions,
            delegations=directory.delegations,
            contacts=directory.contacts,
            obligations=directory.obligations,
        )


_KEPT = 3
"""Versions kept in memory: the one in force, and those of deposits judged at a past instant."""
_CONCURRENT = "the register was changed by another import in the meantime: look at the effects again, then confirm"


_NEWEST = select(func.max(tables.directory_version.c.version))


def current_version(connection: Connection) -> int | None:
    """The number of the version in force, or None."""
    number: int | None = connection.scalar(_NEWEST)
    return number


def content_hash(directory: Directory) -> str:
    """SHA-256 of what a register says, whatever the order of its rows."""
    ordered = canonical(directory)
    rows = [repr(row) for _, rows in _rows(ordered) for row in rows]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _rows(directory: Directory) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    yield (
        tables.organisation,
        [
            {
                "code": one.code,
                "type": one.type.value,
                "nom": one.nom,
                "departement": one.departement,
                "compte_sftp": one.compte_sftp,
                "actif_du": one.actif.first,
                "actif_au": one.actif.last,
            }
            for one in directory.organisations
        ],
    )
    yield (
        tables.adhesion,
        [
            {
                "code_cil": one.code_cil,
                "code_plateforme": one.code_plateforme,
                "service": one.service.value,
                "date_effet": one.dates.first,
                "date_fin": one.dates.last,
            }
            for one in directory.adhesions
        ],
    )
    yield (
        tables.delegation,
        [
            {
                "code_mandant": one.code_mandant,
                "code_realisateur": one.code_realisateur,
                "service": one.service.value,
                "date_debut": one.dates.first,
                "date_fin": one.dates.last,
            }
            for one in directory.delegations
        ],
    )
    yield (
        tables.contact,
        [
            {
                "organisation": one.organisation,
                "courriel": one.courriel,
                "nom": one.nom,
                "role": one.role.value,
                "service": None if one.service is None else one.service.value,
            }
            for one in directory.contacts
        ],
    )
    yield (
        tables.obligation_rule,
        [
            {
                "code": one.code,
                "collection": one.collection,
                "du": one.dates.first,
                "au": one.dates.last,
                "echeance": one.echeance,
                "dispense": one.dispense,
                "motif": one.motif,
            }
            for one in directory.obligations
        ],
    )


def _load(connection: Connection, number: int) -> Directory:
    def rows(table: Table) -> Iterator[Any]:
        found = connection.execute(select(table).where(table.c.version == number).order_by(table.c.id))
        yield from found.mappings()

    return Directory(
        version=number,
        organisations=tuple(
            Organisation(
                code=row["code"],
                type=OrganisationType(row["type"]),
                nom=row["nom"],
                departement=row["departement"],
                compte_sftp=row["compte_sftp"],
                actif=Span(first=row["actif_du"], last=row["actif_au"]),
            )
            for row in rows(tables.organisation)
        ),
        adhesions=tuple(
            Adhesion(
                code_cil=row["code_cil"],
                code_plateforme=row["code_plateforme"],
                service=Service(row["service"]),
                dates=Span(first=row["date_effet"], last=row["date_fin"]),
            )
            for row in rows(tables.adhesion)
        ),
        delegations=tuple(
            Delegation(
                code_mandant=row["code_mandant"],
                code_realisateur=row["code_realisateur"],
                service=Service(row["service"]),
                dates=Span(first=row["date_debut"], last=row["date_fin"]),
            )
            for row in rows(tables.delegation)
        ),
        contacts=tuple(
            Contact(
                organisation=row["organisation"],
                courriel=row["courriel"],
                nom=row["nom"] or "",
                role=Role(row["role"]),
                service=None if row["service"] is None else Service(row["service"]),
            )
            for row in rows(tables.contact)
        ),
        obligations=tuple(
            ObligationRule(
                code=row["code"],
                collection=row["collection"],
                dates=Span(first=row["du"], last=row["au"]),
                echeance=row["echeance"],
                dispense=bool(row["dispense"]),
                motif=row["motif"],
            )
            for row in rows(tables.obligation_rule)
        ),
    )
