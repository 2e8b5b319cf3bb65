"""What is published: editions, what they rest on, who gets them.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the publication."""
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="counts all editions of the period"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False, comment="the day printed on it"),
        sa.Column(
            "content_hash", sa.String(length=64), nullable=False, comment="of figures and coverage, not of the label"
        ),
        sa.Column("directory_version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.String(length=80), nullable=False),
        sa.Column(
            "replaces", sa.Integer(), nullable=True, comment="number of the edition that `changes.json` compares with"
        ),
        sa.Column("changed_cells", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=True, comment="who published by hand; empty: by itself"),
        sa.Column("written_at", types.Instant(), nullable=True, comment="its folder is whole; empty: being made"),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column(
            "distributed_at", types.Instant(), nullable=True, comment="its messages were queued; empty: not distributed"
        ),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "\"kind\" IN ('provisional', 'official', 'final', 'revised')", name=op.f("ck_release_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("period", "number", name=op.f("uq_release_period_number")),
        comment="Every edition of the published tables; past ones stay (contract §10).",
    )

    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("for_on", sa.Date(), nullable=False, comment="the day of the distribution"),
        sa.Column("at", types.Instant(), nullable=False),
        sa.CheckConstraint(
            "\"kind\" IN ('provisional', 'official', 'final', 'revised')", name=op.f("ck_announcement_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("period", "kind", "for_on", name=op.f("uq_announcement_period_kind_for_on")),
        comment="Distributions told to the central body the working day before (contract §10).",
    )

    op.create_table(
        "publication",
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column(
            "stale_since_at",
            types.Instant(),
            nullable=True,
            comment="what it rests on changed; empty: its last edition says what is in force",
        ),
        sa.Column(
            "stale_changed_at", types.Instant(), nullable=True, comment="the last change: the quiet time runs from here"
        ),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_publication")),
        comment="Periods whose tables may have to be made again (contract §10).",
    )

    op.execute(  # what was loaded before there were tables is to be published too
        "INSERT INTO publication (period, stale_since_at, stale_changed_at) "
        "SELECT period, MAX(from_at), MAX(from_at) FROM in_force WHERE period LIKE '%T%' GROUP BY period"
    )

    op.create_table(
        "release_input",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_input_release_id_release")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_release_input_section_id_section")),
        sa.PrimaryKeyConstraint("release_id", "section_id", name=op.f("pk_release_input")),
    )
    op.create_index(op.f("ix_release_input_section_id"), "release_input", ["section_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False, comment="empty: the register has no address for it"),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("retried", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_message_id_message")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_delivery_release_id_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "release_id", "organisation", "recipient", name=op.f("uq_delivery_release_id_organisation_recipient")
        ),
        comment="Who gets an edition; the state of a copy is that of its message, one for all that an address gets.",
    )
    op.create_index(op.f("ix_delivery_message_id"), "delivery", ["message_id"], unique=False)
    op.create_index(op.f("ix_delivery_release_id"), "delivery", ["release_id"], unique=False)


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
