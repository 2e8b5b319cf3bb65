"""Two transactions a deposit: the claim and the verdict; each wholly or not at all (contract §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update
from sqlalchemy.engine import Connection

from domain.arrangements import Arranged
from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.outcome import Outcome
from domain.periods import Period
from domain.submissions import DroppedFile, SubmissionState
from ingest.database.collections import CollectionList
from ingest.database.engine import Database
from ingest.database.tables import once_key, submission
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.ledger import arrangements, effects, models, standing, waiting
from ingest.ledger.effects import Effect, EffectKind, ask
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record
from ingest.ledger.questions import Questions
from ingest.ledger.verdict import Answer, Tools, VerdictWriter
from ingest.ledger.withdrawing import Withdrawal, withdraw
from ingest.mail_queue import enqueue

KEY_CHARS = 200
_ARCHIVED = update(submission).where(submission.c.id == bindparam("number"))


class Ledger(Questions):
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
        super().__init__(database, catalogue, zone=zone, first_period=first_period)
        self._mail_domain, self._mail_held = mail_domain, mail_held
        self._tools = Tools(calendar=self._calendar, tables=self._tables, enqueue=self._enqueue)

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

    # ── a mended register ────────────────────────────────────────────────────────────────────────────────────────

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
