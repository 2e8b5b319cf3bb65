"""What was before go-live: files judged and loaded like deposits, without a single mail (contract §3, §8)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from domain.errors import CannotDo, NotFound, Retry
from domain.judgement import Judgement
from domain.organisations import Directory
from domain.outcome import Outcome
from domain.periods import lies_before
from domain.submissions import DroppedFile
from ingest.answering.making import Clerk
from ingest.inbox import Claimed
from ingest.inbox.names import NameKind, kind_of, raw
from ingest.wiring import Wiring
from rendering.answer import verdict_document

_TRIES: Final = 3
"""How often a file is judged anew because another process changed what it was compared with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What an administrator asks for: whose files they are, when they were received, why they come now, who brings."""

    account: str
    received_at: datetime
    reason: str
    author: str


class Refused(CannotDo):
    """This file cannot be imported; nothing of it was stored, and the others go on."""


def files_of(path: Path) -> tuple[Path, ...]:
    """The file, or those of the folder in the order of their names. CannotDo when there is none."""
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise CannotDo(f"there is nothing at {path}: give a file, or a folder of files")
    found = tuple(one for one in sorted(path.iterdir()) if one.is_file() and kind_of(raw(one.name)) is NameKind.PLAIN)
    if not found:
        raise CannotDo(f"no file to import in {path}; sub-folders are not looked into")
    return found


class HistoryImport:
    """Takes the files of one order, one after the other. It works while the service runs."""

    def __init__(self, wiring: Wiring, order: Order) -> None:
        """Raise CannotDo when the order itself cannot be carried out, NotFound for an account of nobody."""
        self._wiring = wiring
        self._directory = wiring.register.current()
        organisation = self._directory.of_account(order.account)
        if organisation is None:
            known = ", ".join(sorted(one.compte_sftp for one in self._directory.organisations if one.compte_sftp)[:12])
            hint = f"there are {known}" if known else "import the register first: guichet directory import"
            raise NotFound(f"no account {order.account!r} in the register; {hint}")
        if order.received_at > wiring.clock.now():
            raise CannotDo(f"--received-at {order.received_at:%Y-%m-%d %H:%M} is to come; say when it was received")
        self._order = replace(order, account=organisation.compte_sftp or order.account)
        wiring.inbox.prepare()
        self._clerk: Clerk = wiring.new_clerk()

    def take(self, path: Path) -> Outcome:
        """Judge, load and record one file, whatever its verdict.

        Raises:
            Refused: it is not of before go-live, or cannot be read; nothing was stored.
            Retry: the disk or the database refuses.
        """
        received_at = self._wiring.ledger.next_instant(self._order.account, self._order.received_at)
        try:
            claimed = self._wiring.inbox.adopt(path, self._order.account, received_at)
        except Retry as trouble:
            raise Refused(str(trouble)) from trouble
        with self._kept_or_destroyed(claimed):
            return self._judge(claimed)

    @contextmanager
    def _kept_or_destroyed(self, claimed: Claimed) -> Iterator[None]:
        number, inbox = claimed.dropped.submission_id, self._wiring.inbox
        try:
            yield
        except BaseException:
            if not self._wiring.ledger.knows(number):
                self._wiring.answers.forget(number)
                self._wiring.archive.destroy(number)
                inbox.forsake(number)
            raise
        inbox.finish(claimed)

    def _judge(self, claimed: Claimed) -> Outcome:
        dropped = claimed.dropped
        workdir = claimed.path.parent / "work"
        for attempt in range(1, _TRIES + 1):
            try:
                outcome = self._once(dropped, claimed.path, workdir)
                break
            except Retry:
                if attempt == _TRIES:
                    raise
            finally:
                shutil.rmtree(workdir, ignore_errors=True)
        if outcome.judgement.destroy:
            self._wiring.archive.destroy(dropped.submission_id)
        return outcome

    def _once(self, dropped: DroppedFile, original: Path, workdir: Path) -> Outcome:
        wiring, directory = self._wiring, self._directory
        # All deposits in force are asked for doublons, also those received after the stated instant.
        context = replace(wiring.judging_context(dropped, directory), ledger=wiring.ledger.view())
        judgement = self._clerk.judge.judge(original, dropped, context, workdir)
        self._check_periods(judgement)
        self._clerk.maker.make(dropped, judgement, directory, original, workdir)  # for `retours/`: no mail attaches it
        return self._record(dropped, judgement, directory)

    def _check_periods(self, judgement: Judgement) -> None:
        first, zone = self._wiring.first_period, self._wiring.settings.zone
        for period in sorted({one.period for one in judgement.sections if one.period is not None}):
            if not lies_before(period, first):
                raise Refused(
                    f"{period} is not before go-live (first_period is {first}): "
                    f"drop it in {self._order.account}/depot/ like any deposit"
                )
            if self._order.received_at.astimezone(zone).date() <= period.ends_on:
                raise Refused(
                    f"--received-at {self._order.received_at:%Y-%m-%d} is not after the end of {period} "
                    f"({period.ends_on}); say when the file was really received"
                )

    def _record(self, dropped: DroppedFile, judgement: Judgement, directory: Directory) -> Outcome:
        settings = self._wiring.settings
        return self._wiring.ledger.import_deposit(
            dropped,
            judgement,
            directory=directory,
            now=self._wiring.clock.now(),
            author=self._order.author,
            reason=self._order.reason,
            compose=lambda outcome: (verdict_document(outcome, settings.zone, self._wiring.known), ()),
        )
