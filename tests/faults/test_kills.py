"""The plug is pulled at a system call that changes something; the service starts again: nothing is lost nor doubled.

A few cuts in the suite; `make faults` makes many (`FAULT_CYCLES`), `LONG=1` all of them, one after the other.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import tracing
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario

SEED = int(os.environ.get("SEED", "20050216"))
CYCLES = int(os.environ.get("FAULT_CYCLES", "4"))
PARTS = 4
"""Cuts are dealt to this many tests, so that processors share them."""

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A desk to copy for each cycle, and what it comes to when nothing is cut."""

    template: FaultDesk
    drops: tuple[Drop, ...]
    calls: int
    expected: dict[str, Any]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("faults")
    network, directory = network_of(folder / "network")
    drops = scenario(directory)
    template = FaultDesk(folder / "template")
    template.folder.mkdir()
    template.found(network, drops)
    untouched = template.copy(folder / "untouched")
    ended = untouched.passing(AT)
    assert ended.status == 0
    assert untouched.passing(LATER).status == 0
    expected = untouched.account(drops)
    assert expected["left"] == []
    assert len(expected["outcomes"]) == len(drops)
    assert sum(expected["delivered"].values()) == len(expected["messages"])
    assert set(expected["kept"]) == {one.sha256 for one in drops if not one.destroyed}
    assert {verdict for *_, verdict, _, _ in expected["outcomes"]} == {
        "accepted",
        "partially_accepted",
        "rejected",
        "nil",
        "destroyed",
    }
    yield Stage(template=template, drops=drops, calls=ended.calls, expected=expected)
    shutil.rmtree(folder, ignore_errors=True)


def cuts(calls: int, part: int) -> list[int]:
    """Numbers of calls: every one with LONG=1, else some, spread evenly and at random within."""
    if os.environ.get("LONG"):
        return list(range(1 + part, calls + 1, PARTS))
    dice = random.Random(SEED + part)  # noqa: S311 - where to cut
    width = calls / CYCLES
    return [1 + min(calls - 1, int((number + dice.random()) * width)) for number in range(part, CYCLES, PARTS)]


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_anywhere_it_mends_itself(stage: Stage, tmp_path: Path, count: Callable[..., None], part: int) -> None:
    for number in cuts(stage.calls, part):
        desk = stage.template.copy(tmp_path / str(number))
        cut = desk.passing(AT, tracing.Cut(at=number))
        assert cut.status in {-9, 0}, number  # 0: this run had fewer calls
        assert desk.passing(LATER).status == 0, number
        assert desk.account(stage.drops) == stage.expected, number
        assert desk.foreign_words() == [], number
        shutil.rmtree(desk.folder)
        count(cycles=1)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["no room", "a bad disk"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_calls_that_fail_lose_nothing(
    stage: Stage, tmp_path: Path, count: Callable[..., None], error: int, *, lasting: bool
) -> None:
    """Whatever the service made of it, it says so without dying in a loop, and goes on when there is room again."""
    for number in cuts(stage.calls, 0):
        desk = stage.template.copy(tmp_path / str(number))
        desk.passing(AT, tracing.Cut(at=number, error=error, lasting=lasting))
        assert desk.passing(LATER).status == 0, number
        assert desk.account(stage.drops) == stage.expected, number
        assert desk.foreign_words() == [], number
        shutil.rmtree(desk.folder)
        count(errors=1)


def test_killed_again_while_it_mends_itself(stage: Stage, tmp_path: Path, count: Callable[..., None]) -> None:
    dice = random.Random(SEED)  # noqa: S311 - where to cut
    desk = stage.template.copy(tmp_path / "desk")
    for _ in range(max(2, CYCLES // 4)):
        desk.passing(AT, tracing.Cut(at=dice.randrange(1, stage.calls // 3)))
        count(cuts_while_mending=1)
    assert desk.passing(LATER).status == 0
    assert desk.account(stage.drops) == stage.expected
    assert desk.foreign_words() == []
