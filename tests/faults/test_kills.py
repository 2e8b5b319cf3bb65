"""The plug is pulled at a system call that changes something; the service starts again: nothing is lost nor doubled.

A few cuts in the suite; `make faults` makes many (`FAULT_CYCLES`), `LONG=1` all of them, one after the other.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo.files import many_files
from tests.faults import tracing
from tests.faults.desk import AT, LATER, Drop, FaultDesk, network_of, scenario
from tests.faults.zygote import Zygotes

SEED = int(os.environ.get("SEED", "20050216"))
CYCLES = int(os.environ.get("FAULT_CYCLES", "4"))
MANY = CYCLES >= 20 or bool(os.environ.get("LONG"))
GROUPS = ((0, 1, 2, 3, 4, 5), (0, 5), (1, 2), (3, 4))
"""Which files of the scenario are there: all; or two of them, so that a cycle costs less and more are made.

Many cuts are dealt to all groups, few to the first.
"""
KILLS_OF_A_CHAIN = 3
LOADED_FILES = 24

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A desk to copy for each cycle, and what it comes to when nothing is cut."""

    template: FaultDesk
    folder: Path
    drops: tuple[Drop, ...]
    calls: int
    expected: dict[str, Any]
    told: Callable[[FaultDesk], dict[str, Any]]

    def desk(self) -> FaultDesk:
        """A fresh copy."""
        return self.template.copy(self.folder / "desk")

    def check(self, desk: FaultDesk, number: object) -> None:
        """The service starts once more; then all is as it had to be."""
        assert desk.passing(LATER).status == 0, number
        assert self.told(desk) == self.expected, number
        assert desk.foreign_words() == [], number
        shutil.rmtree(desk.folder)


def staged(template: FaultDesk, folder: Path, drops: tuple[Drop, ...], *, ordered: bool = True) -> Stage:
    """The template untouched: what it comes to.

    Unless `ordered`: files of an account came at once, and which of them is in force is told by no clock. One is.
    """

    def told(desk: FaultDesk) -> dict[str, Any]:
        found = desk.account(drops)
        if not ordered:
            found["in_force"] = Counter(row[0] for row in found["outcomes"] if row[4])
            found["outcomes"] = [(*row[:4], row[5]) for row in found["outcomes"]]
        return found

    untouched = template.copy(folder / "untouched")
    ended = untouched.passing(AT)
    assert ended.status == 0
    assert untouched.passing(LATER).status == 0
    expected = told(untouched)
    assert expected["left"] == []
    assert len(expected["outcomes"]) == len(drops)
    assert sum(expected["delivered"].values()) == len(expected["messages"])
    assert set(expected["kept"]) == {one.sha256 for one in drops if not one.destroyed}
    shutil.rmtree(untouched.folder)
    return Stage(template=template, folder=folder, drops=drops, calls=ended.calls, expected=expected, told=told)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory, quick: Path, zygotes: Zygotes) -> Iterator[Callable[[int], Stage]]:
    """The stage of a group. With many cuts, the first group has processes of its own, and the disk of the tests."""
    slow = tmp_path_factory.mktemp("faults")
    network, directory = network_of(slow / "network")
    every = scenario(directory)

    @cache
    def stage(group: int) -> Stage:
        real = MANY and group == 0
        folder = (slow if real else quick) / str(group)
        drops = tuple(every[number] for number in GROUPS[group])
        template = FaultDesk(folder / "template")
        template.folder.mkdir(parents=True)
        template.found(network, drops)
        template.zygotes = None if real else zygotes
        made = staged(template, folder, drops)
        verdicts = {verdict for *_, verdict, _, _ in made.expected["outcomes"]}
        assert group or verdicts == {"accepted", "partially_accepted", "rejected", "nil", "destroyed"}
        return made

    yield stage
    shutil.rmtree(slow, ignore_errors=True)


