"""What the central body's own account deposits that nobody owes: the register, and decisions (contract §5, §8).

Both are judged and answered like any file. What an accepted one changes takes effect once: the register before its
verdict is recorded, decisions in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from domain.judgement import Judgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.submissions import DroppedFile
from ingest.context import JudgingContext
from ingest.decisions import DecisionsDeposit, DecisionsJudge, is_decisions_deposit
from ingest.decisions.applying import Telling, weigh_all
from ingest.decisions.weighing import Weighing
from ingest.following.anomalies import anomaly_writer
from ingest.ledger.deciding import Deciding
from ingest.reading.client import Reader
from ingest.register.depositing import RegisterDeposit
from ingest.stages.identify import is_register_deposit
from ingest.wiring import Wiring
from notifications.deadlines import deadline_notices


class CentralDeposit(Protocol):
    """A deposit of the central body, judged; nothing of it has taken effect yet."""

    @property
    def judgement(self) -> Judgement:
        """What the depositor is answered."""
        ...

    def before_verdict(self, now: datetime) -> Directory:
        """What takes effect before the verdict is recorded, once; the register in force then. May raise Retry."""
        ...

    def in_verdict(self, deciding: Deciding) -> Sequence[Notice]:
        """What takes effect in the verdict's transaction, and the messages that it causes. May raise Retry."""
        ...


def central_deposit(  # noqa: PLR0913, PLR0917 - a file, and who serves it
    wiring: Wiring, original: Path, dropped: DroppedFile, context: JudgingContext, reader: Reader, workdir: Path
) -> CentralDeposit | None:
    """Judge what the central body deposits about the network; None when this is an ordinary deposit.

    A file that is meant as decisions is judged as such whoever deposits it: others are told that it is not theirs.
    """
    if is_register_deposit(dropped.name, context.organisation):
        judged = wiring.register.judge_deposit(original, dropped, context, reader, workdir)
        return _DepositedRegister(wiring, dropped, judged)
    if context.organisation is not None and is_decisions_deposit(dropped.name):
        return _DepositedDecisions(wiring, _judge_decisions(wiring, original, dropped, context, reader, workdir))
    return None


class _DepositedRegister:
    """The register, in force before its verdict is recorded: the answer tells what is owed by it."""

    def __init__(self, wiring: Wiring, dropped: DroppedFile, deposit: RegisterDeposit) -> None:
        self._wiring = wiring
        self._dropped = dropped
        self._deposit = deposit

    @property
    def judgement(self) -> Judgement:
        return self._deposit.judgement

    def before_verdict(self, now: datetime) -> Directory:
        accounts = self._wiring.accounts
        return self._wiring.register.apply_deposit(self._deposit, self._dropped, now=now, accounts=accounts)

    def in_verdict(self, deciding: Deciding) -> Sequence[Notice]:
        del deciding
        return ()


class _DepositedDecisions:
    """Decisions, taken in the verdict's transaction: all of them with it, or nothing."""

    def __init__(self, wiring: Wiring, deposit: DecisionsDeposit) -> None:
        self._wiring = wiring
        self._deposit = deposit

    @property
    def judgement(self) -> Judgement:
        return self._deposit.judgement

    def before_verdict(self, now: datetime) -> Directory:
        del now
        return self._deposit.weighing.directory

    def in_verdict(self, deciding: Deciding) -> Sequence[Notice]:
        return self._deposit.apply(deciding)


def _judge_decisions(  # noqa: PLR0913, PLR0917 - a file, and who serves it
    wiring: Wiring, original: Path, dropped: DroppedFile, context: JudgingContext, reader: Reader, workdir: Path
) -> DecisionsDeposit:
    ledger, directory = wiring.ledger, context.directory or wiring.register.current()
    weighing = Weighing(
        directory=directory, catalogue=wiring.catalogue, zone=wiring.settings.zone, author=dropped.account
    )
    judge = DecisionsJudge(
        wiring.catalogue,
        reader,
        wiring.settings,
        lambda decisions: ledger.weigh(
            lambda deciding: weigh_all(decisions, weighing, deciding), author=dropped.account, now=context.now
        ),
    )
    former = None if dropped.test else ledger.accepted_before(dropped, judge.code)
    judgement = judge.judge_decisions(original, dropped, context, workdir, former)
    return DecisionsDeposit(
        judgement=judgement,
        decisions=judge.decisions,
        weighing=weighing,
        telling=_telling(wiring, directory, context.now),
        test=dropped.test,
    )


def _telling(wiring: Wiring, directory: Directory, now: datetime) -> Telling:
    settings = wiring.settings

    return Telling(
        granted=lambda granted: deadline_notices(
            granted,
            directory,
            now,
            zone=settings.zone,
            known=wiring.known,
            reply_to=settings.mail_reply_to,
            admin=settings.mail_admin,
        ),
        answered=anomaly_writer(wiring).answered,
    )
