"""Eight bytes tell records apart: the same for the same values, wherever batches are cut."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ingest.stages.typed import TypedBatch

RECORDS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3)),
        st.one_of(st.none(), st.sampled_from(["", "a", "b"])),
        st.one_of(st.none(), st.booleans()),
    ),
    min_size=1,
    max_size=30,
)
NAMES = ("n", "t", "o")


def hashes(records: list[tuple[object, ...]]) -> list[int]:
    columns = zip(*records, strict=True)
    arrays = [pa.array(one, kind) for one, kind in zip(columns, (pa.int64(), pa.string(), pa.bool_()), strict=True)]
    return TypedBatch(pa.record_batch(arrays, names=list(NAMES))).hashes(NAMES).tolist()


@given(RECORDS)
def test_records_have_the_same_hash_exactly_when_they_are_the_same(records) -> None:
    found = hashes(records)
    assert len(set(found)) == len(set(records))
    assert found == [one for record in records for one in hashes([record])]
