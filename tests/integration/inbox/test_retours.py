"""Answers appear whole, in the right account, and nowhere else."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from domain.clock import SystemClock
from domain.errors import Park, Retry
from ingest.retours import Retours

ID = "20050418-101502-7f3a9c"
OTHER = "20050418-101503-7f3a9d"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for account in ("pf01", "pf03"):
        (tmp_path / "inbox" / account / "retours").mkdir(parents=True)
    return tmp_path / "inbox"


@pytest.fixture
def retours(inbox: Path) -> Retours:
    return Retours(inbox)


def _drafts(inbox: Path) -> list[Path]:
    return list((inbox / ".guichet" / "outgoing").iterdir())


def test_receipt_then_answer_end_in_one_read_only_folder(retours: Retours, inbox: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK")
    retours.write_receipt("pf03", ID, {"schema": 1, "file": {"name": "été.csv"}})
    folder = inbox / "pf03" / "retours" / ID
    assert [each.name for each in folder.iterdir()] == ["recu.json"]
    retours.write_answer(
        "pf03",
        ID,
        {"verdict.json": {"verdict": "accepted"}, "rapport.html": "<p>é</p>", "annote.xlsx": book},
    )
    names = sorted(each.name for each in folder.iterdir())
    assert names == ["annote.xlsx", "rapport.html", "recu.json", "verdict.json"]
    assert json.loads((folder / "recu.json").read_text("utf-8"))["file"]["name"] == "été.csv"
    assert (folder / "rapport.html").read_text("utf-8") == "<p>é</p>"
    assert (folder / "annote.xlsx").read_bytes() == b"PK"
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o440}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert list((inbox / "pf01" / "retours").iterdir()) == []
    assert _drafts(inbox) == []


def test_the_verdict_comes_last(retours: Retours, monkeypatch: pytest.MonkeyPatch) -> None:
    retours.write_receipt("pf03", ID, {})
    moved: list[str] = []
    real = os.rename

    def noted(source: str, *args: object, **kwargs: int) -> None:
        moved.append(source)
        real(source, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "rename", noted)
    retours.write_answer("pf03", ID, {"verdict.json": {}, "rapport.html": "", "a_corriger_n1a.csv": b""})
    assert moved[-1] == "verdict.json"
    assert len(moved) == 3


def test_an_answer_written_twice_is_the_same(retours: Retours, inbox: Path) -> None:
    for _ in range(2):
        retours.write_answer("pf03", ID, {"verdict.json": {"a": 1}})
    assert json.loads((inbox / "pf03" / "retours" / ID / "verdict.json").read_text()) == {"a": 1}


def test_the_situation_is_replaced_in_one_step(retours: Retours, inbox: Path) -> None:
    retours.write_situation("pf03", "<p>1</p>")
    with (inbox / "pf03" / "retours" / "situation.html").open() as reader:
        retours.write_situation("pf03", "<p>2</p>")
        assert reader.read() == "<p>1</p>"
    assert (inbox / "pf03" / "retours" / "situation.html").read_text() == "<p>2</p>"
    assert _drafts(inbox) == []


def test_a_failure_shows_nothing(retours: Retours, inbox: Path, tmp_path: Path) -> None:
    with pytest.raises(Retry):
        retours.write_answer("pf03", ID, {"rapport.html": "x", "annote.xlsx": tmp_path / "missing.xlsx"})
    assert list((inbox / "pf03" / "retours").iterdir()) == []
    assert _drafts(inbox) == []


@pytest.mark.parametrize("what", ["retours", "account", "submission", "situation"])
def test_nothing_is_written_through_a_link(retours: Retours, inbox: Path, tmp_path: Path, what: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "retours").mkdir(parents=True)
    victim = elsewhere / "victim.html"
    victim.write_text("mine")
    folder = inbox / "pf03" / "retours"
    if what == "retours":
        folder.rmdir()
        folder.symlink_to(elsewhere)
    elif what == "account":
        folder.rmdir()
        folder.parent.rmdir()
        folder.parent.symlink_to(elsewhere)
    elif what == "submission":
        (folder / ID).symlink_to(elsewhere)
    else:
        (folder / "situation.html").symlink_to(victim)
        retours.write_situation("pf03", "ours")
        assert (folder / "situation.html").read_text() == "ours"
        assert not (folder / "situation.html").is_symlink()
        assert victim.read_text() == "mine"
        return
    with pytest.raises(Park, match="link"):
        retours.write_answer("pf03", ID, {"verdict.json": {}})
    assert sorted(each.name for each in elsewhere.iterdir()) == ["retours", "victim.html"]
    assert list((elsewhere / "retours").iterdir()) == []


def test_a_missing_account_folder_is_said_with_its_remedy(retours: Retours) -> None:
    with pytest.raises(Park, match="guichet account add"):
        retours.write_situation("pf99", "x")


def test_a_retours_that_was_removed_is_made_again(retours: Retours, inbox: Path) -> None:
    (inbox / "pf03" / "retours").rmdir()
    retours.write_situation("pf03", "x")
    assert (inbox / "pf03" / "retours" / "situation.html").exists()


@pytest.mark.parametrize("name", ["../x.json", "A.json", "x.sh", "été.csv", ""])
def test_only_our_own_names_are_written(retours: Retours, name: str) -> None:
    with pytest.raises(Park):
        retours.write_answer("pf03", ID, {name: b""})
    with pytest.raises(Park):
        retours.write_answer("pf03", "../../etc", {"verdict.json": b""})


def test_answers_expire_on_the_real_clock_and_nothing_else_does(retours: Retours, inbox: Path) -> None:
    now = SystemClock().now()
    retours.write_answer("pf03", ID, {"verdict.json": {}})
    retours.write_answer("pf03", OTHER, {"verdict.json": {}})
    retours.write_situation("pf03", "x")
    (inbox / "pf03" / "retours" / "note.txt").write_text("theirs")
    assert retours.expire(now + timedelta(days=399), 400) == ()
    cases = {OTHER: 60}
    assert retours.expire(now + timedelta(days=61), 400, days_of=cases.get) == (OTHER,)
    assert retours.expire(now + timedelta(days=401), 400) == (ID,)
    assert sorted(each.name for each in (inbox / "pf03" / "retours").iterdir()) == ["note.txt", "situation.html"]
    assert _drafts(inbox) == []


def test_drafts_that_a_crash_left_are_swept_a_day_later(retours: Retours, inbox: Path) -> None:
    retours.write_situation("pf03", "x")
    (inbox / ".guichet" / "outgoing" / f"{ID}.abc").mkdir()
    now = SystemClock().now()
    retours.expire(now, 400)
    assert len(_drafts(inbox)) == 1
    retours.expire(now + timedelta(days=2), 400)
    assert _drafts(inbox) == []


def test_a_folder_or_a_link_in_the_place_of_an_answer_file_gives_way(
    retours: Retours, inbox: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    retours.write_answer("pf03", ID, {"verdict.json": {"a": 1}})
    folder = inbox / "pf03" / "retours" / ID
    for name in ("rapport.html", "a_corriger_n1a.csv"):
        (folder / name).mkdir()
        (folder / name / "inside").write_bytes(b"x")
    (folder / "annote.xlsx").symlink_to(secret)
    retours.write_answer("pf03", ID, {"verdict.json": {"a": 2}, "rapport.html": "", "annote.xlsx": b"PK"})
    assert sorted(each.name for each in folder.iterdir()) == ["annote.xlsx", "rapport.html", "verdict.json"]
    assert (folder / "annote.xlsx").read_bytes() == b"PK"
    assert secret.read_bytes() == b"secret"
    assert _drafts(inbox) == []


def test_a_file_to_copy_that_became_a_link_is_not_followed(retours: Retours, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "annote.xlsx").symlink_to(tmp_path / "secret")
    with pytest.raises(Retry):
        retours.write_answer("pf03", ID, {"annote.xlsx": tmp_path / "annote.xlsx"})
    assert list((inbox / "pf03" / "retours").iterdir()) == []


def test_the_drafts_of_a_crash_go_at_the_start(retours: Retours, inbox: Path) -> None:
    retours.write_answer("pf03", ID, {"verdict.json": {}})
    for name in (f"{ID}.0badcafe", "situation.0badcafe"):
        (inbox / ".guichet" / "outgoing" / name).mkdir()
    retours.clear_drafts()
    assert _drafts(inbox) == []
    assert (inbox / "pf03" / "retours" / ID / "verdict.json").exists()
