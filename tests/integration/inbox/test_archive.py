"""Originals: kept as received, found by number, destroyed everywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from domain.errors import NotFound, Retry
from ingest.archive import Archive

ID = "20050418-101502-7f3a9c"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    spooled = tmp_path / "spool" / ID
    (spooled / "work").mkdir(parents=True)
    (spooled / "original").write_bytes(b"a;b\n")
    (spooled / "deposit.json").write_text("{}")
    (spooled / "work" / "rows.arrow").write_bytes(b"rows")
    return tmp_path


def test_the_original_moves_from_the_spool_with_its_verdict(home: Path) -> None:
    archive = Archive(home)
    assert archive.original(ID) == home / "spool" / ID / "original"
    assert archive.find(ID) is None
    assert archive.store(ID, "N1A.CSV", {"verdict": "accepted"}) == Path("archive/2005/04") / ID / "original.csv"
    found = archive.find(ID)
    assert found is not None
    assert archive.original(ID) == found
    assert found.read_bytes() == b"a;b\n"
    assert found.stat().st_mode & 0o777 == 0o400
    assert json.loads((found.parent / "verdict.json").read_text()) == {"verdict": "accepted"}
    assert sorted(each.name for each in found.parent.iterdir()) == ["deposit.json", "original.csv", "verdict.json"]
    assert list((home / "spool").iterdir()) == []
    assert archive.holds(ID)


def test_archiving_again_after_a_crash_ends_the_same(home: Path) -> None:
    archive = Archive(home)
    archive.store(ID, "n1a.csv", {"verdict": "rejected"})
    (home / "spool" / ID).mkdir()  # the crash came before the spool was cleared
    assert archive.store(ID, "n1a.csv", {"verdict": "accepted"}) == Path("archive/2005/04") / ID / "original.csv"
    assert list((home / "spool").iterdir()) == []


@pytest.mark.parametrize("step", ["replace", "fsync", "rmtree"])
def test_a_failure_at_any_step_keeps_the_bytes(home: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    archive = Archive(home)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        target = {"replace": "pathlib.Path.replace", "fsync": "os.fsync", "rmtree": "shutil.rmtree"}[step]
        patched.setattr(target, refuse)
        with pytest.raises(Retry):
            archive.store(ID, "n1a.csv", {})
        assert archive.original(ID).read_bytes() == b"a;b\n"
    archive.store(ID, "n1a.csv", {})
    assert archive.original(ID).read_bytes() == b"a;b\n"
    assert list((home / "spool").iterdir()) == []


@pytest.mark.parametrize("archived", [True, False])
def test_destroyed_bytes_are_nowhere_in_our_home(home: Path, archived: bool) -> None:
    archive = Archive(home)
    if archived:
        archive.store(ID, "n2a.csv", {})
    assert archive.destroy(ID) == 3
    assert archive.destroy(ID) == 0
    assert [each for each in home.rglob("*") if each.is_file()] == []
    assert archive.find(ID) is None
    with pytest.raises(NotFound, match="no longer kept"):
        archive.original(ID)


def test_destruction_overwrites_before_it_removes(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept-by-a-link"
    os.link(home / "spool" / ID / "original", kept)
    Archive(home).destroy(ID)
    assert kept.read_bytes() == bytes(4)


def test_a_number_never_names_another_path(home: Path) -> None:
    archive = Archive(home)
    assert archive.find("../../etc/passwd") is None
    for act in (archive.original, archive.destroy, archive.clear_spool):
        with pytest.raises(NotFound):
            act("../spool")


def test_the_spool_keeps_only_what_is_in_work(home: Path) -> None:
    archive = Archive(home)
    assert archive.sweep_spool(lambda _: False) == ()  # not archived: never swept
    archive.store(ID, "n1a.csv", {})
    (home / "spool" / ID).mkdir()
    assert archive.sweep_spool(lambda _: True) == ()
    assert archive.sweep_spool(lambda _: False) == (ID,)
