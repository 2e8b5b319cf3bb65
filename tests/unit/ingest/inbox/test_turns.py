"""Accounts take turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.submissions import Box, ReceiptProof
from ingest.inbox.scan import Candidate, Identity, take_turns

START = datetime(2005, 4, 18, 8, 0, tzinfo=UTC)


def _candidate(account: str, seconds: int) -> Candidate:
    return Candidate(
        account=account,
        box=Box.DEPOT,
        raw_name=b"%d.csv" % seconds,
        name=f"{seconds}.csv",
        identity=Identity(device=1, inode=seconds, size=1, changed_ns=0, modified_ns=0),
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