def cuts(calls: int, number: int, dice: random.Random) -> list[int]:
    """Numbers of calls: every one with LONG=1, else so many, spread evenly and at random within."""
    if os.environ.get("LONG"):
        return list(range(1, calls + 1))
    width = calls / max(1, number)
    return [1 + min(calls - 1, int((place + dice.random()) * width)) for place in range(number)]


def groups(part: int) -> int:
    return part if MANY else 0


@pytest.mark.parametrize("part", range(len(GROUPS)))
def test_killed_anywhere_it_mends_itself(stages: Callable[[int], Stage], count: Callable[..., None], part: int) -> None:
    stage = stages(groups(part))
    dice = random.Random(SEED + part)  # noqa: S311 - where to cut
    for number in cuts(stage.calls, CYCLES // len(GROUPS), dice):
        desk = stage.desk()
        cut = desk.passing(AT, tracing.Cut(at=number))
        assert cut.status in {-9, 0}, number  # 0: this run had fewer calls
        stage.check(desk, number)
        count(cycles=1, outcomes=len(stage.drops))


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["no room", "a bad disk"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_calls_that_fail_lose_nothing(
    stages: Callable[[int], Stage], count: Callable[..., None], error: int, *, lasting: bool
) -> None:
    """Whatever the service made of it, it says so without dying in a loop, and goes on when there is room again."""
    dice = random.Random(f"{SEED} {error} {lasting}")  # noqa: S311 - where to cut
    for part in range(len(GROUPS) if MANY else 1):
        stage = stages(part)
        for number in cuts(stage.calls, max(1, CYCLES // 8 // len(GROUPS)), dice):
            desk = stage.desk()
            desk.passing(AT, tracing.Cut(at=number, error=error, lasting=lasting))
            stage.check(desk, number)
            count(errors=1, outcomes=len(stage.drops))


@pytest.mark.parametrize("part", range(len(GROUPS)) if MANY else [0])
def test_killed_again_while_it_mends_itself(
    stages: Callable[[int], Stage], count: Callable[..., None], part: int
) -> None:
    """Killed, then killed twice more at what it does next, wherever that is."""
    stage = stages(groups(part))
    dice = random.Random(f"{SEED} again {part}")  # noqa: S311 - where to cut
    for _ in range(max(1, CYCLES // 8 // len(GROUPS))):
        desk = stage.desk()
        at = [dice.randrange(1, stage.calls)]
        at += [min(dice.randrange(1, stage.calls), dice.randrange(1, stage.calls)) for _ in range(KILLS_OF_A_CHAIN - 1)]
        killed = [desk.passing(AT, tracing.Cut(at=number)).cut for number in at]
        stage.check(desk, at)
        count(cycles=killed[0], cuts_while_mending=sum(killed[1:]), outcomes=len(stage.drops))


def test_killed_at_any_moment_under_load(zygotes: Zygotes, quick: Path, count: Callable[..., None]) -> None:
    """Not at a call but after a while, again and again, while many files wait."""
    network, directory = network_of(quick / "loaded-network")
    files = many_files(directory, Period(2005, 1), LOADED_FILES)
    drops = tuple(Drop(account=one.account, box="depot", name=one.name, content=one.content) for one in files)
    dice = random.Random(f"{SEED} moments")  # noqa: S311 - when
    template = FaultDesk(quick / "loaded" / "template")
    template.folder.mkdir(parents=True)
    template.found(network, drops)
    template.zygotes = zygotes
    stage = staged(template, quick / "loaded", drops, ordered=False)
    assert set(stage.expected["in_force"].values()) == {1}
    wanted = CYCLES // 4
    while wanted > 0:
        desk = stage.desk()
        moments = [dice.expovariate(2.5) for _ in range(min(wanted, 10))]
        killed = sum(desk.passing_for(moment, AT) for moment in moments)
        stage.check(desk, moments)
        count(random_kills=killed, outcomes=len(drops))
        wanted -= len(moments)
