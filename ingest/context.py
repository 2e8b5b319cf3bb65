"""What judging a file depends on besides the file: a value, so that a past judgement can be made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from domain.justifications import Remembered, Subject
from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from domain.submissions import Box
from rules.past import Key, Line, Past, PeerLevel
from schemas.collection import Collection


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedSection:
    """A table of a deposit that a file names in `guichet_depot`. `read`: it was not stopped before its records."""

    collection: str
    period: Period
    read: bool


class CompletionState(StrEnum):
    """Whether the deposit that a correction kit names can still be completed."""

    READY = "ready"
    NOTHING_ACCEPTED = "nothing_accepted"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    TOO_MANY_TIMES = "too_many_times"
    DESTROYED = "destroyed"
    """Its records had come to their end (retention)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completable:
    """What a correction kit completes: one collection and period of a deposit of the same account.

    `base`: the deposit whose accepted records are taken over (the one named, or what was corrected from it since and
    is in force); `base_test`: they are not in the database, it was a trial. `generation`: how many times the base was
    itself completed. `named_is_kit`: what is named was a correction kit itself, so that whatever answers it is one.
    `superseded_by`: the deposit in force that came since.
    """

    state: CompletionState
    base: str
    base_test: bool = False
    named_test: bool = False
    named_is_kit: bool = False
    generation: int = 0
    superseded_by: str | None = None


class KeptAnswers(Protocol):
    """What is kept of the answers given before: a trial's accepted records are nowhere else."""

    def accepted_rows(self, submission_id: str, slug: str, period: str) -> Path | None:
        """The records that a trial accepted, as an Arrow stream; None when there are none or no longer."""
        ...


class LedgerView(Protocol):
    """What judging may ask of what was deposited before. Reads only."""

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """The deposit in force, accepted without errors, that has these bytes; None when it is not a doublon."""
        ...

    def lines_in_force_elsewhere(
        self,
        collection: str,
        period: Period,
        account: str,
        members: AbstractSet[str] | None = None,
        *,
        service: Service | None = None,
    ) -> Mapping[str, str]:
        """`code_cil` → account, for the lines of that period in force from any *other* account.

        `members`: only their lines are asked for; None = everyone's. `service`: only the records of that one.
        """
        ...

    def rows_of(self, submission_id: str, collection: str) -> Iterator[Mapping[str, Any]]:
        """The accepted rows of a deposit, by technical column name; none of a trial's."""
        ...

    def sections_of(self, account: str, submission_id: str) -> tuple[NamedSection, ...]:
        """The tables of a deposit of this account; none when it is another's, unknown, or not judged."""
        ...

    def completion(self, account: str, submission_id: str, collection: str, period: Period) -> Completable | None:
        """What a correction kit that names this deposit completes; None as for `sections_of`."""
        ...

    def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
        """The warnings that this account confirmed in earlier deposits for that collection and period."""
        ...

    def past(
        self, account: str, collection: str, periods: Sequence[Period], members: AbstractSet[str] | None = None
    ) -> Past:
        """The figures in force for `periods`: this account's lines, and those of `members` at any other account.

        As they were known before the deposit in hand: in the same way when it is judged again.
        """
        ...

    def replaced(self, account: str, collection: str, period: Period) -> Mapping[Key, Line]:
        """The lines of this account in force for `period` before the deposit in hand; none when there was nothing."""
        ...

    def peers(self, collection: str, column: str, periods: Sequence[Period], share: float) -> PeerLevel | None:
        """How many values of a column are in force for `periods`, whoever sent them, and their quantile `share`."""
        ...

    def records(
        self, collection: str, period: Period, columns: Sequence[str], *, account: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Some columns of the records in force for `period`, of `account` or of everybody; none of cases."""
        ...

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        """How many records in force for `period` each of `members` has, at any account."""
        ...


class NoLedger:
    """A ledger that knows nothing: for a check without a database, and for tests."""

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """Never a doublon."""
        del account, collection, period, sha256
        return None

    def lines_in_force_elsewhere(
        self,
        collection: str,
        period: Period,
        account: str,
        members: AbstractSet[str] | None = None,
        *,
        service: Service | None = None,
    ) -> Mapping[str, str]:
        """No line."""
        del collection, period, account, members, service
        return {}

    def rows_of(self, submission_id: str, collection: str) -> Iterator[Mapping[str, Any]]:
        """No row."""
        del submission_id, collection
        return iter(())

    def sections_of(self, account: str, submission_id: str) -> tuple[NamedSection, ...]:
        """No deposit."""
        del account, submission_id
        return ()

    def completion(self, account: str, submission_id: str, collection: str, period: Period) -> Completable | None:
        """No deposit."""
        del account, submission_id, collection, period
        return None

    def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
        """Nothing was ever confirmed."""
        del account, collection, period
        return {}

    def past(
        self, account: str, collection: str, periods: Sequence[Period], members: AbstractSet[str] | None = None
    ) -> Past:
        """No past."""
        del account, collection, periods, members
        return Past()

    def replaced(self, account: str, collection: str, period: Period) -> Mapping[Key, Line]:
        """Nothing is replaced."""
        del account, collection, period
        return {}

    def peers(self, collection: str, column: str, periods: Sequence[Period], share: float) -> PeerLevel | None:
        """No value."""
        del collection, column, periods, share
        return None

    def records(
        self, collection: str, period: Period, columns: Sequence[str], *, account: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """No record."""
        del collection, period, columns, account
        return ()

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        """No record."""
        del collection, period, members
        return {}


@dataclass(frozen=True, kw_only=True)
class JudgingContext:
    """Who deposits, when, and what is known of the network at that moment.

    `directory` None: there is no register, so what depends on it is not checked (and the answer says so).
    `organisation` None with a directory: the account belongs to nobody in it.
    `received_at` is the receipt, `now` the judging; both aware. `max_findings` bounds what is written, never counts;
    `max_case_findings`: the same for a collection of cases.
    `answers` None: what trials accepted is not at hand.
    """

    account: str
    received_at: datetime
    now: datetime
    zone: ZoneInfo
    first_period: Period
    directory: Directory | None = None
    organisation: Organisation | None = None
    box: Box = Box.DEPOT
    close_after_months: int | None = None
    max_findings: int = 10_000
    max_case_findings: int = 1_000
    ledger: LedgerView = field(default_factory=NoLedger)
    answers: KeptAnswers | None = None

    def findings_kept(self, collection: Collection) -> int:
        """Most findings that an answer about this collection gives."""
        return min(self.max_findings, self.max_case_findings) if collection.cases else self.max_findings


def may_send(collection: Collection, organisation: Organisation | None) -> bool:
    """Whether this kind of organisation deposits that collection (G-03); unknown organisations are not refused here."""
    return organisation is None or organisation.type in collection.senders
