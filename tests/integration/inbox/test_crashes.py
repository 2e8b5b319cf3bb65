"""kill -9 before every system call that changes something, then a restart: one deposit, its bytes, its receipt.

The loop of reliability.md: the 1st call, the 2nd, the 3rd … until a run ends untouched. Recovery itself is killed too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("crashing.py")
NAME = "n1a_2005T1\n\u00e9.csv"
CONTENT = b"a;b\n1;2\n" * 40_000
STRACE = shutil.which("strace")
CALLS = ["mkdir", "fsync", "rename", "renameat", "unlink", "unlinkat", "flock"]
MOST = 40


def _strace_works() -> bool:
    if STRACE is None:
        return False
    return subprocess.run([STRACE, "-qq", "-e", "trace=none", "true"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not _strace_works(), reason="strace is missing or not allowed here"),
    pytest.mark.slow,
]


def _run(folder: Path, call: str | None = None, when: int = 0) -> int:
    command = [sys.executable, "-X", "frozen_modules=on", str(PROGRAM), str(folder)]
    if call is not None:
        inject = f"inject=?{call}:signal=KILL:when={when}"
        command = [STRACE or "strace", "-qq", "-o", "/dev/null", "-e", f"trace=?{call}", "-e", inject, *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, -9, 137):
        pytest.fail(f"{call} {when}: {done.returncode} {done.stderr}")
    return done.returncode


def _world(folder: Path) -> datetime:
    depot = folder / "inbox" / "pf03" / "depot"
    depot.mkdir(parents=True)
    (folder / "ledger").mkdir()
    path = depot / NAME
    path.write_bytes(CONTENT)
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=path.stat().st_ctime_ns // 1000)


def _check(folder: Path, received_at: datetime, where: str) -> None:
    committed = [each for each in (folder / "ledger").iterdir() if not each.name.startswith(".")]
    rows = {each.name: json.loads(each.read_text()) for each in committed}
    assert len(rows) == 1, where
    ((submission_id, row),) = rows.items()
    assert row == {
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "name": "n1a_2005T1\\x0a\u00e9.csv",
        "account": "pf03",
        "box": "depot",
        "received_at": received_at.isoformat(),
        "proof": "change_time",
    }, where
    assert [each.name for each in (folder / "home" / "spool").iterdir()] == [submission_id], where
    assert (folder / "home" / "spool" / submission_id / "original").read_bytes() == CONTENT, where
    assert [each.name for each in (folder / "inbox" / ".guichet" / "claims").iterdir()] == [".lease"], where
    assert list((folder / "inbox" / "pf03" / "depot").iterdir()) == [], where


@pytest.mark.parametrize("call", CALLS)
def test_a_kill_before_any_call_loses_and_doubles_nothing(tmp_path: Path, call: str) -> None:
    for when in range(1, MOST):
        folder = tmp_path / f"{call}-{when}"
        received_at = _world(folder)
        if _run(folder, call, when) == 0:
            _check(folder, received_at, f"{call} untouched")
            assert when > 1 or call == "unlink", f"{call} is never called: the loop proves nothing"
            break
        _run(folder, call, when=1 + when % 3)  # recovery is killed too, or comes through
        assert _run(folder) == 0
        _check(folder, received_at, f"{call} {when}")
        shutil.rmtree(folder)
    else:
        pytest.fail(f"{call}: no run came through untouched")
