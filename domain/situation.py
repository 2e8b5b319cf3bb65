"""Where an account stands: what `retours/situation.html` shows (contract §6, Answering)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.anomalies import Anomaly
from domain.organisations import Organisation
from domain.outcome import Owed
from domain.submissions import SubmissionState
from domain.suivi import Suivi
from domain.verdicts import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositedSection:
    """One section of a deposit, as it stands today (`in_force` may have changed since its verdict)."""

    collection: str | None
    label: str
    period: str | None
    verdict: Verdict
    in_force: bool
    records_accepted: int = 0
    records_rejected: int = 0
    waits: bool = False
    """A nil return over figures, waiting for a second one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deposit:
    """One deposit of the account; `verdict` None until it is judged. `file_name` is printable."""

    submission_id: str
    file_name: str
    received_at: datetime
    state: SubmissionState
    test: bool
    verdict: Verdict | None = None
    sections: tuple[DepositedSection, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SituationView:
    """The deposits of one account, most recent first, and what it still owes at `made_at`.

    `suivi`: its own lines of the « Suivi des échéances ». `questions`: what was asked about its figures, unanswered.
    """

    account: str
    organisation: Organisation | None
    made_at: datetime
    deposits: tuple[Deposit, ...] = ()
    still_owed: tuple[Owed, ...] = ()
    deposits_hidden: int = 0
    """Older deposits that the page leaves out; said on the page, never silent."""
    suivi: Suivi | None = None
    questions: tuple[Anomaly, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Of the CIL/CCI that the questions are about, by code."""
