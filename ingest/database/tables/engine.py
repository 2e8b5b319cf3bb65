"""The outbox, what is to be done after commit, the journal, facts about the home."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from ingest.database.tables.base import metadata, one_of
from ingest.database.types import Instant, Json, Long

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

left_alone = Table(
    "left_alone",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("kind", String(40), nullable=False, comment="why it was not taken"),
    Column("account", String(64)),
    Column("box", String(10)),
    Column("name", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    comment="What lay in the inbox and was no deposit, so that one can ask what became of it.",
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
