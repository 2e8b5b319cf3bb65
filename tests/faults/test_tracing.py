"""The tracer itself: it counts, it cuts, and it waits for nobody else's children."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import typst

from ingest.reading.client import Reader
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, Vocabulary
from tests.faults import tracing
from tests.faults.tracing import SUPPORTED, Cut, run
from tests.faults.zygote import Zygotes

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="system calls are not known on this machine")


def test_another_child_of_the_test_does_not_keep_it_waiting(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:

        def action() -> int:
            subprocess.run([sys.executable, "-S", "-c", "print(1)"], check=True, stdout=subprocess.DEVNULL)
            (tmp_path / "made").mkdir()
            return 3

        ended = run(action)
        assert other.poll() is None
        other.kill()
    assert (ended.status, ended.cut) == (3, False)
    assert (tmp_path / "made").is_dir()


def test_a_document_is_made_in_the_fork_of_a_process_that_made_one(tmp_path: Path) -> None:
    source = tmp_path / "one.typ"
    source.write_text("= One")

    def made() -> bytes:
        document, warnings = typst.compile_with_warnings(str(source), format="pdf", ignore_system_fonts=True)
        assert not warnings
        return bytes(document)

    before = made()

    def action() -> int:
        return 0 if len(made()) == len(before) else 1

    assert run(action).status == 0


def test_what_does_not_end_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "HUNG_SECONDS", 1)

    def never() -> int:
        signal.pause()
        return 0

    for way in (run, tracing.untraced):
        with pytest.raises(tracing.HungError):
            way(never)


def test_one_is_killed_after_a_while_unless_it_ended() -> None:
    def never() -> int:
        signal.pause()
        return 0

    assert tracing.killed_after(0.01, never)
    assert not tracing.killed_after(60, lambda: 0)
    with pytest.raises(AssertionError, match="ended with 3"):
        tracing.killed_after(60, lambda: 3)


def test_a_fork_reads_with_a_process_of_the_zygote_that_ends_with_it(zygotes: Zygotes, tmp_path: Path) -> None:
    path, room = tmp_path / "one.csv", tmp_path / "room"
    path.write_bytes("code;année\r\nCIL001;2005\r\n".encode())
    room.mkdir()

    def action() -> int:
        zygotes.take_over()
        reader = Reader(ReadingLimits())
        outcome = reader.read(path, name="one.csv", workdir=room, vocabulary=Vocabulary.of(["code"]))
        assert reader._process is not None
        (tmp_path / "pid").write_text(str(reader._process.pid))
        return 0 if isinstance(outcome, RawFile) else 1  # without a word to the reader, as if it were killed

    assert tracing.untraced(action) == 0
    with suppress(ProcessLookupError):  # it may be gone already
        handle = os.pidfd_open(int((tmp_path / "pid").read_text()))
        assert select.select([handle], [], [], 60)[0], "it outlives the service"
        os.close(handle)


def test_the_call_that_is_cut_is_not_made(tmp_path: Path) -> None:
    def action() -> int:
        try:
            os.mkdir(tmp_path / "made")  # noqa: PTH102 - one system call
        except OSError as trouble:
            return trouble.errno or 0
        return 0

    assert run(action, Cut(at=1, error=errno.ENOSPC)).status == errno.ENOSPC
    assert not (tmp_path / "made").exists()
    assert run(action, Cut(at=1)).status < 0
    assert not (tmp_path / "made").exists()
    assert run(action, Cut(at=2)).cut is False
    assert (tmp_path / "made").exists()
