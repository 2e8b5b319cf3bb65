"""The whole corpus of odd and hostile files, and files spoiled by chance: each gets exactly one outcome, none stops us.

`make faults` spoils many (`FAULT_MUTANTS`); the suite a few.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.faults import tracing
from tests.faults.desk import AT, FaultDesk, network_of
from tests.faults.mutating import mutants

CORPUS = Path(__file__).parents[1] / "corpus"
MUTANTS = int(os.environ.get("FAULT_MUTANTS", "40"))
SEED = int(os.environ.get("SEED", "20050216"))
PARTS, BATCH = 4, 250

pytestmark = pytest.mark.skipif(not tracing.SUPPORTED, reason="system calls are traced on x86_64 only")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> FaultDesk:
    folder = tmp_path_factory.mktemp("hostile")
    network, _directory = network_of(folder / "network")
    desk = FaultDesk(folder / "template")
    desk.folder.mkdir()
    desk.found(network, ())
    return desk


def answered(desk: FaultDesk, files: Iterable[tuple[str, bytes]]) -> int:
    """Drop them at once, make one pass: what the oracle asks of each; how many there were."""
    box = desk.inbox / "pf01" / "depot"
    dropped: dict[str, str] = {}
    for name, content in files:
        (box / name).write_bytes(content)
        dropped[name] = hashlib.sha256(content).hexdigest()
    ended = desk.passing(AT)
    assert ended.status == 0, "the service died"
    with sqlite3.connect(f"file:{desk.home / 'guichet.sqlite3'}?mode=ro", uri=True) as base:
        told = base.execute("SELECT file_name, sha256, state, trouble FROM submission").fetchall()
        verdicts = dict(base.execute("SELECT event, count(*) FROM message GROUP BY event").fetchall())
        gone = base.execute("SELECT sha256 FROM submission WHERE verdict = 'destroyed'").fetchall()
    destroyed = {one for (one,) in gone}
    assert [one for one in told if one[2] != "judged"] == [], "a file has no outcome"
    assert sorted(one[1] for one in told) == sorted(dropped.values()), "lost, or judged twice"
    assert verdicts["receipt"] == verdicts["verdict"] == len(dropped)
    kept = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (desk.home / "archive").rglob("*") if path.is_file()
    }
    assert set(dropped.values()) - destroyed <= kept
    assert not destroyed & kept
    assert desk.left() == []
    return len(dropped)


def named(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for number, path in enumerate(paths):
        yield f"{number:03d}-{path.name}", path.read_bytes()


def test_the_whole_corpus_at_once(template: FaultDesk, tmp_path: Path, count: Callable[..., None]) -> None:
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    assert answered(template.copy(tmp_path / "desk"), named(files)) == len(files) > 100
    count(corpus_files=len(files))


@pytest.mark.parametrize("part", range(PARTS))
def test_files_spoiled_by_chance(template: FaultDesk, count: Callable[..., None], part: int) -> None:
    number = MUTANTS // PARTS
    made = mutants(CORPUS, number, SEED + part)
    done = 0
    while done < number:
        with tempfile.TemporaryDirectory() as folder:
            batch = [one for _, one in zip(range(min(BATCH, number - done)), made, strict=False)]
            done += answered(template.copy(Path(folder) / "desk"), batch)
    count(mutants=done)
