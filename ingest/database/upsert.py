"""Inserting what may be there already, the same way on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique constraint says that it is known; whether it was new."""
    # SQLAlchemy forgets how many rows an INSERT wrote unless asked to remember.
    remember = {"preserve_rowcount": True}
    statement = _statement(table, connection.dialect.name)
    return connection.execute(statement, dict(values), execution_options=remember).rowcount > 0


@cache
def _statement(table: Table, dialect: str) -> Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().inline()
