"""Records that a former deposit accepted, taken over into a new version (contract §6, the correction kit)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ingest.stages.typed import ORIGINS, ROW, TypedSpool
from schemas.collection import Collection

Key = tuple[Any, ...]

_BATCH_ROWS: Final = 5_000
_STRIDE: Final = 2**21
_BEYOND: Final = 2**30


@dataclass(frozen=True, kw_only=True)
class FormerRecords:
    """The accepted records of one deposit, read again at each call of `source`. `generation`: of that deposit."""

    submission_id: str
    generation: int
    source: Callable[[], Iterator[Mapping[str, Any]]]

    def spool(self, collection: Collection, path: Path, replaced: AbstractSet[Key]) -> TypedSpool:
        """Those whose key is not among `replaced`, typed, with their origins; nothing is bad yet."""
        spool = TypedSpool(collection, path, origins=True)
        left = (row for row in self.source() if not collection.key or key_of(row, collection) not in replaced)
        number = 0
        while rows := list(islice(left, _BATCH_ROWS)):
            columns = [pa.array([row[column.name] for row in rows], column.arrow_type) for column in collection.columns]
            numbers = [self._number(row[ROW], number + place) for place, row in enumerate(rows)]
            columns.append(pa.array(numbers, pa.int32()))
            origins = [row.get(ORIGINS[0]) or self.submission_id for row in rows]
            lines = [row[ROW] if row.get(ORIGINS[0]) is None else row.get(ORIGINS[1]) for row in rows]
            columns += [pa.array(origins, pa.string()), pa.array(lines, pa.int32())]
            batch = pa.RecordBatch.from_arrays(columns, schema=spool.schema)
            spool.append(batch, np.zeros(len(rows), dtype=np.bool_), [0] * len(rows))
            number += len(rows)
        spool.close()
        return spool

    def _number(self, row: int, place: int) -> int:
        """A number below 0, never that of another record, the same whenever the deposit is judged again.

        A record taken over before keeps its number. (Rows beyond two million exist between blank lines only.)
        """
        if row < 0:
            return row
        if row < _STRIDE:
            return -(self.generation * _STRIDE + row)
        return -(_BEYOND + self.generation * (_STRIDE // 2) + place % (_STRIDE // 2))


def key_of(row: Mapping[str, Any], collection: Collection) -> Key:
    """The key of a stored record."""
    return tuple(row[name] for name in collection.key)


def keys_of(spool: TypedSpool, collection: Collection) -> Iterator[tuple[int, Key, bool]]:
    """Row number, key and whether it is bad, of every record of a spool."""
    for first, batch in spool.batches():
        columns = [batch.column(name) for name in collection.key]
        keys = zip(*columns, strict=True) if columns else iter([()] * len(batch))
        bad = spool.bad[first : first + len(batch)].tolist()
        yield from zip(batch.rows, keys, bad, strict=True)


def stored_records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of an Arrow stream written by `write_accepted`."""
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
        for batch in reader:
            yield from batch.to_pylist()
