"""Whatever happens to the annotating child, a copy comes out or none does, and the next file gets its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Park, Retry
from domain.findings import Severity
from domain.judgement import ReadTable
from ingest.annotating.client import Annotated, Annotator
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, Vocabulary
from rendering.workbooks.annotation import AnnotationPlan, CellMark, FindingLine, RowNote, SheetPlan, Spot
from tests.annotating_kit import SUBMISSION

CORPUS = Path(__file__).parents[2] / "corpus"
LIMITS = ReadingLimits(cpu_seconds=3, wall_seconds=4.0, memory_bytes=700 << 20)
# An annotating process that does what the plan's file name says before it reopens a workbook.
MISBEHAVING = """
import ctypes, os, sys
sys.path.insert(0, ROOT)
sys.modules["pandas"] = sys.modules["numpy"] = None
from ingest.annotating import child
from ingest.limited import server

annotate = child.annotate

def misbehave(path, target, plan, **options):
    what = plan.file_name
    if what == "abort":
        os.abort()
    if what == "spin":
        while True:
            pass
    if what == "allocate":
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))
    if what == "bug":
        raise ZeroDivisionError("secret content")
    if what == "disk":
        raise OSError(28, "No space left on device")
    if what == "lie":
        (target.parent / "result.json").write_text("[]")
        os._exit(0)
    if what == "link":
        target.symlink_to("/etc/passwd")
        (target.parent / "result.json").write_text('{"kept": true}')
        os._exit(0)
    if what == "look":
        heavy = [one for one in ("numpy", "pandas", "sqlalchemy", "jinja2", "structlog") if sys.modules.get(one)]
        facts = [*sorted(os.environ), "modules:", *heavy, "files:", str(len(os.listdir("/proc/self/fd"))), "end "]
        raise SystemExit(os.write(2, " ".join(facts).encode()))
    return annotate(path, target, plan, **options)

