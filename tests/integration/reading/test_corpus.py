"""Every file of the public corpus gets one outcome, of the kind its index requires, from a process that stays up."""

import hashlib
import json
from pathlib import Path

import pytest

from ingest.reading.client import Reader
from ingest.reading.raw import RawFile, Unreadable, Vocabulary
from tests.corpus_kit import CORPUS, allowed, index


@pytest.mark.parametrize(("place", "required"), index())
def test_each_file_has_the_outcome_it_must_have(reader: Reader, workdir: Path, place: str, required: str) -> None:
    path = CORPUS / place
    outcome = reader.read(path, name=path.name, workdir=workdir, vocabulary=Vocabulary())
    kind = outcome.reason.value if isinstance(outcome, Unreadable) else "table"
    assert kind in allowed(path.name, required), outcome
    if isinstance(outcome, RawFile):
        for sheet in outcome.sheets:
            assert sum(batch.num_rows for batch in sheet.batches()) == sheet.n_rows
    usage = reader.last_usage
    assert usage is not None
    assert usage.peak_bytes <= 1 << 30


def test_the_copy_is_whole_and_every_file_has_its_origin_and_licence() -> None:
    ours = {"INDEX.md", "SHA256SUMS"}
    lines = (CORPUS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    stated = {name.removeprefix("./"): sha256 for sha256, name in (line.split("  ", 1) for line in lines)}
    paths = [path for path in CORPUS.rglob("*") if path.is_file() and path.name not in ours]
    assert stated == {
        path.relative_to(CORPUS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }
    assert len(index()) > 120
    rows = [
        line.split(" | ")
        for line in (CORPUS / "INDEX.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| file |")
    ]
    listed = {row[0].removeprefix("| ") for row in rows}
    assert listed == {path.name for path in paths if path.parent.name != "expected"}
    said = (CORPUS.parent / "licences" / "README.md").read_text(encoding="utf-8")
    for row in rows:
        repository, licence = row[2].partition(" @ ")[0], row[3]
        assert repository in said or "Licence Ouverte" in licence, repository
        assert any((CORPUS.parent / "licences" / f"{word}.txt").exists() for word in licence.split()) or (
            "Licence Ouverte" in licence
        ), licence


def test_the_whole_corpus_is_read_by_one_process(reader: Reader, workdir: Path) -> None:
    """None of these files kills the process that forks, not even those that kill its children."""
    simple = CORPUS / "01-known-answer" / "simple.csv"
    reader.read(simple, name="simple.csv", workdir=workdir, vocabulary=Vocabulary())
    before = reader._process
    for place in ("07-attacks/oleloop.xls", "07-attacks/poc-shared-strings.xlsx", "07-attacks/2x6m.xlsx"):
        path = CORPUS / place
        reader.read(path, name=path.name, workdir=workdir, vocabulary=Vocabulary())
    assert isinstance(reader.read(simple, name="simple.csv", workdir=workdir, vocabulary=Vocabulary()), RawFile)
    assert reader._process is before


@pytest.mark.parametrize("answer", sorted((CORPUS / "expected").glob("*.json")), ids=lambda path: path.stem)
def test_known_answers_are_given(reader: Reader, workdir: Path, answer: Path) -> None:
    """csv-spectrum, cell for cell."""
    path = CORPUS / "01-known-answer" / f"{answer.stem}.csv"
    outcome = reader.read(path, name=path.name, workdir=workdir, vocabulary=Vocabulary())
    assert isinstance(outcome, RawFile)
    (_, header), *rows = outcome.sheets[0].preview(1000)
    expected = json.loads(answer.read_text(encoding="utf-8"))
    if b"\r" not in path.read_bytes():
        # The stored copy of the CRLF files has lost its carriage returns.
        expected = json.loads(json.dumps(expected).replace("\\r\\n", "\\n"))
    assert [dict(zip(header, (cell or "" for cell in row), strict=True)) for _, row in rows] == expected
