"""Taking deposits from the inbox: dropped → claimed, and what lies there that is none (contract §6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import Retry
from domain.notices import Notice
from domain.organisations import Directory, Organisation, Service
from domain.submissions import DroppedFile
from ingest.inbox import Audience, Candidate, Claimed, Gone, Oddity, Refused
from ingest.lanes import Lane, Task
from ingest.sharing import Part, in_hand
from ingest.stages.naming import read_name
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications import incidents, notices
from rendering.answer import receipt_document

CLAIMS_TO_LOOKS = 4
"""Of the time, a fifth at most is for looking; and the next look is never far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What one look into the inbox gave. `files`: how many were taken; `left`: ready but not taken this time."""

    files: int
    left: int
    settling: int
    being_written: int
    next_look_seconds: float | None


class Taking:
    """Claims what is ready and writes its receipt. `after` is called when something was queued or is to be done."""

    def __init__(self, wiring: Wiring, *, after: Callable[[], None]) -> None:
        self._wiring = wiring
        self._clock = wiring.clock
        self._ledger = wiring.ledger
        self._after = after
        self._log = logger()
        self._said: set[str] = set()

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

    def take_ready(
        self,
        stop: Callable[[], bool] = lambda: False,
        limit: int = 50,
        *,
        hand: Callable[[Task], object] = lambda _: None,
    ) -> Taken:
        """Claim the files that are ready: `limit`, then some more where looking took long. `hand` gets each to judge.

        A look costs by what lies there. So many files at once are taken a few seconds at a time, and what somebody
        else drops meanwhile is seen at the next look.
        """
        directory = self._wiring.register.current()
        began = time.monotonic()
        result = self._wiring.inbox.scan(lambda name: self._is_known(name, directory))
        looked = time.monotonic()
        enough = looked + CLAIMS_TO_LOOKS * (looked - began)
        self._report_oddities(result.oddities)
        files, tried, busy = 0, 0, set[str]()
        for candidate in result.ready:
            if (tried >= limit and time.monotonic() >= enough) or stop():
                break
            if candidate.account in busy:
                continue
            with in_hand(self._wiring.sharing, Part.TAKING, candidate.account) as ours:
                if not ours:  # a colleague takes this account's files, in their order
                    busy.add(candidate.account)
                    continue
                dropped = self._take(candidate, directory)
            tried += not isinstance(dropped, Gone)  # what a colleague took since the look cost nothing
            if isinstance(dropped, DroppedFile):
                files += 1
                hand(task_of(self._wiring, dropped))
        return Taken(
            files=files,
            left=len(result.ready) - files,
            settling=result.settling,
            being_written=result.being_written,
            next_look_seconds=result.next_look_seconds,
        )

    def _take(self, candidate: Candidate, directory: Directory) -> DroppedFile | Gone | Refused | None:
        try:
            claimed = self._wiring.inbox.claim(candidate)
        except Retry as trouble:
            self._log.warning("claim_postponed", account=candidate.account, reason=str(trouble))
            return None
        if not isinstance(claimed, Claimed):
            return claimed
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
        announced = self._announced(dropped, organisation)  # before the transaction: it reads the obligations
        if self._ledger.claim(
            dropped,
            organisation=organisation.code if organisation else None,
            claimed_at=self._clock.now(),
            compose=lambda: self._receipts(dropped, organisation, directory, announced),
        ):
            self._log.info("file_claimed", submission=dropped.submission_id, account=dropped.account, size=dropped.size)
        self._wiring.inbox.finish(claimed)
        self._after()

    def _receipts(
        self,
        dropped: DroppedFile,
        organisation: Organisation | None,
        directory: Directory,
        announced: notices.Announced | None,
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
            announced=announced,
        )
        return receipt_document(dropped, organisation, settings.zone), told

    def _services_named(self, dropped: DroppedFile) -> tuple[Service | None, ...]:
        """The service that the file's name speaks of, so that the receipt goes to its contacts; empty = everybody."""
        name = read_name(dropped.name, self._wiring.catalogue)
        return (name.collection.service_in(name.period),) if name.collection else ()

    def _announced(self, dropped: DroppedFile, organisation: Organisation | None) -> notices.Announced | None:
        """What the file's name announces, with its due instant when it is still owed; None when it says too little."""
        name = read_name(dropped.name, self._wiring.catalogue)
        if name.collection is None or name.period is None or name.wrong_length:
            return None
        code, period = name.collection.code, name.period.code
        owed = self._ledger.still_owed(organisation.code, dropped.received_at) if organisation else ()
        due = (one.due_at for one in owed if (one.collection, one.period) == (code, period))
        return notices.Announced(collection=code, label=name.collection.label, period=period, due_at=next(due, None))

    def _tell_admin(self, kind: str, key: str, submission_id: str) -> None:
        told = incidents.system_notices(
            self._wiring.register.current(),
            admin=self._wiring.settings.mail_admin,
            kind=kind,
            key=key,
            submission_id=submission_id,
        )
        now = self._clock.now()
        if self._ledger.say_once(key, told, kind=kind, account=None, now=now, name=submission_id):
            self._log.warning("oddity_seen", kind=kind, submission=submission_id)

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
                name=oddity.name,
                box=oddity.box,
            ):
                self._log.warning("oddity_seen", kind=oddity.kind, account=oddity.account, detail=oddity.detail)
                self._after()
            self._said.add(oddity.key)


def task_of(wiring: Wiring, dropped: DroppedFile, *, again: bool = False) -> Task:
    """The task of judging a deposit; a big one, or one that failed once, goes in the slow lane."""
    slow = again or dropped.size > wiring.settings.big_file_bytes
    return Task(submission_id=dropped.submission_id, account=dropped.account, lane=Lane.SLOW if slow else Lane.FAST)
