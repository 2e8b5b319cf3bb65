"""What was destroyed because its time had come.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_QUOTED = {
    "finding": ("column", "cell", "label", "value", "message", "expected", "hint", "cause", "justification"),
    "section": ("sheet", "causes", "oddities", "missing_lines"),
    "submission": ("answer", "file_findings", "detected", "trouble"),
    "message": ("text", "html", "subject", "recipient_name", "last_error"),
    "effect": ("payload", "last_error"),
    "incoming": ("detail", "sender"),
}
"""What may quote a file."""


def upgrade() -> None:
    """Make the table of what was destroyed."""
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column(
            "part",
            sa.Integer(),
            nullable=False,
            comment="0: the file and what was made of it as a whole; else a section's id",
        ),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("collection", sa.String(length=20), nullable=True),
        sa.Column("period", sa.String(length=8), nullable=True),
        sa.Column("exercice", sa.Integer(), nullable=True),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column(
            "decided_at",
            types.Instant(),
            nullable=False,
            comment="from here on nothing stops it, a crash neither",
        ),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("listed_at", types.Instant(), nullable=True, comment="it is in home/destructions.jsonl"),
        sa.Column("done_at", types.Instant(), nullable=True, comment="the files are gone, then the rows"),
        sa.Column(
            "wiped_at",
            types.Instant(),
            nullable=True,
            comment="the database's own files hold no byte of it any more",
        ),
        sa.Column("told_at", types.Instant(), nullable=True, comment="its mail is queued"),
        sa.CheckConstraint(
            "\"rule\" IN ('exercice', 'late', 'unknown', 'raw', 'register', 'anonymity')",
            name=op.f("ck_destruction_rule_known"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_destruction_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
        sa.UniqueConstraint("submission_id", "part", name=op.f("uq_destruction_submission_id_part")),
        comment="What retention destroyed; the deposit's name, hash, dates and verdict stay (contract §12).",
    )
    op.create_table(
        "closing_tally",
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=80), nullable=False, comment="as `tally` has it"),
        sa.Column("counts", types.Json, nullable=False, comment="one array a count: what it is of, then how many"),
        sa.PrimaryKeyConstraint("period", "collection", "dimension", name=op.f("pk_closing_tally")),
        comment="How many cases a year had when they were destroyed, whatever its editions had counted (contract §12).",
    )
    if op.get_bind().dialect.name == "postgresql":
        # The planner's statistics keep samples of values in the catalogue, where no DELETE reaches them.
        for table, columns in _QUOTED.items():
            for column in columns:
                op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS 0')


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
