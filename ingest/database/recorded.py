"""A schema as it stood when a backup was made: the tables of its revision, its collections' tables as recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from alembic import command
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from domain.errors import CannotDo
from ingest.database import tables
from ingest.database.collections import CollectionList, CollectionTable, collection_table, make_view
from ingest.database.schema import alembic_config, known_revisions
from ingest.database.types import Exact, Long

_TYPE: Final = re.compile(r"([a-z]+)(?:\(([0-9]+)(?:,([0-9]+))?\))?")
_PLAIN: Final[Mapping[str, Callable[[], TypeEngine[Any]]]] = {
    "biginteger": BigInteger,
    "smallinteger": SmallInteger,
    "integer": Integer,
    "boolean": Boolean,
    "date": Date,
    "float": Float,
    "string": Text,
    "text": Text,
}
Recorded = Mapping[str, Sequence[tuple[str, str]]]
"""slug → (column, type), as `CollectionTable.described` names them."""


def make_schema(connection: Connection, revision: str, recorded: Recorded, catalogue: CollectionList) -> None:
    """Make the tables of that revision, empty, in the caller's transaction. CannotDo for a revision not known here."""
    if revision not in known_revisions():
        raise CannotDo(f"its schema ({revision}) is newer than this version of guichet")
    command.upgrade(alembic_config(connection), revision)
    today = {one.slug: collection_table(one) for one in catalogue.collections}
    for slug, columns in recorded.items():
        known = today.get(slug)
        same = known is not None and known.described == dict(columns)
        wanted = known if known is not None and same else _recorded_table(slug, columns)
        connection.execute(CreateTable(wanted.table))
        make_view(connection, wanted, [name for name, _ in columns])


def _recorded_table(slug: str, columns: Sequence[tuple[str, str]]) -> CollectionTable:
    metadata = MetaData(naming_convention=tables.metadata.naming_convention)
    table = Table(
        slug,
        metadata,
        *(
            Column(name, Long, Identity(), primary_key=True) if name == "id" else Column(name, _type(slug, name, kind))
            for name, kind in columns
        ),
        UniqueConstraint("section_id", "row"),
    )
    for name in ("submission_id", "section_id", "row", "period"):
        table.columns[name].nullable = False
    return CollectionTable(slug=slug, table=table, filled=())


def _type(slug: str, name: str, kind: str) -> TypeEngine[Any]:
    found = _TYPE.fullmatch(kind)
    word, first, second = found.groups() if found else ("", None, None)
    if word == "numeric" and first and second:
        return Exact(int(first), int(second))
    if word == "text" and first:
        return String(int(first))
    if word in _PLAIN and first is None:
        return _PLAIN[word]()
    raise CannotDo(f"table {slug}: the type {kind!r} of column {name} is not known to this version of guichet")
