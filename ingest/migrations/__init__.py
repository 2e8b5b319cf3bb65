"""Migrations of the engine's own tables (alembic); collection tables are derived (`ingest.database.collections`)."""
