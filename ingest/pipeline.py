"""The way a file goes: dropped → claimed → judged → loaded → answered.

The only place that maps an accident to what becomes of the file: tried again later (`Retry`), or parked with its
bytes kept and the administrator told (`Park`, and any error that nobody listed). What is wrong with *their* data
never comes here as an exception: it is in the judgement.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from structlog.contextvars import bound_contextvars

from domain.clock import SystemClock
from domain.errors import Retry
from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory, Organisation, Service
from domain.outcome import Outcome
from domain.submissions import DroppedFile, SubmissionState
from domain.verdicts import Verdict
from ingest.context import JudgingContext
from ingest.effects import Effects
from ingest.inbox import Audience, Candidate, Claimed, Oddity
from ingest.judging import Judge
from ingest.lanes import Lane, Task
from ingest.ledger import Pending
from ingest.stages.identify import is_register_deposit
from ingest.stages.naming import read_name
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications import incidents, notices
from rendering.answer import receipt_document, verdict_document

BACK_OFF_SECONDS = (5, 30, 120, 600, 1800)
"""Delays between tries when something of ours fails; after the last one the file is parked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What one look into the inbox gave. `tasks`: the files taken, to judge; `left`: ready but not taken this time."""

    tasks: tuple[Task, ...]
    left: int
    settling: int
    being_written: int
    next_look_seconds: float | None

    @property
    def files(self) -> int:
        """How many files were taken."""
        return len(self.tasks)


class Pipeline:
    """Takes, judges and answers deposits. Every method may be called again after a crash: what is done stays done."""

    def __init__(self, wiring: Wiring, *, after_verdict: Callable[[], None] = lambda: None) -> None:
        self._wiring = wiring
        self._clock = wiring.clock
        self._ledger = wiring.ledger
        self._after_verdict = after_verdict
        self._effects = Effects(wiring)
        self._log = logger()
        self._said: set[str] = set()
        self._followed: int | None = None

    # -- dropped → claimed -----------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the folders, and finish what a crash left half way."""
        self._wiring.inbox.prepare()
        self.recover()
        for row in self._ledger.submissions(state=SubmissionState.PARKED.value):  # a restart may be an upgrade
            self._ledger.resume(row["submission"], author="restart", now=self._clock.now())

    def recover(self) -> None:
        """Go on with the claims that a crash, a full disk or an absent database left: at each start, now and then."""
        recovered = self._wiring.inbox.recover(self._ledger.knows)
        directory = self._wiring.register.current()
        for claimed in recovered:
            self._register_claim(claimed, directory)
        for submission_id, reason in recovered.troubles:
            self._log.warning("claim_postponed", submission=submission_id, reason=reason)
        for submission_id in recovered.adrift:
            self._tell_admin("adrift", f"adrift:{submission_id}", submission_id)

    def take_ready(self, stop: Callable[[], bool] = lambda: False, limit: int = 50) -> Taken:
        """Claim the files that are ready: `limit`, or an eighth of them, since looking costs by what lies there."""
        directory = self._wiring.register.current()
        result = self._wiring.inbox.scan(lambda name: self._is_known(name, directory))
        self._report_oddities(result.oddities)
        tasks = []
        for candidate in result.ready[: max(limit, len(result.ready) // 8)]:
            if stop():
                break
            dropped = self._take(candidate, directory)
            if dropped is not None:
                tasks.append(self._task(dropped))
        return Taken(
            tasks=tuple(tasks),
            left=len(result.ready) - len(tasks),
            settling=result.settling,
            being_written=result.being_written,
            next_look_seconds=result.next_look_seconds,
        )

    def _take(self, candidate: Candidate, directory: Directory) -> DroppedFile | None:
        try:
            claimed = self._wiring.inbox.claim(candidate)
        except Retry as trouble:
            self._log.warning("claim_postponed", account=candidate.account, reason=str(trouble))
            return None
        if not isinstance(claimed, Claimed):
            return None
        try:
            self._register_claim(claimed, directory)
        except Exception:
            self._wiring.inbox.put_back(claimed)  # its bytes and its receipt wait for `recover`
            raise
        return claimed.dropped

    def _register_claim(self, claimed: Claimed, directory: Directory) -> None:
        """First transaction: the submission and its receipt; only then may the claimed original go."""
        dropped = claimed.dropped
        organisation = directory.of_account(dropped.account)
        if self._ledger.claim(
            dropped,
            organisation=organisation.code if organisation else None,
            claimed_at=self._clock.now(),
            compose=lambda: self._receipts(dropped, organisation, directory),
        ):
            self._log.info("file_claimed", submission=dropped.submission_id, account=dropped.account, size=dropped.size)
        self._wiring.inbox.finish(claimed)
        self._after_verdict()

    def _receipts(
        self,
        dropped: DroppedFile,
        organisation: Organisation | None,
        directory: Directory,
    ) -> tuple[dict[str, Any], Sequence[Notice]]:
        settings = self._wiring.settings
        told = notices.receipt_notices(
            dropped,
            organisation,
            directory,
            zone=settings.zone,
            reply_to=settings.mail_reply_to,
            admin=settings.mail_admin,
            services=self._services_named(dropped),
        )
        return receipt_document(dropped, organisation, settings.zone), told

    def _services_named(self, dropped: DroppedFile) -> tuple[Service | None, ...]:
        """The service that the file's name speaks of, so that the receipt goes to its contacts; empty = everybody."""
        collection = read_name(dropped.name, self._wiring.catalogue).collection
        return (collection.service,) if collection else ()

    # -- claimed → judged → loaded ---------------------------------------------------------------------------------

    def pending(self) -> list[Task]:
        """All submissions that wait for their verdict, in order of receipt."""
        return [self._task(one.dropped, again=one.attempts > 0) for one in self._ledger.pending(self._clock.now())]

    def _task(self, dropped: DroppedFile, *, again: bool = False) -> Task:
        slow = again or dropped.size > self._wiring.settings.big_file_bytes
        return Task(submission_id=dropped.submission_id, account=dropped.account, lane=Lane.SLOW if slow else Lane.FAST)

    def judge(self, submission_id: str, judge: Judge) -> Outcome | None:
        """Judge one claimed submission and record the verdict; None when it was postponed or parked."""
        with bound_contextvars(submission=submission_id):
            try:
                return self._judge(submission_id, judge)
            except Retry as trouble:
                self._again(submission_id, trouble)
            except Exception as error:  # noqa: BLE001 - anything unlisted is a bug of ours: keep the bytes, tell, go on
                self._park(submission_id, error)
            return None

    def _judge(self, submission_id: str, judge: Judge) -> Outcome | None:
        waiting = self._ledger.submission(submission_id)
        if waiting is None or not waiting.to_judge:
            return None
        original = self._wiring.archive.original(submission_id)
        workdir = self._wiring.settings.home / "spool" / submission_id / "work"
        directory = self._wiring.register.current()
        context = self._wiring.judging_context(waiting.dropped, directory)
        try:
            judgement, directory = self._judgement(original, waiting.dropped, context, judge, workdir)
            outcome = self._record(waiting, judgement, directory)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
        self._after_judging(outcome)
        return outcome

    def _judgement(
        self,
        original: Path,
        dropped: DroppedFile,
        context: JudgingContext,
        judge: Judge,
        workdir: Path,
    ) -> tuple[Judgement, Directory]:
        """The judgement, and the register in force after it: UESL's own account may have deposited a new one."""
        directory = context.directory or self._wiring.register.current()
        if not is_register_deposit(dropped.name, context.organisation):
            return judge.judge(original, dropped, context, workdir), directory
        register = self._wiring.register
        deposit = register.judge_deposit(original, dropped, context, judge.reader, workdir)
        directory = register.apply_deposit(deposit, dropped, now=self._clock.now(), accounts=self._wiring.accounts)
        return deposit.judgement, directory

    def _record(self, waiting: Pending, judgement: Judgement, directory: Directory) -> Outcome:
        """Second transaction: rows, findings, compliance, messages, answers to write. All of it or none."""
        occasion = f"register-{directory.version}" if waiting.again else ""
        return self._ledger.record_verdict(
            waiting.dropped,
            judgement,
            directory=directory,
            now=self._clock.now(),
            compose=lambda outcome: self._verdicts(outcome, directory, occasion),
        )

    def _verdicts(
        self, outcome: Outcome, directory: Directory, occasion: str
    ) -> tuple[dict[str, Any], Sequence[Notice]]:
        settings = self._wiring.settings
        document = verdict_document(outcome, settings.zone, self._wiring.known)
        told = notices.verdict_notices(
            outcome,
            directory,
            zone=settings.zone,
            reply_to=settings.mail_reply_to,
            admin=settings.mail_admin,
            known=self._wiring.known,
            occasion=occasion,
            document=document,
        )
        return document, told

    def _after_judging(self, outcome: Outcome) -> None:
        if outcome.judgement.verdict is Verdict.DESTROYED:
            self._wiring.archive.destroy(outcome.dropped.submission_id)
        self._log.info(
            "file_judged",
            account=outcome.dropped.account,
            verdict=outcome.judgement.verdict.value,
            sections=len(outcome.sections),
        )
        self._after_verdict()

    # -- accidents -------------------------------------------------------------------------------------------------

    def _again(self, submission_id: str, trouble: Retry) -> None:
        waiting = self._ledger.submission(submission_id)
        attempts = waiting.attempts if waiting else 0
        if attempts >= len(BACK_OFF_SECONDS):
            self._park(submission_id, trouble)
            return
        now = self._clock.now()
        later = now + timedelta(seconds=BACK_OFF_SECONDS[attempts])
        self._ledger.retry_later(submission_id, not_before_at=later, trouble=str(trouble), now=now)
        self._log.warning("verdict_postponed", reason=str(trouble), again_at=later.isoformat())

    def _park(self, submission_id: str, error: Exception) -> None:
        self._log.error("file_parked", exc_info=error)
        trouble = f"{type(error).__name__}: {error}"[:500]
        told = self._alert("file_parked", f"parked:{submission_id}", submission_id, detail=type(error).__name__)
        self._ledger.park(submission_id, trouble=trouble, now=self._clock.now(), notices=told)

    def _alert(self, kind: str, key: str, submission_id: str, *, detail: str = "") -> Sequence[Notice]:
        return incidents.system_notices(
            self._wiring.register.current(),
            admin=self._wiring.settings.mail_admin,
            kind=kind,
            key=key,
            submission_id=submission_id,
            detail=detail,
        )

    def _tell_admin(self, kind: str, key: str, submission_id: str) -> None:
        told = self._alert(kind, key, submission_id)
        if self._ledger.say_once(key, told, kind=kind, account=None, now=self._clock.now()):
            self._log.warning("oddity_seen", kind=kind, submission=submission_id)

    # -- around ----------------------------------------------------------------------------------------------------

    def follow_register(self) -> int:
        """Obligations follow the register; what it alone had refused comes back on the desk (§5). How many did."""
        directory = self._wiring.register.current()
        if directory.version != self._followed:
            self._ledger.open_obligations(directory, self._clock.now())
            self._followed = directory.version
        return self._ledger.reopen_for_register(directory.version, self._clock.now())

    def carry_out_effects(self) -> int:
        """Write the answers, file the originals; what fails is tried again."""
        return self._effects.carry_out()

    def upkeep(self) -> None:
        """Now and then: answers that are out of date go, stale traces of transfers go."""
        self._wiring.retours.expire(SystemClock().now(), self._wiring.settings.retours_days)
        self._wiring.inbox.sweep()

    def _is_known(self, name: str, directory: Directory) -> bool:
        if directory.of_account(name) is not None:
            return True
        return any(account.name == name for account in self._wiring.accounts.list())

    def _report_oddities(self, oddities: Sequence[Oddity]) -> None:
        if not oddities:
            return
        directory = self._wiring.register.current()
        settings = self._wiring.settings
        for oddity in oddities:
            if oddity.key in self._said:
                continue
            if oddity.audience is Audience.DEPOSITOR:
                told = incidents.oddity_notices(
                    oddity.kind,
                    account=oddity.account,
                    box=oddity.box,
                    name=oddity.name,
                    key=oddity.key,
                    directory=directory,
                    reply_to=settings.mail_reply_to,
                    admin=settings.mail_admin,
                )
            else:
                told = incidents.unknown_object_notices(
                    oddity.kind,
                    account=oddity.account,
                    name=oddity.name,
                    key=oddity.key,
                    admin=settings.mail_admin,
                )
            if self._ledger.say_once(
                oddity.key,
                told,
                kind=oddity.kind.value,
                account=oddity.account,
                now=self._clock.now(),
            ):
                self._log.warning("oddity_seen", kind=oddity.kind, account=oddity.account, detail=oddity.detail)
                self._after_verdict()
            self._said.add(oddity.key)
