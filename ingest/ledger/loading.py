"""Accepted rows from the judge's spool into a collection's table, on the transaction's own connection.

`executemany` on SQLite, `COPY` on PostgreSQL; one batch in memory at a time. Never a second SQLite library in the
process: tried, it silently lost committed rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv
from sqlalchemy import select
from sqlalchemy.engine import Connection

from domain.errors import Park
from domain.periods import Period
from ingest.database.collections import CollectionTable

BATCH_ROWS = 20_000
_NUL, _REPLACED = "\x00", "\ufffd"


class Loader:
    """Loads the rows of one section. `known_rows`: rows that are there already and are left alone."""

    def __init__(  # noqa: PLR0913 - whose rows they are
        self,
        target: CollectionTable,
        *,
        submission_id: str,
        section_id: int,
        organisation: str | None,
        period: Period,
        known_rows: frozenset[int] = frozenset(),
    ) -> None:
        self._target = target
        self._known_rows = known_rows
        context = target.context_values(organisation, period)
        filled = {name: value for name, value in context.items() if value is not None}
        self._constants: dict[str, str | int] = {
            "submission_id": submission_id,
            "section_id": section_id,
            "period": period.code,
            **filled,
        }

    def load(self, connection: Connection, spool: Path) -> int:
        """Load the Arrow stream; the number of rows loaded. Park when its columns are not the table's."""
        copy = _copy_postgresql if connection.dialect.name == "postgresql" else _copy_sqlite
        loaded = 0
        for batch in batches(spool):
            fresh = self._fresh(batch)
            if fresh.num_rows:
                self._check(fresh)
                copy(connection, self._target.slug, self._constants, fresh)
                loaded += fresh.num_rows
        return loaded

    def _fresh(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        kept = [name for name in batch.schema.names if name not in self._constants]
        batch = batch.select(kept)
        if self._known_rows:
            known = pa.array(sorted(self._known_rows), pa.int32())
            rows = batch.column("row").cast(pa.int32())
            batch = batch.filter(compute.invert(compute.is_in(rows, value_set=known)))
        return batch

    def _check(self, batch: pa.RecordBatch) -> None:
        unknown = [name for name in batch.schema.names if name not in self._target.table.columns]
        if unknown or "row" not in batch.schema.names:
            raise Park(f"judged rows do not fit table {self._target.slug}: {', '.join(unknown) or 'no row numbers'}")


def batches(spool: Path) -> Iterator[pa.RecordBatch]:
    """The spooled batches, cut to a bounded size."""
    with pa.memory_map(str(spool)) as source, pa.ipc.open_stream(source) as stream:
        for batch in stream:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


def loaded_rows(
    connection: Connection, tables: Mapping[str, CollectionTable], section_id: int, slug: str | None
) -> frozenset[int]:
    """The row numbers that a section has in its collection's table."""
    if slug is None or slug not in tables:
        return frozenset()
    rows = tables[slug].table
    return frozenset(connection.execute(select(rows.c.row).where(rows.c.section_id == section_id)).scalars())


def row_numbers(spool: Path) -> frozenset[int]:
    """The row numbers of a spool."""
    return frozenset(number for batch in batches(spool) for number in batch.column("row").to_pylist())


def _copy_sqlite(connection: Connection, slug: str, constants: dict[str, str | int], batch: pa.RecordBatch) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = [*constants, *batch.schema.names]
    statement = (
        f"INSERT INTO {quote(slug)} ({', '.join(map(quote, names))}) "  # noqa: S608 - names are ours, checked and quoted
        f"VALUES ({', '.join('?' * len(names))})"
    )
    values: list[Any] = [repeat(value, batch.num_rows) for value in constants.values()]
    values.extend(_plain(column).to_pylist() for column in batch.columns)
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(statement, zip(*values, strict=True))  # type: ignore[arg-type] # an iterator is enough
    finally:
        cursor.close()


def _plain(column: pa.Array) -> pa.Array:
    """Decimals and dates as the text that SQLite stores (exactly) as a number and as an ISO date."""
    if pa.types.is_decimal(column.type) or pa.types.is_date(column.type):
        return column.cast(pa.string())
    return _without_nul(column)


def _without_nul(column: pa.Array) -> pa.Array:
    """PostgreSQL refuses NUL in a text; both databases hold the same."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    return compute.replace_substring(column, pattern=_NUL, replacement=_REPLACED)


def _copy_postgresql(
    connection: Connection,
    slug: str,
    constants: dict[str, str | int],
    batch: pa.RecordBatch,
) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = [*constants, *batch.schema.names]
    columns = [pa.repeat(value, batch.num_rows) for value in constants.values()]
    columns.extend(_without_nul(column) for column in batch.columns)
    block = io.BytesIO()
    # Every text is quoted and an absent value is not: COPY tells an empty text from NULL by that.
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")
    arrow_csv.write_csv(pa.RecordBatch.from_arrays(columns, names=names), block, options)
    statement = f"COPY {quote(slug)} ({', '.join(map(quote, names))}) FROM STDIN (FORMAT csv)"
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            copy.write(block.getbuffer())
    finally:
        cursor.close()
