"""Cells that are filled in on some lines and empty on the others, as another cell of the line says (`Column.when`).

The figures of one service in a table of both, the date of what is signed, the CIL/CCI of a line that is about one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingest.stages.faults import Fault
from ingest.stages.parsed import Problem
from rules.messages import either, quoted, say
from schemas.collection import Collection
from schemas.columns import Column

_YES_NO = {True: "O", False: "N"}


def conditional_columns(collection: Collection) -> tuple[Column, ...]:
    """The columns of the collection that depend on another one."""
    return tuple(column for column in collection.columns if column.when is not None)


def applies(column: Column, told: Any) -> bool | None:
    """Whether the cell is to be filled in, given the value that decides; None when that one is not known."""
    if column.when is None or told is None:
        return None
    return (_YES_NO[told] if isinstance(told, bool) else told) in column.when[1]


def conditional_faults(
    collection: Collection, column: Column, typed: Mapping[str, pa.Array], known: Sequence[Fault]
) -> Iterator[Fault]:
    """Cells of `column` that lack where they are needed, or stand where they mean nothing; `known` ones aside."""
    assert column.when is not None  # noqa: S101 - told by the caller
    decides, told = collection.by_name[column.when[0]], typed[column.when[0]].to_pylist()
    values = typed[column.name].to_pylist()
    already = {fault.index for fault in known if fault.column in {column.name, column.stand_in}}
    for index, (value, deciding) in enumerate(zip(values, told, strict=True)):
        wanted = applies(column, deciding)
        if wanted is None or index in already or wanted == (value is not None):
            continue
        if wanted:
            yield Fault(index, column.name, "", _lacking(column, decides))
        elif column.empty_elsewhere:
            yield Fault(index, column.name, "", does_not_apply(column, decides))


def _lacking(column: Column, decides: Column) -> Problem:
    return Problem(
        kind="empty",
        message=say("la case est vide"),
        hint=say(
            "Cette colonne est obligatoire quand {column} est {values} : complétez la case.",
            column=quoted(decides.label),
            values=_values(column, decides),
        ),
    )


def does_not_apply(column: Column, decides: Column) -> Problem:
    """Filled in on a line that it does not concern."""
    return Problem(
        kind="not-applicable",
        message=say("la case est remplie sur une ligne que cette colonne ne concerne pas"),
        hint=say(
            "Cette colonne ne se remplit que quand {column} est {values} : videz la case, ou corrigez {column}.",
            column=quoted(decides.label),
            values=_values(column, decides),
        ),
    )


def _values(column: Column, decides: Column) -> str:
    assert column.when is not None  # noqa: S101 - told by the caller
    labels = decides.codes or {}
    return either(f"{code} ({labels[code]})" if code in labels else code for code in column.when[1])
