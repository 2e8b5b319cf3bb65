"""Two transactions a deposit: the claim and the verdict; each wholly or not at all (contract §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from domain.arrangements import Arranged
from domain.errors import CannotDo
from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.outcome import Outcome, Owed
from domain.periods import Period
from domain.submissions import DroppedFile, SubmissionState
from ingest.database.collections import CollectionList, tables_of
from ingest.database.engine import Database
from ingest.database.tables import once_key, submission
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.ledger import arrangements, effects, models, queries, standing, waiting
from ingest.ledger.effects import Effect, EffectKind, ask
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record
from ingest.ledger.justifications import justifications as told_justifications
from ingest.ledger.queries import Pending
from ingest.ledger.sections import dropped_from
from ingest.ledger.telling import outcome_of
from ingest.ledger.verdict import Answer, Tools, VerdictWriter
from ingest.ledger.view import CommittedView
from ingest.ledger.withdrawing import Withdrawal, withdraw
from ingest.mail_queue import enqueue

KEY_CHARS = 200
_ARCHIVED = update(submission).where(submission.c.id == bindparam("number"))


class Kept(NamedTuple):
    """What was dropped, and the document of its answer (None before its verdict)."""

    dropped: DroppedFile
    answer: Mapping[str, Any] | None


class Ledger:
    """The deposits, their verdicts, what is in force, and who owes what. Safe from several threads and processes."""

    def __init__(  # noqa: PLR0913 - built in one place
        self,
        database: Database,
        catalogue: CollectionList,
        *,
        zone: ZoneInfo,
        first_period: Period,
        mail_domain: str = "localhost",
        mail_held: bool = False,
    ) -> None:
        """`mail_held`: messages are queued but stay (setting `mail_mode = hold`)."""
        self._database = database
        self._zone = zone
        self._mail_domain, self._mail_held = mail_domain, mail_held
        self._tables = tables_of(catalogue.collections)
        self._calendar = standing.Calendar(
            collections=catalogue.collections,
            first_period=first_period,
            zone=zone,
        )
        by_code = {one.code: one for one in catalogue.collections}
        self._view = CommittedView(database, by_code, self._tables)
        self._tools = Tools(calendar=self._calendar, tables=self._tables, enqueue=self._enqueue)

    def view(self, submission_id: str | None = None) -> CommittedView:
        """What judging may ask. With the deposit in hand, it is no doublon of itself nor of what came later."""
        return self._view if submission_id is None else self._view.before(submission_id)

    # ── the two transactions ─────────────────────────────────────────────────────────────────────────────────────

    def claim(
        self,
        dropped: DroppedFile,
        *,
        organisation: str | None,
        claimed_at: datetime,
        compose: Callable[[], Answer],
    ) -> bool:
        """First transaction: the deposit exists, its receipt is queued. False when it was claimed before.

        The document that `compose` gives (`recu.json`) is the payload of the effect `recu`.
        """
        with self._database.write() as connection:
            if not _insert(connection, dropped, organisation, claimed_at):
                return False
            document, notices = compose()
            wanted = {EffectKind.RECU: {"document": document}}
            ask(connection, claimed_at, dropped.account, dropped.submission_id, wanted)
            self._enqueue(connection, notices, claimed_at)
        return True

    def record_verdict(
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        *,
        directory: Directory | None,
        now: datetime,
        compose: Callable[[Outcome], Answer],
    ) -> Outcome:
        """Second transaction: rows, findings, what is in force, compliance, messages, effects; all of it or none.

        A verdict already recorded is given back as it is; one put back on the desk (`reopen_for_register`) is judged
        again. Raises Retry when the database is away, or when what the judge relied on (a doublon's original) is in
        force no more.
        """
        with self._database.write() as connection:
            lock_account(connection, dropped.account)
            writer = VerdictWriter(connection, self._tools, dropped, directory, now)
            return writer.write(judgement, compose=compose)

    def preview(
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        *,
        directory: Directory | None,
        now: datetime,
    ) -> Outcome:
        """What `record_verdict` would answer; the same code in a transaction that is rolled back. Nothing stored.

        A submission already known (`replay`) is weighed as if judged again.
        """
        with self._database.rehearse() as connection:
            lock_account(connection, dropped.account)
            owner = None if directory is None else directory.of_account(dropped.account)
            _insert(connection, dropped, None if owner is None else owner.code, now)
            return VerdictWriter(connection, self._tools, dropped, directory, now).write(judgement, compose=None)

    def _enqueue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> None:
        enqueue(connection, notices, now, mail_domain=self._mail_domain, held=self._mail_held)

    # ── what happens to a deposit besides ────────────────────────────────────────────────────────────────────────

    def withdraw(self, submission_id: str, *, reason: str, author: str, now: datetime) -> tuple[Withdrawal, ...]:
        """Take a deposit out of force; the rule is applied to those that remain. CannotDo when it does not count."""
        with self._database.write() as connection:
            return withdraw(connection, submission_id, reason=reason, author=author, now=now)

    def retry_later(self, submission_id: str, *, not_before_at: datetime, trouble: str, now: datetime) -> int:
        """Something of ours failed: try again later. The number of attempts made so far."""
        with self._database.write() as connection:
            return waiting.postpone(connection, submission_id, not_before_at=not_before_at, trouble=trouble, now=now)

    def park(
        self,
        submission_id: str,
        *,
        trouble: str,
        now: datetime,
        notices: Sequence[Notice] = (),
    ) -> None:
        """Something of ours keeps failing: keep the bytes, tell (`notices`), go on with the next."""
        with self._database.write() as connection:
            waiting.park(connection, submission_id, trouble=trouble, now=now)
            self._enqueue(connection, notices, now)

    def resume(self, submission_id: str, *, author: str, now: datetime) -> None:
        """Put a parked deposit back in the queue. CannotDo when it is not parked."""
        with self._database.write() as connection:
            waiting.resume(connection, submission_id, author=author, now=now)

    # ── effects ──────────────────────────────────────────────────────────────────────────────────────────────────

    def due_effects(self, now: datetime, limit: int = 1000) -> tuple[Effect, ...]:
        """What is to be done outside the database now, oldest first."""
        return effects.due_effects(self._database, now, limit)

    def effects_done(
        self,
        carried: Iterable[Effect],
        now: datetime,
        *,
        archived: Mapping[str, str | None] | None = None,
    ) -> None:
        """They were carried out, all at once; `archived`: where originals are kept now (None: destroyed)."""
        with self._database.write() as connection:
            effects.write_done(connection, carried, now)
            if archived:
                rows = [{"number": number, "archive": where} for number, where in archived.items()]
                connection.execute(_ARCHIVED, rows)

    def effect_failed(self, identifier: int, error: str, retry_at: datetime) -> None:
        """It failed; try again at `retry_at`."""
        effects.effect_failed(self._database, identifier, error, retry_at)

    # ── compliance ───────────────────────────────────────────────────────────────────────────────────────────────

    def open_obligations(self, directory: Directory, now: datetime, *, rules_version: str | None = None) -> None:
        """Make the stored obligations those of the register and of the calendar; twice changes nothing.

        With the version of the rules, also ask for the templates that are no longer those handed out.
        """
        with self._database.write() as connection:
            standing.synchronise(connection, directory, self._calendar, now)
            if rules_version is not None:
                models.ask_for_models(connection, directory, self._calendar, rules_version, now)

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

    def extend(
        self,
        request: arrangements.Request,
        until: date,
        *,
        now: datetime,
        compose: Callable[[Sequence[Arranged]], Sequence[Notice]],
    ) -> tuple[Arranged, ...]:
        """Give more time to those asked for, and tell them. CannotDo when nobody gains any, NotFound when none owes."""
        with self._database.write() as connection:
            granted = arrangements.extend(connection, self._calendar, request, until, now)
            self._enqueue(connection, compose(granted), now)
        return granted

    def waive(
        self,
        request: arrangements.Request,
        *,
        now: datetime,
        compose: Callable[[Sequence[Arranged]], Sequence[Notice]],
    ) -> tuple[Arranged, ...]:
        """Ask for nothing any more from those asked for, and tell them. CannotDo, NotFound as `extend`."""
        with self._database.write() as connection:
            granted = arrangements.waive(connection, self._calendar, request, now)
            self._enqueue(connection, compose(granted), now)
        return granted

    # ── questions ────────────────────────────────────────────────────────────────────────────────────────────────

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

    def justifications(self, *, period: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
        """The warnings that depositors confirmed, in order of receipt. `account`: account or organisation."""
        with self._database.read() as connection:
            return told_justifications(connection, self._zone, period=period, account=account)

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

    # ── a mended register ────────────────────────────────────────────────────────────────────────────────────────

    def to_rejudge(self, directory_version: int) -> tuple[DroppedFile, ...]:
        """Deposits refused only because of an older version of the register, in order of receipt (contract §5)."""
        with self._database.read() as connection:
            return waiting.to_rejudge(connection, directory_version)

    def reopen_for_register(self, directory_version: int, now: datetime) -> int:
        """Put those back on the desk, at their original receipt time; what is in force stays meanwhile. How many."""
        if not self.to_rejudge(directory_version):
            return 0
        with self._database.write() as connection:
            return waiting.reopen(connection, directory_version, now)

    # ── said once ────────────────────────────────────────────────────────────────────────────────────────────────

    def say_once(
        self,
        key: str,
        notices: Sequence[Notice],
        *,
        kind: str,
        account: str | None,
        now: datetime,
    ) -> bool:
        """Queue notices about something that is no deposit, the first time that `key` is seen; whether it was."""
        with self._database.write() as connection:
            new = insert_once(connection, once_key, {"key": storable(key)[:KEY_CHARS], "at": now})
            if new:
                record(connection, EventKind.ODDITY, now, account=account, oddity=kind)
                self._enqueue(connection, notices, now)
        return new


def _insert(connection: Connection, dropped: DroppedFile, organisation: str | None, claimed_at: datetime) -> bool:
    new = insert_once(
        connection,
        submission,
        {
            "id": dropped.submission_id,
            "account": dropped.account,
            "organisation": organisation,
            "box": dropped.box.value,
            "file_name": storable(dropped.name),
            "size": dropped.size,
            "sha256": dropped.sha256,
            "received_at": dropped.received_at,
            "proof": dropped.proof.value,
            "claimed_at": claimed_at,
            "state": SubmissionState.CLAIMED.value,
            "test": dropped.test,
            "register_only": False,
            "attempts": 0,
        },
    )
    if new:
        record(
            connection,
            EventKind.CLAIMED,
            claimed_at,
            submission_id=dropped.submission_id,
            account=dropped.account,
            size=dropped.size,
            proof=dropped.proof.value,
        )
    return new
