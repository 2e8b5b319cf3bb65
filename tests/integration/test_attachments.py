"""Only files of ours, of a size that mail carries, go with a mail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.attachments import MailFiles

DEPOSIT = "20050418-101502-7f3a9c"
NAME = "annote.xlsx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "home" / "answers" / DEPOSIT
    made.mkdir(parents=True)
    return made


@pytest.fixture
def files(tmp_path: Path) -> MailFiles:
    return MailFiles(tmp_path / "home", tmp_path / "inbox", most_bytes=10)


def test_a_file_of_the_answer_is_read(folder, files):
    (folder / NAME).write_bytes(b"0123456789")
    assert files(DEPOSIT, NAME) == b"0123456789"


def test_a_file_larger_than_mail_carries_is_left(folder, files):
    (folder / NAME).write_bytes(b"0123456789+")
    assert files(DEPOSIT, NAME) is None


def test_what_is_not_there_is_none(tmp_path, files):
    assert files(DEPOSIT, NAME) is None
    assert MailFiles(tmp_path / "nowhere", tmp_path / "inbox", most_bytes=10)(DEPOSIT, NAME) is None


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
    assert MailFiles(home, tmp_path / "inbox", most_bytes=10)(DEPOSIT, NAME) == b"elsewhere"


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


TEMPLATE = "diffusion:pf03/modeles/N1A_PF03_2005T2.xlsx"


@pytest.fixture
def handed_out(tmp_path: Path) -> Path:
    made = tmp_path / "inbox" / "pf03" / "diffusion" / "modeles"
    made.mkdir(parents=True)
    return made


def test_a_template_is_read_from_the_accounts_folder(handed_out, files):
    assert files(None, TEMPLATE) is None
    (handed_out / "N1A_PF03_2005T2.xlsx").write_bytes(b"template")
    assert files(None, TEMPLATE) == files(DEPOSIT, TEMPLATE) == b"template"
    (handed_out / "N1A_PF03_2005T2.xlsx").write_bytes(b"0123456789+")
    assert files(None, TEMPLATE) is None


def test_what_an_account_put_in_place_of_its_folders_is_not_followed(tmp_path, handed_out, files):
    other = tmp_path / "inbox" / "pf07" / "diffusion" / "modeles"
    other.mkdir(parents=True)
    (other / "secret.xlsx").write_bytes(b"secret")
    (handed_out / "secret.xlsx").symlink_to(other / "secret.xlsx")
    assert files(None, "diffusion:pf03/modeles/secret.xlsx") is None
    handed_out.rename(handed_out.with_name("aside"))
    handed_out.symlink_to(other)
    assert files(None, "diffusion:pf03/modeles/secret.xlsx") is None
    os.mkfifo(other / "pipe.xlsx")
    assert files(None, "diffusion:pf07/modeles/pipe.xlsx") is None
    assert files(None, "diffusion:pf07/modeles/secret.xlsx") == b"secret"


def test_a_mail_that_was_kept_is_read(tmp_path, files):
    kept = tmp_path / "home" / "courrier" / "2005"
    kept.mkdir(parents=True)
    (kept / "abc.eml").write_bytes(b"mail")
    assert files(None, "courrier:2005/abc.eml") == b"mail"
    (kept / "link.eml").symlink_to(kept / "abc.eml")
    assert files(None, "courrier:2005/link.eml") is None


@pytest.mark.parametrize(
    "name",
    [
        NAME,
        "diffusion:pf03/../pf07/modeles/secret.xlsx",
        "diffusion:../pf07/modeles/secret.xlsx",
        "diffusion:pf07/modeles/../../depot/secret.xlsx",
        "diffusion:pf07/secret.xlsx",
        "diffusion:pf07//modeles/secret.xlsx",
        "diffusion:pf07/modeles/.secret.xlsx",
        "diffusion:pf07/modeles/secret",
        "diffusion:/pf07/modeles/secret.xlsx",
        "courrier:2005/../2005/abc.eml",
        "courrier:abc.eml",
        "courrier:2005/abc.xlsx",
        "courrier:/abc.eml",
        "autre:pf07/modeles/secret.xlsx",
    ],
)
def test_no_other_reference_is_looked_for(tmp_path, files, name):
    there = tmp_path / "inbox" / "pf07" / "diffusion" / "modeles"
    there.mkdir(parents=True)
    for path in (there / "secret.xlsx", there.parent / "secret.xlsx", there / "secret", there / ".secret.xlsx"):
        path.write_bytes(b"x")
    kept = tmp_path / "home" / "courrier" / "2005"
    kept.mkdir(parents=True)
    for path in (kept / "abc.eml", kept.parent / "abc.eml", kept / "abc.xlsx"):
        path.write_bytes(b"x")
    assert files(None, name) is None


def test_a_document_of_an_edition_is_read(tmp_path, files):
    edition = tmp_path / "home" / "releases" / "2005T1" / "official-v02"
    edition.mkdir(parents=True)
    (edition / "tables_2005T1.pdf").write_bytes(b"%PDF")
    (edition / "manifest.json").write_bytes(b"{}")
    (edition.parent / "current").symlink_to("official-v02")
    assert files(None, "edition:2005T1/official-v02/tables_2005T1.pdf") == b"%PDF"
    for name in (
        "edition:2005T1/official-v02/manifest.json",
        "edition:2005T1/current/tables_2005T1.pdf",
        "edition:2005T1/final-v03/tables_2005T1.pdf",
        "edition:../2005T1/official-v02/tables_2005T1.pdf",
        "edition:2005T1/official-v02/../official-v02/tables_2005T1.pdf",
    ):
        assert files(None, name) is None, name
