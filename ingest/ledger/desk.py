"""Two transactions a deposit: the claim and the verdict; each wholly or not at all (contract §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, update
from sqlalchemy.engine import Connection

from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.outcome import Outcome
from domain.submissions import Box, DroppedFile, SubmissionState
from ingest.database.tables import left_alone, once_key, submission
from ingest.database.types import storable
from ingest.database.upsert import insert_once
from ingest.ledger import (
    effects,
    waiting,
)
from ingest.ledger.deciding import Deciding
from ingest.ledger.effects import Effect, EffectKind, ask
from ingest.ledger.follow_up import FollowUp
from ingest.ledger.force import lock_account
from ingest.ledger.journal import EventKind, record
from ingest.ledger.queries import find
from ingest.ledger.verdict import Answer, VerdictWriter
from ingest.ledger.withdrawing import Withdrawal, withdraw

KEY_CHARS = 200
T = TypeVar("T")
Decide = Callable[[Deciding], Sequence[Notice]]
"""What decides in the transaction of a verdict, and gives the messages that this causes."""
_ARCHIVED = update(submission).where(submission.c.id == bindparam("number"))


class Ledger(FollowUp):
    """The deposits, their verdicts, what is in force, and who owes what. Safe from several threads and processes."""

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

    def record_verdict(  # noqa: PLR0913 - by keyword: by which register, when, who tells, who decides
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        *,
        directory: Directory | None,
        now: datetime,
        compose: Callable[[Outcome], Answer],
        decide: Decide | None = None,
    ) -> Outcome:
        """Second transaction: rows, findings, what is in force, compliance, messages, effects; all of it or none.

        `decide`: what an accepted deposit of the central body decides, once, with the messages that it causes.

        A verdict already recorded is given back as it is; one put back on the desk (`reopen_for_register`) is judged
        again. Raises Retry when the database is away, or when what the judge relied on (a doublon's original) is in
        force no more.
        """
        with self._database.write() as connection:
            lock_account(connection, dropped.account)
            decides = decide is not None and find(connection, dropped.submission_id, lock=True).judged_at is None
            writer = VerdictWriter(connection, self._tools, dropped, directory, now)
            outcome = writer.write(judgement, compose=compose)
            if decide is not None and decides:
                deciding = Deciding(connection, self._tools, author=dropped.account, now=now)
                self._enqueue(connection, decide(deciding), now)
            return outcome

    def weigh(self, work: Callable[[Deciding], T], *, author: str, now: datetime) -> T:
        """Let `work` decide as if for good, and undo it: what a deposit of decisions would change."""
        with self._database.rehearse() as connection:
            return work(Deciding(connection, self._tools, author=author, now=now))

    def import_deposit(  # noqa: PLR0913 - a deposit, its judgement, and who brings it
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        *,
        directory: Directory,
        now: datetime,
        author: str,
        reason: str,
        compose: Callable[[Outcome], Answer],
    ) -> Outcome:
        """Claim and verdict of a deposit of before go-live, in one transaction. Retry as `record_verdict`."""
        with self._database.write() as connection:
            lock_account(connection, dropped.account)
            owner = directory.of_account(dropped.account)
            _insert(connection, dropped, None if owner is None else owner.code, now)
            record(
                connection,
                EventKind.IMPORTED,
                now,
                submission_id=dropped.submission_id,
                account=dropped.account,
                author=author,
                reason=reason,
                received_at=dropped.received_at.isoformat(timespec="seconds"),
            )
            ask(connection, now, dropped.account, dropped.submission_id, {EffectKind.RECU: {}})
            return VerdictWriter(connection, self._tools, dropped, directory, now).write(judgement, compose=compose)

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

    # ── what happens to a deposit besides ────────────────────────────────────────────────────────────────────────

    def withdraw(self, submission_id: str, *, reason: str, author: str, now: datetime) -> tuple[Withdrawal, ...]:
        """Take a deposit out of force; the rule is applied to those that remain. CannotDo when it does not count."""
        with self._database.write() as connection:
            return withdraw(connection, self._tools.figures, submission_id, reason=reason, author=author, now=now)

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

    # ── a mended register ────────────────────────────────────────────────────────────────────────────────────────

    def reopen_for_register(self, directory_version: int, now: datetime) -> int:
        """Put those back on the desk, at their original receipt time; what is in force stays meanwhile. How many."""
        if not self.to_rejudge(directory_version):
            return 0
        with self._database.write() as connection:
            return waiting.reopen(connection, directory_version, now)

    # ── said once ────────────────────────────────────────────────────────────────────────────────────────────────

    def say_once(  # noqa: PLR0913 - by keyword: the facts of what was found
        self,
        key: str,
        notices: Sequence[Notice],
        *,
        kind: str,
        account: str | None,
        now: datetime,
        name: str | None = None,
        box: Box | None = None,
    ) -> bool:
        """Queue notices about something that is no deposit, the first time that `key` is seen; whether it was.

        `name`: of what lies in the inbox, if it does; it is kept, so that one can ask what became of it.
        """
        known_as = storable(key)[:KEY_CHARS]
        with self._database.write() as connection:
            new = insert_once(connection, once_key, {"key": known_as, "at": now})
            if new:
                record(connection, EventKind.ODDITY, now, account=account, oddity=kind)
                if name is not None:
                    seen = {"kind": kind, "account": account, "box": box and box.value, "name": storable(name)}
                    connection.execute(left_alone.insert(), {"key": known_as, "seen_at": now, **seen})
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
