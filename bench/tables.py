"""The tables of a large network: how long its editions take, and what distributing them to thousands costs."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.desk import make_desk
from domain.clock import RehearsalClock
from domain.organisations import MEMBERS, Contact, Directory, OrganisationType, Role
from domain.periods import Period
from domain.releases import Release
from ingest.demo.files import both_services
from ingest.following.publishing import make_all_editions
from ingest.pipeline import Pipeline
from ingest.publishing.distributing import distribute
from ingest.wiring import Wiring

PLATFORMS, MEMBERS_EACH, QUARTERS = 20, 10, 4
NOW = datetime(2006, 4, 18, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
FEWER = 10
"""The memory of the whole distribution is compared with that of so many times fewer recipients."""


def editions_and_distribution(folder: Path, recipients: int) -> None:
    """Make all editions of a year, then queue one for everybody; time, and memory as a ratio within this run."""
    members = PLATFORMS * MEMBERS_EACH
    print(f"tables of {members} CIL/CCI, {QUARTERS} quarters, {recipients} recipients")
    built, directory = make_desk(folder, PLATFORMS, MEMBERS_EACH)
    with Wiring(built.settings, RehearsalClock(NOW), rehearsal=True) as wiring:
        built.close()
        _deposit_all(wiring, directory)
        began = time.perf_counter()
        make_all_editions(wiring, LATER)
        made = [one for one in wiring.press.releases() if one.kind.distributed]
        took = time.perf_counter() - began
        print(f"  {len(made)} editions in {took:.1f} s: {took / max(len(made), 1):.2f} s each")
        few = _peak(wiring, directory, made[0], recipients // FEWER)
        many = _peak(wiring, directory, made[1], recipients)
        _readers(wiring, directory, recipients)
        began = time.perf_counter()
        queued = distribute(wiring, [made[2]], LATER)
        took = time.perf_counter() - began
        print(f"  {queued} messages queued in {took:.1f} s: {queued / took:.0f} a second")
        print(f"  memory: {many / few:.2f} times that of {FEWER} times fewer recipients ({many / 2**20:.0f} MiB)")


def _deposit_all(wiring: Wiring, directory: Directory) -> None:
    desk = Pipeline(wiring)
    desk.prepare()
    platforms = [one.code for one in directory.organisations if one.type is OrganisationType.PF]
    for number in range(1, QUARTERS + 1):
        for platform in platforms:
            one = both_services(directory, platform, Period(2005, number))
            path = wiring.settings.inbox / one.account / "depot" / one.name
            path.write_bytes(one.content)
    while desk.take_ready(limit=1000).files:
        pass
    clerk = wiring.new_clerk()
    for task in desk.pending():
        desk.judge(task.submission_id, clerk)


def _readers(wiring: Wiring, directory: Directory, number: int) -> None:
    """A register in which so many people of the CIL/CCI read the tables."""
    codes = [one.code for one in directory.organisations if one.type in MEMBERS]
    contacts = tuple(
        Contact(
            organisation=codes[place % len(codes)],
            courriel=f"lecture{place}@{codes[place % len(codes)].lower()}.example",
            nom="Lecture",
            role=Role.DIFFUSION,
        )
        for place in range(number)
    )
    version = wiring.register.current().version
    register = replace(directory, version=version, contacts=contacts)
    wiring.register.replace(register, author="bench", now=NOW, source="bench")


def _peak(wiring: Wiring, directory: Directory, edition: Release, recipients: int) -> int:
    """Bytes in use at most while an edition is distributed, beyond what was in use before."""
    _readers(wiring, directory, recipients)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    distribute(wiring, [edition], LATER)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak
