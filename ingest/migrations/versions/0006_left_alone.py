"""What lay in the inbox and was no deposit, by name.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of what was left alone."""
    op.create_table(
        "left_alone",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="why it was not taken"),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("box", sa.String(length=10), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_left_alone")),
        comment="What lay in the inbox and was no deposit, so that one can ask what became of it.",
    )


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
