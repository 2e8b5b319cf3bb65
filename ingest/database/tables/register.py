"""The register of organisations, version by version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
)

from ingest.database.tables.base import metadata
from ingest.database.types import Instant

directory_version = Table(
    "directory_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("imported_at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("submission_id", String(40)),
    Column("sha256", String(64), nullable=False),
)


def _versioned(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("version", ForeignKey("directory_version.version"), nullable=False, index=True),
        *columns,
    )


organisation = _versioned(
    "organisation",
    Column("code", String(20), nullable=False),
    Column("type", String(10), nullable=False),
    Column("nom", Text, nullable=False),
    Column("departement", String(3)),
    Column("compte_sftp", String(64)),
    Column("actif_du", Date),
    Column("actif_au", Date),
)

adhesion = _versioned(
    "adhesion",
    Column("code_cil", String(20), nullable=False),
    Column("code_plateforme", String(20), nullable=False),
    Column("service", String(5), nullable=False),
    Column("date_effet", Date),
    Column("date_fin", Date),
)

delegation = _versioned(
    "delegation",
    Column("code_mandant", String(20), nullable=False),
    Column("code_realisateur", String(20), nullable=False),
    Column("service", String(5), nullable=False),
    Column("date_debut", Date),
    Column("date_fin", Date),
)

contact = _versioned(
    "contact",
    Column("organisation", String(40), nullable=False),
    Column("courriel", Text, nullable=False),
    Column("nom", Text),
    Column("role", String(20), nullable=False),
    Column("service", String(5)),
)

obligation_rule = _versioned(
    "obligation_rule",
    Column("code", String(20), nullable=False),
    Column("collection", String(20), nullable=False),
    Column("du", Date),
    Column("au", Date),
    Column("echeance", Date),
    Column("dispense", Boolean),
    Column("motif", Text),
)
