"""Which version of an event is in force: among several deposits in force, the one received last (contract §6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, exists, or_

from ingest.database.tables import in_force, section, submission


def latest_only(rows: Table, key: Sequence[str], at: datetime | None = None) -> ColumnElement[bool]:
    """No later deposit of the account and period in force now, or at `at`, has a record with the same key.

    The query joins `section` and `submission`. Order of receipt; ties go to the deposit's id, as for whole deposits.
    """
    other, its_section, its_deposit, span = rows.alias(), section.alias(), submission.alias(), in_force.alias()
    stands: ColumnElement[bool] = its_section.c.in_force
    source = other.join(its_section, its_section.c.id == other.c.section_id)
    source = source.join(its_deposit, its_deposit.c.id == its_section.c.submission_id)
    if at is not None:
        source = source.join(span, span.c.section_id == its_section.c.id)
        stands = and_(span.c.from_at <= at, or_(span.c.to_at.is_(None), span.c.to_at > at))
    same = [other.c[name] == rows.c[name] for name in key]
    later = or_(
        its_deposit.c.received_at > submission.c.received_at,
        and_(its_deposit.c.received_at == submission.c.received_at, its_deposit.c.id > submission.c.id),
    )
    here = [its_section.c.account == section.c.account, its_section.c.period == section.c.period]
    return ~exists().select_from(source).where(*same, *here, stands, later)
