"""A claim is read back from its names."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.submissions import Box, ReceiptProof
from ingest.inbox.records import ClaimRecord, record_of

INSTANTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
RECORDS = st.builds(
    ClaimRecord,
    submission_id=st.from_regex(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}", fullmatch=True),
    account=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,31}", fullmatch=True),
    box=st.sampled_from(Box),
    raw_name=st.binary(min_size=1, max_size=255),
    received_at=INSTANTS,
    proof=st.sampled_from(ReceiptProof),
)


@given(RECORDS)
def test_what_is_written_is_read_back(record: ClaimRecord) -> None:
    assert record_of(record.file_name, record.as_bytes()) == record
    assert len(record.file_name.encode()) <= 255


@given(RECORDS, st.binary(max_size=40))
def test_a_damaged_record_costs_only_the_name(record: ClaimRecord, damaged: bytes) -> None:
    found = record_of(record.file_name, damaged)
    assert found is not None
    assert (found.submission_id, found.received_at, found.account) == (
        record.submission_id,
        record.received_at,
        record.account,
    )


def test_other_names_are_not_claims() -> None:
    assert record_of("readme.txt", None) is None
    assert record_of("20050418-101502-7f3a9c__x__change_time__a__depot", None) is None
