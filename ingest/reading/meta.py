"""What the reading child says about a file, as JSON: written there, checked here. The parent trusts none of it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from ingest.reading.asides import ASIDES_NAME
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import FILE_FORMATS, FileFormat, RawFile, RawSheet, ReadNote, ReadOutcome, Unreadable
from ingest.reading.reasons import NoteCode, UnreadableReason

__all__ = ["META_BYTES", "MetaError", "decode_meta", "encode_meta", "sheet_path"]

SCHEMA = 1
META_BYTES = 16 << 20
MAX_SHEETS = 2_000
MAX_NOTES = 100
MAX_PLACES = 1_000
MAX_NAME_CHARS = 255
_PLACE = re.compile(r"[A-Z]{1,7}[0-9]{1,10}(?::[A-Z]{1,7}[0-9]{1,10})?")
_WORD = re.compile(r"[A-Za-z0-9_.:+/ -]{0,64}")
_SEPARATOR = re.compile(r"[;,\t|:^~]")
_ENCODING = re.compile(r"[a-z0-9-]{1,20}")
_INT_LIMIT = 1 << 63

Word = TypeVar("Word", UnreadableReason, NoteCode)


class MetaError(Exception):
    """The child's document is not what it should be: it was cut short, or hostile bytes wrote it."""


def sheet_path(folder: Path, index: int) -> Path:
    """Where the stream of a sheet is: never a name that the child chose."""
    return folder / f"sheet-{index}.arrow"


def encode_meta(outcome: ReadOutcome) -> bytes:
    """The document of an outcome."""
    if isinstance(outcome, Unreadable):
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "outcome": "unreadable",
            "reason": outcome.reason.value,
            "detail": dict(outcome.detail),
        }
        if outcome.nominative:
            document["nominative"] = True
    else:
        document = {
            "schema": SCHEMA,
            "outcome": "read",
            "format": outcome.format,
            "encoding": outcome.encoding,
            "separator": outcome.separator,
            "notes": [_note(note) for note in outcome.notes],
            "asides": None if outcome.asides is None else [outcome.asides.n_rows, outcome.asides.n_columns],
            "sheets": [
                {
                    "name": sheet.name and sheet.name[:MAX_NAME_CHARS],
                    "visible": sheet.visible,
                    "read": sheet.path is not None,
                    "rows": sheet.n_rows,
                    "columns": sheet.n_columns,
                    "notes": [_note(note) for note in sheet.notes],
                }
                for sheet in outcome.sheets
            ],
        }
    return json.dumps(document).encode("ascii")


def _note(note: ReadNote) -> dict[str, Any]:
    return {"code": note.code.value, "count": note.count, "cells": list(note.cells), "detail": dict(note.detail)}


def decode_meta(data: bytes, folder: Path, limits: ReadingLimits) -> ReadOutcome:
    """The outcome that a document tells, with every value checked.

    Raises:
        MetaError: anything unexpected in it.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MetaError("not JSON") from error
    known = _mapping(document)
    if known.get("schema") != SCHEMA:
        raise MetaError("unknown schema")
    if known.get("outcome") == "unreadable":
        return Unreadable(
            reason=_member(UnreadableReason, known.get("reason")),
            detail=_detail(known.get("detail")),
            nominative=known.get("nominative") is True,
        )
    if known.get("outcome") != "read" or known.get("format") not in FILE_FORMATS:
        raise MetaError("unknown outcome")
    sheets = _items(known.get("sheets"), MAX_SHEETS)
    return RawFile(
        format=cast("FileFormat", known["format"]),
        encoding=_optional(known.get("encoding"), _ENCODING),
        separator=_optional(known.get("separator"), _SEPARATOR),
        sheets=tuple(_sheet(index, sheet, folder, limits) for index, sheet in enumerate(sheets)),
        notes=tuple(_read_note(note) for note in _items(known.get("notes"), MAX_NOTES)),
        asides=_asides(known.get("asides"), folder, limits),
    )


def _asides(document: object, folder: Path, limits: ReadingLimits) -> RawSheet | None:
    if document is None:
        return None
    size, path = _items(document, 2), folder / ASIDES_NAME
    if len(size) != 2 or path.is_symlink() or not path.is_file():  # noqa: PLR2004 - rows, columns
        raise MetaError("asides")
    rows, columns = _number(size[0], limits.max_rows), _number(size[1], 2)
    return RawSheet(index=-1, name=None, visible=False, path=path, n_rows=rows, n_columns=columns)


def _sheet(index: int, document: object, folder: Path, limits: ReadingLimits) -> RawSheet:
    known = _mapping(document)
    name, visible, read = known.get("name"), known.get("visible"), known.get("read")
    if not (name is None or (isinstance(name, str) and len(name) <= MAX_NAME_CHARS)):
        raise MetaError("sheet name")
    if not isinstance(visible, bool) or not isinstance(read, bool):
        raise MetaError("sheet state")
    path = sheet_path(folder, index) if read else None
    if path is not None and (path.is_symlink() or not path.is_file()):
        raise MetaError("sheet without its stream")
    return RawSheet(
        index=index,
        name=name,
        visible=visible,
        path=path,
        n_rows=_number(known.get("rows"), limits.max_rows),
        n_columns=_number(known.get("columns"), limits.max_columns),
        notes=tuple(_read_note(note) for note in _items(known.get("notes"), MAX_NOTES)),
    )


def _read_note(document: object) -> ReadNote:
    known = _mapping(document)
    cells = _items(known.get("cells"), MAX_PLACES)
    if not all(isinstance(cell, str) and _PLACE.fullmatch(cell) for cell in cells):
        raise MetaError("note places")
    return ReadNote(
        code=_member(NoteCode, known.get("code")),
        count=_number(known.get("count"), _INT_LIMIT),
        cells=tuple(cast("list[str]", cells)),
        detail=_detail(known.get("detail")),
    )


def _detail(document: object) -> Mapping[str, str | int]:
    known = _mapping(document)
    for key, value in known.items():
        word = isinstance(value, str) and _WORD.fullmatch(value)
        number = isinstance(value, int) and abs(value) < _INT_LIMIT
        if not _WORD.fullmatch(key) or not (word or number):
            raise MetaError("detail")
    return cast("Mapping[str, str | int]", known)


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MetaError("object expected")
    return value


def _items(value: object, limit: int) -> list[object]:
    if not isinstance(value, list) or len(value) > limit:
        raise MetaError("list expected")
    return value


def _number(value: object, limit: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise MetaError("number expected")
    return value


def _optional(value: object, pattern: re.Pattern[str]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MetaError("word expected")
    return value


def _member(kind: type[Word], value: object) -> Word:
    try:
        return kind(str(value))
    except ValueError as error:
        raise MetaError("unknown word") from error
