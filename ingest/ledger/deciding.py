"""What the central body may look at and decide on one connection: the same code as the verbs (contract §3, §8, §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from domain.anomalies import Anomaly
from domain.arrangements import Arranged
from domain.compliance import ComplianceStatus
from domain.submissions import SubmissionState
from ingest.database.tables import obligation, section, submission
from ingest.ledger import answers, arrangements
from ingest.ledger.anomalies import anomalies
from ingest.ledger.standing import due_of, status_of
from ingest.ledger.verdict import Tools
from ingest.ledger.withdrawing import Withdrawal, withdraw

_DONE = frozenset({ComplianceStatus.WAIVED, ComplianceStatus.ON_TIME, ComplianceStatus.LATE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Owing:
    """One obligation, as one who decides needs it. `done`: nothing is left to waive."""

    organisation: str
    due_at: datetime
    extended_until: date | None
    waived_reason: str | None
    done: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighable:
    """A deposit that may be withdrawn. `sections`: collection and period of each."""

    account: str
    organisation: str | None
    state: SubmissionState
    test: bool
    in_force: bool
    sections: frozenset[tuple[str, str]]


class Deciding:
    """Decides in the caller's transaction, which commits it all, or rolls it all back."""

    def __init__(self, connection: Connection, tools: Tools, *, author: str, now: datetime) -> None:
        self._connection = connection
        self._tools = tools
        self._author = author
        self.now = now

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def owing(self, collection: str, period: str, organisation: str | None) -> tuple[Owing, ...]:
        """The obligations of everybody (None) or of one organisation, as they stand in this transaction."""
        query = (
            select(obligation)
            .where(obligation.c.collection == collection, obligation.c.period == period)
            .order_by(obligation.c.organisation)
        )
        if organisation is not None:
            query = query.where(obligation.c.organisation == organisation)
        return tuple(self._owing(row) for row in self._connection.execute(query))

    def _owing(self, row: Row[Any]) -> Owing:
        zone = self._tools.calendar.zone
        return Owing(
            organisation=row.organisation,
            due_at=due_of(row, zone),
            extended_until=row.extended_until,
            waived_reason=row.waived_reason,
            done=status_of(row, self.now, zone) in _DONE,
        )

    def deposit(self, submission_id: str) -> Weighable | None:
        """A deposit by its number; None when there is none."""
        row = self._connection.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
        if row is None:
            return None
        sections = self._connection.execute(
            select(section.c.collection, section.c.period, section.c.in_force).where(
                section.c.submission_id == submission_id
            )
        ).all()
        return Weighable(
            account=row.account,
            organisation=row.organisation,
            state=SubmissionState(row.state),
            test=row.test,
            in_force=any(one.in_force for one in sections),
            sections=frozenset((one.collection, one.period) for one in sections if one.collection and one.period),
        )

    def anomaly(self, number: int) -> Anomaly | None:
        """A question by its number; None when there is none."""
        return next(iter(anomalies(self._connection, number=number)), None)

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    def extend(self, request: arrangements.Request, until: date) -> tuple[Arranged, ...]:
        """As `guichet deadline extend`."""
        return arrangements.extend(self._connection, self._tools.calendar, request, until, self.now)

    def waive(self, request: arrangements.Request) -> tuple[Arranged, ...]:
        """As `guichet deadline waive`."""
        return arrangements.waive(self._connection, self._tools.calendar, request, self.now)

    def withdraw(self, submission_id: str, reason: str) -> tuple[Withdrawal, ...]:
        """As `guichet withdraw`."""
        figures, author = self._tools.figures, self._author
        return withdraw(self._connection, figures, submission_id, reason=reason, author=author, now=self.now)

    def answer(self, number: int, reason: str, *, confirmed: bool) -> Anomaly:
        """As `guichet anomaly confirm` and `reject`."""
        return answers.answer(
            self._connection, number, confirmed=confirmed, reason=reason, author=self._author, now=self.now
        )
