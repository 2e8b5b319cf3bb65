"""Every file of the public corpus gets one outcome, of the kind its index requires, from a process that stays up."""

import json
import re
from pathlib import Path

import pytest

from ingest.reading.client import Reader
from ingest.reading.raw import RawFile, Unreadable, UnreadableReason, Vocabulary

CORPUS = Path(__file__).parents[2] / "corpus"
R = UnreadableReason
FAMILIES: dict[str, set[UnreadableReason]] = {
    "empty": {R.EMPTY},
    "type": {
        R.ARCHIVE,
        R.PDF,
        R.WORD,
        R.PRESENTATION,
        R.IMAGE,
        R.HTML,
        R.XML,
        R.NUMBERS,
        R.XLSB,
        R.OTHER_SPREADSHEET,
        R.EXECUTABLE,
        R.BINARY,
        R.MACRO_ONLY,
    },
    "corrupt": {R.CORRUPT, R.ZIP_SUSPICIOUS},
    "encrypted": {R.ENCRYPTED},
    "encoding": {R.UNDECODABLE},
    "structure": {R.UNBALANCED_QUOTES, R.BINARY},
    "schema": {R.TOO_MANY_COLUMNS, R.TOO_MANY_ROWS},
    "header": set(),
    "too-large": {
        R.TOO_BIG,
        R.TOO_MANY_CELLS,
        R.TOO_MANY_COLUMNS,
        R.TOO_MANY_ROWS,
        R.UNPACKED_TOO_BIG,
        R.ZIP_BOMB,
        R.TIME_LIMIT,
        R.MEMORY_LIMIT,
    },
    "dtd": {R.DTD},
}
JUDGED_LATER = {"header", "structure", "schema"}
"""Rejections that are the judge's: here the table must come through."""
DIFFERENT: dict[str, set[str]] = {
    # The index asks for a rejection of the type; the product takes .xls, and a table by its content.
    "spreadsheet.xls": {"table"},
    "type_excel.xlsx": {"table"},
    # A compound file whose chains loop is damaged, whatever it pretends to be.
    "oleloop.xls": {R.CORRUPT},
    "oleloop.xlsx": {R.CORRUPT},
    # No cell in any visible sheet.
    "two_sheets_one_hidden_one_not.xlsx": {R.EMPTY},
    "urlImage.bad.xlsx": {R.EMPTY},
    # A header alone: a table here, empty for the judge.
    "header_only.csv": {"table"},
}


def index() -> list[tuple[str, str]]:
    """Each file to drop, with the outcome that the index requires."""
    found, folder = [], ""
    for line in (CORPUS / "INDEX.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\S+) \(\d+\)", line):
            folder = heading[1]
        elif line.startswith("| ") and folder and not folder.startswith("09"):
            columns = [column.strip() for column in line.split(" | ")]
            if columns[0] != "| file":
                found.append((f"{folder}/{columns[0].removeprefix('| ')}", columns[5]))
    return found


def allowed(name: str, required: str) -> set[str]:
    if name in DIFFERENT:
        return {str(word) for word in DIFFERENT[name]}
    words: set[str] = set()
    if required.startswith("any outcome"):
        words |= {"table", *R} - {R.CRASHED}
    if "table" in required:
        words.add("table")
    for code in re.findall(r"reject:([a-z-]+)", required):
        words |= {str(word) for word in FAMILIES[code]}
        if code in JUDGED_LATER:
            words.add("table")
    return words


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


def test_the_index_was_understood() -> None:
    assert len(index()) > 120


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
