"""Typed records on their way to the rules: Arrow batches, in memory while they are few, on disk when they are many."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.collection import Collection

ROW = "row"
ORIGINS = ("depot_origine", "ligne_origine")
"""Columns of records taken over from a former deposit: where each was first read."""
_IN_MEMORY_ROWS = 20_000
_WORD = 2**64
_ODD = np.uint64(0x9E3779B97F4A7C15)

Flags = npt.NDArray[np.bool_]


def typed_schema(collection: Collection, *, origins: bool = False) -> pa.Schema:
    """The columns of the model by technical name, and `row`: what is spooled and loaded; then `ORIGINS` if asked."""
    fields = [pa.field(column.name, column.arrow_type) for column in collection.columns]
    fields.append(pa.field(ROW, pa.int32(), nullable=False))
    if origins:
        fields += [pa.field(name, kind) for name, kind in zip(ORIGINS, (pa.string(), pa.int32()), strict=True)]
    return pa.schema(fields)


class TypedBatch:
    """Some consecutive records, as rules see them."""

    def __init__(self, data: pa.RecordBatch) -> None:
        """Wrap a batch of the typed schema."""
        self.data = data
        self._lists: dict[str, list[Any]] = {}

    @property
    def rows(self) -> list[int]:
        """Row numbers as the depositor sees them."""
        return self.column(ROW)

    def column(self, name: str) -> list[Any]:
        """Python values, None where empty or unreadable."""
        found = self._lists.get(name)
        if found is None:
            found = self._lists[name] = self.data.column(self.data.schema.get_field_index(name)).to_pylist()
        return found

    def hashes(self, names: Sequence[str]) -> npt.NDArray[np.uint64]:
        """Eight bytes a record over these columns together: the same for the same values, in this process only."""
        mixed = np.zeros(self.data.num_rows, np.uint64)
        for name in names:
            encoded = self.data.column(self.data.schema.get_field_index(name)).dictionary_encode(null_encoding="encode")
            known = [hash((name, repr(value))) % _WORD for value in encoded.dictionary.to_pylist()]
            mixed = (mixed ^ np.asarray(known, np.uint64)[np.asarray(encoded.indices)]) * _ODD
            mixed ^= mixed >> np.uint64(29)
        return mixed

    def __len__(self) -> int:
        """Number of records."""
        return int(self.data.num_rows)


class TypedSpool:
    """Batches written once and read as often as needed, with one flag a record: bad or not."""

    def __init__(self, collection: Collection, path: Path, *, origins: bool = False) -> None:
        """Nothing is written until there are more records than fit in memory."""
        self.schema = typed_schema(collection, origins=origins)
        self._path = path
        self._held: list[pa.RecordBatch] = []
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._sink: pa.OSFile | None = None
        self._flags: list[Flags] = []
        self._bad: Flags | None = None
        self.n_rows = 0
        self.key_hashes = array("q")

    def append(self, batch: pa.RecordBatch, bad: Flags, key_hashes: list[int]) -> None:
        """Add a batch with the flags of its records."""
        self._flags.append(bad)
        self.key_hashes.extend(key_hashes)
        self.n_rows += batch.num_rows
        if self._writer is None and self.n_rows <= _IN_MEMORY_ROWS:
            self._held.append(batch)
            return
        if self._writer is None:
            self._sink = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_stream(self._sink, self.schema)
            for held in self._held:
                self._writer.write_batch(held)
            self._held.clear()
        self._writer.write_batch(batch)

    def close(self) -> None:
        """No more batch comes: readers may begin."""
        if self._writer is not None and self._sink is not None:
            self._writer.close()
            self._sink.close()
        self._bad = np.concatenate(self._flags) if self._flags else np.zeros(0, dtype=np.bool_)
        self._flags.clear()

    @property
    def bad(self) -> Flags:
        """The row mask: the one thing that decides what is loaded. Rules set it, nothing clears it."""
        assert self._bad is not None, "close the spool first"  # noqa: S101 - a mistake of ours
        return self._bad

    def batches(self) -> Iterator[tuple[int, TypedBatch]]:
        """Each batch, with the position of its first record."""
        first = 0
        for batch in self._stored():
            yield first, TypedBatch(batch)
            first += batch.num_rows

    def _stored(self) -> Iterator[pa.RecordBatch]:
        if self._writer is None:
            yield from self._held
            return
        with pa.OSFile(str(self._path), "rb") as source, pa.ipc.open_stream(source) as reader:
            yield from reader

    def accepted(self) -> Iterator[pa.RecordBatch]:
        """The records that are not bad."""
        for first, batch in self.batches():
            bad = self.bad[first : first + len(batch)]
            kept = batch.data.filter(pa.array(~bad)) if bad.any() else batch.data
            if kept.num_rows:
                yield kept


def write_accepted(path: Path, own: TypedSpool, taken_over: TypedSpool | None = None) -> int:
    """Write the records that are not bad as an Arrow stream at `path`; how many they are.

    Records taken over come first; the others then have empty `ORIGINS`.
    """
    spools = [own] if taken_over is None else [taken_over, own]
    schema = spools[0].schema
    accepted = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for spool in spools:
            for batch in spool.accepted():
                writer.write_batch(_widened(batch, schema))
                accepted += batch.num_rows
    return accepted


def _widened(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    missing = [pa.nulls(batch.num_rows, field.type) for field in list(schema)[batch.num_columns :]]
    return pa.RecordBatch.from_arrays([*batch.columns, *missing], schema=schema) if missing else batch
