"""What a child asks of the kernel while it reads a file of the corpus: that file, its folder, our libraries.

The filter of the child is left out here, so that what it would refuse is seen by the tracer instead.
"""

from __future__ import annotations

import os
import platform
import struct
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.limited.child import OF_THE_SYSTEM
from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import Vocabulary
from tests.corpus_kit import CORPUS
from tests.faults import tracing

ALL = int(os.environ.get("FAULT_MUTANTS", "40")) >= 1000
SOME = ("07-attacks", "05-xlsx/strict_iso_paths.xlsx", "06-ods/base.ods", "08-wrong-type", "03-dirty-csv/bad.csv")
OPENS = {2: 14, 85: 14, 257: 13, 437: 13}
"""open, creat, openat, openat2, and in which register their path is."""
REACHING = {41, 42, 44, 46, 49, 50, 53, 57, 58, 59, 307, 322}
"""socket, connect, sendto, sendmsg, bind, listen, socketpair, fork, vfork, execve, sendmmsg, execveat."""
PRCTL, SECCOMP = 157, 22
UNFILTERED = """
import sys
sys.path.insert(0, ROOT)
from ingest.limited import confinement
confinement._FORBIDDEN = {}
from ingest.reading import server
sys.exit(server.main())
"""

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


class Listening(tracing.Tracer):
    """Notes what processes ask once they have put up their fences."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid, None, None)
        self.paths: Counter[str] = Counter()
        self.reaching: Counter[int] = Counter()
        self._fenced: set[int] = set()

    def _counted(self, pid: int) -> None:
        registers = self._registers(pid)
        number = registers[15]
        if number == PRCTL and registers[14] == SECCOMP:
            self._fenced.add(pid)
        elif pid in self._fenced and number in OPENS:
            self.paths[_text_at(pid, registers[OPENS[number]])] += 1
        elif pid in self._fenced:
            self.reaching[number] += number in REACHING
        self._go_on(pid)


def _text_at(pid: int, address: int) -> str:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(256).partition(b"\0")[0].decode("utf-8", "replace")


def _filter() -> bytes:
    steps = [(0x20, 0, 0, 0)]
    for number in sorted({*OPENS, *REACHING, PRCTL}):
        steps += [(0x15, 0, 1, number), (0x06, 0, 0, 0x7FF00000)]
    steps.append((0x06, 0, 0, 0x7FFF0000))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64")
def test_no_network_and_no_other_file_while_a_file_of_the_corpus_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: Callable[..., None]
) -> None:
    script = tmp_path / "server.py"
    script.write_text(UNFILTERED.replace("ROOT", repr(str(Path(__file__).parents[2]))), encoding="utf-8")
    room = tmp_path / "work"
    room.mkdir()
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    chosen = [path for path in files if ALL or path.relative_to(CORPUS).as_posix().startswith(SOME)]
    assert len(chosen) > 25

    def read_all() -> int:
        with Reader(ReadingLimits(), command=(sys.executable, str(script))) as reader:
            for path in chosen:
                reader.read(path, name=path.name, workdir=room, vocabulary=Vocabulary.of(["a"]))
        return 0

    monkeypatch.setattr(tracing, "_filter", _filter)
    tracer = Listening(tracing.to_follow(read_all))
    ended = tracer.follow()
    assert ended.status == 0
    assert not +tracer.reaching, "a network, or another program"
    ours = (str(room), str(Path(__file__).parents[2]), sys.prefix, sys.base_prefix, *OF_THE_SYSTEM, str(CORPUS))
    assert [path for path in tracer.paths if not path.startswith(ours)] == []
    read = {path for path in tracer.paths if path.startswith(str(CORPUS))}
    assert {str(path) for path in chosen} <= read | {str(path) for path in chosen if not path.stat().st_size}
    count(corpus_files_watched=len(chosen), corpus_paths_opened=tracer.paths.total())
