"""A file that kills its reader, or never ends: tried once more in the slow lane, then answered; nobody waits for it."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from domain.organisations import Directory
from ingest.lanes import Lane, Lanes, Task
from ingest.limited.client import Turn
from ingest.once import one_pass
from ingest.pipeline import Pipeline
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import ReadOutcome
from ingest.wiring import Wiring
from tests.faults.desk import AT, QUARTER, FaultDesk, network_of
from tests.year.desk import SteppedClock
from tests.year.figures import assistance

# A reading process whose reader does what the depositor's file name says.
POISONED = """
import os, sys, time
sys.path.insert(0, ROOT)
from ingest.reading import server
from ingest.reading.files import read_file

def read(path, name, folder, vocabulary, limits):
    what = name.partition("_")[0]
    if what == "abort":
        os.abort()
    if what == "spin":
        while True:
            pass
    if what == "allocate":
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))
    if what == "write":
        hoard = [open(folder / f"{number}", "wb", buffering=0) for number in range(20)]
        while True:
            for one in hoard:
                one.write(bytes(1 << 18))
    if what == "twice" and limits.wall_seconds < 5:
        os.abort()
    if what == "hang":
        (folder / "here").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
    return read_file(path, name, folder, vocabulary, limits)

sys.exit(server.main(read=read))
"""
LIMITS = ReadingLimits(cpu_seconds=2, wall_seconds=60.0, memory_bytes=512 << 20, output_bytes=30_000_000)
QUICK_WALL_SECONDS = 3.0
HANG_SECONDS = 120
ACCOUNTS = 5


class Watched(Reader):
    """A reader that keeps which files it was given, and at which turn."""

    def __init__(self, seen: list[tuple[str, Turn]], command: tuple[str, ...]) -> None:
        super().__init__(LIMITS, command=command)
        self._seen = seen

    def read(self, path: Path, *, name: str, **how: Any) -> ReadOutcome:
        self._seen.append((name.partition("_")[0], self._turn))
        return super().read(path, name=name, **how)


class Poisoned(Wiring):
    """A desk whose readers die of some files."""

    seen: list[tuple[str, Turn]]
    command: tuple[str, ...]

    def new_reader(self) -> Reader:
        reader = Watched(self.seen, self.command)
        self._processes.append(reader)
        return reader


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[FaultDesk, Directory, tuple[str, ...]]:
    folder = tmp_path_factory.mktemp("poison")
    network, directory = network_of(folder / "network")
    desk = FaultDesk(folder / "template")
    desk.folder.mkdir()
    desk.found(network, ())
    script = folder / "server.py"
    script.write_text(POISONED.replace("ROOT", repr(str(Path(__file__).parents[2]))), encoding="utf-8")
    return desk, directory, (sys.executable, str(script))


@pytest.fixture
def wiring(
    template: tuple[FaultDesk, Directory, tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Poisoned]:
    monkeypatch.setattr(ReadingLimits, "quick", _quick)
    desk, _, command = template
    clock = SteppedClock()
    clock.set(AT)
    with Poisoned(desk.copy(tmp_path / "desk").settings, clock, rehearsal=True) as made:
        made.seen, made.command = [], command
        yield made


def _quick(limits: ReadingLimits, **_: object) -> ReadingLimits:
    """As little as a test can wait for."""
    return ReadingLimits(
        cpu_seconds=1, wall_seconds=QUICK_WALL_SECONDS, memory_bytes=limits.memory_bytes, output_bytes=10_000_000
    )


def drop(wiring: Wiring, directory: Directory, number: int, name: str) -> None:
    content = assistance(directory, f"PF{number:02d}", QUARTER)
    (wiring.settings.inbox / f"pf{number:02d}" / "depot" / f"{name}_N1A_2005T1.csv").write_bytes(content)


def ask(wiring: Wiring, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{wiring.settings.home / 'guichet.sqlite3'}?mode=ro", uri=True)) as base:
        return base.execute(query).fetchall()


def answer_to(wiring: Wiring, name: str) -> dict[str, Any]:
    all_of_them = [json.loads(path.read_text()) for path in wiring.settings.inbox.glob("*/retours/*/verdict.json")]
    (found,) = [one for one in all_of_them if one["file"]["name"].startswith(name)]
    return found


DEADLY = {
    "abort": ("G-05", "s'est arrêtée d'une façon anormale"),
    "spin": ("G-14", "a dépassé le temps admis (60 secondes)"),
    "allocate": ("G-14", "demande plus de mémoire"),
    "write": ("G-14", "est plus grand que ce qui est admis"),
}
HARMLESS = ("twice", "good")
"""An accident, which does not happen again; and somebody else's file."""


def test_what_kills_its_reader_is_tried_once_more_after_the_others_and_answered(
    wiring: Poisoned, template: tuple[FaultDesk, Directory, tuple[str, ...]]
) -> None:
    names = (*DEADLY, *HARMLESS)
    for number, name in enumerate(names):
        drop(wiring, template[1], number % ACCOUNTS + 1, name)
    report = one_pass(wiring)
    assert (report.judged, report.postponed) == (len(names), 0)
    assert set(wiring.seen[: len(names)]) == {(name, Turn.QUICK) for name in names}
    again = [(name, Turn.LAST) for name in names if name != "good"]
    assert sorted(wiring.seen[len(names) :], key=str) == sorted(again, key=str), "once each, after the others"
    for name in names:
        answer = answer_to(wiring, name)
        if name in HARMLESS:
            assert answer["verdict"] == "accepted"
            continue
        code, words = DEADLY[name]
        (section,) = answer["sections"]
        (finding,) = section["findings"]
        assert (answer["verdict"], finding["code"]) == ("rejected", code)
        assert words in finding["message"].replace("\u2019", "'").replace("\u00a0", " ")
    said = ask(wiring, "SELECT event, count(*) FROM message WHERE event IN ('receipt', 'verdict') GROUP BY event")
    assert dict(said) == {"receipt": len(names), "verdict": len(names)}
    assert ask(wiring, "SELECT count(*) FROM event WHERE kind = 'delayed'") == [(len(again),)]
    assert one_pass(wiring).judged == 0, "a poison file never loops"


def test_nobody_waits_for_it(wiring: Poisoned, template: tuple[FaultDesk, Directory, tuple[str, ...]]) -> None:
    """One worker a lane: its first try ends soon, and while the second goes on the others are judged."""
    pipeline = Pipeline(wiring)
    pipeline.prepare()
    clerks = {lane: wiring.new_clerk() for lane in Lane}
    judged: list[str] = []

    def work(task: Task, _worker: int) -> None:
        if pipeline.judge(task.submission_id, clerks[task.lane]) is not None:
            judged.append(task.account)

    lanes = Lanes(work, dict.fromkeys(Lane, 1))
    lanes.start()
    drop(wiring, template[1], 1, "hang")
    pipeline.take_ready()
    (first,) = pipeline.pending()
    lanes.submit(first)
    assert lanes.wait_idle(HANG_SECONDS)
    (second,) = pipeline.pending()
    assert second.lane is Lane.SLOW
    lanes.submit(second)
    room = wiring.settings.home / "spool" / second.submission_id
    wait_for(lambda: any(room.glob("*/sheets/here")))
    drop(wiring, template[1], 2, "good")
    pipeline.take_ready()
    (other,) = (one for one in pipeline.pending() if one.submission_id != second.submission_id)
    lanes.submit(other)
    wait_for(lambda: judged == ["pf02"])
    (here,) = room.glob("*/sheets/here")
    here.with_name("go").touch()
    assert lanes.wait_idle(HANG_SECONDS)
    assert judged == ["pf02", "pf01"]
    assert lanes.stop(HANG_SECONDS)


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + HANG_SECONDS
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