child.annotate = misbehave
sys.exit(server.main(child.AnnotatingJob()))
"""


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Annotator]:
    script = tmp_path_factory.mktemp("script") / "server.py"
    script.write_text(MISBEHAVING.replace("ROOT", repr(str(Path(__file__).parents[3]))), encoding="utf-8")
    with Annotator(LIMITS, command=(sys.executable, str(script))) as one:
        yield one


def plan_for(name: str, index: int = 0, row: int = 2) -> AnnotationPlan:
    cell = f"A{row}"
    finding = FindingLine(
        severity=Severity.ERROR,
        word="Erreur",
        sheet="",
        place=cell,
        label="",
        value="",
        message="m",
        hint="",
        code="G-10",
        spot=Spot(sheet_index=index, cell=cell),
    )
    sheet = SheetPlan(
        sheet_index=index,
        header_row=row - 1,
        body_from=row,
        n_columns=3,
        marks=(CellMark(row=row, column=0, severity=Severity.ERROR, text="Erreur : m"),),
        notes=(RowNote(row=row, text="m", asks=True),),
    )
    return AnnotationPlan(
        submission=SUBMISSION,
        file_name=name,
        made_at="2005-04-18T10:15:02+02:00",
        banner="",
        label="Refusé",
        tone="bad",
        headline="Votre dépôt est refusé.",
        actions=(),
        counts=(),
        causes=(),
        findings=(finding,),
        remarks=(),
        facts=(),
        sheets=(sheet,),
    )


def read(reader: Reader, path: Path, folder: Path, name: str) -> RawFile | None:
    folder.mkdir()
    raw = reader.read(path, name=name, workdir=folder, vocabulary=Vocabulary())
    return raw if isinstance(raw, RawFile) else None


def tables_of(raw: RawFile) -> list[ReadTable]:
    return [
        ReadTable(index=one.index, name=one.name, path=one.path, n_rows=one.n_rows, n_columns=one.n_columns)
        for one in raw.sheets
    ]


@pytest.fixture
def ask(reader: Reader, misbehaving: Annotator, tmp_path: Path) -> Any:
    def asked(what: str) -> Annotated | None:
        path = CORPUS / "05-xlsx" / "date_1904.xlsx"
        raw = read(reader, path, tmp_path / f"read-{what}", "x.xlsx")
        assert raw is not None
        room = tmp_path / f"room-{what}"
        room.mkdir()
        return misbehaving.annotate(path, format="xlsx", tables=tables_of(raw), plan=plan_for(what), workdir=room)

    return asked


@pytest.mark.parametrize("what", ["abort", "spin", "allocate", "bug", "lie", "link", "look"])
def test_a_workbook_that_the_child_does_not_survive_comes_back_plain(ask: Any, what: str) -> None:
    made = ask(what)
    assert made is not None
    assert not made.kept
    assert made.path.is_file()
    assert not made.path.is_symlink()
    assert ask(f"good-{what}").kept


def test_a_failure_of_our_disk_is_not_the_fault_of_the_file(ask: Any) -> None:
    with pytest.raises(Retry):
        ask("disk")


def test_the_child_has_nothing_of_ours(ask: Any, misbehaving: Annotator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHET_MAIL_URL", "smtp://user:secret@example.org")
    misbehaving.close()
    words: list[str] = []
    attempt = misbehaving._attempt

    def listened(document: dict[str, Any]) -> str:
        ended = attempt(document)
        assert misbehaving.last_usage is not None
        words.append(misbehaving.last_usage.last_words)
        return ended

    monkeypatch.setattr(misbehaving, "_attempt", listened)
    ask("look")
    assert "GUICHET" not in words[0]
    assert " modules: files: " in words[0]
    assert int(words[0].split("files: ")[1].split()[0]) < 6


def test_an_annotating_process_that_cannot_start_parks_the_file(tmp_path: Path) -> None:
    with Annotator(LIMITS, command=("/nonexistent/python",)) as one, pytest.raises(Park):
        one.annotate(tmp_path / "x", format="csv", tables=(), plan=plan_for("x"), workdir=tmp_path)


def test_a_copy_that_cannot_even_be_plain_is_none(reader: Reader, tmp_path: Path) -> None:
    """The service goes without; nothing is raised for what a file is."""
    path = tmp_path / "big.csv"
    path.write_bytes(b"a;b;c\r\n" + b"1;2;3\r\n" * 200_000)
    raw = read(reader, path, tmp_path / "read", "big.csv")
    assert raw is not None
    room = tmp_path / "room"
    room.mkdir()
    with Annotator(ReadingLimits(output_bytes=100_000)) as one:
        assert one.annotate(path, format="csv", tables=tables_of(raw), plan=plan_for("x"), workdir=room) is None


READABLE = (
    "49609.xlsx",
    "Zip-Windows-Directory-Separator.xlsx",
    "date_1904.xlsx",
    "dates-leap-year-1900-xlsx.xlsx",
    "encoded_entities.xlsx",
    "errors.xlsx",
    "issue_174.xlsx",
    "link-external-workbook-b.xlsx",
    "one_sheet_with_pre_encoded_html_entities.xlsx",
    "sheet_with_missing_cell_reference.xlsx",
    "spreadsheet.xlsx",
    "strict_iso_paths.xlsx",
    "utf16be.xlsx",
)
"""Those of the corpus that our reader takes; the others have no table to annotate."""


@pytest.mark.parametrize("name", READABLE)
def test_odd_workbooks_of_the_world_come_back_with_the_same_data(
    reader: Reader,
    annotator: Annotator,
    tmp_path: Path,
    name: str,
) -> None:
    path = CORPUS / "05-xlsx" / name
    raw = read(reader, path, tmp_path / "read", name)
    assert raw is not None
    sheet = next(one for one in raw.sheets if one.path is not None and one.n_rows)
    first = sheet.preview(1)[0][0]
    room = tmp_path / "room"
    room.mkdir()
    plan = plan_for(path.name, sheet.index, first + 1)
    made = annotator.annotate(path, format=raw.format, tables=tables_of(raw), plan=plan, workdir=room)
    assert made is not None
    back = read(reader, made.path, tmp_path / "back", "annote.xlsx")
    assert back is not None
    after = next(one for one in back.sheets if one.name == sheet.name)
    got = {row: [(cell or "").strip() for cell in cells] for row, cells in after.preview(1_000)}
    for row, cells in sheet.preview(1_000):
        wanted = [(cell or "").strip() for cell in cells]
        assert got[row][: len(wanted)] == wanted


def test_stopping_does_not_wait_for_a_copy_in_the_making(
    misbehaving: Annotator, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stopped = threading.Event(), threading.Event()
    exchange = misbehaving._exchange

    def noted(document: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        answer = exchange(document)
        assert stopped.wait(60)  # an answer that comes only after the service has gone
        return answer

    monkeypatch.setattr(misbehaving, "_exchange", noted)
    worker = threading.Thread(target=ask, args=("x.xlsx",))
    worker.start()
    assert asked.wait(60)
    misbehaving.close()
    stopped.set()
    worker.join()
    assert misbehaving.last_usage is not None
