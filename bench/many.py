"""Many small files dropped at once: all answered, none starved, so many a second."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import replace
from pathlib import Path

from bench.desk import make_desk
from bench.stages import Split
from domain.organisations import Directory, OrganisationType
from domain.periods import Period
from ingest import judging, pipeline
from ingest.annotating.client import Annotator
from ingest.answering import making
from ingest.daemon import WORKERS
from ingest.demo.files import DemoFile, full_of_mistakes, many_files
from ingest.inbox import Inbox
from ingest.lanes import Lanes, Task
from ingest.ledger import Ledger
from ingest.reading.client import Reader
from ingest.retours import Retours

PLATFORMS, MEMBERS = 20, 60
WARM_UP = 20


def many_small_files(folder: Path, files: int, *, bad: bool = False) -> None:
    """Drop `files` files of 60 rows at once and let the service's own lanes answer them; `bad`: full of mistakes."""
    kind = "bad files (12 mistakes each)" if bad else "files"
    print(f"{files} {kind} of {MEMBERS} rows from {PLATFORMS} accounts, dropped at once")
    wiring, directory = make_desk(folder, PLATFORMS, MEMBERS)
    desk = pipeline.Pipeline(wiring)
    desk.prepare()
    clerks = {lane: [wiring.new_clerk() for _ in range(count)] for lane, count in WORKERS.items()}
    judged_at: dict[str, float] = {}

    def work(task: Task, worker: int) -> None:
        desk.judge(task.submission_id, clerks[task.lane][worker])
        judged_at[task.submission_id] = time.perf_counter()

    lanes = Lanes(work, WORKERS)
    lanes.start()
    *batches, alone = _drops(directory, files + WARM_UP + 1, bad=bad)
    _drop_and_wait(wiring, desk, lanes, batches[:WARM_UP])
    judged_at.clear()
    split = Split()
    with split.watching(
        (Inbox, "scan", "scan"),
        (Inbox, "claim", "claim (private copy)"),
        (Inbox, "finish", "claim (let go)"),
        (Ledger, "claim", "transaction 1"),
        (Reader, "read", "reading (child)"),
        (judging, "_screen", "anonymity"),
        (judging, "identify", "identify"),
        (judging, "check_schema", "check_schema"),
        (judging, "check_rules", "check_rules"),
        (Annotator, "annotate", "annotated copy (child)"),
        (making, "write_kits", "correction kit"),
        (Ledger, "record_verdict", "transaction 2"),
        (Retours, "write_answer", "write answers"),
        (Retours, "write_situation", "write situations"),
    ):
        started, seconds = _drop_and_wait(wiring, desk, lanes, batches[WARM_UP:])
        posted = time.perf_counter()
        desk.carry_out_effects()
        wiring.outbox.flush(limit=10 * files)
    waits = sorted(one - started for one in judged_at.values())
    print(f"  {files / seconds:8.1f} files a second, from the drop to the last committed verdict ({seconds:.1f} s)")
    print(f"  {time.perf_counter() - posted:8.1f} s more to write what was left of answers and mails")
    print(f"  waits: median {statistics.median(waits):.1f} s, last {waits[-1]:.1f} s; accounts took turns")
    split.show(files)
    rows = wiring.ledger.submissions()
    if len(rows) != files + WARM_UP or any(row["state"] != "judged" for row in rows):
        raise SystemExit("not every file was answered")
    one = _one_alone(wiring, desk, lanes, alone)
    print(f"  {1000 * one:8.1f} ms from the drop of a single file to its committed verdict (settle time 0)")
    lanes.stop(10)
    wiring.close()


def _drops(directory: Directory, count: int, *, bad: bool) -> list[DemoFile]:
    period = Period(2005, 1)
    if not bad:
        return list(many_files(directory, period, count))
    platforms = [one.code for one in directory.organisations if one.type is OrganisationType.PF]
    mistakes = {platform: full_of_mistakes(directory, platform, period) for platform in platforms}
    drops = (mistakes[platforms[number % len(platforms)]] for number in range(count))
    return [replace(one, name=f"N1A_{period}_{number:05d}.csv") for number, one in enumerate(drops)]


def _drop_and_wait(wiring, desk, lanes, files):  # noqa: ANN001, ANN202 - local
    for file in files:
        (wiring.settings.inbox / file.account / "depot" / file.name).write_bytes(file.content)
    done = threading.Event()
    postman = threading.Thread(target=_post, args=(wiring, desk, done))
    started = time.perf_counter()
    postman.start()
    while True:
        taken = desk.take_ready(hand=lanes.submit)
        if not taken.left and not taken.settling:
            break
    lanes.wait_idle()
    seconds = time.perf_counter() - started
    done.set()
    postman.join()
    return started, seconds


def _one_alone(wiring, desk, lanes, file):  # noqa: ANN001, ANN202 - local
    path = wiring.settings.inbox / file.account / "depot" / f"N1A_2005T1_{time.monotonic_ns()}.csv"
    path.write_bytes(file.content)
    started = time.perf_counter()
    desk.take_ready()
    for task in desk.pending():
        lanes.submit(task)
    lanes.wait_idle()
    return time.perf_counter() - started


def _post(wiring, desk, done) -> None:  # noqa: ANN001 - local
    """The service's postman: answers and mails while verdicts come in."""
    while not done.wait(0.2):
        desk.carry_out_effects()
        wiring.outbox.flush()
