"""The kernel drops file events while the service is stopped: what it never heard of is taken all the same."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.desk import Drop, FaultDesk, network_of, scenario

LIBC = ctypes.CDLL(None, use_errno=True)
ARRIVALS = 0x100 | 0x80 | 0x08  # created, moved there, closed after writing
OVERFLOW = 0x4000
QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
PATIENCE_SECONDS = 120
SETTINGS = """\
settle_seconds = 0
sftp_enabled = false
scan_seconds = 2
first_period = "2005T1"
"""

pytestmark = pytest.mark.skipif(not QUEUE.exists(), reason="there is no inotify here")


class Ear:
    """A watch of ours on a folder, with the same queue as the service's; read when all is over."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._descriptor >= 0
        assert LIBC.inotify_add_watch(self._descriptor, os.fsencode(folder), ARRIVALS) >= 0

    def heard(self) -> tuple[list[bytes], bool]:
        """The names that it heard of, and whether its queue overflowed."""
        names, overflowed = [], False
        while True:
            try:
                data = os.read(self._descriptor, 1 << 20)
            except BlockingIOError:
                os.close(self._descriptor)
                return names, overflowed
            place = 0
            while place < len(data):
                _, mask, _, length = struct.unpack_from("iIII", data, place)
                names.append(data[place + 16 : place + 16 + length].rstrip(b"\0"))
                overflowed |= bool(mask & OVERFLOW)
                place += 16 + length


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[FaultDesk, Drop, int]]:
    network, directory = network_of(tmp_path / "network")
    desk = FaultDesk(tmp_path / "desk")
    desk.folder.mkdir()
    desk.found(network, ())
    (desk.folder / "guichet.toml").write_text(SETTINGS)
    words = ("--config", str(desk.folder / "guichet.toml"), "--at", "2005-04-18T10:00", "run")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "ingest", *words], stdout=log, stderr=log, env=environment)
    try:
        until(lambda: (desk.home / "run.json").exists() or process.poll() is not None)
        yield desk, scenario(directory)[0], process.pid
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        assert process.wait(60) == 0


def test_events_that_were_dropped_lose_no_file(running: tuple[FaultDesk, Drop, int]) -> None:
    desk, file, pid = running
    box = desk.inbox / file.account / file.box
    ear = Ear(box)
    os.kill(pid, signal.SIGSTOP)
    for number in range(int(QUEUE.read_text()) // 2 + 100):
        other = box / f".{number}.part"
        other.touch()
        other.unlink()
    path = box / file.name
    path.write_bytes(file.content)
    names, overflowed = ear.heard()
    assert overflowed
    assert os.fsencode(file.name) not in names, "it was heard of: that proves nothing"
    os.kill(pid, signal.SIGCONT)
    answers = desk.inbox / file.account / "retours"
    until(lambda: any(answers.glob("*/verdict.json")))
    (answer,) = answers.glob("*/verdict.json")
    assert json.loads(answer.read_text())["file"]["sha256"] == file.sha256


def until(done: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.05)
