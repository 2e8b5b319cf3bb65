"""Only files of ours, of a size that mail carries, go with a mail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.attachments import AnswerFiles

DEPOSIT = "20050418-101502-7f3a9c"
NAME = "annote.xlsx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "answers" / DEPOSIT
    made.mkdir(parents=True)
    return made


@pytest.fixture
def files(tmp_path: Path) -> AnswerFiles:
    return AnswerFiles(tmp_path / "home", most_bytes=10)


def test_a_file_of_the_answer_is_read(folder, files):
    (folder / NAME).write_bytes(b"0123456789")
    assert files(DEPOSIT, NAME) == b"0123456789"


def test_a_file_larger_than_mail_carries_is_left(folder, files):
    (folder / NAME).write_bytes(b"0123456789+")
    assert files(DEPOSIT, NAME) is None


def test_what_is_not_there_is_none(tmp_path, files):
    assert files(DEPOSIT, NAME) is None
    assert AnswerFiles(tmp_path / "nowhere", most_bytes=10)(DEPOSIT, NAME) is None


def test_no_link_is_followed(tmp_path, folder, files):
    secret = tmp_path / "secret.xlsx"
    secret.write_bytes(b"secret")
    (folder / NAME).symlink_to(secret)
    assert files(DEPOSIT, NAME) is None
    other = "20050418-101502-000000"
    (folder.parent / other).symlink_to(folder)
    (folder / "kit.csv").write_bytes(b"x")
    assert files(DEPOSIT, "kit.csv") == b"x"
    assert files(other, "kit.csv") is None


def test_the_answers_may_be_on_another_disk(tmp_path, folder):
    (folder / NAME).write_bytes(b"elsewhere")
    home = tmp_path / "other-home"
    home.mkdir()
    (home / "answers").symlink_to(folder.parent)
    assert AnswerFiles(home, most_bytes=10)(DEPOSIT, NAME) == b"elsewhere"


def test_what_is_no_file_neither_waits_nor_goes(folder, files):
    os.mkfifo(folder / NAME)
    (folder / "dossier.csv").mkdir()
    assert files(DEPOSIT, NAME) is None
    assert files(DEPOSIT, "dossier.csv") is None


@pytest.mark.parametrize(
    ("submission", "name"),
    [
        (DEPOSIT, "../secret.xlsx"),
        (DEPOSIT, "accepted_x_2005t1.arrow"),
        (DEPOSIT, ".xlsx"),
        ("..", NAME),
        ("", NAME),
        (f"{DEPOSIT}/..", NAME),
    ],
)
def test_no_other_name_is_looked_for(folder, files, submission, name):
    for path in (folder.parent / "secret.xlsx", folder / "accepted_x_2005t1.arrow", folder.parent.parent / NAME):
        path.write_bytes(b"x")
    (folder.parent / NAME).write_bytes(b"x")
    assert files(submission, name) is None
