"""`doctor` says which fences of the kernel stand around a child that reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ingest import doctor
from ingest.diagnosis import Diagnosis, Health
from ingest.limited.client import Usage
from ingest.limited.confinement import Fences
from ingest.reading.raw import RawFile, ReadOutcome, Unreadable, UnreadableReason


def said(fences: Fences, outcome: ReadOutcome | None = None) -> list[Diagnosis]:
    usage = Usage(wall_seconds=0.1, cpu_seconds=0.1, peak_bytes=1, fences=fences)
    reader = SimpleNamespace(read=lambda *_, **__: outcome or RawFile(format="csv"), last_usage=usage)
    wiring: Any = SimpleNamespace(new_reader=lambda: reader, catalogue=SimpleNamespace(vocabulary=frozenset()))
    return list(doctor._reading(wiring))


@pytest.mark.parametrize(
    ("fences", "health", "lacking"),
    [
        (Fences(calls=True, files=True, network=True), Health.OK, ""),
        (Fences(calls=True, files=False, network=True), Health.WARNING, "files (Landlock)"),
        (Fences(calls=True, files=True, network=False), Health.WARNING, "a network of its own"),
        (Fences(calls=False, files=True, network=True), Health.FAULT, "system calls (seccomp)"),
        (Fences(calls=False, files=False, network=False), Health.FAULT, "a network of its own"),
    ],
)
def test_which_fences_stand_is_said(fences: Fences, health: Health, lacking: str) -> None:
    reads, around = said(fences)
    assert (reads.health, around.health) == (Health.OK, health)
    assert lacking in around.detail
    assert bool(around.remedy) is (health is not Health.OK)


def test_a_child_that_cannot_read_is_a_fault() -> None:
    outcome = Unreadable(reason=UnreadableReason.MEMORY_LIMIT)
    reads, _ = said(Fences(calls=True, files=True, network=True), outcome)
    assert (reads.health, "memory_limit" in reads.detail) == (Health.FAULT, True)
