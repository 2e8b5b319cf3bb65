"""Editions, what they rest on, who gets them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from domain.releases import EditionKind
from ingest.database.tables.base import metadata, one_of
from ingest.database.types import Instant, Json

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

tally = Table(
    "tally",
    metadata,
    Column("release_id", ForeignKey("release.id"), primary_key=True),
    Column("period", String(8), primary_key=True, comment="the edition's year, or the year before, which it recalls"),
    Column("collection", String(40), primary_key=True),
    Column("dimension", String(80), primary_key=True, comment="a characteristic, a cross, or `median:` and a column"),
    Column("counts", Json, nullable=False, comment="one array a count: what it is of, then how many"),
    comment="How many cases an edition counted, by what: what stays of cases when they are destroyed (contract §12).",
)

closing_tally = Table(
    "closing_tally",
    metadata,
    Column("period", String(8), primary_key=True),
    Column("collection", String(40), primary_key=True),
    Column("dimension", String(80), primary_key=True, comment="as `tally` has it"),
    Column("counts", Json, nullable=False, comment="one array a count: what it is of, then how many"),
    comment="How many cases a year had when they were destroyed, whatever its editions had counted (contract §12).",
)

secrecy = Table(
    "secrecy",
    metadata,
    Column("release_id", ForeignKey("release.id"), primary_key=True),
    Column("document", Json, nullable=False),
    comment="Which cells of an edition are secret; later editions must not give them away (contract §10, Secrecy).",
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
