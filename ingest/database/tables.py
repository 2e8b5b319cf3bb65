"""The engine's own tables (contract §7). Collection tables are derived by `ingest.database.collections`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from domain.anomalies import AnomalySource, AnomalyState
from domain.findings import Severity
from domain.incoming import IncomingKind
from domain.releases import EditionKind
from domain.submissions import Box, ReceiptProof, SubmissionState
from domain.verdicts import Verdict
from ingest.database.types import Instant, Json, Long

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def one_of(column: str, values: type[StrEnum] | Iterable[str]) -> CheckConstraint:
    """A closed list of words; names of statuses come from our own enums, never from a file."""
    words = ", ".join(f"'{value!s}'" for value in values)
    return CheckConstraint(f'"{column}" IN ({words})', name=f"{column}_known")


submission = Table(
    "submission",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("organisation", String(40)),
    Column("box", String(10), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("proof", String(20), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("judged_at", Instant),
    Column("state", String(20), nullable=False),
    Column("verdict", String(30)),
    Column("test", Boolean, nullable=False),
    Column("rules_version", String(80)),
    Column("directory_version", Integer),
    Column("register_only", Boolean, nullable=False, default=False, comment="judge again when the register is mended"),
    Column("completes", String(40)),
    Column("archive", Text),
    Column("detected", Json),
    Column("file_findings", Json),
    Column("answer", Json),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before_at", Instant),
    Column("trouble", Text),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    Column("withdrawn_reason", Text),
    Index(None, "account", "received_at"),
    Index(None, "state", "received_at"),
    Index(None, "sha256"),
    one_of("box", Box),
    one_of("proof", ReceiptProof),
    one_of("state", SubmissionState),
    one_of("verdict", Verdict),
)

section = Table(
    "section",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("sheet", Text),
    Column("account", String(64), nullable=False),
    Column("organisation", String(40)),
    Column("collection", String(20)),
    Column("slug", String(60)),
    Column("period", String(8)),
    Column("verdict", String(30), nullable=False),
    Column("complete", Boolean, nullable=False, default=False),
    Column("nil", Boolean, nullable=False, default=False),
    Column("in_force", Boolean, nullable=False, default=False),
    Column("replaces", String(40)),
    Column("stays", String(40)),
    Column("waits", Boolean, nullable=False, default=False),
    Column("register_only", Boolean, nullable=False, default=False),
    Column("completes", String(40)),
    Column("header_row", Integer),
    Column("records_read", Integer, nullable=False, default=0),
    Column("records_accepted", Integer, nullable=False, default=0),
    Column("records_rejected", Integer, nullable=False, default=0),
    Column("finding_counts", Json, nullable=False),
    Column("findings_truncated", Boolean, nullable=False, default=False),
    Column("missing_lines", Json, nullable=False),
    Column("causes", Json, nullable=False),
    Column("oddities", Json, comment="what looks odd in the accepted figures; empty: nothing"),
    Column("deadline", Json),
    UniqueConstraint("submission_id", "position"),
    Index(None, "account", "collection", "period"),
    Index(None, "collection", "period"),
    Index(None, "organisation", "collection", "period"),
    one_of("verdict", Verdict),
)

in_force = Table(
    "in_force",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("collection", String(20), nullable=False),
    Column("period", String(8), nullable=False),
    Column("section_id", ForeignKey("section.id"), nullable=False, index=True),
    Column("from_at", Instant, nullable=False),
    Column("to_at", Instant),
    Index(None, "account", "collection", "period"),
    Index(
        "uq_in_force_open",
        "account",
        "collection",
        "period",
        unique=True,
        sqlite_where=text("to_at IS NULL"),
        postgresql_where=text("to_at IS NULL"),
    ),
    CheckConstraint("to_at IS NULL OR to_at >= from_at", name="span"),
    comment="Append-only spans: what was in force at any past instant (to_at empty = now).",
)

finding = Table(
    "finding",
    metadata,
    Column("id", Long, primary_key=True),
    Column("section_id", ForeignKey("section.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("row", Integer),
    Column("column", Text),
    Column("cell", String(20)),
    Column("label", Text),
    Column("value", Text),
    Column("expected", Text),
    Column("message", Text, nullable=False),
    Column("hint", Text),
    Column("cause", Text, nullable=False, default=""),
    Column("justification", Text, comment="what confirmed it; it is then a remark"),
    one_of("severity", Severity),
)

justification = Table(
    "justification",
    metadata,
    Column("id", Long, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False, index=True),
    Column("section_id", ForeignKey("section.id"), index=True, comment="empty: judged again, the section is no more"),
    Column("account", String(64), nullable=False),
    Column("organisation", String(40)),
    Column("collection", String(20), nullable=False),
    Column("period", String(8), nullable=False),
    Column("code", String(40), nullable=False),
    Column("column", Text, nullable=False),
    Column("record", Text, nullable=False, comment="the record's key; empty: a whole column or table"),
    Column("value", Text, nullable=False),
    Column("message", Text, nullable=False, comment="the question, as it was answered"),
    Column("text", Text, nullable=False),
    Column("row", Integer),
    Column("author", String(64), nullable=False, comment="the account"),
    Column("at", Instant, nullable=False, comment="when it was received"),
    Index(None, "account", "collection", "period"),
    Index(None, "period"),
    comment="Warnings that depositors confirmed, in their own words (contract §6, §9); never of a case-level file.",
)

obligation = Table(
    "obligation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", String(64)),
    Column("organisation", String(40), nullable=False),
    Column("collection", String(20), nullable=False),
    Column("slug", String(60), nullable=False),
    Column("period", String(8), nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("first_received_at", Instant),
    Column("first_accepted_at", Instant),
    Column("complete_at", Instant),
    Column("last_corrected_at", Instant),
    Column("complete_now", Boolean, nullable=False, default=False),
    Column("nil", Boolean, nullable=False, default=False),
    Column("waived_reason", Text),
    Column("waived_by", Text, comment="`annuaire` when the register says so, else who waived it"),
    Column("extended_until", Date),
    Column("excused_until", Instant, comment="the due instant as our outage, or our late verdict, moved it"),
    Column("excused_reason", Text),
    UniqueConstraint("organisation", "collection", "period"),
    Index(None, "account"),
    Index(None, "period", "collection"),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause_key", String(200), nullable=False, unique=True, comment="what caused it + recipient: never twice"),
    Column("event", String(30), nullable=False),
    Column("submission_id", String(40), index=True),
    Column("organisation", String(40)),
    Column("recipient", Text, nullable=False),
    Column("recipient_name", Text),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("headers", Json, nullable=False, comment="extra headers, e.g. Reply-To"),
    Column("attachments", Json, nullable=False, comment="names of files of the submission's answer"),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("in_reply_to", String(200)),
    Column("state", String(20), nullable=False, comment="queued, sending, held, sent, failed, bounced"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("ambiguous", Integer, nullable=False, default=0, comment="cuts after the data was handed over"),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column("sent_at", Instant),
    Column("last_error", Text),
    Index(None, "state", "next_attempt_at"),
    one_of("state", ("queued", "sending", "held", "sent", "failed", "bounced")),
)

step_said = Table(
    "step_said",
    metadata,
    Column("id", Long, primary_key=True),
    Column("organisation", String(40), nullable=False),
    Column("collection", String(20), nullable=False),
    Column("period", String(8), nullable=False),
    Column("step", String(20), nullable=False),
    Column("due_on", Date, nullable=False, comment="the due day that the step was reckoned from"),
    Column("said_on", Date, nullable=False, comment="the civil day"),
    Column("said_at", Instant, nullable=False),
    Column("passed", Boolean, nullable=False, comment="not said: a later step, or the facts, made it pointless"),
    UniqueConstraint("organisation", "collection", "period", "step", "due_on"),
    Index(None, "organisation", "said_on"),
    comment="What was said to organisations about what they owe: each step at most once (contract §8).",
)

bulletin = Table(
    "bulletin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10), nullable=False, comment="digest or weekly"),
    Column("day", Date, nullable=False, comment="of a weekly page: the Monday of its week"),
    Column("made_at", Instant, nullable=False),
    Column(
        "snapshot", Json, nullable=False, comment="what the central body knew then; the next one tells what changed"
    ),
    Column("silent", Boolean, nullable=False, default=False, comment="looked at, nothing to tell: no message"),
    UniqueConstraint("kind", "day"),
    one_of("kind", ("digest", "weekly")),
    comment="What was told to the central body, and when (contract §8).",
)

closure = Table(
    "closure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("from_at", Instant, nullable=False, unique=True, comment="the desk was last seen open"),
    Column("until_at", Instant, nullable=False, comment="it came back"),
    comment="When the desk was closed: an outage of ours never makes anyone late (contract §8).",
)

anomaly = Table(
    "anomaly",
    metadata,
    Column("id", Integer, primary_key=True, comment="the number that people type"),
    Column("code", String(40), nullable=False),
    Column("source", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("account", String(64), nullable=False),
    Column("organisation", String(40)),
    Column("collection", String(20), nullable=False),
    Column("period", String(8), nullable=False),
    Column("member", String(40), comment="code of the CIL/CCI; empty: a whole table"),
    Column("record", Text, nullable=False, comment="the record's key, as in `justification`"),
    Column("column", Text, nullable=False),
    Column("label", Text),
    Column("value", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("submission_id", ForeignKey("submission.id"), index=True),
    Column("row", Integer),
    Column("raised_at", Instant, nullable=False),
    Column("raised_by", Text, comment="who disputes the figure; empty: a rule"),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_at", Instant),
    Column(
        "rejected_at",
        Instant,
        comment="when the central body said that the figure is wrong; earlier words are void",
    ),
    Column("told_at", Instant, comment="when the central body was told"),
    Column("reminded_at", Instant, comment="the one reminder, after ten days without an answer"),
    Index(None, "account", "collection", "period"),
    Index(None, "state", "raised_at"),
    one_of("source", AnomalySource),
    one_of("state", AnomalyState),
    comment="What looks odd in accepted figures, and what was answered (contract §9); never of a case-level file.",
)

incoming = Table(
    "incoming",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True, comment="of the message as it arrived: read once"),
    Column("received_at", Instant, nullable=False),
    Column("kind", String(20), nullable=False, comment="bounce, delay, automatic, reply, other"),
    Column("message_id", String(200), index=True, comment="of our message that it is about, when it says so"),
    Column("recipient", Text, comment="the address that did not get it"),
    Column("status", String(20), comment="RFC 3463, e.g. 5.1.1"),
    Column("detail", Text, comment="what the mail server said"),
    Column("sender", Text, comment="who wrote"),
    Column("forwarded_at", Instant, comment="when a person's mail was handed on; empty: it waits"),
    Column("kept", Text, nullable=False, comment="where it lies in `home`"),
    one_of("kind", IncomingKind),
    comment="What arrived for us by mail: nothing is dropped (contract §11).",
)

effect = Table(
    "effect",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(30), nullable=False, comment="recu, answer, situation, archive…"),
    Column("submission_id", String(40), index=True),
    Column("account", String(64)),
    Column("payload", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before_at", Instant),
    Column("last_error", Text),
    Index(None, "done_at", "not_before_at"),
    comment="What is to be done outside the database after commit (house: principle 2).",
)

event = Table(
    "event",
    metadata,
    Column("id", Long, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("submission_id", String(40), index=True),
    Column("account", String(64)),
    Column("author", Text),
    Column("data", Json, nullable=False),
    Index(None, "at"),
    comment="Append-only journal (triggers refuse anything else); refers to ids, never to persons.",
)

once_key = Table(
    "once_key",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("at", Instant, nullable=False),
    comment="Things said once: an administrator is told of a stray link a single time.",
)

directory_version = Table(
    "directory_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("imported_at", Instant, nullable=False),
    Column("author", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("submission_id", String(40)),
    Column("sha256", String(64), nullable=False),
)


def _versioned(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column("version", ForeignKey("directory_version.version"), nullable=False, index=True),
        *columns,
    )


organisation = _versioned(
    "organisation",
    Column("code", String(20), nullable=False),
    Column("type", String(10), nullable=False),
    Column("nom", Text, nullable=False),
    Column("departement", String(3)),
    Column("compte_sftp", String(64)),
    Column("actif_du", Date),
    Column("actif_au", Date),
)
adhesion = _versioned(
    "adhesion",
    Column("code_cil", String(20), nullable=False),
    Column("code_plateforme", String(20), nullable=False),
    Column("service", String(5), nullable=False),
    Column("date_effet", Date),
    Column("date_fin", Date),
)
delegation = _versioned(
    "delegation",
    Column("code_mandant", String(20), nullable=False),
    Column("code_realisateur", String(20), nullable=False),
    Column("service", String(5), nullable=False),
    Column("date_debut", Date),
    Column("date_fin", Date),
)
contact = _versioned(
    "contact",
    Column("organisation", String(40), nullable=False),
    Column("courriel", Text, nullable=False),
    Column("nom", Text),
    Column("role", String(20), nullable=False),
    Column("service", String(5)),
)
obligation_rule = _versioned(
    "obligation_rule",
    Column("code", String(20), nullable=False),
    Column("collection", String(20), nullable=False),
    Column("du", Date),
    Column("au", Date),
    Column("echeance", Date),
    Column("dispense", Boolean),
    Column("motif", Text),
)

release = Table(
    "release",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("period", String(8), nullable=False),
    Column("number", Integer, nullable=False, comment="counts all editions of the period"),
    Column("kind", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("dated_on", Date, nullable=False, comment="the day printed on it"),
    Column("content_hash", String(64), nullable=False, comment="of figures and coverage, not of the label"),
    Column("directory_version", Integer, nullable=False),
    Column("rules_version", String(80), nullable=False),
    Column("replaces", Integer, comment="number of the edition that `changes.json` compares with"),
    Column("changed_cells", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("ordered_by", Text, comment="who published by hand; empty: by itself"),
    Column("written_at", Instant, comment="its folder is whole; empty: being made"),
    Column("held_by", Text),
    Column("held_reason", Text),
    Column("distributed_at", Instant, comment="its messages were queued; empty: not distributed"),
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", Text),
    Column("withdrawn_reason", Text),
    UniqueConstraint("period", "number"),
    one_of("kind", EditionKind),
    comment="Every edition of the published tables; past ones stay (contract §10).",
)
release_input = Table(
    "release_input",
    metadata,
    Column("release_id", ForeignKey("release.id"), primary_key=True),
    Column("section_id", ForeignKey("section.id"), primary_key=True, index=True),
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("release_id", ForeignKey("release.id"), nullable=False, index=True),
    Column("organisation", String(40), nullable=False),
    Column("recipient", Text, nullable=False, comment="empty: the register has no address for it"),
    Column("message_id", ForeignKey("message.id"), index=True),
    Column("retried", Integer, nullable=False, default=0),
    UniqueConstraint("release_id", "organisation", "recipient"),
    comment="Who gets an edition; the state of a copy is that of its message, one for all that an address gets.",
)
publication = Table(
    "publication",
    metadata,
    Column("period", String(8), primary_key=True),
    Column(
        "stale_since_at", Instant, comment="what it rests on changed; empty: its last edition says what is in force"
    ),
    Column("stale_changed_at", Instant, comment="the last change: the quiet time runs from here"),
    comment="Periods whose tables may have to be made again (contract §10).",
)
announcement = Table(
    "announcement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("period", String(8), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("for_on", Date, nullable=False, comment="the day of the distribution"),
    Column("at", Instant, nullable=False),
    UniqueConstraint("period", "kind", "for_on"),
    one_of("kind", EditionKind),
    comment="Distributions told to the central body the working day before (contract §10).",
)
home_setting = Table(
    "home_setting",
    metadata,
    Column("key", String(60), primary_key=True),
    Column("value", Text, nullable=False),
    comment="Facts fixed when the home was created, e.g. first_period.",
)
collection_fingerprint = Table(
    "collection_fingerprint",
    metadata,
    Column("slug", String(60), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("columns", Json, nullable=False),
    Column("applied_at", Instant, nullable=False),
)
