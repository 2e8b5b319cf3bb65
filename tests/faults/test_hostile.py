"""The whole corpus of odd and hostile files, and files spoiled by chance: each gets exactly one outcome, none stops us.

`make faults` spoils many (`FAULT_MUTANTS`); the suite a few.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rules.unreadable import ADVICE
from tests.corpus_kit import CORPUS, allowed, index
from tests.faults import tracing
from tests.faults.desk import AT, FaultDesk, network_of, quick_folder
from tests.faults.mutating import mutants
from tests.faults.zygote import Zygotes

MUTANTS = int(os.environ.get("FAULT_MUTANTS", "40"))
SEED = int(os.environ.get("SEED", "20050216"))
PARTS, BATCH, LONG = 4, 250, 1000

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@pytest.fixture(scope="module")
def template(quick: Path, zygotes: Zygotes) -> FaultDesk:
    network, _directory = network_of(quick / "network")
    desk = FaultDesk(quick / "template")
    desk.folder.mkdir()
    desk.found(network, ())
    desk.zygotes = zygotes
    return desk


def answered(desk: FaultDesk, files: Iterable[tuple[str, bytes]], *, one_by_one: bool = False) -> dict[str, str]:
    """Drop them, at once or each alone: what the oracle asks of each; what each was told, by its name."""
    box = desk.inbox / "pf01" / "depot"
    dropped = dict(files)
    acts = [partial((box / name).write_bytes, content) for name, content in dropped.items()]
    if one_by_one:
        assert desk.passing_untraced(AT, acts) == 0, "the service died"
    else:
        for act in acts:
            act()
        assert desk.passing_untraced(AT) == 0, "the service died"
    with sqlite3.connect(f"file:{desk.home / 'guichet.sqlite3'}?mode=ro", uri=True) as base:
        told = base.execute("SELECT file_name, sha256, state, verdict FROM submission").fetchall()
        messages = dict(base.execute("SELECT event, count(*) FROM message GROUP BY event").fetchall())
        answers = base.execute("SELECT file_name, answer FROM submission").fetchall()
    wanted = sorted(hashlib.sha256(content).hexdigest() for content in dropped.values())
    assert [one for one in told if one[2] != "judged"] == [], "a file has no outcome"
    assert sorted(one[1] for one in told) == wanted, "lost, or judged twice"
    assert messages["receipt"] == messages["verdict"] == len(dropped)
    destroyed = {sha256 for _, sha256, _, verdict in told if verdict == "destroyed"}
    kept = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (desk.home / "archive").rglob("*") if path.is_file()
    }
    assert set(wanted) - destroyed <= kept
    assert not destroyed & kept
    assert desk.left() == []
    return {name: why_unread(json.loads(answer)) for name, answer in answers}


_FIGURES = re.compile(r"\s\([^()]*\)|\sà la ligne \d+(?:, \d+e colonne)?")
UNREAD = {_FIGURES.sub("", advice.message): reason for reason, advice in ADVICE.items()}


def why_unread(answer: Mapping[str, Any]) -> str:
    """Why a file gave no table, as its depositor reads it; `table` when the rest was judged."""
    (first, *_) = [finding for section in answer["sections"] for finding in section["findings"]]
    return UNREAD.get(_FIGURES.sub("", first["message"]), "table")


def named(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for number, path in enumerate(paths):
        yield f"{number:03d}-{path.name}", path.read_bytes()


def as_required(told: Mapping[str, str], files: Sequence[Path]) -> None:
    """What the index asks of each; of the lists of strings and of the index itself nothing."""
    names = {path: name for path, (name, _) in zip(files, named(files), strict=True)}
    for place, required in index():
        assert told[names[CORPUS / place]] in allowed(Path(place).name, required), place
    assert len(files) > len(index()) > 120


def test_the_whole_corpus_at_once(template: FaultDesk, quick: Path, count: Callable[..., None]) -> None:
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    as_required(answered(template.copy(quick / "at-once"), named(files)), files)
    count(corpus_files=len(files), outcomes=len(files))


@pytest.mark.skipif(MUTANTS < LONG, reason="as at once, many times longer: make faults")
def test_the_whole_corpus_one_by_one(template: FaultDesk, quick: Path, count: Callable[..., None]) -> None:
    """A pass for each, which is all that the service then has to do."""
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    as_required(answered(template.copy(quick / "one-by-one"), named(files), one_by_one=True), files)
    count(corpus_files_one_by_one=len(files), outcomes=len(files))


@pytest.mark.parametrize("part", range(PARTS))
def test_files_spoiled_by_chance(template: FaultDesk, count: Callable[..., None], part: int) -> None:
    number = MUTANTS // PARTS
    made = mutants(CORPUS, number, SEED + part)
    done = 0
    while done < number:
        with quick_folder() as folder:
            batch = [one for _, one in zip(range(min(BATCH, number - done)), made, strict=False)]
            answered(template.copy(folder / "desk"), batch)
            done += len(batch)
    count(mutants=done, outcomes=done)
