"""What was destroyed because its time had come, step by step."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from domain.retention import Rule
from ingest.database.tables.base import metadata, one_of
from ingest.database.types import Instant

destruction = Table(
    "destruction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission_id", ForeignKey("submission.id"), nullable=False),
    Column(
        "part", Integer, nullable=False, comment="0: the file and what was made of it as a whole; else a section's id"
    ),
    Column("rule", String(20), nullable=False),
    Column("collection", String(20)),
    Column("period", String(8)),
    Column("exercice", Integer),
    Column("files", Integer, nullable=False, default=0),
    Column("rows", BigInteger, nullable=False, default=0),
    Column("decided_at", Instant, nullable=False, comment="from here on nothing stops it, a crash neither"),
    Column("decided_by", Text),
    Column("listed_at", Instant, comment="it is in home/destructions.jsonl"),
    Column("done_at", Instant, comment="the files are gone, then the rows"),
    Column("wiped_at", Instant, comment="the database's own files hold no byte of it any more"),
    Column("told_at", Instant, comment="its mail is queued"),
    UniqueConstraint("submission_id", "part"),
    one_of("rule", Rule),
    comment="What retention destroyed; the deposit's name, hash, dates and verdict stay (contract §12).",
)
