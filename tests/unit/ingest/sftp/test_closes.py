"""The record of a close tells the truth about one file, and about no other."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.sftp.closes import closes_folder, drop_close, find_close, record_close, sweep_closes


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    path = tmp_path / "pf03" / "depot" / "n1a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 812)
    return path


def changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_ctime, tz=UTC)


def record(inbox: Path, path: Path, at: datetime) -> None:
    record_close(inbox, path.stat(), account="pf03", folder="depot", name=path.name, at=at)


def test_a_record_is_found_again_after_a_rename(tmp_path: Path, dropped: Path) -> None:
    at = changed_at(dropped) - timedelta(seconds=30)
    record(tmp_path, dropped, at)
    moved = dropped.rename(tmp_path / "claimed")
    found = find_close(tmp_path, moved.stat())
    assert found is not None
    assert (found.account, found.folder, found.name, found.size) == ("pf03", "depot", "n1a.csv", 812)
    assert found.closed_at == at
    drop_close(tmp_path, moved.stat())
    assert find_close(tmp_path, moved.stat()) is None
    drop_close(tmp_path, moved.stat())


def test_another_file_that_got_the_same_inode_has_no_record(tmp_path: Path, dropped: Path) -> None:
    record(tmp_path, dropped, changed_at(dropped))
    dropped.write_bytes(b"y" * 812)  # same inode, same size, other bytes
    assert find_close(tmp_path, dropped.stat()) is None


def test_a_file_that_grew_since_has_no_record(tmp_path: Path, dropped: Path) -> None:
    record(tmp_path, dropped, changed_at(dropped))
    found = dropped.stat()
    with dropped.open("ab") as stream:
        stream.write(b"z")
    os.utime(dropped, ns=(found.st_mtime_ns, found.st_mtime_ns))
    assert find_close(tmp_path, dropped.stat()) is None


def test_a_record_later_than_the_file_itself_is_not_believed(tmp_path: Path, dropped: Path) -> None:
    """The clock was set back between: the kernel's change time is the earlier proof."""
    record(tmp_path, dropped, changed_at(dropped) + timedelta(hours=1))
    assert find_close(tmp_path, dropped.stat()) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"account": "x"}', '{"closed_at": "2026-01-01"}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, dropped: Path, text: str) -> None:
    record(tmp_path, dropped, changed_at(dropped))
    (path,) = closes_folder(tmp_path).iterdir()
    path.write_text(text)
    assert find_close(tmp_path, dropped.stat()) is None


def test_a_sweep_removes_what_is_old_or_damaged_and_nothing_else(tmp_path: Path, dropped: Path) -> None:
    at = changed_at(dropped)
    record(tmp_path, dropped, at)
    folder = closes_folder(tmp_path)
    (folder / "1-2.json").write_text("{")
    (folder / "README").write_text("kept")
    assert sweep_closes(tmp_path, before=at) == 1
    assert sweep_closes(tmp_path, before=at + timedelta(days=1)) == 1
    assert [each.name for each in folder.iterdir()] == ["README"]
    assert sweep_closes(tmp_path / "nowhere", before=at) == 0


def test_any_name_survives_the_record(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"a\n\xff\xe9.csv")
    path.write_bytes(b"x")
    record(tmp_path, path, changed_at(path))
    found = find_close(tmp_path, path.stat())
    assert found is not None
    assert os.fsencode(found.name) == b"a\n\xff\xe9.csv"
