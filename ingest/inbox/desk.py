"""The drop zone as the pipeline uses it: prepare, scan, claim, finish, recover."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from domain.clock import Clock, SystemClock
from domain.errors import CannotDo, Retry
from domain.submissions import Box
from ingest.archive import Archive
from ingest.faults import retried
from ingest.inbox.claim import CLAIMS, Claimed, Claims, Gone, Refused
from ingest.inbox.folders import names_in, opened
from ingest.inbox.receipt import receipt_of
from ingest.inbox.records import record_of
from ingest.inbox.recovery import Recovered, Recovery
from ingest.inbox.scan import OURS, Candidate, Scanner, ScanResult
from ingest.inbox.writing import leases_work
from ingest.settings import Settings
from ingest.sftp.closes import is_cut, sweep_closes

_SECONDS_IN_MINUTE: Final = 60
_CLOSES_DAYS: Final = 400
_UNHEARD_SECONDS: Final = 60.0
"""With OpenSSH, for a file whose close nobody heard (the listener was away): a lost connection looks like an end."""


class Inbox:
    """One inbox and the spool of one home. Every method but `prepare` raises only `Retry`."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        self._inbox = settings.inbox
        self._spool = settings.home / "spool"
        self._settings = settings
        self._clock = clock
        self._claims = Claims(
            self._inbox,
            self._spool,
            zone=settings.zone,
            limit_bytes=max(settings.max_csv_bytes, settings.max_workbook_bytes),
            taken=Archive(settings.home).holds,
        )
        self._recovery = Recovery(self._inbox, self._spool, self._claims)
        self._scanner: Scanner | None = None
        self._leases = False
        self._refused: frozenset[str] = frozenset()
        self._put_back: frozenset[str] = frozenset()

    @property
    def leases(self) -> bool:
        """Whether a file still open for writing can be told on this file system (known after `prepare`)."""
        return self._leases

    def prepare(self) -> None:
        """Make our folders and see what the file system can do; CannotDo when the inbox cannot be used."""
        ours = self._inbox / OURS
        try:
            self._inbox.mkdir(parents=True, exist_ok=True)
            for folder in (ours, ours / CLAIMS, self._spool.parent, self._spool):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened(self._inbox, OURS, CLAIMS) as claims:
                self._leases = leases_work(claims)
                if os.fstat(claims).st_dev != self._inbox.stat().st_dev:
                    raise CannotDo(f"{ours} must be on the same file system as {self._inbox}: files are moved there")
        except OSError as error:
            raise CannotDo(
                f"the inbox {self._inbox} cannot be used ({error.strerror}: {error.filename}); "
                "check the setting `inbox`, and that the service's user owns it",
            ) from error
        self._scanner = self._new_scanner()

    def scan(self, known_account: Callable[[str], bool], now_monotonic: float | None = None) -> ScanResult:
        """Look at every account's folders once; pure but for the memory of how long each file has kept still."""
        if self._scanner is None:
            self.prepare()
        scanner = self._scanner or self._new_scanner()
        with retried(f"looking into {self._inbox}"):
            result = scanner.scan(time.monotonic() if now_monotonic is None else now_monotonic, known_account)
        self._refused &= {one.account for one in result.ready}
        return result

    @property
    def untaken(self) -> frozenset[str]:
        """Accounts with a whole deposit that something of ours (a full disk, the database) keeps from being taken."""
        return self._refused | self._put_back

    def in_claims(self) -> frozenset[str]:
        """Accounts with a file that is claimed and not yet let go, by whichever process."""
        with retried("looking at the claims"), opened(self._inbox, OURS, CLAIMS) as claims:
            found = (record_of(name, None) for name in names_in(claims))
            return frozenset(one.account for one in found if one is not None)

    def claim(self, candidate: Candidate) -> Claimed | Gone | Refused:
        """Make a file that a scan saw ready ours; see `Claims.claim`."""
        try:
            claimed = self._claims.claim(candidate)
        except Retry:
            self._remember_refused(candidate)
            raise
        self._refused -= {candidate.account}
        return claimed

    def _remember_refused(self, candidate: Candidate) -> None:
        if candidate.box is not Box.DEPOT:
            return
        folder = os.fsencode(self._inbox / candidate.account / candidate.box.value)
        if os.path.lexists(os.path.join(folder, candidate.raw_name)):  # noqa: PTH118 - names are bytes
            self._refused |= {candidate.account}
        else:  # it is in our hands already: `recover` goes on with it
            self._put_back |= {candidate.account}

    def adopt(self, path: Path, account: str, received_at: datetime) -> Claimed:
        """A private copy of a file that never was in the inbox; see `Claims.adopt`."""
        return self._claims.adopt(path, account, received_at)

    def forsake(self, submission_id: str) -> None:
        """Forget an adopted file; see `Claims.forsake`."""
        self._claims.forsake(submission_id)

    def finish(self, claimed: Claimed) -> None:
        """Let go of a claim whose first transaction is committed; harmless twice."""
        self._claims.finish(claimed)
        self._put_back -= {claimed.dropped.account}

    def put_back(self, claimed: Claimed) -> None:
        """Give up a claim for now: nothing is lost, the next `recover` takes it up with its receipt time."""
        if claimed.dropped.box is Box.DEPOT:
            self._put_back |= {claimed.dropped.account}
        self._claims.put_back(claimed)

    def recover(self, known: Callable[[str], bool]) -> Recovered:
        """Take up what a crash, a Retry or `put_back` left; `known`: whether the ledger has that submission.

        At every start, and again now and then while the service runs: claims that a living process has in hand
        are left to it.
        """
        return self._recovery.recover(known)

    def sweep(self) -> int:
        """Forget the records of closes whose files never came to us, a year after; return how many."""
        with retried("sweeping the records of closes"):
            return sweep_closes(self._inbox, before=SystemClock().now() - timedelta(days=_CLOSES_DAYS))

    def _new_scanner(self) -> Scanner:
        return Scanner(
            self._inbox,
            settle_seconds=self._settings.settle_seconds,
            unfinished_seconds=self._settings.unfinished_minutes * _SECONDS_IN_MINUTE,
            receipt=lambda found: receipt_of(self._inbox, found, self._clock.now()),
            leases=self._leases,
            cut=lambda found: is_cut(self._inbox, found),
            unheard_seconds=_UNHEARD_SECONDS if self._settings.sftp_openssh else 0.0,
        )
