"""What follows from a judgement once it is weighed against the ledger: the one model behind every answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.compliance import ComplianceStatus
from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Organisation, Service
from domain.submissions import DroppedFile


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineView:
    """The deadline of a section's obligation after this deposit; `status` None when nothing is owed (history).

    `excused_reason`: why we moved it, when an outage of ours did.
    """

    due_at: datetime
    status: ComplianceStatus | None
    margin_days: int
    excused_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """Something that the organisation still has to deposit (or to correct, or to complete).

    `excused_reason`: why we moved its due instant, when an outage of ours did.
    """

    collection: str
    slug: str
    label: str
    period: str
    due_at: datetime
    status: ComplianceStatus
    service: Service | None = None
    excused_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionOutcome:
    """A section once weighed.

    `replaces`: the deposit it takes the place of. `stays`: the deposit that remains in force instead (doublon, partial
    after complete, nil over figures). `waits`: a nil return waiting for a second one.
    """

    judgement: SectionJudgement
    in_force: bool
    replaces: str | None = None
    stays: str | None = None
    waits: bool = False
    deadline: DeadlineView | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Everything that an answer to a depositor says."""

    dropped: DroppedFile
    organisation: Organisation | None
    judgement: Judgement
    sections: tuple[SectionOutcome, ...]
    still_owed: tuple[Owed, ...] = ()
