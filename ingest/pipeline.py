"""The way a file goes: dropped → claimed → judged → loaded → answered.

The only place that maps an accident to what becomes of the file: tried again later (`Retry`), once more in the slow
lane (`TryApart`), or parked with its bytes kept and the administrator told (`Park`, and any error that nobody listed).
What is wrong with *their* data never comes here as an exception: it is in the judgement.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from structlog.contextvars import bound_contextvars

from domain.clock import SystemClock
from domain.errors import GuichetError, Retry, TryApart
from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.outcome import Outcome
from domain.submissions import ReceiptProof, SubmissionState
from domain.verdicts import Verdict
from ingest.answering.making import Clerk, Made
from ingest.central import CentralDeposit, central_deposit
from ingest.clock_watch import ClockWatch
from ingest.effects import Effects
from ingest.faults import places_of
from ingest.files import shred_tree
from ingest.following.passes import follow
from ingest.lanes import Lane, Task
from ingest.ledger import TRIED_ONCE, Pending
from ingest.limited.client import Turn
from ingest.sharing import Part, in_hand
from ingest.taking import Taken, Taking, task_of
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications import incidents, notices
from rendering.answer import verdict_document

BACK_OFF_SECONDS = (5, 30, 120, 600, 1800)
"""Delays between tries when something of ours fails; after the last one the file is parked."""


class Pipeline:
    """Takes, judges and answers deposits. Every method may be called again after a crash: what is done stays done."""

    def __init__(self, wiring: Wiring, *, after_verdict: Callable[[], None] = lambda: None) -> None:
        self._wiring = wiring
        self._clock = wiring.clock
        self._ledger = wiring.ledger
        self._after_verdict = after_verdict
        self._effects = Effects(wiring)
        self._log = logger()
        self._taking = Taking(wiring, after=after_verdict)
        self._followed: tuple[int, date] | None = None
        self.clock_watch = ClockWatch(wiring)

    # -- dropped → claimed -----------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the folders, and finish what a crash left half way."""
        self.clock_watch.begin()
        self._wiring.inbox.prepare()
        if not self._wiring.sharing.others():  # else they are in the hands of colleagues
            self._wiring.retours.clear_drafts()
            self._wiring.answers.clear_drafts()
        self.recover()
        if not self._wiring.sharing.others():
            for row in self._ledger.submissions(state=SubmissionState.PARKED.value):  # a restart may be an upgrade
                self._ledger.resume(row["submission"], author="restart", now=self._clock.now())

    def recover(self) -> None:
        """Go on with the claims that a crash, a full disk or an absent database left: at each start, now and then."""
        self._taking.recover()

    def take_ready(
        self,
        stop: Callable[[], bool] = lambda: False,
        limit: int = 50,
        *,
        hand: Callable[[Task], object] = lambda _: None,
    ) -> Taken:
        """Claim the files that are ready and `hand` each on to be judged; when to look again."""
        return self._taking.take_ready(stop, limit, hand=hand)

    # -- claimed → judged → loaded ---------------------------------------------------------------------------------

    def pending(self) -> list[Task]:
        """All submissions that wait for their verdict, in order of receipt."""
        return [
            task_of(self._wiring, one.dropped, again=one.attempts > 0)
            for one in self._ledger.pending(self._clock.now())
        ]

    def judge(self, submission_id: str, clerk: Clerk) -> Outcome | None:
        """Judge one claimed submission and record the verdict; None when it was postponed or parked.

        None also when a colleague has that account's files in hand.
        """
        with bound_contextvars(submission=submission_id), self._in_hand(submission_id) as ours:
            if not ours:
                return None
            try:
                return self._judge(submission_id, clerk)
            except TryApart as trouble:
                if self._is_ours(submission_id):
                    self._apart(submission_id, trouble)
            except Retry as trouble:
                if self._is_ours(submission_id):
                    self._again(submission_id, trouble)
            except Exception as error:  # noqa: BLE001 - anything unlisted is a bug of ours: keep the bytes, tell, go on
                if self._is_ours(submission_id):
                    self._park(submission_id, error)
            return None

    @contextmanager
    def _in_hand(self, submission_id: str) -> Iterator[bool]:
        """Whether it is for us to judge it now: no colleague judges for that account in that lane."""
        sharing = self._wiring.sharing
        waiting = self._ledger.submission(submission_id) if sharing.several else None
        if waiting is None:
            yield not sharing.several
            return
        task = task_of(self._wiring, waiting.dropped, again=waiting.attempts > 0)
        with in_hand(sharing, Part.JUDGING, f"{task.lane}:{task.account}") as ours:
            again = self._ledger.submission(submission_id) if ours else None
            # A colleague may have been at it meanwhile: judged it, or put it off.
            yield again is not None and again.to_judge and again.is_due(self._clock.now())

    def _is_ours(self, submission_id: str) -> bool:
        """Whether a trouble with it is ours to tell: not when our connection was cut and a colleague has judged it."""
        if not self._wiring.sharing.several:
            return True
        waiting = self._ledger.submission(submission_id)
        return waiting is not None and waiting.to_judge

    def _judge(self, submission_id: str, clerk: Clerk) -> Outcome | None:
        waiting = self._ledger.submission(submission_id)
        if waiting is None or not waiting.to_judge:
            return None
        original = self._wiring.archive.original(submission_id)
        # A name of our own: should our connection be cut, a colleague may judge the same file meanwhile.
        workdir = self._wiring.settings.home / "spool" / submission_id / f"work{self._wiring.sharing.mark}"
        directory = self._wiring.register.current()
        context = self._wiring.judging_context(waiting.dropped, directory)
        try:
            with clerk.turn(self._turn_of(waiting)):
                judged = central_deposit(self._wiring, original, waiting.dropped, context, clerk.judge.reader, workdir)
                if judged is None:
                    judgement = clerk.judge.judge(original, waiting.dropped, context, workdir)
                else:
                    judgement, directory = judged.judgement, judged.before_verdict(self._clock.now())
                made = self._make(clerk, waiting, judgement, directory, original, workdir)
            outcome = self._record(waiting, judgement, directory, made, judged)
            if judgement.destroy and workdir.exists():
                shred_tree(workdir)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)
            with suppress(OSError):  # the original is in it, unless it was judged from the archive
                workdir.parent.rmdir()
        self._after_judging(outcome)
        return outcome

    def _turn_of(self, waiting: Pending) -> Turn:
        if waiting.tried_once:
            return Turn.LAST
        lane = task_of(self._wiring, waiting.dropped, again=waiting.attempts > 0).lane
        return Turn.QUICK if lane is Lane.FAST else Turn.FIRST

    def _make(  # noqa: PLR0913, PLR0917 - what is answered, to what, where
        self,
        clerk: Clerk,
        waiting: Pending,
        judgement: Judgement,
        directory: Directory,
        original: Path,
        workdir: Path,
    ) -> Made:
        """The files of the answer; of a deposit judged again, they say what will be kept of both judgements."""
        dropped = waiting.dropped
        if not waiting.again or judgement.destroy:
            return clerk.maker.make(dropped, judgement, directory, original, workdir)
        kept = self._ledger.as_kept(dropped.submission_id, judgement)
        return clerk.maker.make(dropped, kept.judgement, directory, original, workdir, accepted=kept.accepted)

    def _record(
        self,
        waiting: Pending,
        judgement: Judgement,
        directory: Directory,
        made: Made,
        central: CentralDeposit | None,
    ) -> Outcome:
        """Second transaction: rows, findings, compliance, messages, answers to write. All of it or none."""
        occasion = f"register-{directory.version}" if waiting.again else ""
        return self._ledger.record_verdict(
            waiting.dropped,
            judgement,
            directory=directory,
            now=self._clock.now(),
            compose=lambda outcome: self._verdicts(outcome, directory, occasion, made),
            decide=None if central is None else central.in_verdict,
        )

    def _verdicts(
        self, outcome: Outcome, directory: Directory, occasion: str, made: Made
    ) -> tuple[dict[str, Any], Sequence[Notice]]:
        settings = self._wiring.settings
        document = verdict_document(outcome, settings.zone, self._wiring.known)
        if outcome.dropped.proof is ReceiptProof.IMPORTED:
            return document, ()  # what was before go-live is brought in without a mail, judged again or not (§8)
        told = notices.verdict_notices(
            outcome,
            directory,
            zone=settings.zone,
            reply_to=settings.mail_reply_to,
            admin=settings.mail_admin,
            known=self._wiring.known,
            occasion=occasion,
            document=document,
            files=made.files,
            attachable=made.attachable,
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

    def _apart(self, submission_id: str, trouble: TryApart) -> None:
        """What killed its reader, or takes long, is tried once more in the slow lane: nobody waits for it there."""
        now = self._clock.now()
        self._ledger.retry_later(submission_id, not_before_at=now, trouble=f"{TRIED_ONCE}: {trouble}", now=now)
        self._log.warning("verdict_apart", reason=str(trouble))

    def _again(self, submission_id: str, trouble: Retry) -> None:
        waiting = self._ledger.submission(submission_id)
        attempts = waiting.attempts if waiting else 0
        if attempts >= len(BACK_OFF_SECONDS):
            self._park(submission_id, trouble)
            return
        now = self._clock.now()
        later = now + timedelta(seconds=BACK_OFF_SECONDS[attempts])
        mark = f"{TRIED_ONCE}: " if waiting is not None and waiting.tried_once else ""
        self._ledger.retry_later(submission_id, not_before_at=later, trouble=f"{mark}{trouble}", now=now)
        self._log.warning("verdict_postponed", reason=str(trouble), again_at=later.isoformat())

    def _park(self, submission_id: str, error: Exception) -> None:
        # Where it failed, not what a library said of it: that may quote a cell (contract §6, §11).
        self._log.error("file_parked", error=type(error).__name__, where=places_of(error))
        trouble = f"{type(error).__name__}: {error if isinstance(error, GuichetError) else places_of(error)}"[:500]
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

    # -- around ----------------------------------------------------------------------------------------------------

    def follow_register(self) -> int:
        """Obligations follow the register and the calendar, and the templates follow them.

        What the register alone had refused comes back on the desk (§5): how many deposits did.
        """
        directory = self._wiring.register.current()
        now = self._clock.now()
        today = now.astimezone(self._wiring.settings.zone).date()
        if (directory.version, today) != self._followed:
            self._ledger.open_obligations(directory, now, rules_version=self._wiring.catalogue.rules_version)
            self._followed = (directory.version, today)
            self._after_verdict()
        return self._ledger.reopen_for_register(directory.version, self._clock.now())

    def follow_deadlines(self, *, at_once: bool = False, patience_seconds: float = 0) -> int:
        """Say and publish what is due now (contract §8, §9, §10); how many messages were queued.

        `at_once`: the quiet time before an edition counts as elapsed. Nothing while the clock is in doubt: it would
        be said to the wrong people (§12). Nothing either while another process is at it, after so much patience.
        """
        if self.clock_watch.in_doubt():
            return 0
        with in_hand(self._wiring.sharing, Part.FOLLOWING, patience_seconds=patience_seconds) as ours:
            said = follow(self._wiring, at_once=at_once) if ours else 0
        if said:
            self._after_verdict()
        return said

    def carry_out_effects(self) -> int:
        """Write the answers, file the originals; what fails is tried again."""
        return self._effects.carry_out()

    def upkeep(self) -> None:
        """Now and then: answers that are out of date go, stale traces of transfers go. Never by a doubtful clock."""
        if not self.clock_watch.may_destroy():
            return
        settings, short = self._wiring.settings, self._ledger.short_lived()
        self._wiring.retours.expire(
            SystemClock().now(),
            settings.retours_days,
            days_of=lambda number: settings.retours_cases_days if number in short else None,
        )
        self._wiring.answers.expire(SystemClock().now())
        self._wiring.releases.clear_drafts(SystemClock().now())
        self._wiring.inbox.sweep()
