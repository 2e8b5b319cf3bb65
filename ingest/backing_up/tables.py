"""Tables as text, the same for both databases: a JSON array a row, its values in the order of the manifest's columns.

Kinds: `integer`, `number`, `boolean`, `text`, `decimal` (a text, exact), `date`, `instant` (ISO, UTC, microseconds),
`json` (the document's own text, so that an absent document is told from a null one). Rows stand in the order of their
key, so that the same content gives the same bytes. Streamed: memory does not grow with the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    cast,
    func,
    inspect,
    select,
    type_coerce,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from domain.errors import CannotDo
from ingest.backing_up.format import TableFile, hash_of, lines_of, written
from ingest.database.tables import collection_fingerprint
from ingest.database.types import EXACT_DIGITS, Exact, Instant

BATCH_ROWS: Final = 5_000
NOT_DATA: Final = frozenset({"alembic_version"})
Values = list[Any]


def tables_in(connection: Connection) -> MetaData:
    """The tables as the database has them, whatever version of the program made them."""
    found = MetaData()
    found.reflect(connection, resolve_fks=True)
    for name in NOT_DATA:
        if name in found.tables:
            found.remove(found.tables[name])
    return found


def recorded_collections(connection: Connection) -> dict[str, tuple[tuple[str, str], ...]]:
    """By slug, the (column, type) pairs as each collection's table was made."""
    if not inspect(connection).has_table(collection_fingerprint.name):
        return {}
    known = collection_fingerprint
    rows = connection.execute(select(known.c.slug, known.c.columns).order_by(known.c.slug))
    return {row.slug: tuple((name, kind) for name, kind in row.columns) for row in rows}


def kind_of(column: Column[Any], known: Column[Any] | None) -> str:
    """The kind of a column; `known` is what this version of the program calls it, if it does."""
    if known is not None and isinstance(known.type, Instant):
        return "instant"
    kinds: tuple[tuple[type[Any], str], ...] = (
        (JSON, "json"),
        (Boolean, "boolean"),
        (DateTime, "instant"),
        (Date, "date"),
        (Integer, "integer"),
        (Float, "number"),
        (Numeric, "decimal"),
    )
    return next((kind for type_, kind in kinds if isinstance(column.type, type_)), "text")


def export(connection: Connection, table: Table, known: Table | None, path: Path) -> TableFile:
    """Write one table; what the manifest says of it."""
    kinds = [kind_of(column, None if known is None else known.columns.get(column.name)) for column in table.columns]
    writers = [_WRITERS.get(kind) for kind in kinds]
    asked = [_asked(column, kind) for column, kind in zip(table.columns, kinds, strict=True)]
    order = list(table.primary_key.columns) or list(table.columns)
    query = select(*asked).select_from(table).order_by(*order).execution_options(yield_per=BATCH_ROWS)
    rows = 0
    with written(path) as stream:
        for part in connection.execute(query).partitions(BATCH_ROWS):
            lines = []
            for row in part:
                values = [
                    value if value is None or write is None else write(value)
                    for value, write in zip(row, writers, strict=True)
                ]
                lines.append(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
            stream.write("".join(lines).encode())
            rows += len(part)
    columns = tuple((column.name, kind) for column, kind in zip(table.columns, kinds, strict=True))
    return TableFile(rows=rows, sha256=hash_of(path), columns=columns)


def _asked(column: Column[Any], kind: str) -> ColumnElement[Any]:
    """The column as its kind is read: nothing is lost between the database's form and ours."""
    if kind == "json":
        return cast(column, Text).label(column.name)
    if kind == "instant":
        return type_coerce(column, Instant()).label(column.name)
    if kind == "decimal" and isinstance(column.type, Numeric) and (column.type.precision or 99) <= EXACT_DIGITS:
        return type_coerce(column, Exact(column.type.precision or 0, column.type.scale or 0)).label(column.name)
    return column


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


_WRITERS: Final[dict[str, Callable[[Any], Any]]] = {
    "decimal": str,
    "date": date.isoformat,
    "instant": _instant,
    "boolean": bool,
}


def rows_of(path: Path, width: int) -> Iterator[Values]:
    """The rows of a table's file; CannotDo for a line that is none."""
    for number, line in enumerate(lines_of(path), start=1):
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != width:
            raise CannotDo(f"{path}: line {number} is no row of {width} values; take another backup")
        yield values


def load(connection: Connection, table: Table, saved: TableFile, path: Path) -> int:
    """Give a table its rows back, in the caller's transaction; how many. The table must be empty, and have them all."""
    missing = [name for name, _ in saved.columns if name not in table.columns]
    if missing:
        raise CannotDo(f"table {table.name} has no column {', '.join(missing)}: this guichet did not make the backup")
    put = _put_postgresql if connection.dialect.name == "postgresql" else _put_sqlite
    loaded = 0
    batch: list[Values] = []
    for values in rows_of(path, len(saved.columns)):
        batch.append(values)
        if len(batch) >= BATCH_ROWS:
            put(connection, table, saved.columns, batch)
            loaded, batch = loaded + len(batch), []
    if batch:
        put(connection, table, saved.columns, batch)
        loaded += len(batch)
    if loaded != saved.rows:
        raise CannotDo(f"table {table.name}: the backup holds {loaded} rows and announces {saved.rows}")
    return loaded


def _put_sqlite(
    connection: Connection, table: Table, columns: Sequence[tuple[str, str]], rows: Sequence[Values]
) -> None:
    """As SQLite stores it: numbers for booleans, text for the rest; exact decimals become its numbers by affinity."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name, _ in columns)
    marks = ", ".join("?" * len(columns))
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names are the database's own, quoted
    finally:
        cursor.close()


def _put_postgresql(
    connection: Connection, table: Table, columns: Sequence[tuple[str, str]], rows: Sequence[Values]
) -> None:
    """By COPY in its text form: the server reads each value as the type of its column."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name, _ in columns)
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
            for values in rows:
                copy.write_row(
                    [str(value) if type(value) is not str and value is not None else value for value in values]
                )
    finally:
        cursor.close()


def start_numbering(connection: Connection, tables: MetaData) -> None:
    """On PostgreSQL, numbers given from now on follow those that came back (SQLite sees by itself)."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for table in tables.sorted_tables:
        for column in table.primary_key.columns:
            if not isinstance(column.type, Integer):
                continue
            asked = select(func.pg_get_serial_sequence(quote(table.name), column.name))
            sequence = connection.execute(asked).scalar_one()
            if sequence is not None:
                connection.exec_driver_sql(
                    f"SELECT setval('{sequence}', COALESCE((SELECT MAX({quote(column.name)}) FROM {quote(table.name)}), 0) + 1, false)"  # noqa: S608, E501
                )
