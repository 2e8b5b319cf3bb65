"""The tracer itself: it counts, it cuts, and it waits for nobody else's children."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typst

from tests.faults.tracing import SUPPORTED, Cut, run

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
