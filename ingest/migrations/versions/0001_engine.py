"""The engine's own tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "collection_fingerprint",
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("columns", types.Json, nullable=False),
        sa.Column("applied_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_collection_fingerprint")),
    )
    op.create_table(
        "directory_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("imported_at", types.Instant(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_directory_version")),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False, comment="recu, answer, situation, archive…"),
        sa.Column("submission_id", sa.String(length=40), nullable=True),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("payload", types.Json, nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("done_at", types.Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_at", types.Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect")),
        comment="What is to be done outside the database after commit (house: principle 2).",
    )
    op.create_index(op.f("ix_effect_done_at_not_before_at"), "effect", ["done_at", "not_before_at"], unique=False)
    op.create_index(op.f("ix_effect_submission_id"), "effect", ["submission_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", types.Long, nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=True),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("data", types.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        comment="Append-only journal (triggers refuse anything else); refers to ids, never to persons.",
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_submission_id"), "event", ["submission_id"], unique=False)

    op.create_table(
        "home_setting",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_home_setting")),
        comment="Facts fixed when the home was created, e.g. first_period.",
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "cause_key", sa.String(length=200), nullable=False, comment="what caused it + recipient: never twice"
        ),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=True),
        sa.Column("organisation", sa.String(length=40), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_name", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("headers", types.Json, nullable=False, comment="extra headers, e.g. Reply-To"),
        sa.Column("attachments", types.Json, nullable=False, comment="names of files of the submission's answer"),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("in_reply_to", sa.String(length=200), nullable=True),
        sa.Column(
            "state", sa.String(length=20), nullable=False, comment="queued, sending, held, sent, failed, bounced"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ambiguous", sa.Integer(), nullable=False, comment="cuts after the data was handed over"),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("next_attempt_at", types.Instant(), nullable=True),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "\"state\" IN ('queued', 'sending', 'held', 'sent', 'failed', 'bounced')",
            name=op.f("ck_message_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("cause_key", name=op.f("uq_message_cause_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_message_id")),
    )
    op.create_index(op.f("ix_message_state_next_attempt_at"), "message", ["state", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_message_submission_id"), "message", ["submission_id"], unique=False)

    op.create_table(
        "obligation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=True),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("opens_at", types.Instant(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("first_received_at", types.Instant(), nullable=True),
        sa.Column("first_accepted_at", types.Instant(), nullable=True),
        sa.Column("complete_at", types.Instant(), nullable=True),
        sa.Column("last_corrected_at", types.Instant(), nullable=True),
        sa.Column("complete_now", sa.Boolean(), nullable=False),
        sa.Column("nil", sa.Boolean(), nullable=False),
        sa.Column("waived_reason", sa.Text(), nullable=True),
        sa.Column(
            "waived_by", sa.Text(), nullable=True, comment="`annuaire` when the register says so, else who waived it"
        ),
        sa.Column("extended_until", sa.Date(), nullable=True),
        sa.Column(
            "excused_until",
            types.Instant(),
            nullable=True,
            comment="the due instant as our outage, or our late verdict, moved it",
        ),
        sa.Column("excused_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint(
            "organisation", "collection", "period", name=op.f("uq_obligation_organisation_collection_period")
        ),
    )
    op.create_index(op.f("ix_obligation_account"), "obligation", ["account"], unique=False)
    op.create_index(op.f("ix_obligation_period_collection"), "obligation", ["period", "collection"], unique=False)

    op.create_table(
        "once_key",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_once_key")),
        comment="Things said once: an administrator is told of a stray link a single time.",
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=True),
        sa.Column("box", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("proof", sa.String(length=20), nullable=False),
        sa.Column("claimed_at", types.Instant(), nullable=False),
        sa.Column("judged_at", types.Instant(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=30), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("rules_version", sa.String(length=80), nullable=True),
        sa.Column("directory_version", sa.Integer(), nullable=True),
        sa.Column("register_only", sa.Boolean(), nullable=False, comment="judge again when the register is mended"),
        sa.Column("completes", sa.String(length=40), nullable=True),
        sa.Column("archive", sa.Text(), nullable=True),
        sa.Column("detected", types.Json, nullable=True),
        sa.Column("file_findings", types.Json, nullable=True),
        sa.Column("answer", types.Json, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before_at", types.Instant(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("\"box\" IN ('depot', 'essai')", name=op.f("ck_submission_box_known")),
        sa.CheckConstraint(
            "\"proof\" IN ('sftp_close', 'change_time', 'clock', 'imported')", name=op.f("ck_submission_proof_known")
        ),
        sa.CheckConstraint(
            "\"state\" IN ('claimed', 'judged', 'parked', 'withdrawn')", name=op.f("ck_submission_state_known")
        ),
        sa.CheckConstraint(
            "\"verdict\" IN ('accepted', 'accepted_with_warnings', "
            "'partially_accepted', 'rejected', 'duplicate', 'nil', 'destroyed')",
            name=op.f("ck_submission_verdict_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_account_received_at"), "submission", ["account", "received_at"], unique=False)
    op.create_index(op.f("ix_submission_sha256"), "submission", ["sha256"], unique=False)
    op.create_index(op.f("ix_submission_state_received_at"), "submission", ["state", "received_at"], unique=False)

    op.create_table(
        "adhesion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code_cil", sa.String(length=20), nullable=False),
        sa.Column("code_plateforme", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=5), nullable=False),
        sa.Column("date_effet", sa.Date(), nullable=True),
        sa.Column("date_fin", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["directory_version.version"], name=op.f("fk_adhesion_version_directory_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adhesion")),
    )
    op.create_index(op.f("ix_adhesion_version"), "adhesion", ["version"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("courriel", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["directory_version.version"], name=op.f("fk_contact_version_directory_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_version"), "contact", ["version"], unique=False)

    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code_mandant", sa.String(length=20), nullable=False),
        sa.Column("code_realisateur", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=5), nullable=False),
        sa.Column("date_debut", sa.Date(), nullable=True),
        sa.Column("date_fin", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["directory_version.version"], name=op.f("fk_delegation_version_directory_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_version"), "delegation", ["version"], unique=False)

    op.create_table(
        "obligation_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("du", sa.Date(), nullable=True),
        sa.Column("au", sa.Date(), nullable=True),
        sa.Column("echeance", sa.Date(), nullable=True),
        sa.Column("dispense", sa.Boolean(), nullable=True),
        sa.Column("motif", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["directory_version.version"], name=op.f("fk_obligation_rule_version_directory_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation_rule")),
    )
    op.create_index(op.f("ix_obligation_rule_version"), "obligation_rule", ["version"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=True),
        sa.Column("compte_sftp", sa.String(length=64), nullable=True),
        sa.Column("actif_du", sa.Date(), nullable=True),
        sa.Column("actif_au", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"], ["directory_version.version"], name=op.f("fk_organisation_version_directory_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index(op.f("ix_organisation_version"), "organisation", ["version"], unique=False)

    op.create_table(
        "section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=True),
        sa.Column("collection", sa.String(length=20), nullable=True),
        sa.Column("slug", sa.String(length=60), nullable=True),
        sa.Column("period", sa.String(length=8), nullable=True),
        sa.Column("verdict", sa.String(length=30), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("nil", sa.Boolean(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.String(length=40), nullable=True),
        sa.Column("stays", sa.String(length=40), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("register_only", sa.Boolean(), nullable=False),
        sa.Column("completes", sa.String(length=40), nullable=True),
        sa.Column("header_row", sa.Integer(), nullable=True),
        sa.Column("records_read", sa.Integer(), nullable=False),
        sa.Column("records_accepted", sa.Integer(), nullable=False),
        sa.Column("records_rejected", sa.Integer(), nullable=False),
        sa.Column("finding_counts", types.Json, nullable=False),
        sa.Column("findings_truncated", sa.Boolean(), nullable=False),
        sa.Column("missing_lines", types.Json, nullable=False),
        sa.Column("causes", types.Json, nullable=False),
        sa.Column(
            "oddities",
            types.Json,
            nullable=True,
            comment="what looks odd in the accepted figures; empty: nothing",
        ),
        sa.Column("deadline", types.Json, nullable=True),
        sa.CheckConstraint(
            "\"verdict\" IN ('accepted', 'accepted_with_warnings', "
            "'partially_accepted', 'rejected', 'duplicate', 'nil', 'destroyed')",
            name=op.f("ck_section_verdict_known"),
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_section_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
        sa.UniqueConstraint("submission_id", "position", name=op.f("uq_section_submission_id_position")),
    )
    op.create_index(
        op.f("ix_section_account_collection_period"), "section", ["account", "collection", "period"], unique=False
    )
    op.create_index(op.f("ix_section_collection_period"), "section", ["collection", "period"], unique=False)
    op.create_index(op.f("ix_section_submission_id"), "section", ["submission_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", types.Long, nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("cell", sa.String(length=20), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("justification", sa.Text(), nullable=True, comment="what confirmed it; it is then a remark"),
        sa.CheckConstraint(
            "\"severity\" IN ('blocking', 'error', 'warning', 'info')", name=op.f("ck_finding_severity_known")
        ),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_finding_section_id_section")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_section_id"), "finding", ["section_id"], unique=False)

    op.create_table(
        "in_force",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("from_at", types.Instant(), nullable=False),
        sa.Column("to_at", types.Instant(), nullable=True),
        sa.CheckConstraint("to_at IS NULL OR to_at >= from_at", name=op.f("ck_in_force_span")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_in_force_section_id_section")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_in_force")),
        comment="Append-only spans: what was in force at any past instant (to_at empty = now).",
    )
    op.create_index(
        op.f("ix_in_force_account_collection_period"), "in_force", ["account", "collection", "period"], unique=False
    )
    op.create_index(op.f("ix_in_force_section_id"), "in_force", ["section_id"], unique=False)
    op.create_index(
        "uq_in_force_open",
        "in_force",
        ["account", "collection", "period"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )

    op.create_table(
        "justification",
        sa.Column("id", types.Long, nullable=False),
        sa.Column("submission_id", sa.String(length=40), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=True, comment="empty: judged again, the section is no more"),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=True),
        sa.Column("collection", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False, comment="the record's key; empty: a whole column or table"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="the question, as it was answered"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=64), nullable=False, comment="the account"),
        sa.Column("at", types.Instant(), nullable=False, comment="when it was received"),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_justification_section_id_section")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_justification_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_justification")),
        comment="Warnings that depositors confirmed, in their own words (contract §6, §9); never of a case-level file.",
    )
    op.create_index(
        op.f("ix_justification_account_collection_period"),
        "justification",
        ["account", "collection", "period"],
        unique=False,
    )
    op.create_index(op.f("ix_justification_period"), "justification", ["period"], unique=False)
    op.create_index(op.f("ix_justification_section_id"), "justification", ["section_id"], unique=False)
    op.create_index(op.f("ix_justification_submission_id"), "justification", ["submission_id"], unique=False)

    _keep_the_journal()


def _keep_the_journal() -> None:
    """The journal is append-only: the database itself refuses anything else."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
            )
        return
    op.execute(
        "CREATE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
    )
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()",
    )


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
