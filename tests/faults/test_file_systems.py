"""A file system that is really full, without a file more to give, or read-only; a log that cannot be written.

Needs the right to mount; the calls that fail by themselves are in `test_kills.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario
from tests.faults.zygote import Zygotes

FULL = Path("/dev/full")
PAGE = 4096
MUCH = 64 << 20
LIMITS = {
    "full": lambda room: f"size={room.used}",
    "a page left": lambda room: f"size={room.used + PAGE}",
    "little left": lambda room: f"size={room.used + 40 * PAGE}",
    "full half way": lambda room: f"size={room.used + 90 * PAGE}",
    "no file more": lambda room: f"nr_inodes={room.files}",
    "few files more": lambda room: f"nr_inodes={room.files + 8}",
    "read-only": lambda _room: "ro",
}
SETTINGS = """\
settle_seconds = 0
sftp_enabled = false
first_period = "2005T1"
mail_admin = "admin@uesl.example"
mail_from = "guichet@uesl.example"
"""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is in use on a file system: bytes, files."""

    used: int
    files: int


class Volume:
    """A file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def limit(self, options: str) -> None:
        """Mount it anew as it stands."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True, capture_output=True)

    def room(self) -> Room:
        known = os.statvfs(self.folder)
        return Room(used=(known.f_blocks - known.f_bfree) * known.f_frsize, files=known.f_files - known.f_ffree)


@contextmanager
def volume(folder: Path) -> Iterator[Volume]:
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={MUCH}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"no right to mount a file system: {done.stderr.strip()}")
    try:
        yield Volume(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A desk to copy, and what it comes to when nothing is in its way."""

    template: FaultDesk
    drops: tuple[Drop, ...]
    expected: dict[str, Any]


@pytest.fixture(scope="module")
def stage(quick: Path, zygotes: Zygotes) -> Stage:
    network, directory = network_of(quick / "network")
    drops = scenario(directory)
    template = FaultDesk(quick / "template")
    template.folder.mkdir()
    template.found(network, drops)
    template.zygotes = zygotes
    untouched = template.copy(quick / "untouched")
    assert untouched.passing_untraced(AT) == 0
    assert untouched.passing_untraced(LATER) == 0
    return Stage(template=template, drops=drops, expected=untouched.account(drops))


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS.keys())
def test_a_file_system_that_gives_nothing_more_loses_nothing(
    stage: Stage, quick: Path, count: Callable[..., None], request: pytest.FixtureRequest, limit: Callable[[Room], str]
) -> None:
    """Twice in that state; then there is room again, and the service goes on by itself."""
    with volume(quick / request.node.callspec.id) as disk:
        shutil.copytree(stage.template.folder, disk.folder / "desk")
        desk = FaultDesk(disk.folder / "desk")
        desk.zygotes = stage.template.zygotes
        disk.limit(limit(disk.room()))
        desk.passing_untraced(AT)
        desk.passing_untraced(AT)
        assert desk.left(), "there was room for everything: that proves nothing"
        disk.limit(f"rw,size={MUCH},nr_inodes=100000")
        assert desk.passing_untraced(LATER) == 0
        assert desk.account(stage.drops) == stage.expected
        assert desk.foreign_words() == []
        count(full_file_systems=1, outcomes=len(stage.drops))


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_log_that_cannot_be_written_stops_nothing(stage: Stage, quick: Path) -> None:
    desk = stage.template.copy(quick / "mute")
    (desk.folder / "guichet.toml").write_text(SETTINGS)
    words = ("--config", str(desk.folder / "guichet.toml"), "--at", "2005-04-18T10:00", "once")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ingest", *words],
            stdout=subprocess.DEVNULL,
            stderr=full,
            env=environment,
            check=False,
        )
    assert done.returncode == 0
    told = desk.account(stage.drops)
    for key in ("rows", "kept", "left", "obligations"):
        assert told[key] == stage.expected[key], key
    assert {row[3] for row in told["outcomes"]} == {row[3] for row in stage.expected["outcomes"]}
    assert all(row[3] == "sent" for row in told["messages"])
