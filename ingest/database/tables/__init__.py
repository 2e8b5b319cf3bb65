"""The engine's own tables (contract §7). Collection tables are derived by `ingest.database.collections`."""

from ingest.database.tables.base import metadata, one_of
from ingest.database.tables.deposits import finding, in_force, justification, obligation, section, submission
from ingest.database.tables.engine import (
    collection_fingerprint,
    effect,
    event,
    home_setting,
    left_alone,
    message,
    once_key,
)
from ingest.database.tables.follow_up import anomaly, bulletin, closure, incoming, step_said
from ingest.database.tables.publishing import (
    announcement,
    closing_tally,
    delivery,
    publication,
    release,
    release_input,
    secrecy,
    tally,
)
from ingest.database.tables.register import (
    adhesion,
    contact,
    delegation,
    directory_version,
    obligation_rule,
    organisation,
)
from ingest.database.tables.retention import destruction

__all__ = [
    "adhesion",
    "announcement",
    "anomaly",
    "bulletin",
    "closing_tally",
    "closure",
    "collection_fingerprint",
    "contact",
    "delegation",
    "delivery",
    "destruction",
    "directory_version",
    "effect",
    "event",
    "finding",
    "home_setting",
    "in_force",
    "incoming",
    "justification",
    "left_alone",
    "message",
    "metadata",
    "obligation",
    "obligation_rule",
    "once_key",
    "one_of",
    "organisation",
    "publication",
    "release",
    "release_input",
    "secrecy",
    "section",
    "step_said",
    "submission",
    "tally",
]
