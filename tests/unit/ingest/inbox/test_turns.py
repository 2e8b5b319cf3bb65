"""Accounts take turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.submissions import Box, ReceiptProof
from ingest.inbox.scan import Candidate, Identity, take_turns

START = datetime(2005, 4, 18, 8, 0, tzinfo=UTC)


def _candidate(account: str, seconds: int, *, changed_ns: int = 0) -> Candidate:
    return Candidate(
        account=account,
        box=Box.DEPOT,
        raw_name=b"%d.csv" % seconds,
        name=f"{seconds}.csv",
        identity=Identity(device=1, inode=seconds, size=1, changed_ns=changed_ns, modified_ns=0),
        received_at=START + timedelta(seconds=seconds),
        proof=ReceiptProof.CHANGE_TIME,
    )


def test_one_of_each_account_a_round_in_order_of_receipt() -> None:
    found = take_turns([_candidate("b", 9), _candidate("a", 3), _candidate("a", 1), _candidate("a", 2)])
    assert [(each.account, each.name) for each in found] == [
        ("a", "1.csv"),
        ("b", "9.csv"),
        ("a", "2.csv"),
        ("a", "3.csv"),
    ]


def test_what_was_received_at_one_instant_keeps_the_order_in_which_it_was_written() -> None:
    first, second = _candidate("a", 2, changed_ns=10), _candidate("a", 1, changed_ns=20)
    found = take_turns([replace(second, received_at=START), replace(first, received_at=START)])
    assert [each.name for each in found] == ["2.csv", "1.csv"]
