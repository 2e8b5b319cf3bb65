"""The dates of an obligation do not depend on the order of judging, and no withdrawal erases one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from domain.compliance import ComplianceDates
from domain.in_force import Candidate
from domain.verdicts import Verdict
from ingest.ledger.dates import Deposited, compliance_dates

START = datetime(2005, 4, 10, 8, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def deposit(number: int, verdict: Verdict, *, complete: bool = True, withdrawn: int | None = None) -> Deposited:
    """The deposit of day `number`."""
    candidate = Candidate(
        section_id=number,
        submission_id=f"s{number}",
        received_at=day(number),
        verdict=verdict,
        complete=complete and verdict.loads,
        has_rows=verdict not in {Verdict.NIL, Verdict.REJECTED},
    )
    return Deposited(candidate=candidate, withdrawn_at=None if withdrawn is None else day(withdrawn))


PARTIAL = Verdict.PARTIALLY_ACCEPTED
STORIES = [
    ([], ComplianceDates()),
    ([deposit(1, Verdict.REJECTED)], ComplianceDates(first_received_at=day(1))),
    (
        [deposit(1, Verdict.REJECTED), deposit(2, PARTIAL, complete=False), deposit(3, Verdict.ACCEPTED)],
        ComplianceDates(
            first_received_at=day(1),
            first_accepted_at=day(2),
            complete_at=day(3),
            last_corrected_at=day(3),
        ),
    ),
    (
        [deposit(1, Verdict.ACCEPTED), deposit(2, PARTIAL, complete=False)],
        ComplianceDates(first_received_at=day(1), first_accepted_at=day(1), complete_at=day(1)),
    ),
    (
        [deposit(1, Verdict.ACCEPTED), deposit(2, Verdict.NIL), deposit(3, Verdict.NIL)],
        ComplianceDates(
            first_received_at=day(1),
            first_accepted_at=day(1),
            complete_at=day(1),
            last_corrected_at=day(3),
        ),
    ),
    (
        [deposit(1, Verdict.ACCEPTED, withdrawn=2), deposit(3, PARTIAL, complete=False)],
        ComplianceDates(
            first_received_at=day(1),
            first_accepted_at=day(1),
            complete_at=day(1),
            last_corrected_at=day(3),
        ),
    ),
    (
        [deposit(1, Verdict.ACCEPTED, withdrawn=5), deposit(3, PARTIAL, complete=False)],
        ComplianceDates(first_received_at=day(1), first_accepted_at=day(1), complete_at=day(1)),
    ),
]


@pytest.mark.parametrize(("deposits", "expected"), STORIES)
def test_the_dates_are_the_same_in_whatever_order(deposits: list[Deposited], expected: ComplianceDates) -> None:
    for ordered in itertools.permutations(deposits):
        assert compliance_dates(ordered) == expected
