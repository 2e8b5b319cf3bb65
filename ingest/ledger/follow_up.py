"""What is written about what is owed and what looks odd: obligations, steps, questions, bulletins (contract §8, §9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from domain.anomalies import Anomaly, Dispute
from domain.arrangements import Arranged
from domain.bulletins import Bulletin
from domain.notices import Notice
from domain.organisations import Directory
from domain.outages import Closure
from domain.periods import Period
from domain.steps import Call
from domain.workdays import OfficeHours, WorkingDays
from ingest.database.collections import CollectionList
from ingest.database.engine import Database
from ingest.ledger import (
    answers,
    arrangements,
    bulletins,
    disputes,
    models,
    outages,
    recalling,
    standing,
    steps,
)
from ingest.ledger import suivi as follow_up
from ingest.ledger.questions import Questions
from ingest.ledger.verdict import Tools
from ingest.mail_queue import enqueue


class FollowUp(Questions):
    """The writing side of the follow-up. Safe from several threads and processes."""

    def __init__(  # noqa: PLR0913 - built in one place
        self,
        database: Database,
        catalogue: CollectionList,
        *,
        zone: ZoneInfo,
        first_period: Period,
        mail_domain: str = "localhost",
        mail_held: bool = False,
        working_days: WorkingDays | None = None,
        due_days: WorkingDays | None = None,
    ) -> None:
        """`mail_held`: messages are queued but stay (setting `mail_mode = hold`).

        `working_days`: by which outages of ours are given back; None in a rehearsal, where none is. `due_days`: as for
        `Questions`.
        """
        super().__init__(database, catalogue, zone=zone, first_period=first_period, due_days=due_days)
        self._mail_domain, self._mail_held = mail_domain, mail_held
        self._speaker = steps.Speaker(database=database, calendar=self._calendar, enqueue=self._enqueue)
        self._tools = Tools(calendar=self._calendar, tables=self._tables, enqueue=self._enqueue, outages=working_days)

    def _enqueue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> None:
        enqueue(connection, notices, now, mail_domain=self._mail_domain, held=self._mail_held)

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

    # ── outages of ours ──────────────────────────────────────────────────────────────────────────────────────────

    def see_open(self, now: datetime, *, back: bool, beside: Callable[[], bool] = outages.alone) -> Closure | None:
        """Leave a sign of life: the desk is open. `back`: after it was away; the closure that this ends, if any.

        `beside` says whether a colleague has it open: then it was, however long this process was away.
        """
        if self._tools.outages is None:
            return None
        with self._database.write() as connection:
            return outages.see_open(connection, now, back=back, beside=beside)

    def excuse_closures(
        self, now: datetime, *, compose: Callable[[Sequence[Arranged]], Sequence[Notice]]
    ) -> tuple[Arranged, ...]:
        """Give time to those for whom the desk was closed at the due instant, and tell those who still need it."""
        if self._tools.outages is None:
            return ()
        with self._database.read() as connection:
            if not outages.to_excuse(connection, self._calendar, now):
                return ()
        with self._database.write() as connection:
            given = outages.excuse_closures(connection, self._calendar, now)
            self._enqueue(connection, compose(given), now)
        return given

    def say_steps(
        self,
        now: datetime,
        hours: OfficeHours,
        compose: Callable[[tuple[Call, ...]], Sequence[Notice]],
        *,
        untaken: frozenset[str] = frozenset(),
    ) -> tuple[Call, ...]:
        """Say to each organisation what its time has come for, once: the calls made (after `open_obligations`).

        `untaken`: organisations with a file that we could not take yet; nothing is said to them meanwhile.
        """
        return self._speaker.say(now, hours, compose, untaken)

    # ── what looks odd ───────────────────────────────────────────────────────────────────────────────────────────

    def answer_anomaly(  # noqa: PLR0913 - by keyword: the answer, and who gives it
        self,
        number: int,
        *,
        confirmed: bool,
        reason: str,
        author: str,
        now: datetime,
        compose: Callable[[Anomaly], Sequence[Notice]],
    ) -> Anomaly:
        """UESL says that a figure is right (remembered for that value) or wrong, and the depositor is told.

        NotFound; CannotDo when it was answered so before, or is corrected.
        """
        with self._database.write() as connection:
            answered = answers.answer(connection, number, confirmed=confirmed, reason=reason, author=author, now=now)
            self._enqueue(connection, compose(answered), now)
        return answered

    def raise_anomaly(
        self,
        dispute: Dispute,
        *,
        now: datetime,
        compose: Callable[[Anomaly], Sequence[Notice]],
    ) -> Anomaly:
        """Put a member's dispute to the platform. NotFound: no such figure in force; CannotDo: it is asked already."""
        with self._database.write() as connection:
            raised = disputes.dispute(connection, self._tools.figures, dispute, now)
            self._enqueue(connection, compose(raised), now)
        return raised

    def remind_anomalies(
        self,
        now: datetime,
        hours: OfficeHours,
        compose: Callable[[tuple[Anomaly, ...]], Sequence[Notice]],
    ) -> tuple[Anomaly, ...]:
        """Recall the questions without an answer, once, account by account, each in a transaction of its own.

        One that fails does not hold up the others; the first failure is raised at the end.
        """
        with self._database.read() as connection:
            accounts = recalling.accounts_to_remind(connection, now, hours)
        reminded: list[Anomaly] = []
        failed: list[Exception] = []
        for account in accounts:
            try:
                with self._database.write() as connection:
                    due = recalling.remind(connection, account, now, hours)
                    if due:
                        self._enqueue(connection, compose(due), now)
            except Exception as error:  # noqa: BLE001 - raised at the end
                failed.append(error)
            else:
                reminded += due
        if failed:
            raise failed[0]
        return tuple(reminded)

    # ── the central body ─────────────────────────────────────────────────────────────────────────────────────────

    def tell_central_body(
        self, order: bulletins.Order, now: datetime, compose: Callable[[Bulletin], Sequence[Notice]]
    ) -> bool:
        """Queue a bulletin, unless it was told already, or is a digest and nothing changed; whether it was.

        A digest with nothing to tell is passed over: there is one look a day.
        """
        with self._database.write() as connection:
            composing = bulletins.prepare(connection, self._calendar, order, now)
            if not composing.bulletin.worth_sending:
                bulletins.pass_over(connection, order, composing, now)
                return False
            if not bulletins.write(connection, self._calendar, order, composing, now):
                return False
            self._enqueue(connection, compose(composing.bulletin), now)
        return True

    def refresh_pages(self, accounts: Sequence[str], now: datetime) -> None:
        """Ask for the pages that follow deadlines to be written again, where something or the day has changed."""
        today = now.astimezone(self._zone).date()
        with self._database.write() as connection:
            follow_up.refresh_situations(connection, self._calendar, today, now)
            state = follow_up.page_state(connection, today)
            if not follow_up.are_asked_for(connection, state):
                follow_up.ask_for_pages(connection, accounts, now, state=state)
