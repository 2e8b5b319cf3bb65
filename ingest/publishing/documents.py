"""The files of an edition, as bytes: the documents for people, the manifest and the changes for scripts.

The same edition, inputs and versions give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.organisations import Service
from domain.periods import Period
from domain.releases import Coverage, CoverageState, Release
from ingest.ledger.publishing import Input
from ingest.ledger.releases import Recorded
from ingest.publishing.store import CHANGES, MANIFEST
from publication.aggregates import as_document, from_document
from publication.artifacts.csv import csv_bytes
from publication.artifacts.page import page_bytes
from publication.artifacts.pdf import pdf_bytes
from publication.artifacts.workbook import workbook_bytes
from publication.changes import changes
from publication.content import Content
from publication.edition import Edition
from publication.table import Table
from publication.words import release_notes

SCHEMA: Final = 1
PRIVATE: Final = ("inputs", "ordered_by", "sheets")
"""Parts of the manifest that are others' business: left out of what is distributed."""
SHEET: Final = "situation-"
"""Begins the names of the files that are one organisation's own."""

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9]")


def documents(edition: Edition) -> dict[str, bytes]:
    """What people read, by file name: what is for all, and the sheet of each organisation if they are to get it."""
    period = edition.period.code
    made = {
        f"tables_{period}.xlsx": workbook_bytes(edition),
        f"tables_{period}.pdf": pdf_bytes(edition),
        f"tables_{period}.html": page_bytes(edition),
        **{f"{table.code}.csv": csv_bytes(table) for table in edition.tables},
    }
    for code in edition.sheets if edition.kind.distributed else ():
        made |= sheet_documents(edition.sheet(code), code)
    return made


def sheet_documents(sheet: Edition, code: str) -> dict[str, bytes]:
    """The documents of one organisation alone."""
    return {
        f"{sheet_name(code)}.pdf": pdf_bytes(sheet),
        f"{sheet_name(code)}.xlsx": workbook_bytes(sheet),
        f"{sheet_name(code)}.html": page_bytes(sheet),
    }


def sheet_name(code: str) -> str:
    """The name of the sheet of an organisation, without its ending."""
    return f"{SHEET}{_NO_NAME.sub('-', code)}"


def manifest_of(
    recorded: Recorded, edition: Edition, inputs: Iterable[Input], *, guichet_version: str, zone: ZoneInfo
) -> dict[str, Any]:
    """What an edition is, what it rests on, and its figures, typed and exact."""
    release = recorded.release
    return {
        "schema": SCHEMA,
        "period": release.period,
        "edition": release.name,
        "kind": release.kind.value,
        "number": release.number,
        "created_at": release.created_at.astimezone(zone).isoformat(timespec="microseconds"),
        "dated_on": release.dated_on.isoformat(),
        "guichet_version": guichet_version,
        "rules_version": recorded.rules_version,
        "directory_version": recorded.directory_version,
        "content_hash": release.content_hash,
        "complete": release.complete,
        "replaces": edition.replaces,
        "changed_cells": len(edition.changes),
        "ordered_by": release.ordered_by,
        "coverage": [
            {
                **_subject(one),
                "platform": one.platform,
                "name": edition.names.get(one.platform),
                "state": one.state.value,
                "lacking": list(one.lacking),
            }
            for one in edition.coverage
        ],
        "inputs": [
            {
                "submission": one.submission_id,
                "organisation": one.organisation,
                "slug": one.slug,
                "period": one.period,
                "nil": one.nil,
                "file": {"name": one.file_name, "sha256": one.sha256},
                "received_at": one.received_at.astimezone(zone).isoformat(timespec="seconds"),
            }
            for one in inputs
        ],
        "tables": [as_document(table) for table in edition.tables],
        **({"sheets": _sheets_document(edition)} if edition.sheets else {}),
        **({"withheld": list(edition.withheld)} if edition.withheld else {}),
    }


