"""Streamed workbooks: nothing of theirs waits outside their room, and a full disk is called one."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from rendering.workbooks.streaming import streamed


def test_sheets_wait_in_the_room_given_and_leave_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "elsewhere"))
    room = tmp_path / "room"
    room.mkdir()
    with streamed(room / "book.xlsx", tmpdir=room) as book:
        book.add_worksheet("N1A").write(0, 0, "=1+1")
        assert len(list(room.iterdir())) == 1
    assert [path.name for path in room.iterdir()] == ["book.xlsx"]
    cell = openpyxl.load_workbook(room / "book.xlsx")["N1A"]["A1"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_full_disk_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_book: xlsxwriter.Workbook) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(xlsxwriter.Workbook, "_store_workbook", refuse)
    with pytest.raises(OSError, match="No space left") as caught, streamed(tmp_path / "x.xlsx", tmpdir=tmp_path):
        pass
    assert caught.value.errno == errno.ENOSPC
