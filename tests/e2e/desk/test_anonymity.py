"""What breaks anonymity is nowhere afterwards: every byte of home, inbox and temporary folder is read."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from domain.periods import Period
from ingest.demo import files
from tests.anonymity_kit import Made, csv, planted, xlsx

T1 = Period(2005, 1)
CANARY = "Kanarivoski"
NIR = "269054958815780"
PLANTED = [made for made in planted() if "file name" not in made.label][::11]
"""One in eleven: every kind of place and of file."""


def bytes_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below, and what is packed in workbooks."""
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield path, content
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield path / name, archive.read(name)


def found(folder: Path, words: Iterable[str]) -> list[tuple[str, Path]]:
    """Where one of the words stands, in any of the encodings that we write."""
    spelt = [(word, word.encode(codec)) for word in words for codec in ("utf-8", "utf-16-le", "cp1252")]
    return [(word, path) for path, content in bytes_of(folder) for word, text in spelt if text in content]


@pytest.fixture
def tight(desk):
    """The desk, its temporary files in its own folder."""
    (desk.folder / "tmp").mkdir()
    desk.environment["TMPDIR"] = str(desk.folder / "tmp")
    return desk


def persons(directory, made: str) -> bytes:
    """A good declaration with a column of persons, a NIR in a line that would be rejected, and strange titles."""
    rows = [list(map(str, row)) for row in files.n1a_rows(directory, "PF01", T1)]
    lines = [[*files.N1A_COLUMNS, "Nom", f"Titre {CANARY}"], *([*row, CANARY, "x"] for row in rows)]
    lines.append(["zz", "CIL999", "x", f"{CANARY} {NIR}", "-3", CANARY, NIR])
    return csv(lines) if made == "csv" else xlsx(lines)


@pytest.mark.parametrize("box", ["depot", "essai"])
@pytest.mark.parametrize("made", ["csv", "xlsx"])
def test_nothing_is_left_of_a_destroyed_file(tight, directory, made, box):
    content = persons(directory, made)
    tight.drop("pf01", f"N1A_2005T1.{made}", content, box)
    assert found(tight.folder, [CANARY, NIR]), "the search finds what is there"
    tight.once()
    (verdict,) = tight.verdicts("pf01")
    assert (verdict["verdict"], verdict["test"]) == ("destroyed", box == "essai")
    assert verdict["file"]["sha256"]
    assert not found(tight.folder, [CANARY, NIR])


def test_what_was_accepted_before_stays_and_the_destroyed_one_is_gone(tight, directory):
    good = files.good_csv(directory, "PF01", T1)
    tight.drop("pf01", good.name, good.content)
    tight.once()
    tight.drop("pf01", "N1A_2005T1_v2.csv", persons(directory, "csv"))
    tight.once()
    assert tight.verdict_of("pf01", good.name)["sections"][0]["in_force"]
    rows = tight.json("status", "--account", "pf01", "--period", "2005T1")
    assert [row["status"] for row in rows if row["collection"] == "N1A"] == ["on_time"]
    assert not found(tight.folder, [CANARY, NIR])


CRASH = """
import os, sys
import {module} as module
def die(*_, **__):
    os._exit(9)
setattr({target}, {name!r}, die)
from ingest.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "target", "name"),
    [
        ("ingest.judging", "module", "_screen"),
        ("ingest.archive", "module.Archive", "destroy"),
    ],
    ids=["between claim and verdict", "between verdict and destruction"],
)
def test_after_a_crash_in_the_middle_it_goes_all_the_same(tight, directory, module, target, name):
    tight.drop("pf01", "N1A_2005T1.xlsx", persons(directory, "xlsx"))
    script = CRASH.format(module=module, target=target, name=name)
    command = [sys.executable, "-c", script, *tight.command("once")[3:]]
    crashed = subprocess.run(
        command, check=False, capture_output=True, cwd=tight.folder, env=tight.environ(), timeout=120
    )
    assert crashed.returncode == 9, crashed.stderr
    assert found(tight.folder, [CANARY, NIR]), "the copy waits in the spool"
    tight.once()
    assert [one["verdict"] for one in tight.verdicts("pf01")] == ["destroyed"]
    assert not found(tight.folder, [CANARY, NIR])


def test_a_name_of_a_file_that_holds_a_number_of_a_person_is_blotted_everywhere(tight, directory):
    good = files.good_csv(directory, "PF01", T1)
    tight.drop("pf01", f"N1A_2005T1_{NIR}.csv", good.content)
    tight.once()
    (verdict,) = tight.verdicts("pf01")
    assert verdict["verdict"] == "destroyed"
    assert "█" in verdict["file"]["name"]
    assert not found(tight.folder, [NIR])
    assert not [path for path in tight.folder.rglob("*") if NIR in path.name]


def test_a_sample_of_the_variants_goes_through_the_real_service(tight):
    """Together in one pass: each is destroyed, the mails say what to do, and no word of any is left."""
    tight.at = "2006-02-10T10:00"
    words = set()
    for number, made in enumerate(PLANTED):
        stem, _, ending = made.name.rpartition(".")
        tight.drop("pf01", f"{stem}_{number:02d}.{ending}", made.content)
        words |= {one for one in made.planted if len(one) > 7}
    tight.once()
    verdicts = tight.verdicts("pf01")
    assert len(verdicts) == len(PLANTED) > 18
    assert {one["verdict"] for one in verdicts} == {"destroyed"}
    assert not found(tight.folder, words)
    told = [mail for mail in tight.mails() if mail["X-Guichet-Event"] == "anonymity"]
    assert len({mail["X-Guichet-Submission"] for mail in told}) == len(PLANTED)
    assert not [path for path in (tight.home / "spool").rglob("*") if path.is_file()]


def labels(chosen: Iterable[Made]) -> set[str]:
    """Kinds of files in a choice."""
    return {made.name.rpartition(".")[2] for made in chosen}


def test_the_sample_has_every_kind_of_file():
    assert labels(PLANTED) >= {"csv", "xlsx", "ods", "xls"}
