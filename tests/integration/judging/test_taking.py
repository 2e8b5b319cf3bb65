"""Files are handed on to be judged as they are taken, not when all are."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.desk import make_desk
from domain.periods import Period
from ingest.demo.files import many_files
from ingest.lanes import Task
from ingest.pipeline import Pipeline


def test_each_file_is_handed_on_before_the_next_is_taken(tmp_path: Path) -> None:
    wiring, directory = make_desk(tmp_path / "desk", 3, 10)
    try:
        for file in many_files(directory, Period(2005, 1), 6):
            (wiring.settings.inbox / file.account / "depot" / file.name).write_bytes(file.content)
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        handed: list[Task] = []
        some = pipeline.take_ready(stop=lambda: len(handed) >= 2, hand=handed.append)
        assert (some.files, some.left) == (2, 4)
        assert len({one.account for one in handed}) == 2, "accounts take turns"
        rest = pipeline.take_ready(hand=handed.append)
        assert (rest.files, rest.left) == (4, 0)
        assert sorted(one.submission_id for one in handed) == sorted(one.submission_id for one in pipeline.pending())
    finally:
        wiring.close()


def test_what_is_taken_at_a_time_is_bounded_by_what_the_look_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring, directory = make_desk(tmp_path / "desk", 2, 10)
    try:
        for number, file in enumerate(many_files(directory, Period(2005, 1), 40)):
            (wiring.settings.inbox / file.account / "depot" / f"{number:02}_{file.name}").write_bytes(file.content)
        pipeline = Pipeline(wiring)
        pipeline.prepare()
        ticks = chain([0.0, 10.0], count(11.0, 8.0))  # the look lasts 10 s, each claim 8
        monkeypatch.setattr("ingest.taking.time", SimpleNamespace(monotonic=lambda: next(ticks)))
        taken = pipeline.take_ready(limit=3)
        assert (taken.files, taken.left) == (3 + 40 // 8, 40 - 8)
    finally:
        wiring.close()
