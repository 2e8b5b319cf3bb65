"""${message}."""  # noqa: N999 - alembic sorts by number

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ingest.database import types
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Apply."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Evidence is never thrown away: restore a backup instead."""
    raise NotImplementedError("a schema is never taken back; restore a backup instead")
