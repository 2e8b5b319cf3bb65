"""What is made for an answer stands whole or not at all, and nothing of it outlives its removal."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from domain.errors import Retry
from ingest.answering.store import AnswerStore

ID = "20050418-101502-7f3a9c"
OTHER = "20050418-101503-7f3a9d"


@pytest.fixture
def store(tmp_path: Path) -> AnswerStore:
    return AnswerStore(tmp_path)


def make(store: AnswerStore, number: str = ID, **files: bytes) -> None:
    with store.replacing(number) as folder:
        for name, content in files.items():
            (folder / f"{name}.xlsx").write_bytes(content)


def left(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home / "answers")) for path in (home / "answers").rglob("*") if path.is_file())


def test_another_making_takes_the_place_of_the_former_one(store: AnswerStore, tmp_path: Path) -> None:
    make(store, annote=b"1", other=b"1")
    make(store, annote=b"2")
    assert left(tmp_path) == [f"{ID}/annote.xlsx"]
    make(store)
    assert list((tmp_path / "answers").iterdir()) == []


def test_a_making_that_fails_leaves_the_former_one(store: AnswerStore, tmp_path: Path) -> None:
    make(store, annote=b"1")

    def refused(folder: Path) -> None:
        (folder / "annote.xlsx").write_bytes(b"2")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Retry, match="disk is full"), store.replacing(ID) as folder:
        refused(folder)
    assert left(tmp_path) == [f"{ID}/annote.xlsx"]
    assert store.files(ID)["annote.xlsx"].read_bytes() == b"1"


def draft_of_a_crash(home: Path, number: str) -> Path:
    draft = home / "answers" / f".{number}.0badcafe"
    draft.mkdir(parents=True)
    (draft / "annote.xlsx").write_bytes(b"half")
    return draft


def test_the_drafts_of_a_crash_go_when_the_answer_is_made_again(store: AnswerStore, tmp_path: Path) -> None:
    mine, theirs = draft_of_a_crash(tmp_path, ID), draft_of_a_crash(tmp_path, OTHER)
    make(store, annote=b"1")
    assert not mine.exists()
    assert theirs.exists()
    store.clear_drafts()
    assert left(tmp_path) == [f"{ID}/annote.xlsx"]


def test_what_is_forgotten_leaves_no_draft_either(store: AnswerStore, tmp_path: Path) -> None:
    make(store, annote=b"1")
    draft_of_a_crash(tmp_path, ID)
    store.forget(ID)
    store.forget(ID)
    assert list((tmp_path / "answers").iterdir()) == []


def test_links_in_our_own_store_are_not_followed(store: AnswerStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "annote.xlsx").write_bytes(b"secret")
    make(store, annote=b"1", other=b"2")
    stored = tmp_path / "answers" / ID / "annote.xlsx"
    stored.unlink()
    stored.symlink_to(secret / "annote.xlsx")
    assert sorted(store.files(ID)) == ["other.xlsx"]
    store.forget(ID)
    (tmp_path / "answers" / ID).symlink_to(secret)
    assert store.files(ID) == {}
    make(store, annote=b"3")
    assert (secret / "annote.xlsx").read_bytes() == b"secret"
    assert store.files(ID)["annote.xlsx"].read_bytes() == b"3"


def test_a_store_that_cannot_be_written_is_tried_again(store: AnswerStore, tmp_path: Path) -> None:
    (tmp_path / "answers").write_bytes(b"")
    with pytest.raises(Retry):
        make(store, annote=b"1")
    with pytest.raises(Retry):
        store.forget(ID)
