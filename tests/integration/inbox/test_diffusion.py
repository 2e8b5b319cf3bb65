"""What is handed out appears whole, in the right account, and is not touched while it is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from domain.errors import Park, Retry
from ingest.diffusion import TEMPLATES, Diffusion


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for account in ("pf01", "pf03"):
        (tmp_path / "inbox" / account / "diffusion").mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def diffusion(inbox: Path) -> Diffusion:
    return Diffusion(inbox)


def held(inbox: Path) -> dict[str, bytes]:
    folder = inbox / "pf03" / "diffusion" / "modeles"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_are_read_only_in_a_folder_made_for_them_and_nowhere_else(diffusion: Diffusion, inbox: Path) -> None:
    placed = diffusion.write("pf03", TEMPLATES, {"N1A_PF03_2005T1.xlsx": b"one", "N1M_PF03_2005T1.xlsx": b"two"})
    assert placed.written == ("N1A_PF03_2005T1.xlsx", "N1M_PF03_2005T1.xlsx")
    assert held(inbox) == {"N1A_PF03_2005T1.xlsx": b"one", "N1M_PF03_2005T1.xlsx": b"two"}
    folder = inbox / "pf03" / "diffusion" / "modeles"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o440}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert folder.stat().st_gid == folder.parent.stat().st_gid
    assert list((inbox / "pf01" / "diffusion").iterdir()) == []
    assert list((inbox / ".guichet" / "outgoing").iterdir()) == []


def test_the_same_bytes_are_not_written_again_and_others_are(diffusion: Diffusion, inbox: Path) -> None:
    diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one", "B.xlsx": b"two"})
    folder = inbox / "pf03" / "diffusion" / "modeles"
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one", "B.xlsx": b"TWO"}).written == ("B.xlsx",)
    after = {path.name: path.stat().st_ino for path in folder.iterdir()}
    assert after["A.xlsx"] == before["A.xlsx"]
    assert held(inbox) == {"A.xlsx": b"one", "B.xlsx": b"TWO"}


def test_exactly_these_files_takes_away_the_others_of_ours_and_only_those(diffusion: Diffusion, inbox: Path) -> None:
    diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one", "B.xlsx": b"two"})
    (inbox / "pf03" / "diffusion" / "modeles" / "notes.doc").write_bytes(b"theirs")
    assert diffusion.write("pf03", TEMPLATES, {"B.xlsx": b"two"}, exactly=True).removed == ("A.xlsx",)
    assert set(held(inbox)) == {"B.xlsx", "notes.doc"}
    diffusion.write("pf03", TEMPLATES, {"C.xlsx": b"three"})
    assert set(held(inbox)) == {"B.xlsx", "C.xlsx", "notes.doc"}


def test_nothing_is_written_through_a_link_nor_into_a_folder_that_is_not_there(
    diffusion: Diffusion, inbox: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (inbox / "pf03" / "diffusion" / "modeles").symlink_to(elsewhere)
    with pytest.raises(Park):
        diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one"})
    assert list(elsewhere.iterdir()) == []
    with pytest.raises(Park):
        diffusion.write("pf09", TEMPLATES, {"A.xlsx": b"one"})


def test_a_link_or_a_folder_with_the_name_of_a_file_gives_way(
    diffusion: Diffusion, inbox: Path, tmp_path: Path
) -> None:
    folder = inbox / "pf03" / "diffusion" / "modeles"
    (folder / "B.xlsx").mkdir(parents=True)
    (folder / "B.xlsx" / "inside").write_bytes(b"x")
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    (folder / "A.xlsx").symlink_to(target)
    diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one", "B.xlsx": b"two"})
    assert held(inbox) == {"A.xlsx": b"one", "B.xlsx": b"two"}
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["../up.xlsx", "a/b.xlsx", ".hidden.xlsx", "x.exe", ""])
def test_a_name_that_is_no_plain_name_is_refused(diffusion: Diffusion, name: str) -> None:
    with pytest.raises(Park):
        diffusion.write("pf03", TEMPLATES, {name: b""})


def test_a_disk_that_refuses_leaves_the_former_files_whole(
    diffusion: Diffusion, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"one"})

    def full(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(Retry):
            diffusion.write("pf03", TEMPLATES, {"A.xlsx": b"ONE"})
    assert held(inbox) == {"A.xlsx": b"one"}
    assert list((inbox / ".guichet" / "outgoing").iterdir()) == []
