"""Runs the rules within a record on a batch: a rule sees plain arrays without any null."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.stages.typed import TypedBatch
from rules.messages import day, number
from rules.rule import RecordRule, Remark
from schemas.collection import Collection


def broken(rule: RecordRule, batch: TypedBatch, collection: Collection) -> Iterable[Remark]:
    """The records of a batch that break a rule; those with an empty or unreadable cell there are not judged."""
    arrays = [batch.data.column(batch.data.schema.get_field_index(name)) for name in rule.columns]
    told = np.logical_and.reduce([np.asarray(array.is_valid()) for array in arrays])
    places = np.flatnonzero(told)
    if not len(places):
        return ()
    mask = None if told.all() else pa.array(told)
    broken = ~np.asarray(
        rule.holds(*(_plain(array if mask is None else array.filter(mask)) for array in arrays)), dtype=np.bool_
    )
    return [_record_remark(rule, int(index), batch, collection) for index in places[broken]]


def _plain(array: pa.Array) -> Any:
    if pa.types.is_decimal(array.type):
        array = pc.cast(array, pa.float64())
    return array.to_numpy(zero_copy_only=False)


def _record_remark(rule: RecordRule, index: int, batch: TypedBatch, collection: Collection) -> Remark:
    values = {name: batch.column(name)[index] for name in rule.columns}
    written = {name: "…" if collection.cases else french(value) for name, value in values.items()}
    return Remark(
        message=rule.message.format(**written),
        index=index,
        column=rule.shown_column,
        value=french(values[rule.shown_column]) if rule.shown_column in values else None,
        expected=rule.expected,
        hint=rule.hint,
    )


def french(value: Any) -> str:
    """A typed value as an answer writes it."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if hasattr(value, "year"):
        return day(value)
    return value if isinstance(value, str) else number(value)
