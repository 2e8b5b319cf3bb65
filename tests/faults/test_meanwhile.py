"""What a depositor does to a file while the service has it in hand: what is judged is whole, and one of its states."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import tracing
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario
from tests.faults.zygote import Zygotes

SEED = int(os.environ.get("SEED", "20050216"))
TIMES = max(2, int(os.environ.get("FAULT_CYCLES", "4")) // 20)
CALLS = 260
"""Until well after the file is ours."""

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


def rewritten(path: Path, other: bytes) -> bytes:
    """In place, by somebody who keeps it open."""
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(other)
    return other


def replaced(path: Path, other: bytes) -> bytes:
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(other)
    draft.rename(path)
    return other


def cut_short(path: Path, _other: bytes) -> bytes:
    whole = path.read_bytes()
    os.truncate(path, len(whole) // 2)
    return whole[: len(whole) // 2]


def removed(path: Path, _other: bytes) -> None:
    path.unlink()


@pytest.fixture(scope="module")
def template(quick: Path, zygotes: Zygotes) -> tuple[FaultDesk, Drop]:
    network, directory = network_of(quick / "network")
    drop = scenario(directory)[0]
    desk = FaultDesk(quick / "template")
    desk.folder.mkdir()
    desk.found(network, (drop,))
    desk.zygotes = zygotes
    return desk, drop


@pytest.mark.parametrize("act", [rewritten, replaced, cut_short, removed])
def test_what_is_judged_is_one_state_of_the_file(
    template: tuple[FaultDesk, Drop],
    quick: Path,
    count: Callable[..., None],
    act: Callable[[Path, bytes], bytes | None],
) -> None:
    """Once the file is ours its name is free: what comes there then is another deposit, or was never one."""
    original, drop = template
    dice = random.Random(f"{SEED} {act.__name__}")  # noqa: S311 - when
    for number in sorted(dice.sample(range(1, CALLS), TIMES)):
        desk = original.copy(quick / "desk")
        path = desk.inbox / drop.account / drop.box / drop.name
        other = drop.content.replace(b";", b" ;", 1)
        versions: list[bytes | None] = []

        def look(
            at: int,
            number: int = number,
            path: Path = path,
            other: bytes = other,
            versions: list[bytes | None] = versions,
        ) -> None:
            if at >= number and not versions:
                try:
                    versions.append(act(path, other))
                except FileNotFoundError:  # it is ours already; what comes now is another file
                    path.write_bytes(other)
                    versions.append(other)

        assert desk.passing(AT, watch=look).status == 0, number
        for _ in range(2):
            assert desk.passing(LATER).status == 0, number
        assert versions, "nothing was done"
        sound(desk, {drop.content, *(one for one in versions if one is not None)}, last=versions[0])
        assert desk.foreign_words() == []
        shutil.rmtree(desk.folder)
        count(meanwhile=1)


def sound(desk: FaultDesk, versions: set[bytes], *, last: bytes | None) -> None:
    """Each deposit is one of the versions, whole in the archive, answered once; the last version is a deposit."""
    known = {hashlib.sha256(one).hexdigest() for one in versions}
    with closing(sqlite3.connect(f"file:{desk.home / 'guichet.sqlite3'}?mode=ro", uri=True)) as base:
        deposits = base.execute("SELECT id, sha256, state, verdict FROM submission").fetchall()
        mails = base.execute(
            "SELECT submission_id, event, count(*), min(state) FROM message WHERE submission_id IS NOT NULL"
            " GROUP BY submission_id, event, recipient"
        ).fetchall()
        loaded = base.execute(
            "SELECT x.submission_id, x.records_accepted, (SELECT count(*) FROM assistance_trimestrielle t"
            " WHERE t.submission_id = x.submission_id) FROM section x"
        ).fetchall()
    hashes = [sha256 for _, sha256, _, _ in deposits]
    assert len(hashes) == len(set(hashes)), "judged twice"
    assert set(hashes) <= known, "judged what never lay there"
    assert last is None or hashlib.sha256(last).hexdigest() in hashes, "lost"
    assert all(state == "judged" and verdict for _, _, state, verdict in deposits)
    assert {(one, event) for one, event, _, _ in mails} == {
        (one, event) for one, *_ in deposits for event in ("receipt", "verdict")
    }
    assert all((number, state) == (1, "sent") for *_, number, state in mails)
    assert all(rows in {0, accepted} for _, accepted, rows in loaded), "half a load"
    kept = [path for path in (desk.home / "archive").rglob("original.*") if path.is_file()]
    assert sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in kept) == sorted(hashes)
    assert desk.left() == []
