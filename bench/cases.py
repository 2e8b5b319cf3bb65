"""One big file of cases: time and memory with no bad record, one in a hundred, and all of them."""

from __future__ import annotations

import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.desk import make_desk
from bench.stages import Split
from domain.organisations import Directory, Organisation, Service
from domain.periods import Period
from ingest import judging, pipeline
from ingest.annotating.client import Annotator
from ingest.answering import making
from ingest.catalogue import load_catalogue
from ingest.ledger import Ledger
from ingest.reading.client import Reader
from schemas.collection import Collection
from schemas.columns import Kind

CODE, PERIOD = "N2A", Period(2005)
NOW = datetime(2006, 2, 1, 8, tzinfo=UTC)
MEGABYTE = 1024
PERCENTS = (0, 1, 100)
_TAILS = 5_000
_PLACES = ("44000", "75012", "20090", "97410", "01000", "59800", "69003", "13008")


def case_files(folder: Path, rows: int) -> None:
    """Files of that many cases, with 0, 1 and 100 % of bad records."""
    for percent in PERCENTS:
        print(f"one file of {rows} cases ({CODE}), {percent} % of bad records")
        context = multiprocessing.get_context("spawn")  # its own process: its peak memory is its own
        process = context.Process(target=_one, args=(folder / str(percent), rows, percent))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)


def _one(folder: Path, rows: int, percent: int) -> None:
    wiring, directory = make_desk(folder, 5, 60, now=NOW)
    sender, members = _sender(directory)
    desk = pipeline.Pipeline(wiring)
    desk.prepare()
    clerk = wiring.new_clerk()
    path = wiring.settings.inbox / (sender.compte_sftp or "") / "depot" / f"{CODE}_{PERIOD}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_lines(load_catalogue().find(CODE), members, rows, percent))
    size = path.stat().st_size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    split = Split()
    with split.watching(
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
    answers = list((wiring.settings.inbox / (sender.compte_sftp or "") / "retours").rglob("verdict.json"))
    report = sum(one.stat().st_size for one in answers)
    print(f"  {seconds:8.2f} s for {size / 1e6:.1f} MB, verdict {row['verdict']}; verdict.json {report / 1e3:.0f} kB")
    print(f"  {peak:8.0f} MB at most in the service (from {before:.0f}), {child:.0f} MB in the reading child")
    split.show(1)
    wiring.close()


def _sender(directory: Directory) -> tuple[Organisation, list[str]]:
    """The platform with most adherents for assistance, and these."""
    found = [
        (one, directory.adherents(one.code, Service.ASA, PERIOD.ends_on))
        for one in directory.organisations
        if one.compte_sftp
    ]
    sender, members = max(found, key=lambda pair: len(pair[1]))
    return sender, list(members)


def _lines(collection: Collection | None, members: list[str], rows: int, percent: int) -> Iterator[str]:
    """A line of titles, then cases that no rule refuses, but for the share that is to be bad (an age of 7)."""
    assert collection is not None  # noqa: S101 - the bench is about it
    columns = [column for column in collection.columns if column.context is None]
    yield ";".join(column.name for column in columns) + "\n"
    draw = random.Random(5)
    codes = {column.name: list(column.codes or ()) for column in columns if column.kind is Kind.CODE}
    own = {"type_contrat_travail": list("123"), "csp_demandeur": list("3456"), "type_situation": list("1236")}
    head = ["numero_ordre", "code_cil", "ressources_nettes_mensuelles", "nb_personnes_foyer", "nb_revenus_foyer"]
    after = [column for column in columns if column.name not in {*head, "age_demandeur"}]
    tails = []
    for _ in range(_TAILS):
        cells = []
        for column in after:
            if column.kind is Kind.CODE:
                cells.append(draw.choice(own.get(column.name, codes[column.name])))
            elif column.kind is Kind.POSTAL:
                cells.append(draw.choice(_PLACES))
            else:
                always = column.name in {"diagnostic_prealable", "svc_aides_financieres", "part_associations"}
                cells.append("O" if always or draw.random() < 0.2 else "N")  # noqa: PLR2004 - one in five
        tails.append(";".join(cells))
    for rank in range(1, rows + 1):
        age = 7 if rank % 100 < percent else 18 + rank % 50
        yield (
            f"{rank};{members[rank % len(members)]};{700 + draw.randrange(3000)};{1 + rank % 6};1;{age};"
            f"{tails[draw.randrange(_TAILS)]}\n"
        )
