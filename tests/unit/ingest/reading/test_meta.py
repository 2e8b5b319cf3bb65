"""What the child says is checked value by value; what it should not say is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.reading.limits import ReadingLimits
from ingest.reading.meta import MetaError, decode_meta, encode_meta
from ingest.reading.raw import RawFile, RawSheet, ReadNote, Unreadable, Vocabulary
from ingest.reading.reasons import NoteCode, UnreadableReason

NOWHERE = Path("/nonexistent")
HIDDEN = RawSheet(
    index=0,
    name="Été « 2005 »",
    visible=False,
    path=None,
    n_rows=0,
    n_columns=0,
    notes=(ReadNote(code=NoteCode.MERGED_CELLS, count=3, cells=("A1:C1", "B7")),),
)
READ = RawFile(
    format="xlsx",
    sheets=(HIDDEN,),
    notes=(ReadNote(code=NoteCode.EXTENSION_MISMATCH, detail={"content": "xlsx"}),),
)


def document(**changes: Any) -> bytes:
    return json.dumps({**json.loads(encode_meta(READ)), **changes}).encode()


def test_a_file_that_was_read_comes_through() -> None:
    assert decode_meta(encode_meta(READ), NOWHERE, ReadingLimits()) == READ


def test_a_file_that_was_not_read_comes_through() -> None:
    refused = Unreadable(reason=UnreadableReason.TOO_MANY_ROWS, detail={"limit": 10, "kind": "rows"})
    assert decode_meta(encode_meta(refused), NOWHERE, ReadingLimits()) == refused


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"schema": 2}',
        document(format="exe"),
        document(outcome="?"),
        document(sheets=None),
        document(sheets=[{}]),
        document(encoding="utf-8\n"),
        document(separator="<script>"),
        document(notes=[{"code": "x", "count": 1, "cells": [], "detail": {}}]),
        document(notes=[{"code": "error_cell", "count": 1, "cells": ["=1+1"], "detail": {}}]),
        document(notes=[{"code": "error_cell", "count": -1, "cells": [], "detail": {}}]),
        document(notes=[{"code": "error_cell", "count": True, "cells": [], "detail": {}}]),
        document(notes=[{"code": "error_cell", "count": 1, "cells": [], "detail": {"x": "Dupont, né le 3"}}]),
        document(sheets=[{"name": "x" * 300, "visible": True, "read": False, "rows": 0, "columns": 0, "notes": []}]),
        document(sheets=[{"name": "x", "visible": True, "read": True, "rows": 0, "columns": 0, "notes": []}]),
        document(sheets=[{"name": "x", "visible": 1, "read": False, "rows": 0, "columns": 0, "notes": []}]),
        document(sheets=[{"name": "x", "visible": True, "read": False, "rows": 10**9, "columns": 0, "notes": []}]),
        b'{"schema": 1, "outcome": "unreadable", "reason": "because", "detail": {}}',
        b'{"schema": 1, "outcome": "unreadable", "reason": "empty", "detail": {"x": [1]}}',
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(MetaError):
        decode_meta(data, NOWHERE, ReadingLimits())


def test_a_vocabulary_is_normalised_when_it_is_made() -> None:
    assert Vocabulary.of(["Code CIL", "code_cil", "***"]).words == {"code_cil"}


def test_limits_travel_whole() -> None:
    limits = ReadingLimits(max_rows=7, wall_seconds=1.5)
    assert ReadingLimits.from_document(json.loads(json.dumps(limits.as_document()))) == limits
