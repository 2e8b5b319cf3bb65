"""What the child writes of a sheet, and the service reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.reading import streams
from ingest.reading.limits import ReadingLimits
from ingest.reading.reasons import UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import SheetWriter, read_batches, text_columns

BATCH_BYTES = 100_000


def test_the_service_never_holds_more_than_a_little_of_a_sheet_of_long_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workbooks say a long text once and show it in every cell."""
    monkeypatch.setattr(streams, "BATCH_BYTES", BATCH_BYTES)
    rows = [[str(number), "x" * 30_000 if number % 3 else "y"] for number in range(100)]
    with SheetWriter(tmp_path / "sheet", ReadingLimits()) as writer:
        writer.write(1, text_columns(rows))
    batches = list(read_batches(tmp_path / "sheet", 2))
    assert max(batch.nbytes for batch in batches) <= BATCH_BYTES
    assert [cell for batch in batches for cell in batch.column(2).to_pylist()] == [text for _, text in rows]
    assert [row for batch in batches for row in batch.column(0).to_pylist()] == list(range(1, 101))
    assert len({batch.num_rows for batch in batches}) < len(batches) < len(rows), "a few rows each, not one"


def test_a_sheet_holds_no_more_text_than_the_largest_csv(tmp_path: Path) -> None:
    """However small the file: the service has to look at each letter."""
    limits = ReadingLimits(max_csv_bytes=50_000, max_unpacked_bytes=100_000)
    rows = [["x" * 1_000] for _ in range(90)]
    with SheetWriter(tmp_path / "enough", limits) as writer:
        writer.write(1, text_columns(rows))
    with SheetWriter(tmp_path / "more", limits) as writer:
        writer.write(1, text_columns(rows))
        with pytest.raises(RefusedError) as refused:
            writer.write(91, text_columns(rows[:20]))
    assert refused.value.reason is UnreadableReason.OUTPUT_LIMIT
