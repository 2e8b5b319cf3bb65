"""Hints: they come, they cost nothing when they do not, and a dead watch is seen."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.watcher import Watcher, WatchMode

PATIENCE_SECONDS = 20


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for box in ("depot", "essai", "retours"):
        (tmp_path / "inbox" / "pf03" / box).mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def hint() -> threading.Event:
    return threading.Event()


@pytest.fixture
def watch(inbox: Path, hint: threading.Event) -> Iterator[Callable[..., Watcher]]:
    made: list[Watcher] = []

    def start(mode: WatchMode = "auto") -> Watcher:
        watcher = Watcher(inbox, hint.set, mode=mode, polling_seconds=0.05)
        made.append(watcher)
        assert watcher.start()
        hint.clear()
        return watcher

    yield start
    for watcher in made:
        watcher.stop()


@pytest.mark.parametrize("mode", ["auto", "polling"])
def test_an_arrival_is_a_hint(watch: Callable, inbox: Path, hint: threading.Event, mode: str) -> None:
    watch(mode)
    (inbox / "pf03" / "depot" / "n1a_2005T1.csv").write_bytes(b"x")
    assert hint.wait(PATIENCE_SECONDS)


def test_a_rename_from_a_temporary_name_is_a_hint(watch: Callable, inbox: Path, hint: threading.Event) -> None:
    part = inbox / "pf03" / "depot" / "n1a.csv.part"
    part.write_bytes(b"x")
    watch()
    part.rename(part.with_suffix(""))
    assert hint.wait(PATIENCE_SECONDS)


def test_a_name_that_is_not_text_does_not_stop_the_hints(watch: Callable, inbox: Path, hint: threading.Event) -> None:
    watch()
    with Path(f"{inbox}/pf03/depot/\udcff\n.csv").open("wb"):
        pass
    assert hint.wait(PATIENCE_SECONDS)
    hint.clear()
    (inbox / "pf03" / "depot" / "b.csv").write_bytes(b"x")
    assert hint.wait(PATIENCE_SECONDS)


def test_a_new_account_is_watched_after_the_next_look(watch: Callable, inbox: Path, hint: threading.Event) -> None:
    watcher = watch()
    (inbox / "pf05" / "depot").mkdir(parents=True)
    assert watcher.revive()
    assert hint.is_set()  # what came before the watch did
    while hint.is_set():
        hint.clear()
        hint.wait(0.3)
    (inbox / "pf05" / "depot" / "a.csv").write_bytes(b"x")
    assert hint.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("mode", ["auto", "polling"])
def test_a_folder_made_again_is_seen_dead_and_watched_again(
    watch: Callable,
    inbox: Path,
    hint: threading.Event,
    mode: str,
) -> None:
    watcher = watch(mode)
    depot = inbox / "pf03" / "depot"
    shutil.rmtree(depot)
    pause = threading.Event()
    for _ in range(200):
        if not watcher.alive():
            break
        pause.wait(0.05)
    assert not watcher.alive()
    depot.mkdir()
    assert watcher.revive()
    hint.clear()
    (depot / "a.csv").write_bytes(b"x")
    assert hint.wait(PATIENCE_SECONDS)


def test_without_inotify_scanning_goes_on_with_one_warning(
    inbox: Path,
    hint: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "inotify instance limit reached")

    monkeypatch.setattr("ingest.watcher.Observer", refuse)
    watcher = Watcher(inbox, hint.set)
    with caplog.at_level(logging.WARNING):
        assert not watcher.start()
        assert not watcher.revive()
    assert not watcher.alive()
    assert [each.getMessage().split(":")[0] for each in caplog.records] == ["watcher_unavailable"]
    watcher.stop()


def test_stopping_twice_is_harmless(watch: Callable) -> None:
    watcher = watch()
    watcher.stop()
    watcher.stop()
    assert not watcher.alive()
