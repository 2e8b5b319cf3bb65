"""Alembic's entry point: always on a connection handed over by `ingest.database.schema`, in its transaction."""

from __future__ import annotations

from typing import Any

from alembic import context

from ingest.database.tables import metadata


def _ours(_name: str | None, kind: str, parents: Any) -> bool:
    """Only the engine's tables: collection tables belong to the catalogue."""
    table = _name if kind == "table" else parents.get("table_name")
    return table is None or table in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
    include_name=_ours,
    user_module_prefix="types.",
)
with context.begin_transaction():
    context.run_migrations()
