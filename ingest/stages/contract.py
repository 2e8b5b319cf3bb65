"""The published model has the last word: nothing is accepted that its pandera schema refuses.

The engine's own checks come first and make the findings (they are derived from the same metadata). The schema is then
run on the records still accepted, and its custom checks on all of them. What it refuses is named by row; a refusal
that names no row is a mistake of ours and parks the file (performance trap: index-less failure cases lose bad rows).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
from pandera.errors import SchemaErrors

from domain.errors import Park
from ingest.stages.typed import Flags
from schemas.collection import Collection

_DERIVED = frozenset({"greater_than_or_equal_to", "less_than_or_equal_to", "isin", "str_matches", "str_length"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A record that the model refuses: `index` in the batch, the column if the check is about one, and why."""

    index: int
    column: str | None
    reason: str


class Contract:
    """The pandera schema of a collection, built once."""

    def __init__(self, collection: Collection) -> None:
        """Build the schema, and the part of it that our own checks do not cover.

        Context columns are left out (a third of the time of a small file): their values are not the file's but the
        deposit's own, a `Period` and an `Organisation`. A check over the whole frame keeps them.
        """
        self._code = collection.code
        whole = collection.model.to_schema()
        self._names = [column.name for column in collection.columns if column.context is None or whole.checks]
        self._whole = whole.remove_columns([name for name in whole.columns if name not in self._names])
        self._custom = _custom_part(self._whole)

    def refusals(self, batch: arrow.RecordBatch, bad: Flags) -> list[Refusal]:
        """What the model refuses in a batch of typed columns, besides what is already `bad`."""
        frame = arrow.Table.from_batches([batch]).select(self._names).to_pandas(types_mapper=pd.ArrowDtype)
        found: list[Refusal] = []
        if self._custom is not None:
            found.extend(self._validate(self._custom, frame))
        kept = ~bad
        kept[[refusal.index for refusal in found]] = False
        found.extend(self._seal(frame, kept))
        return found

    def _seal(self, frame: pd.DataFrame, kept: Flags) -> list[Refusal]:
        if not kept.any():
            return []
        found = self._validate(self._whole, frame if kept.all() else frame[kept])
        if found:
            kept[[refusal.index for refusal in found]] = False
            if kept.any() and self._validate(self._whole, frame[kept]):
                raise Park(f"{self._code}: the model refuses records without naming them all; see its custom checks")
        return found

    def _validate(self, schema: pa.DataFrameSchema, frame: pd.DataFrame) -> list[Refusal]:
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            return list(self._named(errors.failure_cases))
        return []

    def _named(self, cases: pd.DataFrame) -> Iterator[Refusal]:
        if cases.empty or cases["index"].isna().any():
            checks = ", ".join(sorted({str(check) for check in cases["check"]}))[:300]
            raise Park(f"{self._code}: a check of the model fails without naming a record ({checks})")
        seen: set[tuple[int, str]] = set()
        for index, column, check in zip(cases["index"], cases["column"], cases["check"], strict=True):
            key = (int(index), str(check))
            if key not in seen:
                seen.add(key)
                yield Refusal(index=key[0], column=column if column in self._names else None, reason=key[1])


def _custom_part(schema: pa.DataFrameSchema) -> pa.DataFrameSchema | None:
    """The checks that the author wrote, all columns nullable; None when there is none."""
    columns = {
        name: pa.Column(
            column.dtype,
            nullable=True,
            checks=[check for check in column.checks if check.name not in _DERIVED],
        )
        for name, column in schema.columns.items()
    }
    if not schema.checks and not any(column.checks for column in columns.values()):
        return None
    return pa.DataFrameSchema(columns, checks=schema.checks, name=schema.name)


@lru_cache(maxsize=256)
def contract_of(collection: Collection) -> Contract:
    """The contract of a collection, built at its first use."""
    return Contract(collection)


def flags(count: int) -> Flags:
    """As many flags, all down."""
    return np.zeros(count, dtype=np.bool_)
