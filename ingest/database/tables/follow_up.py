"""What was said by itself: steps, bulletins, closures, questions, mail that arrived."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from domain.anomalies import AnomalySource, AnomalyState
from domain.incoming import IncomingKind
from ingest.database.tables.base import metadata, one_of
from ingest.database.types import Instant, Json, Long

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
