"""The published model has the last word: nothing is accepted that its pandera schema refuses.

The engine's own checks come first and make the findings (they are derived from the same metadata). The schema is then
run on the records still accepted, and its custom checks on all of them. What it refuses is named by row; a refusal
that names no row is a mistake of ours and parks the file (performance trap: index-less failure cases lose bad rows).

Validating one column of sixty values takes pandera most of a millisecond, whatever they are. So the values of small
files that the schema accepted are remembered where its checks look at one value at a time, and a column that holds no
other is not shown to it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
from pandera.errors import SchemaErrors

from domain.errors import Park
from ingest.stages.typed import Flags
from schemas.collection import Collection

_SMALL_ROWS = 2_000
"""Beyond, pandera costs less by the value than remembering."""
_MEMORY = 50_000
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
        self._whole = _part(whole, self._names)
        self._custom = _custom_part(self._whole)
        # What is in the cases of persons is not kept in memory after their file.
        by_value = () if collection.cases else _columns_by_value(self._whole)
        self._accepted: dict[str, set[Any]] = {name: set() for name in by_value}
        self._parts: dict[tuple[str, ...], pa.DataFrameSchema] = {}

    def refusals(self, batch: arrow.RecordBatch, bad: Flags) -> list[Refusal]:
        """What the model refuses in a batch of typed columns, besides what is already `bad`."""
        found: list[Refusal] = []
        if self._custom is not None:
            found.extend(self._validate(self._custom, _frame(batch, self._names)))
        kept = ~bad
        kept[[refusal.index for refusal in found]] = False
        if kept.any():
            found.extend(self._seal(batch, kept))
        return found

    def _seal(self, batch: arrow.RecordBatch, kept: Flags) -> list[Refusal]:
        new = self._new_values(batch, kept)
        names = [name for name in self._names if name not in new or new[name]]
        if not names:
            return []
        schema, frame = self._part(tuple(names)), _frame(batch, names)
        found = self._validate(schema, frame if kept.all() else frame[kept])
        if not found:
            self._remember(new)
            return []
        kept[[refusal.index for refusal in found]] = False
        if kept.any() and self._validate(schema, frame[kept]):
            raise Park(f"{self._code}: the model refuses records without naming them all; see its custom checks")
        return found

    def _new_values(self, batch: arrow.RecordBatch, kept: Flags) -> dict[str, set[Any]]:
        """By column whose values are remembered, those of the kept records that were never accepted before."""
        if batch.num_rows > _SMALL_ROWS:
            return {}
        part = batch if kept.all() else batch.filter(arrow.array(kept))
        schema = part.schema
        return {
            name: set(part.column(schema.get_field_index(name)).to_pylist()) - accepted
            for name, accepted in self._accepted.items()
        }

    def _remember(self, new: dict[str, set[Any]]) -> None:
        for name, values in new.items():
            accepted = self._accepted[name]
            if len(accepted) >= _MEMORY:
                accepted.clear()
            accepted |= values

    def _part(self, names: tuple[str, ...]) -> pa.DataFrameSchema | pa.Column:
        """The schema of these columns; a column that is judged by its values needs no table around it."""
        if len(names) == 1 and names[0] in self._accepted:
            column: pa.Column = self._whole.columns[names[0]]
            return column
        found = self._parts.get(names)
        if found is None:
            found = self._parts[names] = _part(self._whole, names)
        return found

    def _validate(self, schema: pa.DataFrameSchema | pa.Column, frame: pd.DataFrame) -> list[Refusal]:
        try:
            schema.validate(frame, lazy=True, inplace=True)
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


def _frame(batch: arrow.RecordBatch, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(batch.column(name)) for name in names}, copy=False)


def _part(schema: pa.DataFrameSchema, names: Sequence[str]) -> pa.DataFrameSchema:
    return schema.remove_columns([name for name in schema.columns if name not in names])


def _columns_by_value(schema: pa.DataFrameSchema) -> tuple[str, ...]:
    """The columns of which the schema says nothing but what each value must be, whatever stands beside it."""
    if schema.checks or schema.parsers or schema.unique or schema.index or schema.strict or schema.coerce:
        return ()
    return tuple(
        name
        for name, column in schema.columns.items()
        if not (column.unique or column.parsers or column.coerce or column.regex)
        and all(_is_derived(check) for check in column.checks)
    )


def _is_derived(check: pa.Check) -> bool:
    """Whether a check is one of pandera's own that `schemas.columns` declares, not the author's under that name."""
    if check.name not in _DERIVED or not check.statistics:
        return False
    return bool(check == getattr(pa.Check, check.name)(**check.statistics))


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
