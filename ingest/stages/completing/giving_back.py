"""The records that a section rejects, as their depositor wrote them: what its correction kit is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.text import normalise_header
from ingest.stages.checked import CheckedSection
from ingest.stages.layout import Layout
from ingest.stages.reserved import with_apostrophe, without_apostrophe
from schemas.collection import Collection
from schemas.columns import Column

ROW, BAD = "row", "bad"
TITLE, FILL, NUMBER = b"title", b"fill", b"number"
CASES: Final = b"cases"
LINES, CUMULS = b"lines", b"cumuls"
"""Service (empty where there is only one) → what the lines to add hold: those of a CIL/CCI, those that add them up."""


def write_rejected(checked: CheckedSection, path: Path, *, whole: bool) -> Path | None:
    """Write the rejected records (all of them when `whole`: nothing was accepted) as an Arrow stream at `path`.

    Columns: `row`, `bad`, then those of the collection that the file has, in the order of the file, as text. Each
    says in its metadata its title, whether it adds up (`number`), and what the register can fill it with (`fill`:
    `code`, `nom`, `departement`).
    """
    layout = checked.layout
    if layout is None:
        return None
    names = sorted(layout.positions, key=layout.positions.__getitem__)
    schema = _schema(layout, names)
    every, bad = _numbers(checked)
    wanted = pa.array(every if whole else bad)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in checked.section.raw.batches() if len(wanted) else ():
            kept = batch.filter(pc.is_in(batch.column(0), value_set=wanted))
            if kept.num_rows:
                columns = [kept.column(0), pc.is_in(kept.column(0), value_set=pa.array(bad))]
                columns += [_texts(layout, kept.column(layout.positions[name] + 1)) for name in names]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return path


def _texts(layout: Layout, column: pa.Array) -> pa.Array:
    """The cells as written; without the apostrophe that our own kit put there."""
    texts = pc.fill_null(column, "")
    return without_apostrophe(texts) if "guichet_depot" in layout.reserved else texts


def _numbers(checked: CheckedSection) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Row numbers of all records read, and of the bad ones."""
    parts = [np.asarray(batch.data.column(ROW)) for _first, batch in checked.spool.batches()]
    every = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    return every, every[checked.spool.bad]


def _schema(layout: Layout, names: list[str]) -> pa.Schema:
    collection = layout.collection
    fields = [pa.field(ROW, pa.int32(), nullable=False), pa.field(BAD, pa.bool_(), nullable=False)]
    for name in names:
        column = collection.by_name[name]
        told = {TITLE: _title(layout, column), FILL: _fill(collection, column), NUMBER: json.dumps(column.quantity)}
        fields.append(pa.field(name, pa.string(), metadata={key: str(value) for key, value in told.items()}))
    services = (None, *(collection.services if collection.service_column is not None else ()))
    lines = {one.value if one else "": [*map(dict, collection.lines_for(one))] for one in services}
    cumuls = {one.value if one else "": [*map(dict, collection.cumuls_for(one))] for one in services}
    facts = {CASES: collection.cases, LINES: lines, CUMULS: cumuls}
    return pa.schema(fields, metadata={key: json.dumps(value) for key, value in facts.items()})


def _title(layout: Layout, column: Column) -> str:
    """The depositor's own title where it is enough by itself (some stand on two rows), else ours."""
    label = layout.label(column.name)
    known = layout.collection.header_names.get(normalise_header(label)) == column.name
    return label if known and with_apostrophe(label) == label else column.label


def _fill(collection: Collection, column: Column) -> str:
    member = collection.member_column
    if column is member:
        return "code"
    if member is not None and member.stand_in == column.name:
        return "nom"
    return column.register or ""
