"""What judging a file depends on besides the file: a value, so that a past judgement can be made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from domain.organisations import Directory, Organisation
from domain.periods import Period
from domain.submissions import Box
from schemas.collection import Collection


class LedgerView(Protocol):
    """What judging may ask of what was deposited before. Reads only."""

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """The deposit in force, accepted without errors, that has these bytes; None when it is not a doublon."""
        ...

    def lines_in_force_elsewhere(
        self, collection: str, period: Period, account: str, members: AbstractSet[str] | None = None
    ) -> Mapping[str, str]:
        """`code_cil` → account, for the lines of that period in force from any *other* account.

        `members`: only their lines are asked for; None = everyone's.
        """
        ...

    def rows_of(self, submission_id: str, collection: str) -> Iterator[Mapping[str, Any]]:
        """The accepted rows of a deposit, by technical column name."""
        ...


class NoLedger:
    """A ledger that knows nothing: for a check without a database, and for tests."""

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """Never a doublon."""
        del account, collection, period, sha256
        return None

    def lines_in_force_elsewhere(
        self, collection: str, period: Period, account: str, members: AbstractSet[str] | None = None
    ) -> Mapping[str, str]:
        """No line."""
        del collection, period, account, members
        return {}

    def rows_of(self, submission_id: str, collection: str) -> Iterator[Mapping[str, Any]]:
        """No row."""
        del submission_id, collection
        return iter(())


@dataclass(frozen=True, kw_only=True)
class JudgingContext:
    """Who deposits, when, and what is known of the network at that moment.

    `directory` None: there is no register, so what depends on it is not checked (and the answer says so).
    `organisation` None with a directory: the account belongs to nobody in it.
    `received_at` is the receipt, `now` the judging; both aware. `max_findings` bounds what is written, never counts.
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
    ledger: LedgerView = field(default_factory=NoLedger)


def may_send(collection: Collection, organisation: Organisation | None) -> bool:
    """Whether this kind of organisation deposits that collection (G-03); unknown organisations are not refused here."""
    return organisation is None or organisation.type in collection.senders