def _subject(one: Coverage) -> dict[str, str]:
    if one.service is not None:
        return {"service": one.service.value}
    return {"collection": one.collection, "label": one.label}


def _sheets_document(edition: Edition) -> dict[str, Any]:
    return {
        code: {"name": edition.names.get(code), "tables": [as_document(table) for table in tables]}
        for code, tables in edition.sheets.items()
    }


def changes_document(edition: Edition) -> dict[str, Any]:
    """`changes.json`: every changed cell, and the same in sentences."""
    return {
        "schema": SCHEMA,
        "period": edition.period.code,
        "edition": edition.name,
        "replaces": edition.replaces,
        "notes": list(release_notes(edition)),
        "changes": [one.as_document() for one in edition.changes],
    }


def files_of(edition: Edition, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """All files of the edition's folder."""
    return {
        **documents(edition),
        CHANGES: as_bytes(changes_document(edition)),
        MANIFEST: as_bytes(manifest),
    }


def distributed_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What everybody gets of an edition's files: nobody's sheet, no names of files nor hashes of others' deposits."""
    manifest = json.loads(files[MANIFEST])
    public = {name: value for name, value in manifest.items() if name not in PRIVATE}
    shared = {name: content for name, content in files.items() if not name.startswith(SHEET)}
    return {**shared, MANIFEST: as_bytes(public)}


def own_files(files: Mapping[str, bytes], codes: Iterable[str]) -> dict[str, bytes]:
    """The sheets of these organisations."""
    wanted = tuple(f"{sheet_name(code)}." for code in codes)
    return {name: content for name, content in files.items() if name.startswith(wanted)} if wanted else {}


def tables_from(manifest: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables that a manifest holds."""
    return tuple(from_document(one) for one in manifest["tables"])


def coverage_from(manifest: Mapping[str, Any]) -> tuple[Coverage, ...]:
    """The coverage that a manifest holds."""
    return tuple(
        Coverage(
            platform=one["platform"],
            service=Service(one["service"]) if "service" in one else None,
            collection=one.get("collection", ""),
            label=one.get("label", ""),
            state=CoverageState(one["state"]),
            lacking=tuple(one["lacking"]),
        )
        for one in manifest["coverage"]
    )


def names_from(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names of the organisations that a manifest holds."""
    platforms = {one["platform"]: one["name"] for one in manifest["coverage"] if one["name"]}
    return platforms | {code: one["name"] for code, one in manifest.get("sheets", {}).items() if one["name"]}


def sheets_from(manifest: Mapping[str, Any]) -> dict[str, tuple[Table, ...]]:
    """The sheets of one organisation each that a manifest holds."""
    found = manifest.get("sheets", {})
    return {code: tuple(from_document(table) for table in one["tables"]) for code, one in found.items()}


def content_from(manifest: Mapping[str, Any]) -> Content:
    """What an edition says, as its manifest has it."""
    return Content(
        tables=tables_from(manifest),
        coverage=coverage_from(manifest),
        names=names_from(manifest),
        sheets=sheets_from(manifest),
        withheld=tuple(manifest.get("withheld", ())),
    )


def edition_from(
    one: Release,
    manifest: Mapping[str, Any],
    *,
    base: Release | None = None,
    former: Mapping[str, Any] | None = None,
) -> Edition:
    """An edition as its manifest has it; with the edition that it replaces, and its manifest, also what changed."""
    content = content_from(manifest)
    return Edition(
        period=Period.parse(one.period),
        kind=one.kind,
        number=one.number,
        dated_on=one.dated_on,
        tables=content.tables,
        coverage=content.coverage,
        names=content.names,
        changes=() if former is None else changes(tables_from(former), content.tables),
        replaces=None if base is None else base.name,
        sheets=content.sheets,
        withheld=content.withheld,
    )


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON document, always written the same way."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def name_of(release: Release) -> str:
    """`2005T1/official-v02`."""
    return f"{release.period}/{release.name}"
