"""What one may ask of the ledger: every question reads what is committed, and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from domain.anomalies import Anomaly, AnomalyState
from domain.bulletins import Bulletin
from domain.errors import CannotDo
from domain.following import Said
from domain.judgement import Judgement
from domain.organisations import Directory
from domain.outcome import Outcome, Owed
from domain.periods import Period
from domain.steps import Standing
from domain.submissions import DroppedFile, SubmissionState
from domain.suivi import Suivi
from domain.workdays import WorkingDays
from ingest.database.collections import CollectionList, tables_of
from ingest.database.engine import Database
from ingest.database.tables import submission
from ingest.ledger import (
    bulletins,
    destroying,
    effects,
    following,
    known,
    models,
    queries,
    rejudging,
    seeking,
    standing,
    steps,
    waiting,
)
from ingest.ledger import suivi as follow_up
from ingest.ledger.anomalies import anomalies
from ingest.ledger.effects import Effect
from ingest.ledger.importing import next_instant
from ingest.ledger.justifications import justifications as told_justifications
from ingest.ledger.loading import loaded_rows
from ingest.ledger.queries import Pending
from ingest.ledger.sections import dropped_from, read_sections
from ingest.ledger.telling import outcome_of
from ingest.ledger.view import CommittedView


class Kept(NamedTuple):
    """What was dropped, and the document of its answer (None before its verdict)."""

    dropped: DroppedFile
    answer: Mapping[str, Any] | None


class Sought(NamedTuple):
    """What became of a file: the deposits that it may be, and what was never taken."""

    numbers: tuple[str, ...]
    left_alone: list[dict[str, Any]]


class Questions:
    """The reading side of the ledger. Safe from several threads and processes."""

    def __init__(
        self,
        database: Database,
        catalogue: CollectionList,
        *,
        zone: ZoneInfo,
        first_period: Period,
        due_days: WorkingDays | None = None,
    ) -> None:
        """`due_days`: the days on which something may be due (setting `due_on_working_day`); None: all."""
        self._database = database
        self._zone = zone
        self._tables = tables_of(catalogue.collections)
        self._calendar = standing.Calendar(
            collections=catalogue.collections,
            first_period=first_period,
            zone=zone,
            due_days=due_days,
        )
        by_code = {one.code: one for one in catalogue.collections}
        self._cases = frozenset(code for code, one in by_code.items() if one.a_year_only)
        self._view = CommittedView(database, by_code, self._tables)

    def view(self, submission_id: str | None = None) -> CommittedView:
        """What judging may ask. With the deposit in hand, it is no doublon of itself nor of what came later."""
        return self._view if submission_id is None else self._view.before(submission_id)

    def due_effects(
        self, now: datetime, limit: int = 1000, accounts: Collection[str] | None = None
    ) -> tuple[Effect, ...]:
        """What is to be done outside the database now, accounts taking turns; `accounts`: only for those."""
        return effects.due_effects(self._database, now, limit, accounts)

    def wanted_models(self, account: str, now: datetime) -> tuple[models.Wanted, ...]:
        """Collection and period of each template that the account should have."""
        with self._database.read() as connection:
            return models.wanted_by(connection, account, self._calendar, now)

    def still_owed(self, organisation: str, now: datetime) -> tuple[Owed, ...]:
        """What an organisation has yet to deposit, correct or complete."""
        with self._database.read() as connection:
            rows = standing.obligations_of(connection, organisation)
        return standing.still_owed(rows, self._calendar, now)

    def compliance(
        self,
        now: datetime,
        *,
        period: str | None = None,
        account: str | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of `guichet status` (after `open_obligations`)."""
        accounts = None if account is None else (account,)
        with self._database.read() as connection:
            return standing.matrix(connection, self._calendar, now, period=period, accounts=accounts)

    def compliance_known(
        self,
        at: datetime,
        *,
        period: str | None = None,
        account: str | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of `guichet status` as they were known at `at`: what was judged, granted, withdrawn by then."""
        accounts = None if account is None else (account,)
        with self._database.read() as connection:
            rows = known.obligations_known(connection, self._calendar, at, period=period)
        return standing.lines(rows, self._calendar, at, accounts=accounts)

    def standings(self, now: datetime, organisations: Iterable[str] | None = None) -> tuple[Standing, ...]:
        """Where every obligation stands (after `open_obligations`), of everybody or of some organisations."""
        with self._database.read() as connection:
            return following.standings(connection, self._calendar, now, organisations=organisations)

    def suivi(self, now: datetime, organisations: Iterable[str] | None = None) -> Suivi:
        """The « Suivi des échéances » (D9), of everybody or of some organisations (after `open_obligations`)."""
        with self._database.read() as connection:
            return follow_up.suivi(connection, self._calendar, now, organisations=organisations)

    def told_so_far(self, now: datetime) -> bulletins.Told:
        """What was told to the central body until `now`, and when."""
        with self._database.read() as connection:
            return bulletins.told_so_far(connection, self._calendar, now)

    def bulletin(self, order: bulletins.Order, now: datetime) -> Bulletin:
        """What that bulletin would tell now."""
        with self._database.read() as connection:
            return bulletins.prepare(connection, self._calendar, order, now).bulletin

    def pages_are_current(self, accounts: Sequence[str], now: datetime) -> bool:
        """Whether everybody's own page was looked at today, and those of these accounts asked for as things are now."""
        today = now.astimezone(self._zone).date()
        with self._database.read() as connection:
            if not follow_up.situations_looked_at(connection, today):
                return False
            state = follow_up.page_state(connection, today)
            return not accounts or follow_up.are_asked_for(connection, state)

    def said_steps(self, organisations: Iterable[str] | None = None) -> Mapping[tuple[str, str, str], tuple[Said, ...]]:
        """What was said about each obligation (`Standing.key`), in its order; not what was passed over."""
        with self._database.read() as connection:
            said = [one for one in steps.said_steps(connection, organisations) if not one.passed]
        by_key: dict[tuple[str, str, str], tuple[Said, ...]] = {}
        for one in said:
            by_key[one.key] = (*by_key.get(one.key, ()), one)
        return by_key

    def pending(self, now: datetime) -> tuple[Pending, ...]:
        """Deposits that can be judged now, in order of receipt; one that waits holds back its account's later ones."""
        with self._database.read() as connection:
            return queries.pending(connection, now)

    def submission(self, submission_id: str) -> Pending | None:
        """One deposit as the pipeline needs it, or None."""
        with self._database.read() as connection:
            return queries.one(connection, submission_id)

    def dropped(self, submission_id: str) -> DroppedFile:
        """What was known of a deposit when it was claimed; NotFound."""
        with self._database.read() as connection:
            return dropped_from(queries.find(connection, submission_id))

    def accepted_before(self, dropped: DroppedFile, collection: str) -> str | None:
        """Another deposit of these bytes by this account that was accepted as that collection, and still counts."""
        with self._database.read() as connection:
            return queries.accepted_before(connection, dropped, collection)

    def next_instant(self, account: str, at: datetime) -> datetime:
        """When a file imported now was received, as near to `at` as keeps the order in which files are given."""
        with self._database.read() as connection:
            return next_instant(connection, account, at)

    def knows(self, submission_id: str) -> bool:
        """Whether the claim of this submission was committed."""
        with self._database.read() as connection:
            query = select(submission.c.id).where(submission.c.id == submission_id)
            return connection.execute(query).one_or_none() is not None

    def state(self, submission_id: str) -> SubmissionState:
        """Where a deposit is in its life; NotFound."""
        with self._database.read() as connection:
            return SubmissionState(queries.find(connection, submission_id).state)

    def deposits(self, submission_ids: Iterable[str]) -> dict[str, Kept]:
        """Those deposits, by number, with the answers of those that have one."""
        with self._database.read() as connection:
            return {row.id: Kept(dropped_from(row), row.answer) for row in queries.all_of(connection, submission_ids)}

    def answer(self, submission_id: str) -> Mapping[str, Any] | None:
        """The document of its answer, or None before its verdict."""
        with self._database.read() as connection:
            document: Mapping[str, Any] | None = queries.find(connection, submission_id).answer
            return document

    def as_kept(self, submission_id: str, judgement: Judgement) -> rejudging.Kept:
        """What recording this second judgement will keep of it; the rows accepted before stay accepted."""
        with self._database.read() as connection:
            former = [
                (outcome.judgement, loaded_rows(connection, self._tables, number, outcome.judgement.slug))
                for number, outcome in read_sections(connection, submission_id)
            ]
        return rejudging.as_kept(former, judgement)

    def outcome(self, submission_id: str, directory: Directory | None, now: datetime) -> Outcome | None:
        """The outcome of a judged deposit, read back (what is still owed is today's); None before its verdict."""
        with self._database.read() as connection:
            row = queries.find(connection, submission_id)
            if row.judged_at is None:
                return None
            return outcome_of(connection, self._calendar, row, directory, now)

    def count(self, account: str) -> int:
        """How many deposits an account has made."""
        with self._database.read() as connection:
            query = select(func.count()).select_from(submission).where(submission.c.account == account)
            return int(connection.execute(query).scalar_one())

    def submissions(
        self,
        *,
        account: str | None = None,
        period: str | None = None,
        state: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Deposits, the latest first, with the contract's keys."""
        with self._database.read() as connection:
            return queries.submissions(
                connection,
                self._zone,
                account=account,
                period=period,
                state=state,
                limit=limit,
            )

    def show(self, submission_id: str) -> dict[str, Any]:
        """One deposit with its whole story; NotFound."""
        with self._database.read() as connection:
            return queries.show(connection, self._zone, submission_id)

    def sought(self, what: str, account: str | None = None) -> Sought:
        """What a number, a name or a hash may mean, deposits in order of receipt. `account`: of it alone."""
        with self._database.read() as connection:
            return Sought(
                numbers=seeking.numbers_of(connection, what, account),
                left_alone=seeking.left_alone_of(connection, self._zone, what, account),
            )

    def justifications(self, *, period: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """The warnings that depositors confirmed, in order of receipt. `account`: account or organisation."""
        with self._database.read() as connection:
            return told_justifications(connection, self._zone, period=period, account=account)

    def anomalies(
        self,
        *,
        state: AnomalyState | None = None,
        account: str | None = None,
        period: str | None = None,
        number: int | None = None,
    ) -> tuple[Anomaly, ...]:
        """What looked odd in accepted figures, in the order it was asked. `account`: account or organisation."""
        with self._database.read() as connection:
            return anomalies(connection, state=state, account=account, period=period, number=number)

    def situation(self, account: str, organisation: str | None, now: datetime, limit: int = 200) -> dict[str, Any]:
        """What `situation.html` shows: the account's last deposits and what is still owed (`Owed` values)."""
        return {
            "account": account,
            "organisation": organisation,
            "made_at": queries.told(now, self._zone),
            "submissions": self.submissions(account=account, limit=limit),
            "still_owed": () if organisation is None else self.still_owed(organisation, now),
        }

    def rows_in_force(
        self,
        slug: str,
        period: str | None = None,
        at: datetime | None = None,
    ) -> list[Mapping[str, Any]]:
        """The rows of a collection in force now, or at any past instant."""
        if slug not in self._tables:
            raise CannotDo(f"no collection {slug!r}; see: guichet collections")
        with self._database.read() as connection:
            return queries.rows_in_force(connection, self._tables[slug], period, at)

    def short_lived(self) -> frozenset[str]:
        """Deposits whose answer may speak of cases: it stays in `retours/` for a shorter time (contract §6)."""
        with self._database.read() as connection:
            return destroying.short_lived(connection, self._cases)

    def to_rejudge(self, directory_version: int) -> tuple[DroppedFile, ...]:
        """Deposits refused only because of an older version of the register, in order of receipt (contract §5)."""
        with self._database.read() as connection:
            return waiting.to_rejudge(connection, directory_version)
