"""One big file: time, memory, and the cost split by stage, clean and with every record bad."""

from __future__ import annotations

import multiprocessing
import resource
import time
from pathlib import Path

from bench.desk import make_desk
from bench.stages import Split
from domain.periods import Period
from ingest import judging, pipeline
from ingest.annotating.client import Annotator
from ingest.answering import making
from ingest.demo.files import many_files
from ingest.inbox import Inbox
from ingest.ledger import Ledger
from ingest.reading.client import Reader

MEGABYTE = 1024


def big_file(folder: Path, rows: int, *, more_columns: int = 0) -> None:
    """A CSV of `rows` rows, nearly all refused as repeated: findings are counted whole and written up to the cap.

    `more_columns`: columns of their own beside ours.
    """
    print(f"one file of {rows} rows × {6 + more_columns} columns (each CIL repeated: every record is an error)")
    context = multiprocessing.get_context("spawn")  # its own process: its peak memory is its own
    process = context.Process(target=_one, args=(folder, rows, more_columns))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _widened(content: bytes, more: int) -> bytes:
    head, *body = content.splitlines()
    titles = b"".join(b";Suivi %d" % number for number in range(more))
    return b"\r\n".join([head + titles, *(line + b";vu" * more for line in body), b""])


def _one(folder: Path, rows: int, more_columns: int) -> None:
    wiring, directory = make_desk(folder, 5, 60)
    desk = pipeline.Pipeline(wiring)
    desk.prepare()
    clerk = wiring.new_clerk()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    (file,) = many_files(directory, Period(2005, 1), 1, rows)
    content = _widened(file.content, more_columns)
    size = len(content)
    (wiring.settings.inbox / file.account / "depot" / file.name).write_bytes(content)
    del file, content
    split = Split()
    with split.watching(
        (Inbox, "claim", "claim (private copy)"),
        (Ledger, "claim", "transaction 1"),
        (Reader, "read", "reading (child)"),
        (judging, "_screen", "anonymity"),
        (judging, "identify", "identify"),
        (judging, "check_schema", "check_schema"),
        (judging, "check_rules", "check_rules"),
        (Annotator, "annotate", "annotated copy (child)"),
        (making, "write_kits", "correction kit"),
        (Ledger, "record_verdict", "transaction 2"),
    ):
        started = time.perf_counter()
        desk.take_ready()
        for task in desk.pending():
            desk.judge(task.submission_id, clerk)
        seconds = time.perf_counter() - started
    desk.carry_out_effects()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    child = clerk.judge.reader.last_usage.peak_bytes / 1e6 if clerk.judge.reader.last_usage else 0
    (row,) = wiring.ledger.submissions()
    if row["verdict"] is None:
        raise SystemExit("the file was not answered")
    print(f"  {seconds:8.2f} s for {size / 1e6:.1f} MB, verdict {row['verdict']}")
    print(f"  {peak:8.0f} MB at most in the service (from {before:.0f}), {child:.0f} MB in the reading child")
    annotating = clerk.maker.annotator.last_usage
    if annotating is not None:
        print(f"  {annotating.peak_bytes / 1e6:8.0f} MB at most in the annotating child")
    split.show(1)
    wiring.close()
