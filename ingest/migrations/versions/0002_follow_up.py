"""What follows the deadlines: steps said, bulletins, closures of the desk, anomalies, mail that arrived.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the follow-up."""
    op.create_table(
        "anomaly",
        sa.Column("id", sa.Integer(), nullable=False, comment="the number that people type"),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=True),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("member", sa.String(length=40), nullable=True, comment="code of the CIL/CCI; empty: a whole table"),
        sa.Column("record", sa.Text(), nullable=False, comment="the record's key, as in `justification`"),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("raised_at", types.Instant(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=True, comment="who disputes the figure; empty: a rule"),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", types.Instant(), nullable=True),
        sa.Column(
            "rejected_at",
            types.Instant(),
            nullable=True,
            comment="when the central body said that the figure is wrong; earlier words are void",
        ),
        sa.Column("told_at", types.Instant(), nullable=True, comment="when the central body was told"),
        sa.Column(
            "reminded_at", types.Instant(), nullable=True, comment="the one reminder, after ten days without an answer"
        ),
        sa.CheckConstraint("\"source\" IN ('judging', 'dispute')", name=op.f("ck_anomaly_source_known")),
        sa.CheckConstraint(
            "\"state\" IN ('open', 'confirmed', 'rejected', 'corrected')", name=op.f("ck_anomaly_state_known")
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_anomaly_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        comment="What looks odd in accepted figures, and what was answered (contract §9); never of a case-level file.",
    )
    op.create_index(
        op.f("ix_anomaly_account_collection_period"), "anomaly", ["account", "collection", "period"], unique=False
    )
    op.create_index(op.f("ix_anomaly_state_raised_at"), "anomaly", ["state", "raised_at"], unique=False)
    op.create_index(op.f("ix_anomaly_submission_id"), "anomaly", ["submission_id"], unique=False)

    op.create_table(
        "bulletin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="digest or weekly"),
        sa.Column("day", sa.Date(), nullable=False, comment="of a weekly page: the Monday of its week"),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column(
            "snapshot",
            types.Json,
            nullable=False,
            comment="what the central body knew then; the next one tells what changed",
        ),
        sa.Column("silent", sa.Boolean(), nullable=False, comment="looked at, nothing to tell: no message"),
        sa.CheckConstraint("\"kind\" IN ('digest', 'weekly')", name=op.f("ck_bulletin_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("kind", "day", name=op.f("uq_bulletin_kind_day")),
        comment="What was told to the central body, and when (contract §8).",
    )

    op.create_table(
        "closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_at", types.Instant(), nullable=False, comment="the desk was last seen open"),
        sa.Column("until_at", types.Instant(), nullable=False, comment="it came back"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
        sa.UniqueConstraint("from_at", name=op.f("uq_closure_from_at")),
        comment="When the desk was closed: an outage of ours never makes anyone late (contract §8).",
    )

    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the message as it arrived: read once"),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="bounce, delay, automatic, reply, other"),
        sa.Column(
            "message_id",
            sa.String(length=200),
            nullable=True,
            comment="of our message that it is about, when it says so",
        ),
        sa.Column("recipient", sa.Text(), nullable=True, comment="the address that did not get it"),
        sa.Column("status", sa.String(length=20), nullable=True, comment="RFC 3463, e.g. 5.1.1"),
        sa.Column("detail", sa.Text(), nullable=True, comment="what the mail server said"),
        sa.Column("sender", sa.Text(), nullable=True, comment="who wrote"),
        sa.Column(
            "forwarded_at",
            types.Instant(),
            nullable=True,
            comment="when a person's mail was handed on; empty: it waits",
        ),
        sa.Column("kept", sa.Text(), nullable=False, comment="where it lies in `home`"),
        sa.CheckConstraint(
            "\"kind\" IN ('bounce', 'delay', 'automatic', 'reply', 'other')", name=op.f("ck_incoming_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
        sa.UniqueConstraint("sha256", name=op.f("uq_incoming_sha256")),
        comment="What arrived for us by mail: nothing is dropped (contract §11).",
    )
    op.create_index(op.f("ix_incoming_message_id"), "incoming", ["message_id"], unique=False)

    op.create_table(
        "step_said",
        sa.Column("id", types.Long, nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False, comment="the due day that the step was reckoned from"),
        sa.Column("said_on", sa.Date(), nullable=False, comment="the civil day"),
        sa.Column("said_at", types.Instant(), nullable=False),
        sa.Column(
            "passed", sa.Boolean(), nullable=False, comment="not said: a later step, or the facts, made it pointless"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_said")),
        sa.UniqueConstraint(
            "organisation",
            "collection",
            "period",
            "step",
            "due_on",
            name=op.f("uq_step_said_organisation_collection_period_step_due_on"),
        ),
        comment="What was said to organisations about what they owe: each step at most once (contract §8).",
    )
    op.create_index(op.f("ix_step_said_organisation_said_on"), "step_said", ["organisation", "said_on"], unique=False)
    op.create_index(
        op.f("ix_section_organisation_collection_period"),
        "section",
        ["organisation", "collection", "period"],
        unique=False,
    )


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
