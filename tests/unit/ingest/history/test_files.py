"""Which files an import takes."""

from __future__ import annotations

import pytest

from domain.errors import CannotDo
from ingest.history import files_of


def test_the_files_of_a_folder_come_in_the_order_of_their_names_and_no_temporary_one(tmp_path):
    for name in ("b.csv", "a.csv", ".hidden.csv", "c.csv.part", "~$a.xlsx", ".~lock.a.ods#"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder").mkdir()
    assert [path.name for path in files_of(tmp_path)] == ["a.csv", "b.csv"]
    assert files_of(tmp_path / "b.csv") == (tmp_path / "b.csv",)


def test_a_folder_without_a_file_and_nothing_at_all_are_said(tmp_path):
    with pytest.raises(CannotDo, match="no file to import"):
        files_of(tmp_path)
    with pytest.raises(CannotDo, match="there is nothing at"):
        files_of(tmp_path / "absent")
