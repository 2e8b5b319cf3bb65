"""Six ways in which a well-known consumer of dropped files lost some (paperless-ngx, issues so numbered): not here."""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.clock import SystemClock
from ingest import effects, pipeline
from ingest.inbox import Inbox
from tests.faults import tracing
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario

MENDED_AT = LATER.replace(hour=11)

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@dataclass(frozen=True)
class Single:
    """A desk with one good file in a box."""

    desk: FaultDesk
    drop: Drop

    @property
    def path(self) -> Path:
        return self.desk.inbox / self.drop.account / self.drop.box / self.drop.name

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Hash, state and verdict of each deposit."""
        with sqlite3.connect(f"file:{self.desk.home / 'guichet.sqlite3'}?mode=ro", uri=True) as base:
            return base.execute("SELECT sha256, state, verdict FROM submission ORDER BY received_at").fetchall()

    def answered(self) -> bool:
        mine = self.desk.inbox / self.drop.account / "retours"
        return self.outcomes() == [(self.drop.sha256, "judged", "accepted")] and any(mine.glob("*/verdict.json"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Single:
    folder = tmp_path_factory.mktemp("known")
    network, directory = network_of(folder / "network")
    drop = scenario(directory)[0]
    desk = FaultDesk(folder / "template")
    desk.folder.mkdir()
    desk.found(network, (drop,))
    return Single(desk, drop)


@pytest.fixture(scope="module")
def calls(template: Single, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many a pass makes when nothing fails."""
    return template.desk.copy(tmp_path_factory.mktemp("untouched") / "desk").passing(AT).calls


@pytest.fixture
def single(template: Single, tmp_path: Path) -> Single:
    return Single(template.desk.copy(tmp_path / "desk"), template.drop)


def test_432_a_file_that_is_still_written_is_not_consumed(single: Single) -> None:
    if not _leases(single):
        pytest.skip("this file system cannot tell who writes")
    with single.path.open("ab") as writer:
        assert single.desk.passing(AT).status == 0
        assert single.outcomes() == []
        assert single.path.exists()
        writer.write(b"\r\n")
    assert single.desk.passing(LATER).status == 0
    assert [state for _, state, _ in single.outcomes()] == ["judged"]


def test_483_a_pause_longer_than_the_quiet_time_mixes_and_loses_nothing(single: Single) -> None:
    """Its client closes after the first half, waits, writes the whole again: two deposits, each judged as it was."""
    half = single.drop.content[: len(single.drop.content) // 2]
    single.path.write_bytes(half)
    assert single.desk.passing(AT).status == 0
    single.path.write_bytes(single.drop.content)
    assert single.desk.passing(LATER).status == 0
    kept = {one for one, *_ in single.outcomes()}
    assert kept == {hashlib.sha256(half).hexdigest(), single.drop.sha256}
    assert single.desk._kept() >= kept
    assert {one: verdict for one, _, verdict in single.outcomes()}[single.drop.sha256] == "accepted"


def test_2918_and_9698_what_was_not_ready_for_hours_is_taken_without_a_restart(single: Single) -> None:
    """No patience that ends, no list of files given up: the same service takes it once its writer is gone."""
    if not _leases(single):
        pytest.skip("this file system cannot tell who writes")
    inbox = Inbox(settings=single.desk.settings, clock=SystemClock())
    inbox.prepare()
    seconds = 0.0
    with single.path.open("ab"):
        for _ in range(50):
            assert inbox.scan(lambda _name: True, seconds).ready == ()
            seconds += 3600
        said = {one.key for one in inbox.scan(lambda _name: True, seconds).oddities}
        assert len(said) == 1, "its depositor is told"
    assert [one.name for one in inbox.scan(lambda _name: True, seconds + 1).ready] == [single.drop.name]


@pytest.mark.parametrize("place", [0.1, 0.4, 0.7], ids=["claiming", "judging", "answering"])
def test_8329_a_full_disk_is_no_outcome(single: Single, calls: int, place: float) -> None:
    single.desk.passing(AT, tracing.Cut(at=int(calls * place), error=errno.ENOSPC, lasting=True))
    assert single.desk.passing(MENDED_AT).status == 0
    assert single.answered()


def test_2396_nothing_is_removed_before_it_is_safe_elsewhere(single: Single) -> None:
    """Before each system call that changes something, the bytes are somewhere, whole."""
    looks: list[int] = []

    def look(number: int) -> None:
        places = [single.path.parent, single.desk.inbox / ".guichet", single.desk.home / "spool"]
        files = [path for place in (*places, single.desk.home / "archive") for path in place.rglob("*")]
        found = (path.read_bytes() for path in files if path.is_file())
        assert any(hashlib.sha256(content).hexdigest() == single.drop.sha256 for content in found), number
        looks.append(number)

    assert single.desk.passing(AT, watch=look).status == 0
    assert len(looks) > 50
    assert single.answered()


@pytest.mark.parametrize("where", ["of the mail", "of the page"])
def test_14128_a_broken_template_costs_no_file(single: Single, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError("template")

    with monkeypatch.context() as patched:
        if where == "of the mail":
            patched.setattr(pipeline.notices, "verdict_notices", broken)
        else:
            patched.setattr(effects, "report_html", broken)
        assert single.desk.passing(AT).status == 0
        assert not single.answered()
    assert hashlib.sha256(_original(single).read_bytes()).hexdigest() == single.drop.sha256
    assert single.desk.passing(MENDED_AT).status == 0
    assert single.answered()


def _original(single: Single) -> Path:
    (found,) = [
        path
        for place in (single.desk.home / "spool", single.desk.home / "archive")
        for path in place.rglob("original*")
    ]
    return found


def _leases(single: Single) -> bool:
    inbox = Inbox(settings=single.desk.settings, clock=SystemClock())
    inbox.prepare()
    return inbox.leases
