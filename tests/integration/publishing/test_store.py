"""The folders of editions: whole or not at all, and `current` always names one that is there."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import SystemClock
from domain.errors import Retry
from ingest.publishing.store import ReleaseStore

FILES = {"D1.csv": b"un", "manifest.json": b'{"content_hash": "x"}'}


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path)


def names(store: ReleaseStore) -> list[str]:
    return sorted(one.name for one in (store.root / "2005T1").iterdir())


def test_an_edition_is_written_with_its_files_and_read_back(store: ReleaseStore) -> None:
    store.write("2005T1", "official-v01", FILES)
    assert names(store) == ["official-v01"]
    assert store.names("2005T1", "official-v01") == ("D1.csv", "manifest.json")
    assert store.same("2005T1", "official-v01", FILES)
    assert store.manifest("2005T1", "official-v01") == {"content_hash": "x"}


def test_what_is_not_there_or_not_ours_reads_as_nothing(store: ReleaseStore) -> None:
    assert store.manifest("2005T1", "official-v01") is None
    assert store.current("2005T1") is None
    store.write("2005T1", "official-v01", {"manifest.json": b"[not json"})
    assert store.manifest("2005T1", "official-v01") is None
    assert store.read("2005T1", "official-v01", "D1.csv") is None


def test_the_same_again_touches_nothing_and_a_damaged_one_is_replaced(store: ReleaseStore) -> None:
    store.write("2005T1", "official-v01", FILES)
    before = (store.root / "2005T1" / "official-v01").stat().st_ino
    store.write("2005T1", "official-v01", FILES)
    assert (store.root / "2005T1" / "official-v01").stat().st_ino == before
    (store.root / "2005T1" / "official-v01" / "D1.csv").write_bytes(b"autre")
    store.write("2005T1", "official-v01", FILES)
    assert store.same("2005T1", "official-v01", FILES)
    assert names(store) == ["official-v01"]


def test_current_moves_in_one_step_and_goes_when_there_is_none(store: ReleaseStore) -> None:
    for name in ("official-v01", "final-v02"):
        store.write("2005T1", name, FILES)
        store.point("2005T1", name)
        assert store.current("2005T1") == name
        assert (store.root / "2005T1" / "current" / "D1.csv").read_bytes() == b"un"
    store.point("2005T1", None)
    assert names(store) == ["final-v02", "official-v01"]


@pytest.mark.parametrize("what", ["rename", "fsync"])
def test_a_disk_that_refuses_leaves_nothing_and_is_tried_again(
    store: ReleaseStore, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path if what == "rename" else os, what, refuse)
        with pytest.raises(Retry, match="No space left"):
            store.write("2005T1", "official-v01", FILES)
    assert names(store) == []
    store.write("2005T1", "official-v01", FILES)
    assert store.same("2005T1", "official-v01", FILES)


def test_a_link_that_cannot_be_replaced_still_names_the_former(
    store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("2005T1", "official-v01", FILES)
    store.write("2005T1", "final-v02", FILES)
    store.point("2005T1", "official-v01")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(Retry):
            store.point("2005T1", "final-v02")
    assert store.current("2005T1") == "official-v01"
    assert names(store) == ["current", "final-v02", "official-v01"]


def test_what_a_crash_left_goes_after_an_hour_and_editions_stay(store: ReleaseStore) -> None:
    store.write("2005T1", "official-v01", FILES)
    draft = store.root / "2005T1" / ".draft-final-v02-abcd"
    draft.mkdir()
    (draft / "D1.csv").write_bytes(b"moit")
    now = SystemClock().now()
    store.clear_drafts(now)
    assert draft.exists()
    store.clear_drafts(now + timedelta(hours=2))
    assert names(store) == ["official-v01"]


def test_an_edition_whose_folder_was_taken_away_is_not_named(store: ReleaseStore) -> None:
    store.write("2005T1", "official-v01", FILES)
    store.point("2005T1", "official-v01")
    store.point("2005T1", "final-v02")
    assert store.current("2005T1") == "official-v01"
    shutil.rmtree(store.root / "2005T1")
    store.point("2005T1", "official-v01")
    assert not (store.root / "2005T1").exists()
