"""Taking a deposit out of force (contract §3, `withdraw`): the rule is applied again to those that remain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from domain.errors import CannotDo
from domain.periods import Period
from domain.submissions import SubmissionState
from ingest.database.tables import section, submission
from ingest.database.types import storable
from ingest.ledger import queries, standing
from ingest.ledger.asking import settle_questions
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.figures import Figures
from ingest.ledger.force import Key, lock_account, settle
from ingest.ledger.journal import EventKind, record


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """What a withdrawal changed for one section; `after`: the deposit in force now, or None."""

    collection: str
    period: str
    after: str | None


def withdraw(  # noqa: PLR0913 - by keyword: who, why, when
    connection: Connection,
    figures: Figures,
    submission_id: str,
    *,
    reason: str,
    author: str,
    now: datetime,
) -> tuple[Withdrawal, ...]:
    """Withdraw a deposit in the caller's transaction; its dates and its rows stay, as evidence."""
    lock_account(connection, queries.find(connection, submission_id).account)
    row = queries.find(connection, submission_id, lock=True)
    _check(row.state, test=row.test, submission_id=submission_id)
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(
            state=SubmissionState.WITHDRAWN.value,
            withdrawn_at=now,
            withdrawn_by=storable(author),
            withdrawn_reason=storable(reason),
        ),
    )
    record(
        connection,
        EventKind.WITHDRAWN,
        now,
        submission_id=submission_id,
        account=row.account,
        author=author,
        reason=reason,
    )
    found = connection.execute(
        select(section.c.collection, section.c.period)
        .where(
            section.c.submission_id == submission_id,
            section.c.collection.is_not(None),
            section.c.period.is_not(None),
        )
        .distinct()
        .order_by(section.c.collection, section.c.period),
    ).all()
    changed = []
    for collection, period in found:
        key = Key(row.account, collection, period)
        settled = settle(connection, key, now)
        settle_questions(connection, figures, key, settled.section_id, now)
        changed.append(Withdrawal(collection=collection, period=period, after=settled.after))
        if row.organisation is not None:
            standing.refresh(connection, row.organisation, collection, Period.parse(period), now)
    ask(connection, now, row.account, submission_id, {EffectKind.SITUATION: {}})
    return tuple(changed)


def _check(state: str, *, test: bool, submission_id: str) -> None:
    if state == SubmissionState.WITHDRAWN:
        raise CannotDo(f"deposit {submission_id} was withdrawn before")
    if state != SubmissionState.JUDGED:
        raise CannotDo(f"deposit {submission_id} waits for its verdict; withdraw it afterwards")
    if test:
        raise CannotDo(f"deposit {submission_id} comes from essai/: it never counted")
