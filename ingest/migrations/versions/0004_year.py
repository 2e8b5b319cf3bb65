"""The year: what the annual editions rest on.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the year."""
    op.create_table(
        "tally",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column(
            "period",
            sa.String(length=8),
            nullable=False,
            comment="the edition's year, or the year before, which it recalls",
        ),
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column(
            "dimension",
            sa.String(length=80),
            nullable=False,
            comment="a characteristic, a cross, or `median:` and a column",
        ),
        sa.Column("counts", types.Json, nullable=False, comment="one array a count: what it is of, then how many"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_tally_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", "period", "collection", "dimension", name=op.f("pk_tally")),
        comment="How many cases an edition counted, by what: what stays of cases when they are destroyed "
        "(contract §12).",
    )
    op.create_table(
        "secrecy",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("document", types.Json, nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_secrecy_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_secrecy")),
        comment="Which cells of an edition are secret; later editions must not give them away (contract §10, Secrecy).",
    )
    _let_events_add_up()


def _let_events_add_up() -> None:
    op.add_column(
        "section",
        sa.Column(
            "accumulates",
            sa.Boolean(),
            nullable=True,
            comment="events: several deposits of a period are in force together; null: no",
        ),
    )
    op.add_column("in_force", sa.Column("accumulates", sa.Boolean(), nullable=True, comment="as of the section"))
    op.drop_index("uq_in_force_open", table_name="in_force")
    op.create_index(
        "uq_in_force_open",
        "in_force",
        ["account", "collection", "period"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL AND accumulates IS NOT TRUE"),
        postgresql_where=sa.text("to_at IS NULL AND accumulates IS NOT TRUE"),
    )


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
